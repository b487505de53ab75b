//! This device's place in a programme: granted by the server, or given by a ticket until the server is asked.

use std::sync::atomic::AtomicBool;
use std::sync::{Arc, PoisonError};

use yorisoi_protocol::Programme;
use yorisoi_protocol::wire::{Caller, Grant};

use super::YorisoiClient;
use crate::error::YorisoiError;
use crate::store::{Identity, Provisional};
use crate::transport::Signer;
use crate::view::{EnrollmentState, EnrollmentView};

/// The place with its programme.
#[derive(Debug)]
pub(super) struct Place {
    pub(super) kind: PlaceKind,
    pub(super) programme: Arc<Programme>,
    /// Whether what waits is known to be sealed to the programme's key.
    pub(super) sealed_to_programme: AtomicBool,
}

/// How the place is held.
#[derive(Debug)]
pub(super) enum PlaceKind {
    /// The server redeemed the card. With the device's signature, whose key takes longer to make than a request to sign.
    Granted(Grant, Arc<Signer>),
    /// A ticket was verified on the phone.
    Provisional(Provisional),
}

impl YorisoiClient {
    /// The place of this device.
    ///
    /// # Errors
    /// [`YorisoiError::NotEnrolled`], and the errors of the store.
    pub(super) fn place(&self) -> Result<Arc<Place>, YorisoiError> {
        let mut cached = self.place.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(place) = cached.as_ref() {
            return Ok(Arc::clone(place));
        }
        let identity = self.store.identity()?.ok_or(YorisoiError::NotEnrolled)?;
        let place = Arc::new(self.read_place(identity)?);
        *cached = Some(Arc::clone(&place));
        Ok(place)
    }

    /// Reads the place anew at its next use: what stands on the disk has changed.
    pub(super) fn forget_place(&self) {
        *self.place.lock().unwrap_or_else(PoisonError::into_inner) = None;
    }

    /// Keeps the file of the own programme beside the place, as the manifest has it now.
    pub(super) fn keep_own_programme(&self) -> Result<(), YorisoiError> {
        self.forget_place();
        let id = match self.place() {
            Ok(place) => place.programme.id.clone(),
            Err(YorisoiError::NotEnrolled) => return Ok(()),
            Err(error) => return Err(error),
        };
        match self.known().and_then(|known| known.manifest.programme_text(&id).map(str::to_owned)) {
            Some(text)
                if self.store.identity()?.is_none_or(|known| known.programme.as_ref() != Some(&text)) =>
            {
                self.store.keep_programme(&text)?;
            }
            _ => {}
        }
        self.seal_to_programme(&*self.place()?)
    }

    fn read_place(&self, identity: Identity) -> Result<Place, YorisoiError> {
        let Identity { seed, grant, provisional, programme } = identity;
        let kind = match (grant, provisional) {
            (Some(grant), _) => {
                let signer = Signer::new(seed.bytes(), Caller::Device(grant.device));
                PlaceKind::Granted(grant, Arc::new(signer.ok_or(YorisoiError::NotEnrolled)?))
            }
            (None, Some(provisional)) => PlaceKind::Provisional(provisional),
            (None, None) => return Err(YorisoiError::NotEnrolled),
        };
        let id = kind.programme();
        let known = self.known().and_then(|known| known.programme(id));
        let kept = || programme.and_then(|text| Programme::read(text.as_bytes()).ok()).map(Arc::new);
        let programme = known.or_else(kept);
        let programme =
            programme.ok_or(YorisoiError::Setting("the programme of this enrollment is missing"))?;
        Ok(Place { kind, programme, sealed_to_programme: AtomicBool::new(false) })
    }
}

impl PlaceKind {
    fn programme(&self) -> &str {
        match self {
            Self::Granted(grant, _) => &grant.programme,
            Self::Provisional(provisional) => &provisional.programme,
        }
    }
}

impl Place {
    /// What the server granted, and the signature it knows this device by.
    ///
    /// # Errors
    /// [`YorisoiError::NotEnrolled`] for a place the server does not know of yet.
    pub(super) fn grant(&self) -> Result<(&Grant, &Arc<Signer>), YorisoiError> {
        match &self.kind {
            PlaceKind::Granted(grant, signer) => Ok((grant, signer)),
            PlaceKind::Provisional(_) => Err(YorisoiError::NotEnrolled),
        }
    }

    /// Whether questions may be handed in from this place, now or later.
    ///
    /// # Errors
    /// [`YorisoiError::EnrollmentRefused`] where the server did not redeem the ticket's card.
    pub(super) fn may_hand_in(&self) -> Result<(), YorisoiError> {
        match &self.kind {
            PlaceKind::Provisional(Provisional { refused: Some(refusal), .. }) => {
                let ask = self.programme.ask_about_cards.clone();
                Err(YorisoiError::EnrollmentRefused { refusal: *refusal, ask })
            }
            _ => Ok(()),
        }
    }

    /// What the app shows of it.
    pub(super) fn view(&self) -> EnrollmentView {
        let (programme, name) = (self.programme.id.clone(), self.programme.name.clone());
        match &self.kind {
            PlaceKind::Granted(grant, _) => EnrollmentView {
                programme,
                name,
                state: EnrollmentState::Redeemed,
                trust: grant.trust,
                enrollment: Some(grant.enrollment),
                member: Some(grant.member),
                since: grant.granted_at,
            },
            PlaceKind::Provisional(provisional) => EnrollmentView {
                programme,
                name,
                state: match provisional.refused {
                    None => EnrollmentState::Provisional { until: provisional.until },
                    Some(refusal) => EnrollmentState::Refused(refusal),
                },
                trust: yorisoi_protocol::wire::Trust::HouseholdCard,
                enrollment: None,
                member: None,
                since: provisional.since,
            },
        }
    }
}
