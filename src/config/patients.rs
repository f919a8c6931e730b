//! The patient master: where it is and how it is read.

use std::path::PathBuf;

use super::section::{Check, Sheet, choice, settings};

settings! {
    /// The patient master.
    /// 患者一覧。
    pub struct Patients {
        /// The list (CSV); relative to the home. Read again when it changes.
        /// 一覧のファイル。変わると読み直す。
        path: PathBuf = PathBuf::from("patients.csv");
        /// "utf-8" or "cp932".
        /// 文字コード。
        encoding: Encoding = Encoding::Utf8;
        /// How many characters a patient id has; shorter ones are filled with zeros in front. Default: as written.
        /// 患者番号の桁数。短いものは前に 0 を補う。既定は書かれたとおり。
        id_width: Option<u32> = None, like "8";
        /// The check digit at the end of a patient id: "none", "modulus-10", "modulus-11".
        /// 患者番号の検査数字。
        check_digit: CheckDigit = CheckDigit::None;
        /// By how many thousandths the list may shrink at once; more is refused and the old list stays.
        /// 一度に減ってよい割合(千分率)。超えると新しい一覧を受け付けない。
        shrink_permille: u32 = 10;
    }
}

/// How the list's bytes stand for characters.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Encoding {
    Utf8,
    Cp932,
}

choice!(Encoding { "utf-8" => Encoding::Utf8, "cp932" => Encoding::Cp932 });

/// How the last digit of a patient id follows from the others.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CheckDigit {
    None,
    Modulus10,
    Modulus11,
}

choice!(CheckDigit {
    "none" => CheckDigit::None,
    "modulus-10" => CheckDigit::Modulus10,
    "modulus-11" => CheckDigit::Modulus11,
});

impl Check for Patients {
    fn check(&self, sheet: &mut Sheet<'_, '_>) {
        if let Some(width) = self.id_width {
            sheet.within("id_width", &width, &1, &32);
        }
        sheet.within("shrink_permille", &self.shrink_permille, &0, &1000);
    }
}
