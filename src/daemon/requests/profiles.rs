//! Bringing a profile's present file into force.

use std::path::Path;

use super::hand::Signers;
use super::people::noted;
use super::{Peer, Requests};
use crate::config::Mode;
use crate::config::profiles::{self as files, LoadedProfile};
use crate::control::facts::Noted;
use crate::control::{Credentials, ProfileRefusal, Refusal};
use crate::database::Tx;
use crate::document::{DocumentState, HoldReason};
use crate::ids::{Digest, Name};
use crate::instant::Instant;
use crate::judgement::ProfileRef;
use crate::ledger::documents::{self, Filter};
use crate::ledger::profiles::{self, ProfileState};
use crate::people::acts::Deed;
use crate::pipeline::driver::StageName;

impl Requests {
    pub(super) fn approve_profile(
        &self,
        by: &Credentials,
        second: Option<&Credentials>,
        id: &Name,
        shown: Digest,
        peer: Peer,
    ) -> Result<Noted, Refusal> {
        let hand = self.hand(peer);
        let LoadedProfile { bytes, profile, .. } = file(&self.line.home.layout().profiles(), id)?;
        // Of the bytes that are adopted below, whatever stands in the folder by then.
        let found = profile.reference().digest;
        if found != shown {
            return Err(Refusal::ProfileChangedSinceShown { profile: id.clone(), found });
        }
        if self.line.config.mode == Mode::Production && profile.clause_is_placeholder() {
            return Err(refused(ProfileRefusal::PlaceholderClause));
        }
        if profile.effective_from > self.line.calendar().calendar.day_of(hand.now) {
            return Err(refused(ProfileRefusal::TakesEffectLater { day: profile.effective_from }));
        }
        let signers = Signers { first: self.prove(by, hand.now)?, second: self.prove_second(second, hand.now)? };
        let reference = profile.reference().clone();
        // The journal names its digest alone: the bytes have to outlast the database.
        self.line.objects.put(&bytes)?;
        let appended = self.line.database.write::<_, Refusal, _>(async move |tx| {
            check_new(tx, &reference).await?;
            let appended = hand.act(tx, Deed::ApproveProfile { profile: reference.clone() }, &signers, None).await?;
            profiles::adopt(tx, &reference, &bytes, ProfileState::InForce, appended.index).await?;
            identify_again(tx, &reference.id, hand.now).await?;
            Ok(appended)
        })?;
        // It is in force, whatever becomes of this.
        if let Err(error) = self.line.reload_profiles() {
            tracing::error!(%error, "The profiles in force could not be read anew; that is tried again every two seconds");
        }
        self.line.shared.wake(&[StageName::Identification]);
        Ok(noted(appended))
    }
}

/// The present file of a profile in a home's folder: what an approval brings into force.
///
/// # Errors
/// When there is none that can be used.
pub fn file(folder: &Path, id: &Name) -> Result<LoadedProfile, Refusal> {
    let (loaded, problems) = files::load(folder);
    if let Some(found) = loaded.into_iter().find(|one| one.profile.reference().id == *id) {
        return Ok(found);
    }
    let own = format!("/{id}.toml");
    let problems: Vec<_> = problems.into_iter().filter(|problem| problem.file.ends_with(&own)).collect();
    if problems.is_empty() {
        return Err(Refusal::Unknown { what: id.to_string() });
    }
    Err(refused(ProfileRefusal::Faulty { problems }))
}

fn refused(profile_refusal: ProfileRefusal) -> Refusal {
    Refusal::ProfileRefused { profile_refusal }
}

async fn check_new(tx: &mut Tx, reference: &ProfileRef) -> Result<(), Refusal> {
    let changed = || Refusal::ProfileChanged { profile: reference.id.to_string(), version: reference.version };
    match profiles::get(tx, &reference.id, reference.version).await? {
        Some(known) if known.reference.digest != reference.digest => Err(changed()),
        Some(known) if known.state == ProfileState::InForce => Err(refused(ProfileRefusal::InForceAlready)),
        _ => Ok(()),
    }
}

/// What waited for a profile, or for one that this build carries, is identified anew.
async fn identify_again(tx: &mut Tx, id: &Name, now: Instant) -> Result<(), Refusal> {
    documents::resume_all(tx, None, HoldReason::NoProfile, now).await?;
    let waiting = Filter { state: Some(DocumentState::Review), held: true, ..Filter::default() };
    for document in documents::list(tx, &waiting, u32::MAX).await?.documents {
        let of_this = document.profile.as_ref().is_some_and(|profile| profile.id == *id);
        if of_this && document.held == Some(HoldReason::NotCarried) {
            documents::move_on(tx, document.id, document.state, DocumentState::Identifying, now).await?;
        }
    }
    Ok(())
}
