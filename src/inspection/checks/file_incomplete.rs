//! A file that its own structure says is not all here.

use crate::inspection::Run;
use crate::judgement::{Outcome, Reason};
use crate::measurements::Completeness;
use crate::measurements::Measurements;
use crate::profile::Profile;
use crate::requirement::{TAX, mhlw_5_2};

declare_check! {
    /// ## What it looks for
    /// A file that breaks off, points beyond its end or lacks its end marker.
    /// ## Why it matters
    /// An upload that was cut looks like a finished one from outside; the last pages would be missing.
    /// ## What to do
    /// Let the scanner send it again. If it always breaks off, check its network and the space on its disk.
    /// ## What it cannot see
    /// Damage inside that keeps the structure whole; page_damaged looks at the pixels.
    pub(super) static FILE_INCOMPLETE = {
        name: "file_incomplete",
        requirements: &[mhlw_5_2("9.1-C1(4a)"), mhlw_5_2("7.2-C1–4"), TAX],
        run: Run::EachFile(file_incomplete),
        in_japanese: "\
## 何を見るか\n\
ファイルが途中で切れていないか、終わりの印があるかを、ファイル自身の構造から見ます。\n\
## なぜ大切か\n\
途中で切れた転送は、外からは完了したように見え、最後のページが失われます。\n\
## どうするか\n\
スキャナーからもう一度送ってください。繰り返す場合は、回線と空き容量を確かめてください。\n\
## 何は見られないか\n\
構造を保ったままの内部の破損は分かりません（page_damaged が画素を見ます）。\n",
    }
}

fn file_incomplete(file: &Measurements, _: &Profile) -> Outcome {
    match &file.completeness {
        Completeness::Complete => Outcome::Passed,
        Completeness::Incomplete { missing, at_byte } => {
            Outcome::Failed(Reason::FileIncomplete { missing: *missing, at_byte: *at_byte })
        }
        Completeness::Unknown { fault } => {
            Outcome::Indeterminate(Reason::CompletenessNotTold { fault: fault.clone() })
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::inspection::fixtures::{a4_page, profile, tiff};
    use crate::measurements::{Fault, MissingPart};

    #[test]
    fn by_its_own_structure() {
        let fault = Fault::OutOfMemory;
        let (missing, at_byte) = (MissingPart::ImageData, 4096);
        for (completeness, expected) in [
            (Completeness::Complete, Outcome::Passed),
            (
                Completeness::Incomplete { missing, at_byte },
                Outcome::Failed(Reason::FileIncomplete { missing, at_byte }),
            ),
            (
                Completeness::Unknown { fault: fault.clone() },
                Outcome::Indeterminate(Reason::CompletenessNotTold { fault }),
            ),
        ] {
            let file = Measurements { completeness, ..tiff(vec![a4_page()]) };
            assert_eq!(file_incomplete(&file, &profile(&[])), expected);
        }
    }
}
