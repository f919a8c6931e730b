//! A file in a format the profile does not accept.

use crate::inspection::Run;
use crate::judgement::{Outcome, Reason};
use crate::measurements::Measurements;
use crate::measurements::{Completeness, Fault, Format};
use crate::profile::Profile;
use crate::requirement::{TAX, mhlw_5_2};

declare_check! {
    /// ## What it looks for
    /// A file whose content is of a format that the profile does not list, whatever its name ends with.
    /// ## Why it matters
    /// A record must be readable for decades, in formats that many programs show.
    /// ## What to do
    /// Set the scanner to one of the accepted formats and scan again; do not convert the file.
    /// ## What it cannot see
    /// Whether a file of an accepted format uses rare features of it; page_not_decodable tells what cannot be
    /// read here.
    pub(super) static FORMAT_NOT_ACCEPTED = {
        name: "format_not_accepted",
        requirements: &[mhlw_5_2("9.1-C1(4a)"), mhlw_5_2("9.1-C1(4c)"), mhlw_5_2("7.3-C4"), TAX],
        run: Run::EachFile(format_not_accepted),
        in_japanese: "\
## 何を見るか\n\
ファイルの中身の形式が、プロファイルで認めたものかどうかを見ます。拡張子は見ません。\n\
## なぜ大切か\n\
記録は何十年も読めなければならず、広く使われる形式が必要です。\n\
## どうするか\n\
スキャナーの保存形式を認めたものに変えて、読み取り直してください。ファイルの変換はしないでください。\n\
## 何は見られないか\n\
認めた形式の中の珍しい機能までは分かりません。\n",
    }
}

fn format_not_accepted(file: &Measurements, profile: &Profile) -> Outcome {
    if profile.format.accept.contains(&file.format) {
        return Outcome::Passed;
    }
    match &file.completeness {
        // A worker that died early never came to tell the format.
        Completeness::Unknown { fault } if file.format == Format::Unknown && *fault != Fault::UnknownFormat => {
            Outcome::Indeterminate(Reason::FormatNotTold { fault: fault.clone() })
        }
        _ => Outcome::Failed(Reason::FormatNotAccepted { found: file.format, accepted: profile.format.accept.clone() }),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::inspection::fixtures::{a4_page, profile, tiff};

    fn check(format: Format, completeness: Completeness) -> Outcome {
        let file = Measurements { format, completeness, ..tiff(vec![a4_page()]) };
        format_not_accepted(&file, &profile(&[]))
    }

    #[test]
    fn by_content() {
        assert_eq!(check(Format::Tiff, Completeness::Complete), Outcome::Passed);
        let accepted = vec![Format::Tiff, Format::Jpeg, Format::Png, Format::Pdf];
        for found in [Format::Dicom, Format::Unknown] {
            let unknown = Completeness::Unknown { fault: Fault::UnknownFormat };
            let reason = Reason::FormatNotAccepted { found, accepted: accepted.clone() };
            assert_eq!(check(found, unknown), Outcome::Failed(reason));
        }
        let fault = Fault::TimedOut { after_seconds: 60 };
        assert_eq!(
            check(Format::Unknown, Completeness::Unknown { fault: fault.clone() }),
            Outcome::Indeterminate(Reason::FormatNotTold { fault })
        );
    }
}
