//! A time-stamping authority: where it is, and which of its stamps count.

use std::fmt;
use std::path::PathBuf;
use std::str::FromStr;

use super::interval::Interval;
use super::section::{Check, Sheet, settings};
use crate::toml_text::Complaint;

settings! {
    /// A time-stamping authority (RFC 3161 over HTTP). One table for each; they are asked in their order.
    /// 時刻認証局。一つにつき一つの表。順番に問い合わせる。
    pub struct Authority {
        /// Where requests are sent.
        /// 問い合わせ先。
        url: String = String::new(), like "\"http://tsa.example.jp/\"";
        /// The lowest is asked first; the next only when it cannot be reached.
        /// 小さいものから問い合わせる。次は届かないときだけ。
        order: u32 = 1;
        /// The policies under which its stamps count, as dotted numbers. Empty: the evaluation authority's; in production none.
        /// 認めるポリシーの番号。空なら、評価用では内蔵の局のもの、本番用ではなし。
        policies: Vec<PolicyOid> = Vec::new();
        /// The policy to ask for, one of `policies`. Without it the authority applies its own.
        /// 求めるポリシーの番号。`policies` の一つ。なければ局が決める。
        request_policy: Option<PolicyOid> = None, like "\"1.2.392.200257.1\"";
        /// The certificates to which its stamps must lead (PEM); relative to the home. It must send the issuers in between along.
        /// 信頼の起点となる証明書。途中の発行者の証明書は、局が印に含めるもの。
        roots: PathBuf = PathBuf::from("keys/roots.pem");
        /// For https: the certificates to which the server's must lead (PEM); relative to the home. Without it, those of the system.
        /// https のとき、サーバー証明書の信頼の起点となる証明書。なければシステムのもの。
        tls_roots: Option<PathBuf> = None, like "\"keys/tsa-tls-roots.pem\"";
        /// Whether it is on the list of accredited authorities. Stamps of others are shown as "not accredited".
        /// 認定された局か。そうでない局の印は「認定外」と表示する。
        accredited: bool = false;
        /// How long to wait for an answer.
        /// 応答を待つ時間。
        timeout: Interval = Interval::from_seconds(10);
        /// How long after a failure to ask again; doubled each time up to `retry_most`.
        /// 失敗した後、再び問い合わせるまでの時間。失敗のたびに倍にする。
        retry: Interval = Interval::from_seconds(2);
        /// The longest time between two attempts.
        /// 再試行の間隔の上限。
        retry_most: Interval = Interval::from_minutes(5);
    }
}

impl Check for Authority {
    fn check(&self, sheet: &mut Sheet<'_, '_>) {
        sheet.demand("url");
        if !self.url.is_empty() && !self.url.starts_with("http://") && !self.url.starts_with("https://") {
            let value = self.url.clone();
            sheet.complain("url", |key| Complaint::BadValue { key, value, expected: "url".to_owned() });
        }
        if let Some(policy) = self.request_policy.as_ref().filter(|policy| !self.policies.contains(policy)) {
            let value = policy.to_string();
            sheet.complain("request_policy", |key| Complaint::BadValue {
                key,
                value,
                expected: "listed-policy".to_owned(),
            });
        }
        if self.tls_roots.is_some() && !self.url.starts_with("https://") {
            let value = self.url.clone();
            sheet.complain("url", |key| Complaint::BadValue { key, value, expected: "https-url".to_owned() });
        }
        sheet.within("timeout", &self.timeout, &Interval::from_seconds(1), &Interval::from_minutes(5));
        sheet.within("retry", &self.retry, &Interval::from_seconds(1), &Interval::from_hours(1));
        sheet.within("retry_most", &self.retry_most, &self.retry, &Interval::from_hours(24));
    }
}

/// A policy's number, as in `1.2.392.200257.1`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PolicyOid(String);

impl PolicyOid {
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for PolicyOid {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

#[derive(Debug, thiserror::Error)]
#[error("{0:?} is not an object identifier such as 1.2.392.200257.1")]
pub struct InvalidPolicyOid(String);

impl FromStr for PolicyOid {
    type Err = InvalidPolicyOid;

    fn from_str(text: &str) -> Result<Self, InvalidPolicyOid> {
        // X.660: the first arc is 0, 1 or 2; no arc has leading zeros.
        let arcs: Vec<&str> = text.split('.').collect();
        let number = |arc: &&str| arc.parse::<u128>().is_ok_and(|value| value.to_string() == **arc);
        let good =
            arcs.len() >= 2 && arcs.iter().all(number) && arcs.first().is_some_and(|arc| ["0", "1", "2"].contains(arc));
        if good { Ok(Self(text.to_owned())) } else { Err(InvalidPolicyOid(text.to_owned())) }
    }
}
