//! Where the objects of records are kept.

use std::fmt;
use std::path::PathBuf;
use std::str::FromStr;

use super::interval::Interval;
use super::section::{Check, Sheet, settings};
use crate::toml_text::Complaint;

settings! {
    /// An S3 store for the objects of records, instead of the store's folder.
    /// 記録の保存物を、保存先のフォルダーの代わりに S3 互換のサーバーに置くとき。
    pub struct Objects {
        /// Server, bucket, and a prefix that is this home's alone; fixed when the home was made.
        /// サーバー、バケット、このホーム専用の接頭辞。作成時に決まる。
        url: Option<BucketUrl> = None, like "\"https://s3.example.jp/torikomi/hospital-a\"";
        /// The region by the name that the server gives it.
        /// サーバーでのリージョンの名前。
        region: String = "us-east-1".to_owned();
        /// The file with the key: its id on the first line, its secret on the second; relative to the home.
        /// 鍵のファイル。1 行目に ID、2 行目に秘密の値。
        credentials_file: PathBuf = PathBuf::from("keys/objects-credentials");
        /// For https: the certificates to which the server's must lead (PEM); relative to the home. Without it, those of the system.
        /// https のとき、サーバー証明書の信頼の起点となる証明書。なければシステムのもの。
        tls_roots: Option<PathBuf> = None, like "\"keys/objects-tls-roots.pem\"";
        /// For so many days the store must keep each object from being deleted (Object Lock, compliance mode). Without: not asked for.
        /// 保存物の削除をサーバーに禁じさせる日数（オブジェクトロックのコンプライアンスモード）。なければ求めない。
        retention_days: Option<u32> = None, like "3650";
        /// How long to wait for an answer.
        /// 応答を待つ時間。
        timeout: Interval = Interval::from_seconds(30);
    }
}

/// The longest that a lock can be asked for: a century. A mistyped number cannot be taken back.
const MOST_DAYS: u32 = 36_525;

impl Check for Objects {
    fn check(&self, sheet: &mut Sheet<'_, '_>) {
        match &self.url {
            Some(url) if self.tls_roots.is_some() && !url.endpoint.starts_with("https://") => {
                let value = url.to_string();
                sheet.complain("url", |key| Complaint::BadValue { key, value, expected: "https-url".to_owned() });
            }
            None if self.tls_roots.is_some() || self.retention_days.is_some() => sheet.demand("url"),
            _ => {}
        }
        if let Some(days) = &self.retention_days {
            sheet.within("retention_days", days, &1, &MOST_DAYS);
        }
        sheet.within("timeout", &self.timeout, &Interval::from_seconds(1), &Interval::from_minutes(5));
    }
}

/// `https://server/bucket/prefix`. What goes over a network goes to nobody who cannot prove who they are, so `http://` is for
/// this machine alone.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BucketUrl {
    endpoint: String,
    bucket: String,
    prefix: String,
}

impl BucketUrl {
    /// The server, as `https://server:port`.
    #[must_use]
    pub fn endpoint(&self) -> &str {
        &self.endpoint
    }

    #[must_use]
    pub fn bucket(&self) -> &str {
        &self.bucket
    }

    /// What the names of all objects begin with; may be empty.
    #[must_use]
    pub fn prefix(&self) -> &str {
        &self.prefix
    }
}

impl fmt::Display for BucketUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}", self.endpoint, self.bucket)?;
        if self.prefix.is_empty() { Ok(()) } else { write!(f, "/{}", self.prefix) }
    }
}

#[derive(Debug, thiserror::Error)]
#[error("{0:?} is not an address such as https://s3.example.jp/bucket/prefix")]
pub struct InvalidBucketUrl(String);

impl FromStr for BucketUrl {
    type Err = InvalidBucketUrl;

