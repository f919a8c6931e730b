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
            && !is_without_password(url)
        {
            let value = url.split_once("://").map_or(url.as_str(), |(scheme, _)| scheme).to_owned();
            sheet.complain("database", |key| Complaint::BadValue { key, value, expected: "postgresql-url".to_owned() });
        }
        if self.database.is_none() && self.database_password_file.is_some() {
            sheet.demand("database");
        }
    }
}

/// Secrets stand in files of their own, never in the settings.
fn is_without_password(url: &str) -> bool {
    let rest = url.strip_prefix("postgresql://").or_else(|| url.strip_prefix("postgres://"));
    rest.is_some_and(|rest| {
        let (place, options) = rest.split_once('?').unwrap_or((rest, ""));
        let user = place.rsplit_once('@').map_or("", |(user, _)| user);
        !user.contains(':') && !options.split('&').any(|option| option.starts_with("password="))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_password_does_not_stand_in_the_settings() {
        for good in ["postgresql://torikomi@db/torikomi", "postgres://db:5433/t?host=/run/postgresql"] {
            assert!(is_without_password(good), "{good}");
        }
        for bad in ["postgresql://torikomi:secret@db/t", "postgresql://db/t?user=a&password=b", "mysql://db/t", "db"] {
            assert!(!is_without_password(bad), "{bad}");
        }
    }
}
