//! The workers that decode strangers' files, and what they may use.

use super::interval::{Interval, Size};
use super::section::{Check, Sheet, choice, settings};

settings! {
    /// The workers that decode delivered files, and what each may use.
    /// 届いたファイルを読み解く作業プロセスと、その上限。
    pub struct Image {
        /// "required": `serve` needs a complete sandbox. "best-effort" is for evaluation alone, and shown in records.
        /// "required" なら完全な隔離なしでは起動しない。"best-effort" は評価用でだけ使え、記録に残る。
        sandbox: Sandbox = Sandbox::Required;
        /// How many decode at a time. Default: one for each processor core.
        /// 同時に動く数。既定はコアの数。
        workers: Option<u32> = None, like "2";
        /// How long one content may take.
        /// 一つのファイルにかけてよい時間。
        timeout: Interval = Interval::from_seconds(60);
        /// How much memory one worker may take.
        /// 一つの作業プロセスのメモリ上限。
        most_memory: Size = Size::from_mebibytes(2048);
        /// The largest file.
        /// ファイルの大きさの上限。
        most_bytes: Size = Size::from_mebibytes(2048);
        /// The most pages in one file.
        /// 一つのファイルのページ数の上限。
        most_pages: u32 = 500;
        /// The most pixels on one page.
        /// 一ページの画素数の上限。
        most_pixels: u32 = 200_000_000;
    }
}

/// What happens where a worker cannot be shut in completely.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Sandbox {
    Required,
    BestEffort,
}

choice!(Sandbox { "required" => Sandbox::Required, "best-effort" => Sandbox::BestEffort });

impl Check for Image {
    fn check(&self, sheet: &mut Sheet<'_, '_>) {
        if let Some(workers) = self.workers {
            sheet.within("workers", &workers, &1, &256);
        }
        sheet.within("timeout", &self.timeout, &Interval::from_seconds(1), &Interval::from_hours(1));
        sheet.within("most_memory", &self.most_memory, &Size::from_mebibytes(64), &Size::from_mebibytes(65_536));
        sheet.within("most_bytes", &self.most_bytes, &Size::from_mebibytes(1), &Size::from_mebibytes(65_536));
        sheet.within("most_pages", &self.most_pages, &1, &100_000);
        sheet.within("most_pixels", &self.most_pixels, &1_000_000, &4_000_000_000);
    }
}
