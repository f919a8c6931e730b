//! Where a database is, and so which engine it is.

use std::fmt::{self, Write as _};
use std::io;
use std::path::{Path, PathBuf};

use zeroize::Zeroizing;

use crate::config::Config;
use crate::config::home::Layout;

/// A file of SQLite's, or a database on a PostgreSQL server.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Address {
    File(PathBuf),
    Server(ServerUrl),
}

/// `postgresql://user:password@host:port/name?options`. It may hold a password, so it is shown without.
#[derive(Clone, PartialEq, Eq)]
pub struct ServerUrl(String);

impl Address {
    /// That of a home: on the server that the settings name, else the file in the store's folder.
    ///
    /// # Errors
    /// When the file with the password cannot be read.
    pub fn at_home(layout: Layout<'_>, config: &Config) -> io::Result<Self> {
        let Some(url) = &config.store.database else { return Ok(Self::File(layout.database(config))) };
        let mut url = url.clone();
        if let Some(file) = &config.store.database_password_file {
            let password = Zeroizing::new(std::fs::read_to_string(layout.root().join(file))?);
            url.push(if url.contains('?') { '&' } else { '?' });
            url.push_str("password=");
            for &byte in password.lines().next().unwrap_or_default().as_bytes() {
                // Writing into a string cannot fail.
                let _ = write!(url, "%{byte:02X}");
            }
        }
        Ok(Self::Server(ServerUrl(url)))
    }
}

impl ServerUrl {
    #[must_use]
    pub fn new(url: String) -> Self {
        Self(url)
    }

    pub(super) fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for ServerUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{self}")
    }
}

impl fmt::Display for ServerUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (scheme, rest) = self.0.split_once("://").unwrap_or(("", &self.0));
        // Options may name a password too.
        let rest = rest.split('?').next().unwrap_or(rest);
        write!(f, "{scheme}://{}", rest.rsplit_once('@').map_or(rest, |(_, place)| place))
    }
}

impl From<&Path> for Address {
    fn from(path: &Path) -> Self {
        Self::File(path.to_owned())
    }
}

impl From<&PathBuf> for Address {
    fn from(path: &PathBuf) -> Self {
        Self::File(path.clone())
    }
}

impl From<&Self> for Address {
    fn from(address: &Self) -> Self {
        address.clone()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_password_is_not_shown() {
        for url in ["postgresql://intake:se@cret@db/torikomi", "postgresql://intake@db/torikomi?password=se@cret"] {
            let shown = format!("{:?}", Address::Server(ServerUrl::new(url.into())));
            assert!(!shown.contains("cret") && !shown.contains("intake"), "{shown}");
        }
    }
}
