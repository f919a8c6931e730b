//! Bytes after the end of an image that belong to nothing.

use crate::inspection::Run;
use crate::judgement::{Outcome, Reason};
use crate::measurements::Completeness;
use crate::measurements::Measurements;
use crate::profile::Profile;
use crate::requirement::{HOUSE_RULE, mhlw_5_2};

declare_check! {
    /// ## What it looks for
    /// Bytes that follow the end of the image and that no reader shows.
    /// ## Why it matters
    /// They may be padding, a second picture that nobody sees, or something hidden on purpose.
    /// ## What to do
    /// Mostly nothing: some scanners pad. If a scanner that did not begins to, have it looked at.
    /// ## What it cannot see
    /// What the bytes are. In a PDF, earlier revisions are counted by pdf_signed_before instead.
    pub(super) static TRAILING_BYTES = {
        name: "trailing_bytes",
        requirements: &[mhlw_5_2("6.5-C10–12"), mhlw_5_2("7.3-C1"), HOUSE_RULE],
        run: Run::EachFile(trailing_bytes),
        in_japanese: "\
## 何を見るか\n\
画像の終わりの後ろに、どの表示にも現れない余分なデータがないかを見ます。\n\
## なぜ大切か\n\
詰め物のこともあれば、見えない別の画像や、意図して隠したもののこともあります。\n\
## どうするか\n\
多くの場合は何もしなくて構いません。急に出るようになったスキャナーは点検してください。\n\
## 何は見られないか\n\
余分なデータが何であるかは分かりません。\n",
    }
}

fn trailing_bytes(file: &Measurements, _: &Profile) -> Outcome {
    match (&file.completeness, file.trailing_bytes) {
        (_, bytes @ 1..) => Outcome::Failed(Reason::TrailingBytes { bytes }),
        (Completeness::Complete, 0) => Outcome::Passed,
        // Where the end was never found, nothing can follow it; file_incomplete speaks of that.
        (Completeness::Incomplete { .. }, 0) => Outcome::NotApplicable,
        (Completeness::Unknown { fault }, 0) => {
            Outcome::Indeterminate(Reason::CompletenessNotTold { fault: fault.clone() })
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::inspection::fixtures::{a4_page, profile, tiff};
    use crate::measurements::Fault;

    #[test]
    fn none_or_some() {
        let check = |trailing_bytes, completeness| {
            trailing_bytes_of(Measurements { trailing_bytes, completeness, ..tiff(vec![a4_page()]) })
        };
        assert_eq!(check(0, Completeness::Complete), Outcome::Passed);
        assert_eq!(check(512, Completeness::Complete), Outcome::Failed(Reason::TrailingBytes { bytes: 512 }));
        let fault = Fault::OutOfMemory;
        assert_eq!(
            check(0, Completeness::Unknown { fault: fault.clone() }),
            Outcome::Indeterminate(Reason::CompletenessNotTold { fault })
        );
    }

    fn trailing_bytes_of(file: Measurements) -> Outcome {
        trailing_bytes(&file, &profile(&[]))
    }
}
