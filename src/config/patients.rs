//! The patient master: where it is and how it is read.

use std::path::PathBuf;

use super::interval::Size;
use super::section::{Check, Sheet, choice, settings};
use crate::identity::table::Encoding;

settings! {
    /// The patient master.
    /// 患者マスター。
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
        /// The rule of the last digit: modulus-10-weight-{2-1-split, 2-1, 3-1} or modulus-11-weight-2-7.
        /// 患者番号の検査数字の規則。
        check_digit: Option<CheckDigit> = None, like "\"modulus-10-weight-3-1\"";
        /// By how many thousandths the list may shrink at once; more is refused and the old list stays.
        /// 一度に減ってよい割合(千分率)。超えると新しい一覧を受け付けない。
        shrink_permille: u32 = 10;
        /// The largest list that is read.
        /// 読み込む一覧の大きさの上限。
        most_bytes: Size = Size::from_mebibytes(512);
        /// The most patients that are read.
        /// 読み込む患者数の上限。
        most_rows: u32 = 5_000_000;
        /// The heading of the column with ids.
        /// 患者番号の列の見出し。
        column_id: Option<String> = None, like "\"id\"";
        /// The heading of the column with names.
        /// 氏名の列の見出し。
        column_name: Option<String> = None, like "\"name\"";
        /// The heading of the column with readings.
        /// カナ氏名の列の見出し。
        column_kana: Option<String> = None, like "\"kana\"";
        /// The heading of the column with sexes.
        /// 性別の列の見出し。
        column_sex: Option<String> = None, like "\"sex\"";
        /// The heading of the column with birth dates.
        /// 生年月日の列の見出し。
        column_birth_date: Option<String> = None, like "\"birth_date\"";
        /// The heading of the column with the id under which a patient goes on.
        /// 名寄せ先の患者番号の列の見出し。
        column_merged_into: Option<String> = None, like "\"merged_into\"";
        /// The heading of the column that marks provisional ids.
        /// 仮番号の印の列の見出し。
        column_temporary: Option<String> = None, like "\"temporary\"";
    }
}

/// How the last digit of a patient id follows from the others (チェックデジット).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CheckDigit {
    Modulus10Weight21Split,
    Modulus10Weight21,
    Modulus10Weight31,
    Modulus11Weight27,
}

choice!(CheckDigit {
    "modulus-10-weight-2-1-split" => CheckDigit::Modulus10Weight21Split,
    "modulus-10-weight-2-1" => CheckDigit::Modulus10Weight21,
    "modulus-10-weight-3-1" => CheckDigit::Modulus10Weight31,
    "modulus-11-weight-2-7" => CheckDigit::Modulus11Weight27,
});

choice!(Encoding { "utf-8" => Encoding::Utf8, "cp932" => Encoding::Cp932 });

impl Check for Patients {
    fn check(&self, sheet: &mut Sheet<'_, '_>) {
        if let Some(width) = self.id_width {
            sheet.within("id_width", &width, &1, &32);
        }
        sheet.within("shrink_permille", &self.shrink_permille, &0, &1000);
        sheet.within("most_bytes", &self.most_bytes, &Size::from_mebibytes(1), &Size::from_mebibytes(65_536));
        sheet.within("most_rows", &self.most_rows, &1, &1_000_000_000);
    }
}
