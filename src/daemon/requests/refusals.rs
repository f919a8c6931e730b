//! What an error of an instrument means for the one who asked.

use crate::control::Refusal;
use crate::crypto::make::MakeError;
use crate::database::DatabaseError;
use crate::measuring::MeasuringError;
use crate::people::{PeopleError, Refused, entitlement};
use crate::store::StoreError;

impl From<DatabaseError> for Refusal {
    fn from(error: DatabaseError) -> Self {
        match error {
            DatabaseError::Corrupt(problem) => Self::DatabaseDamaged { problem },
            DatabaseError::Unanswered(_) => Self::MayBeDone { problem: error.to_string() },
            // A row that is not as expected any more was somebody else's a moment before: asked again, all is read anew.
            error => Self::Environment { problem: error.to_string() },
        }
    }
}

impl Refusal {
    /// What a request answers whose first change is made already, and what was to follow is not.
    pub(super) fn after_the_first(error: DatabaseError) -> Self {
        match error.into() {
            Self::Environment { problem } => Self::MayBeDone { problem },
            other => other,
        }
    }
}

impl From<MeasuringError> for Refusal {
    fn from(error: MeasuringError) -> Self {
        match error {
            MeasuringError::Database(error) => error.into(),
            other => Self::Environment { problem: other.to_string() },
        }
    }
}

impl From<StoreError> for Refusal {
    fn from(error: StoreError) -> Self {
        Self::Environment { problem: error.to_string() }
    }
}

impl From<MakeError> for Refusal {
    fn from(error: MakeError) -> Self {
        Self::Environment { problem: error.to_string() }
    }
}

impl From<PeopleError> for Refusal {
    fn from(error: PeopleError) -> Self {
        match error {
            PeopleError::Refused(refused) => refused.into(),
            PeopleError::Database(error) => error.into(),
            PeopleError::Make(error) => error.into(),
            PeopleError::Io { .. } | PeopleError::Write(_) => Self::Environment { problem: error.to_string() },
        }
    }
}

impl From<entitlement::Refusal> for Refusal {
    fn from(unsigned: entitlement::Refusal) -> Self {
        Self::NotTheirs { unsigned }
    }
}

impl From<Refused> for Refusal {
    fn from(refused: Refused) -> Self {
        match refused {
            Refused::UnknownPerson { login } => Self::Unknown { what: login },
            Refused::Suspended { login } => Self::Suspended { login },
            Refused::NotEntitled { roles, .. } => {
                Self::RoleNeeded { role: roles.iter().map(|role| role.as_str()).collect::<Vec<_>>().join(", ") }
            }
            Refused::SecondPersonNeeded { .. } | Refused::SamePerson => Self::SecondPersonNeeded,
            Refused::WrongPassphrase { login } | Refused::NoCertificate { login } => Self::NotProven { login },
            refused => Self::People { refused },
        }
    }
}
