//! Whose signature a document may bear: which open session may sign it, and in which capacity.
//!
//! Invariant: nobody signs with another's key. A manager who signs what an absent operator scanned signs as the
//! manager, and the record names both.

use std::collections::BTreeSet;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::sessions::SessionFacts;
use super::{Role, appointments, certificates, register};
use crate::database::{DatabaseError, Tx};
use crate::ids::{Name, PersonId, SessionId};
use crate::instant::Instant;
use crate::judgement::Severity;
use crate::profile::{self, Confirm, SigningRules};

/// What is known of a document that waits to be signed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DocumentFacts {
    pub station: Name,
    /// The session that was open at the station when the delivery was taken in.
    pub delivered_in: Option<SessionId>,
    /// Others than the operator in session can write into the station's folder.
    pub anonymous_writing: bool,
    /// The operator whom the delivery names, as a login.
    pub operator: Option<String>,
    /// The gravest severity of its findings.
    pub severity: Severity,
    /// A person released something of it (accepted, excepted, released late).
    pub released: bool,
    /// Who confirmed it, in the state in which it is.
    pub confirmed_by: Option<PersonId>,
    /// Whether somebody is appointed as information manager just now.
    pub information_manager: bool,
}

/// In which capacity a person signs. The record says so.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(tag = "capacity", rename_all = "kebab-case")]
pub enum Capacity {
    Operator,
    /// The information manager; `operator` is the one who scanned, where that is known to be somebody else.
    InformationManager {
        #[serde(default, skip_serializing_if = "Option::is_none")]
        operator: Option<String>,
    },
}

/// Why a session may not sign a document. Message ids are `unsigned-<code>`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema, thiserror::Error)]
#[serde(tag = "code", rename_all = "kebab-case")]
pub enum Refusal {
    #[error("nobody is appointed as information manager now")]
    NoInformationManager,
    #[error("it was delivered at {station}, where this session is not open")]
    OtherStation { station: String },
    #[error("the batch was not attested")]
    NotAttested,
    #[error("it waits for a person to confirm it: {because}")]
    NotConfirmed { because: WhyConfirm },
    #[error("somebody else confirmed it, and signs it in a session of their own")]
    ConfirmedByAnother,
    #[error("it names another operator, {operator}; the profile lets it be signed by {signed_by}")]
    OtherOperator { operator: String, signed_by: SignedBy },
    #[error("this person is appointed to no role in which the profile lets it be signed: {signed_by}")]
    NotEntitled { signed_by: SignedBy },
}

/// Who signs by the rules of a profile, as whoever may not is told.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum SignedBy {
    Operator,
    InformationManager,
    Either,
}

impl SignedBy {
    fn of(rules: &SigningRules) -> Self {
        match [profile::Signer::Operator, profile::Signer::InformationManager].map(|signer| rules.by.contains(&signer))
        {
            [true, false] => Self::Operator,
            [false, true] => Self::InformationManager,
            _ => Self::Either,
        }
    }
}

impl std::fmt::Display for SignedBy {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        self.serialize(f)
    }
}

/// Why a person has to confirm a document although the profile lets sessions sign.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum WhyConfirm {
    /// The profile asks for it each time.
    Profile,
    /// Others can write into the station's folder.
    AnonymousWriting,
    /// A check asked for a look, or a person released something.
    Findings,
    /// It was not delivered while the session was open.
    DeliveredOutside,
}

impl std::fmt::Display for WhyConfirm {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        self.serialize(f)
    }
}

/// Whether an open session may sign a document, and in which capacity. `roles` are the person's own just now.
///
/// # Errors
/// With the first thing that stands in the way.
pub fn may_sign(
    session: &SessionFacts,
    roles: &BTreeSet<Role>,
    document: &DocumentFacts,
    rules: &SigningRules,
) -> Result<Capacity, Refusal> {
    if !document.information_manager {
        return Err(Refusal::NoInformationManager);
    }
    if session.station != document.station {
        return Err(Refusal::OtherStation { station: document.station.to_string() });
    }
    if session.attestation.is_none() {
        return Err(Refusal::NotAttested);
    }
    let confirmed = match document.confirmed_by {
        Some(person) if person == session.person => true,
        Some(_) => return Err(Refusal::ConfirmedByAnother),
        None => false,
    };
    let as_operator = signs_as(profile::Signer::Operator, roles, rules);
    let as_manager = signs_as(profile::Signer::InformationManager, roles, rules);
    if let Some(operator) = document.operator.as_ref().filter(|operator| *operator != session.login.as_str()) {
        may_confirm(&session.login, roles, Some(operator), rules)?;
        // Only by an own decision on this one document does a manager stand in for somebody else.
        return if confirmed {
            Ok(Capacity::InformationManager { operator: Some(operator.clone()) })
        } else {
            Err(Refusal::OtherOperator { operator: operator.clone(), signed_by: SignedBy::of(rules) })
        };
    }
    if !confirmed && let Some(because) = needs_confirmation(session, document, rules) {
        return Err(Refusal::NotConfirmed { because });
    }
    if as_operator {
        Ok(Capacity::Operator)
    } else if as_manager {
        Ok(Capacity::InformationManager { operator: None })
    } else {
        Err(Refusal::NotEntitled { signed_by: SignedBy::of(rules) })
    }
}

