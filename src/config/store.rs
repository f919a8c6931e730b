//! Where records are kept.

use std::path::PathBuf;

use super::section::{Check, Sheet, settings};
use crate::toml_text::Complaint;

settings! {
    /// Where records are kept, and what is on its way to them.
    /// 記録の保存先と、登録前の預かり場所。
    pub struct Store {
        /// The store's folder, with its database; relative to the home. Never on a network file system.
        /// 保存先のフォルダー。共有フォルダーには置けない。
        path: PathBuf = PathBuf::from("store");
        /// The folder for documents on their way; relative to the home.
        /// 登録前の文書を預かるフォルダー。
        custody: PathBuf = PathBuf::from("custody");
        /// A database on a PostgreSQL server instead of the file in the store's folder; fixed when the home was made.
        /// 保存先のファイルの代わりに使う PostgreSQL のデータベース。作成時に決まる。
        database: Option<String> = None, like "\"postgresql://torikomi@localhost/torikomi\"";
        /// The file with the password for it; relative to the home. Without: what the server asks of the system's user.
        /// そのパスワードのファイル。
        database_password_file: Option<PathBuf> = None, like "\"keys/database-password\"";
    }
}

impl Check for Store {
    fn check(&self, sheet: &mut Sheet<'_, '_>) {
        if let Some(url) = &self.database
            && !is_safe(url)
        {
            let value = url.split_once("://").map_or(url.as_str(), |(scheme, _)| scheme).to_owned();
            sheet.complain("database", |key| Complaint::BadValue { key, value, expected: "postgresql-url".to_owned() });
        }
        if self.database.is_none() && self.database_password_file.is_some() {
            sheet.demand("database");
        }
    }
}

/// Secrets stand in files of their own, never in the settings; and what goes over a network goes to nobody who cannot prove
/// who they are. The options are those that cannot say otherwise.
fn is_safe(url: &str) -> bool {
    const OPTIONS: [&str; 4] = ["application_name", "host", "sslmode", "sslrootcert"];
    let Some(rest) = url.strip_prefix("postgresql://").or_else(|| url.strip_prefix("postgres://")) else {
        return false;
    };
    let (place, options) = rest.split_once('?').unwrap_or((rest, ""));
    let (user, server) = place.rsplit_once('@').unwrap_or(("", place));
    let options: Vec<(&str, &str)> = options
        .split('&')
        .filter(|option| !option.is_empty())
        .map(|option| option.split_once('=').unwrap_or((option, "")))
        .collect();
    let option = |name: &str| options.iter().rfind(|(key, _)| *key == name).map(|(_, value)| *value);
    let host = option("host").unwrap_or_else(|| server.split(['/', ':']).next().unwrap_or_default());
    let is_here = host.starts_with('/')
        || host.to_ascii_lowercase().starts_with("%2f")
        || ["localhost", "127.0.0.1"].contains(&host);
    !user.contains(':')
        && options.iter().all(|(key, _)| OPTIONS.contains(key))
        && (is_here || option("sslmode") == Some("verify-full"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_password_stands_in_the_settings_and_none_goes_to_strangers() {
        for good in [
            "postgresql://torikomi@localhost/torikomi",
            "postgres://db:5433/t?host=/run/postgresql",
            "postgresql://torikomi@db.example.jp/t?sslmode=verify-full&sslrootcert=/etc/torikomi/db.pem",
        ] {
            assert!(is_safe(good), "{good}");
        }
        for bad in [
            "postgresql://torikomi:secret@localhost/t",
            "postgresql://localhost/t?user=a&password=b",
            "postgresql://localhost/t?Password=b",
            "postgresql://localhost/t?p%61ssword=b",
            "postgresql://torikomi@db.example.jp/t",
            "postgresql://torikomi@db.example.jp/t?sslmode=require",
            "postgresql://torikomi@localhost/t?host=db.example.jp",
            "mysql://localhost/t",
            "localhost",
        ] {
            assert!(!is_safe(bad), "{bad}");
        }
    }
}
