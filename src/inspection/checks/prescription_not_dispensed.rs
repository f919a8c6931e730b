//! A prescription that is not marked as dispensed.

use crate::inspection::{Run, Subject};
use crate::judgement::{Outcome, Reason};
use crate::profile::Profile;
use crate::requirement::mhlw_5_2;

declare_check! {
    /// ## What it looks for
    /// Whether the delivery says that the prescription has been dispensed, filled in and signed.
    /// ## Why it matters
    /// Only a dispensed prescription may give way to its scan.
    /// ## What to do
    /// Complete the paper first. If that was done, say so in the delivery.
    /// ## What it cannot see
    /// The marks on the paper itself.
    pub(super) static PRESCRIPTION_NOT_DISPENSED = {
        name: "prescription_not_dispensed",
        requirements: &[mhlw_5_2("9.4-C1")],
        run: Run::Document(prescription_not_dispensed),
        in_japanese: "\
## 何を見るか\n\
処方箋が調剤済みであると、サイドカーに示されているかを見ます。\n\
## なぜ大切か\n\
紙に代えて画像を保存できるのは、調剤済みとなった処方箋だけです。\n\
## どうするか\n\
先に紙への記入・押印を済ませ、済んでいればサイドカーに示してください。\n\
## 何は見られないか\n\
紙面の記載そのものは見ません。\n",
    }
}

fn prescription_not_dispensed(subject: &Subject<'_>, profile: &Profile) -> Outcome {
    if !profile.page.dispensed {
        return Outcome::NotApplicable;
    }
    match subject.claims.dispensed {
        Some(true) => Outcome::Passed,
        Some(false) => Outcome::Failed(Reason::NotDispensed),
        None => Outcome::Indeterminate(Reason::DispensedNotTold),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::inspection::fixtures::{case, profile};

    #[test]
    fn where_the_profile_asks() {
        for (dispensed, expected) in [
            (Some(true), Outcome::Passed),
            (Some(false), Outcome::Failed(Reason::NotDispensed)),
            (None, Outcome::Indeterminate(Reason::DispensedNotTold)),
        ] {
            let mut case = case();
            case.claims.dispensed = dispensed;
            let asked = profile(&[("[page]", "[page]\ndispensed = true")]);
            assert_eq!(prescription_not_dispensed(&case.subject(), &asked), expected);
            assert_eq!(prescription_not_dispensed(&case.subject(), &profile(&[])), Outcome::NotApplicable);
        }
    }
}
