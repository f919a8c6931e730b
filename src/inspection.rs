//! Judgement, check by check.