/// Whether a person's confirmation can lead to a signature, for nobody signs what another confirmed: in a role in which the
/// profile lets people sign, and for an operator whom the delivery names and who is somebody else as the information manager
/// alone.
///
/// # Errors
/// With the operator who is named, or with the roles that sign.
pub fn may_confirm(
    login: &Name,
    roles: &BTreeSet<Role>,
    operator: Option<&String>,
    rules: &SigningRules,
) -> Result<(), Refusal> {
    let as_manager = signs_as(profile::Signer::InformationManager, roles, rules);
    let signed_by = SignedBy::of(rules);
    match operator {
        Some(operator) if *operator != login.as_str() && !as_manager => {
            Err(Refusal::OtherOperator { operator: operator.clone(), signed_by })
        }
        _ if as_manager || signs_as(profile::Signer::Operator, roles, rules) => Ok(()),
        _ => Err(Refusal::NotEntitled { signed_by }),
    }
}

/// Whether somebody has a key in force and a role in which they may sign, whatever session is open: what they confirmed waits
/// for them, and for nobody else.
///
/// # Errors
/// When the database fails.
pub async fn can_sign(
    tx: &mut Tx,
    person: PersonId,
    rules: &SigningRules,
    now: Instant,
) -> Result<bool, DatabaseError> {
    let keys = certificates::of_person(tx, person).await?;
    let roles = appointments::roles(tx, person, now).await?;
    Ok(!register::is_suspended(tx, person).await?
        && keys.iter().any(|key| key.is_in_force(now))
        && rules.by.iter().any(|signer| signs_as(*signer, &roles, rules)))
}

/// Whether the profile lets people sign in a role that is among these.
fn signs_as(signer: profile::Signer, roles: &BTreeSet<Role>, rules: &SigningRules) -> bool {
    let role = match signer {
        profile::Signer::Operator => Role::Operator,
        profile::Signer::InformationManager => Role::InformationManager,
    };
    rules.by.contains(&signer) && roles.contains(&role)
}

