//! What can be wrong with a signed act.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::ids::Digest;

/// Why a signed act does not count. Message ids are `act-fault-<code>`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(tag = "code", rename_all = "kebab-case")]
pub enum ActFault {
    /// The entry must hold an act, and holds none.
    ActMissing,
    ActUnreadable,
    /// Home, kind, person, subject or time of the act and of its entry do not agree.
    ActDiffers,
    /// An earlier entry holds this very act.
    ActRepeated,
    /// Not signed by those whom it names.
    ActSigners,
    /// No entry before it issued the certificate to that person.
    ActCertificateUnknown {
        certificate: Digest,
    },
    ActCertificateNotValid {
        certificate: Digest,
    },
    /// The certificate's bytes are not at hand.
    ActCertificateMissing {
        certificate: Digest,
    },
    ActCertificateUntrusted {
        certificate: Digest,
    },
    /// In a home for production, an evaluation certificate signed what only others count for.
    ActCertificateForEvaluation {
        certificate: Digest,
    },
    ActSignatureWrong,
    /// A founding after the first entry, a certificate that its own key did not ask for, an appointment of oneself or of
    /// days gone by.
    ActOutOfPlace,
    /// The first of those who signed it made the second one's account or key shortly before.
    ActNotIndependent,
    /// The home's own authority was opened for it by one person alone.
    ActWitnessMissing,
    /// One who signed it was suspended by then.
    ActSuspended,
    ActRoleNotHeld {
        act: String,
    },
    /// The private part is not the one that it commits to.
    ActPrivateDiffers,
}
