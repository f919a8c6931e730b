//! Arguments that are one of a few words, and what is said of those that are not.

use crate::control::EXPORT_REASONS;
use crate::document::DocumentState;
use crate::ids::Name;
use crate::messages::Lang;
use crate::paper::Paper;
use crate::people::Role;
use crate::people::acts::{DisposalReason, ReasonCode, RevocationReason};

/// The words that would have been understood.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub(super) struct OneOf(pub String);

fn one_of<T: Copy>(text: &str, all: &[T], spelling: impl Fn(T) -> String) -> Result<T, OneOf> {
    all.iter().copied().find(|choice| spelling(*choice) == text).ok_or_else(|| {
        let spellings: Vec<String> = all.iter().map(|choice| spelling(*choice)).collect();
        OneOf(spellings.join(", "))
    })
}

pub(super) fn language(text: &str) -> Result<Lang, OneOf> {
    one_of(text, &Lang::ALL, |lang| lang.code().to_owned())
}

pub(super) fn state(text: &str) -> Result<DocumentState, OneOf> {
    one_of(text, &DocumentState::ALL, |state| state.to_string())
}

pub(super) fn paper(text: &str) -> Result<Paper, OneOf> {
    one_of(text, &Paper::ALL, |paper| paper.to_string())
}

/// A reason in the spelling of names, which is what the daemon is asked with.
pub(super) fn reason(text: &str) -> Result<Name, OneOf> {
    one_of(text, &ReasonCode::ALL, |reason| reason.to_string())?;
    text.parse().map_err(|_| OneOf(text.to_owned()))
}

pub(super) fn export_reason(text: &str) -> Result<Name, OneOf> {
    one_of(text, &EXPORT_REASONS, ToOwned::to_owned)?;
    text.parse().map_err(|_| OneOf(text.to_owned()))
}

pub(super) fn revocation(text: &str) -> Result<RevocationReason, OneOf> {
    one_of(text, &RevocationReason::ALL, |why| why.to_string())
}

pub(super) fn disposal(text: &str) -> Result<DisposalReason, OneOf> {
    one_of(text, &DisposalReason::ALL, |why| why.to_string())
}

/// A role in the spelling of names, which is what the daemon is asked with.
pub(super) fn role(text: &str) -> Result<Name, OneOf> {
    let spelling = |role: Role| role.to_string().replace('_', "-");
    let role = one_of(&text.replace('_', "-"), &Role::ALL, spelling)?;
    spelling(role).parse().map_err(|_| OneOf(text.to_owned()))
}