/// Why nothing but a person's confirmation will do. A finding that only warns goes on by its definition.
fn needs_confirmation(session: &SessionFacts, document: &DocumentFacts, rules: &SigningRules) -> Option<WhyConfirm> {
    if rules.confirm == Confirm::Each {
        Some(WhyConfirm::Profile)
    } else if document.anonymous_writing {
        Some(WhyConfirm::AnonymousWriting)
    } else if document.severity > Severity::Warn || document.released {
        Some(WhyConfirm::Findings)
    } else if !document.delivered_in.is_some_and(|delivered| session.chain.contains(&delivered)) {
        Some(WhyConfirm::DeliveredOutside)
    } else {
        None
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::people::sessions::{Attestation, Attested};
    use crate::profile::Signer;

    fn session() -> SessionFacts {
        let (id, person) = (SessionId::new(), PersonId::new());
        SessionFacts {
            id,
            person,
            login: "mihon-a".parse().unwrap(),
            certificate: crate::ids::Digest::of(b"certificate"),
            station: "front-desk".parse().unwrap(),
            opened_at: Instant::from_microseconds(0).unwrap(),
            chain: vec![id, SessionId::new()],
            attestation: Some(Attestation {
                by: person,
                at: Instant::from_microseconds(0).unwrap(),
                attested: Attested::ALL.to_vec(),
            }),
            obtained_on: None,
        }
    }

    fn document(session: &SessionFacts) -> DocumentFacts {
        DocumentFacts {
            station: session.station.clone(),
            delivered_in: Some(session.id),
            anonymous_writing: false,
            operator: None,
            severity: Severity::Warn,
            released: false,
            confirmed_by: None,
            information_manager: true,
        }
    }

    fn by_session() -> Confirm {
        Confirm::Session { clause: "架空規程 第1条".into() }
    }

    fn rules(confirm: Confirm) -> SigningRules {
        SigningRules { by: vec![Signer::Operator, Signer::InformationManager], confirm }
    }

    /// What the session says of its own clean document after a change to one of the two.
    fn after(change: impl FnOnce(&mut SessionFacts, &mut DocumentFacts)) -> Result<Capacity, Refusal> {
        let mut session = session();
        let mut document = document(&session);
        change(&mut session, &mut document);
        may_sign(&session, &[Role::Operator].into(), &document, &rules(by_session()))
    }

    #[test]
    fn a_session_signs_what_passed_and_was_delivered_in_it() {
        assert_eq!(after(|_, _| ()), Ok(Capacity::Operator));
        assert_eq!(after(|_, document| document.operator = Some("mihon-a".into())), Ok(Capacity::Operator));
        // The session that it goes on with counts as itself.
        assert_eq!(
            after(|session, document| document.delivered_in = session.chain.last().copied()),
            Ok(Capacity::Operator)
        );
    }

    #[test]
    fn everything_else_is_refused_by_name() {
        let not_confirmed = |because| Err(Refusal::NotConfirmed { because });
        assert_eq!(after(|_, document| document.information_manager = false), Err(Refusal::NoInformationManager));
        assert!(matches!(
            after(|session, _| session.station = "ward-2".parse().unwrap()),
            Err(Refusal::OtherStation { .. })
        ));
        assert_eq!(after(|session, _| session.attestation = None), Err(Refusal::NotAttested));
        assert_eq!(
            after(|_, document| document.delivered_in = Some(SessionId::new())),
            not_confirmed(WhyConfirm::DeliveredOutside)
        );
        assert_eq!(after(|_, document| document.delivered_in = None), not_confirmed(WhyConfirm::DeliveredOutside));
        assert_eq!(after(|_, document| document.severity = Severity::Hold), not_confirmed(WhyConfirm::Findings));
        assert_eq!(after(|_, document| document.released = true), not_confirmed(WhyConfirm::Findings));
        assert_eq!(after(|_, document| document.anonymous_writing = true), not_confirmed(WhyConfirm::AnonymousWriting));
        assert_eq!(
            after(|_, document| document.operator = Some("mihon-b".into())),
            Err(Refusal::OtherOperator { operator: "mihon-b".into(), signed_by: SignedBy::Either })
        );
        assert_eq!(
            after(|_, document| document.confirmed_by = Some(PersonId::new())),
            Err(Refusal::ConfirmedByAnother)
        );
    }

    #[test]
    fn confirming_each_is_the_signers_own_act() {
        let session = session();
        let mut document = document(&session);
        let operator = [Role::Operator].into();
        let each = rules(Confirm::Each);
        let because = WhyConfirm::Profile;
        assert_eq!(may_sign(&session, &operator, &document, &each), Err(Refusal::NotConfirmed { because }));
        document.confirmed_by = Some(session.person);
        // Confirmed by hand, it may have come at any time.
        document.delivered_in = None;
        assert_eq!(may_sign(&session, &operator, &document, &each), Ok(Capacity::Operator));
    }

    #[test]
    fn a_manager_stands_in_for_an_absent_operator() {
        let session = session();
        let mut document = document(&session);
        document.operator = Some("mihon-b".into());
        let manager = [Role::InformationManager].into();
        let rules = rules(by_session());
        assert!(matches!(may_sign(&session, &manager, &document, &rules), Err(Refusal::OtherOperator { .. })));
        document.confirmed_by = Some(session.person);
        let capacity = Capacity::InformationManager { operator: Some("mihon-b".into()) };
        assert_eq!(may_sign(&session, &manager, &document, &rules), Ok(capacity));
        // An operator does not, whatever is confirmed.
        assert!(matches!(
            may_sign(&session, &[Role::Operator].into(), &document, &rules),
            Err(Refusal::OtherOperator { .. })
        ));
    }

    #[test]
    fn the_role_must_be_held_and_allowed() {
        let session = session();
        let document = document(&session);
        let only = |signer| SigningRules { by: vec![signer], confirm: by_session() };
        let both = [Role::Operator, Role::InformationManager].into();
        assert_eq!(
            may_sign(&session, &both, &document, &only(Signer::InformationManager)),
            Ok(Capacity::InformationManager { operator: None })
        );
        for roles in [BTreeSet::new(), [Role::Admin, Role::Viewer].into(), [Role::InformationManager].into()] {
            let refusal = Err(Refusal::NotEntitled { signed_by: SignedBy::Operator });
            assert_eq!(may_sign(&session, &roles, &document, &only(Signer::Operator)), refusal);
            // Nor may they confirm what they could not sign.
            let confirmed = may_confirm(&session.login, &roles, None, &only(Signer::Operator));
            assert_eq!(confirmed.map(|()| Capacity::Operator), refusal);
        }
    }
}
