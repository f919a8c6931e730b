//! The journal, and where its checkpoints are copied to.

use std::path::PathBuf;

use super::section::{Check, Sheet, settings};

settings! {
    /// The journal.
    /// 記録簿。
    pub struct Journal {
        /// A folder outside the home for copies of the checkpoints and their time-stamps; without one, truncation cannot be told.
        /// 記録簿の節目を写すホームの外のフォルダー。なければ末尾の切り捨てを見つけられない。
        anchor: Option<PathBuf> = None, like "\"/mnt/anchor/torikomi\"";
        /// The file with the secret that opens the line's own keys (journal, evaluation time-stamps).
        /// このシステム自身の鍵を開く秘密のファイル。
        secret_file: PathBuf = PathBuf::from("keys/service.secret");
    }
}

impl Check for Journal {
    fn check(&self, _sheet: &mut Sheet<'_, '_>) {}
}