    fn from_str(text: &str) -> Result<Self, InvalidBucketUrl> {
        let invalid = || InvalidBucketUrl(text.to_owned());
        let (scheme, rest) = text.split_once("://").ok_or_else(invalid)?;
        let (server, path) = rest.split_once('/').ok_or_else(invalid)?;
        let (bucket, prefix) = match path.split_once('/') {
            Some((bucket, prefix)) => (bucket, Some(prefix)),
            None => (path, None),
        };
        let plain = |text: &str, more: &str| {
            !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_alphanumeric() || more.as_bytes().contains(&byte))
        };
        let host = match server.strip_prefix('[').and_then(|rest| rest.split_once(']')) {
            Some((host, _)) => host,
            None => server.split(':').next().unwrap_or_default(),
        };
        let is_here = ["localhost", "127.0.0.1", "::1"].contains(&host);
        // Nothing that would have to be quoted in a request, and so might be signed in one spelling and sent in another.
        let good = (scheme == "https" || scheme == "http" && is_here)
            && plain(server, ".-:[]")
            && plain(bucket, ".-")
            && prefix
                .is_none_or(|prefix| prefix.split('/').all(|part| plain(part, ".-_") && part != "." && part != ".."));
        if !good {
            return Err(invalid());
        }
        Ok(Self {
            endpoint: format!("{scheme}://{server}"),
            bucket: bucket.to_owned(),
            prefix: prefix.unwrap_or_default().to_owned(),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::Config;

    #[test]
    fn an_address_names_server_bucket_and_prefix_and_nothing_else() {
        for (text, parts) in [
            ("https://s3.example.jp/torikomi", ("https://s3.example.jp", "torikomi", "")),
            (
                "https://s3.example.jp:9000/torikomi/hospital-a",
                ("https://s3.example.jp:9000", "torikomi", "hospital-a"),
            ),
            ("http://127.0.0.1:9000/t/a/b", ("http://127.0.0.1:9000", "t", "a/b")),
            ("http://[::1]:9000/t/a", ("http://[::1]:9000", "t", "a")),
        ] {
            let url: BucketUrl = text.parse().unwrap();
            assert_eq!((url.endpoint(), url.bucket(), url.prefix()), parts);
            assert_eq!(url.to_string(), text);
        }
        for bad in [
            "http://s3.example.jp/torikomi",
            "http://127.0.0.1.example.jp/torikomi",
            "https://key:secret@s3.example.jp/torikomi",
            "https://s3.example.jp",
            "https://s3.example.jp/",
            "https://s3.example.jp/torikomi/",
            "https://s3.example.jp/torikomi/a//b",
            "https://s3.example.jp/torikomi/../b",
            "https://s3.example.jp/torikomi?versionId=1",
            "https://s3.example.jp/取込",
            "s3://torikomi/a",
        ] {
            assert!(bad.parse::<BucketUrl>().is_err(), "{bad}");
        }
    }

    #[test]
    fn what_depends_on_each_other_is_demanded() {
        const URL: &str = "url = \"https://s3.example.jp/t\"\n";
        const KEY: &str = "credentials_file = \"keys/objects-credentials\"\n";
        for (settings, complaint) in [
            (String::new(), None),
            (format!("{URL}{KEY}"), None),
            (format!("{URL}{KEY}retention_days = 3650\ntls_roots = \"keys/objects.pem\"\n"), None),
            (URL.to_owned(), None),
            ("retention_days = 1\n".to_owned(), Some("objects.url")),
            (format!("{URL}{KEY}retention_days = 0\n"), Some("objects.retention_days")),
            (format!("{URL}{KEY}timeout = \"0s\"\n"), Some("objects.timeout")),
            ("url = \"http://s3.example.jp/t\"\n".to_owned(), Some("objects.url")),
            (format!("url = \"http://127.0.0.1/t\"\n{KEY}tls_roots = \"keys/r\"\n"), Some("objects.url")),
        ] {
            let text = format!(
                "mode = \"evaluation\"\n[station.a]\nprofiles = [\"consent\"]\n[authority.own]\nurl = \"http://127.0.0.1/\"\n\
                 [objects]\n{settings}"
            );
            let read = Config::parse(text.as_bytes(), "torikomi.toml");
            match (read, complaint) {
                (Ok(_), None) => {}
                (Err(problems), Some(key)) => assert!(problems[0].to_string().contains(key), "{problems:?}"),
                (read, _) => panic!("{settings}: {read:?}"),
            }
        }
    }
}
