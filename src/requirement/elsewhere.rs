//! Duties that are not the guideline's.

use super::{Edition, Regime, Requirement};

/// The scanning rules for bills and receipts. Its figures are in the profiles that follow it.
pub const TAX: &Requirement = &Requirement {
    id: "tax-2",
    edition: Edition::TaxBooks,
    clause_6_0: None,
    ja: "国税関係書類は、定められた解像度・階調で、はっきり読み取れるように、期間内に読み取る。",
    en: "Tax papers are scanned within their time, at the resolution and tone laid down, clearly legible.",
    regimes: &[Regime::Tax],
    in_force_from: None,
    in_force_until: None,
};

/// What the hospital asks of itself, in its profile and its own rules. No finding under it speaks for the guideline.
pub const HOUSE_RULE: &Requirement = &Requirement {
    id: "house-rule",
    edition: Edition::House,
    clause_6_0: None,
    ja: "施設が自ら定めた規則（ガイドラインの定めではない）。",
    en: "A rule that the hospital set itself, beyond the guideline.",
    regimes: &Regime::ALL,
    in_force_from: None,
    in_force_until: None,
};
