//! A station: one drop folder, what comes into it, and how long to wait for it.

use std::path::{Path, PathBuf};

use super::interval::Interval;
use super::section::{Check, Sheet, choice, settings};
use crate::identity::Scanner;
use crate::identity::table::Encoding;
use crate::ids::Name;
use crate::paper::Paper;

settings! {
    /// A drop folder and what comes into it. One table for each.
    /// ステーション(スキャナーの保存先フォルダー)。一つにつき一つの表。
    pub struct Station {
        /// The folder; relative to the home. Default: drop/<name>.
        /// フォルダー。ホームからの相対パスでもよい。既定は drop/<名前>。
        path: Option<PathBuf> = None, like "\"drop/front-desk\"";
        /// The profiles that may be used here. A sidecar chooses only among them.
        /// このステーションで使えるプロファイル。サイドカーはこの中からだけ選べる。
        profiles: Vec<Name> = Vec::new();
        /// The kind of document where nothing else says it.
        /// ほかに指定がないときの文書種別。
        document_type: Option<Name> = None, like "\"referral-letter\"";
        /// The paper where nothing else says it.
        /// ほかに指定がないときの用紙。
        paper: Option<Paper> = None, like "\"A4\"";
        /// How a delivered file's name is to be read.
        /// ファイル名の読み取り方。
        file_name: Option<String> = None, like "\"{patient_id}_{document_type}_{obtained_on}\"";
        /// How a batch list (index.csv) is encoded: "utf-8" or "cp932" (Windows-31J, what Excel in Japanese writes).
        /// 一括リスト(index.csv)の文字コード。"utf-8" または "cp932"(日本語版 Excel の CSV)。
        index_encoding: Encoding = Encoding::Utf8;
        /// How long a file must not have changed before it is copied.
        /// 取り込む前に、変化がないことを確かめる時間。
        quiet_time: Interval = Interval::from_seconds(3);
        /// How much longer to wait where the file system cannot say whether somebody is still writing.
        /// 書き込み中かどうかを確かめられないファイルシステムで、さらに待つ時間。
        lease_unknown_wait: Interval = Interval::from_seconds(10);
        /// How long an incomplete file may stay so before a person is asked.
        /// 不完全なファイルを待つ時間。過ぎると担当者に知らせる。
        patience: Interval = Interval::from_minutes(10);
        /// How often the folder is looked through, whatever events say.
        /// フォルダー全体を見直す間隔。
        sweep: Interval = Interval::from_seconds(2);
        /// "auto" uses events, but none of a file system that others write to too; "poll" never does, "events" always.
        /// "auto" は通知を使う（ほかの機器も書き込むファイルシステムを除く）。"poll" は使わず、"events" は常に使う。
        watch: Watch = Watch::Auto;
        /// How long to wait for a sidecar that comes after its scan.
        /// サイドカーが遅れて届くのを待つ時間。
        sidecar_wait: Interval = Interval::from_seconds(5);
        /// When the delivered file may go: once its copy is complete ("custody") or once the record is filed ("filed").
        /// 元ファイルを消す時期。写しが完全と分かったとき "custody"、登録が済んだとき "filed"。
        source_release: SourceRelease = SourceRelease::Custody;
        /// Whether others than the operator in session can write here; then each document is confirmed by a person.
        /// 本人以外も書き込めるか。true なら一件ごとに確認する。
        anonymous_writing: bool = false;
        /// The scanner, as it enters each record.
        /// スキャナー。記録に残る。
        scanner_make: Option<String> = None, like "\"…\"";
        /// Its model.
        /// 機種。
        scanner_model: Option<String> = None, like "\"…\"";
        /// Its serial number.
        /// 製造番号。
        scanner_serial: Option<String> = None, like "\"…\"";
    }
}

/// How changes in a drop folder are noticed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Watch {
    Auto,
    Poll,
    Events,
}

choice!(Watch { "auto" => Watch::Auto, "poll" => Watch::Poll, "events" => Watch::Events });

/// When the delivered file may go.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SourceRelease {
    Custody,
    Filed,
}

choice!(SourceRelease { "custody" => SourceRelease::Custody, "filed" => SourceRelease::Filed });

impl Check for Station {
    fn check(&self, sheet: &mut Sheet<'_, '_>) {
        if self.profiles.is_empty() {
            sheet.demand("profiles");
        }
        let seconds = Interval::from_seconds;
        sheet.within("quiet_time", &self.quiet_time, &seconds(1), &Interval::from_minutes(10));
        sheet.within("lease_unknown_wait", &self.lease_unknown_wait, &seconds(1), &Interval::from_hours(1));
        sheet.within("patience", &self.patience, &self.quiet_time, &Interval::from_days(7));
        sheet.within("sweep", &self.sweep, &seconds(1), &Interval::from_minutes(10));
        sheet.within("sidecar_wait", &self.sidecar_wait, &seconds(0), &Interval::from_hours(24));
        if self.scanner_make.is_some() != self.scanner_model.is_some()
            || self.scanner_serial.is_some() && self.scanner_make.is_none()
        {
            let missing = if self.scanner_make.is_none() { "scanner_make" } else { "scanner_model" };
            sheet.demand(missing);
        }
    }
}

impl Station {
    /// The drop folder.
    #[must_use]
    pub fn folder(&self, home: &Path, name: &Name) -> PathBuf {
        match &self.path {
            Some(path) => home.join(path),
            None => home.join("drop").join(name.as_str()),
        }
    }

    /// The scanner as records name it.
    #[must_use]
    pub fn scanner(&self) -> Option<Scanner> {
        let (Some(make), Some(model)) = (self.scanner_make.clone(), self.scanner_model.clone()) else { return None };
        Some(Scanner { make, model, serial: self.scanner_serial.clone() })
    }
}
