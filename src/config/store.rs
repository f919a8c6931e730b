//! Where records are kept.

use std::path::PathBuf;

use super::section::{Check, Sheet, settings};

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
    }
}

impl Check for Store {
    fn check(&self, _sheet: &mut Sheet<'_, '_>) {}
}
