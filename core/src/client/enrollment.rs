//! Joining a programme with a card.
//!
//! A typed code is redeemed by the server or not at all. A ticket, the QR code of the same card, is verified on the phone
//! first and gives a provisional place at once: reading, drafting, asking and safety contacts work, and what was asked
//! waits until the server redeems the card, at the next sync.

use std::sync::Arc;

use yorisoi_protocol::card_text::CardInput;
use yorisoi_protocol::phrase::SharedPhrase;
use yorisoi_protocol::ticket::Ticket;
use yorisoi_protocol::time::ClockState;
use yorisoi_protocol::wire::{
    ApiErrorCode, Caller, ENROLLMENTS_PATH, EnrollmentRefusal, EnrollmentReply, EnrollmentRequest,
    EnrollmentResult, Grant, PhraseRequest,
};
use yorisoi_protocol::{EnrollmentCode, Programme, Timestamp};

use super::YorisoiClient;
use super::place::{Place, PlaceKind};
use crate::error::YorisoiError;
use crate::host::Notice;
use crate::store::{Provisional, StoreError, SyncTimes};
use crate::transport::exchange::Exchange;
use crate::transport::{Signer, Transport};
use crate::view::{CardKind, CardView, EnrollmentView};

/// A card that was read: its code, its programme, and the ticket if it was one.
struct Card {
    code: EnrollmentCode,
    programme: Arc<Programme>,
    ticket: Option<Ticket>,
}

/// What is shown to the server to be let in.
enum Shown {
    Code(String),
    Phrase(PhraseRequest),
}

impl YorisoiClient {
    /// Looks at what a person typed or scanned, without network: is it a card, of which programme, may it be redeemed now?
    ///
    /// # Errors
    /// [`YorisoiError::Card`], saying which group to look at; [`YorisoiError::Ticket`]; [`YorisoiError::UnknownProgramme`];
    /// [`YorisoiError::ManifestMissing`] where no programme is known yet; and the errors of the store.
    pub fn check_card(&self, typed: &str) -> Result<CardView, YorisoiError> {
        let card = self.read_card(typed)?;
        let (programme, now) = (&card.programme, self.now());
        let kind = match &card.ticket {
            None => CardKind::Code,
            Some(ticket) => CardKind::Ticket { provisional: ticket.validity(now) },
        };
        let family = self.family()?;
        let redeem = family.view(programme.redeem_at(&family.facts(programme), now));
        Ok(CardView { programme: programme.id.clone(), name: programme.name.clone(), kind, redeem })
    }

    /// Redeems a card, typed or scanned. Repeating it from the same device gives the same grant, so a lost reply loses
    /// nothing. A valid ticket without network gives a provisional place; the next sync redeems it.
    ///
    /// A device that was granted a place in the card's programme gets that place as the answer to any card of it: nothing is
    /// sent, and the card shown stays unused. Only where the server said in the last sync that it does not know this device
    /// (`device_unknown`: it was set back to before the grant) is the card redeemed anew, and everything offered again.
    ///
    /// # Errors
    /// Whatever [`YorisoiClient::check_card`] finds, with nothing sent; [`YorisoiError::NotEligible`] outside the window;
    /// [`YorisoiError::ClockSuspect`] for a ticket without network on a phone whose clock cannot be right;
    /// [`YorisoiError::EnrollmentRefused`]; and the errors of the network and the store.
    pub async fn enroll(&self, typed: &str) -> Result<EnrollmentView, YorisoiError> {
        self.unless_erased(self.enroll_with_card(typed)).await
    }

    async fn enroll_with_card(&self, typed: &str) -> Result<EnrollmentView, YorisoiError> {
        let card = match self.read_card(typed) {
            Err(YorisoiError::ManifestMissing) => {
                self.refresh_manifest().await?;
                self.read_card(typed)?
            }
            // The manifest at hand may be older than the programme.
            Err(YorisoiError::UnknownProgramme) if self.refresh_manifest().await.is_ok() => {
                self.read_card(typed)?
            }
            read => read?,
        };
        if let Some(view) = self.redeemed_already(&card.programme.id)? {
            return Ok(view);
        }
        self.may_redeem(&card.programme)?;
        let provisional = self.take_provisionally(&card)?;
        match self.redeem(Shown::Code(card.code.compact()), &card.programme, self.transport.as_ref()).await {
            Err(error) if provisional && waits(&error) => self.place().map(|place| place.view()),
            Err(YorisoiError::Network(_)) if card.ticket.is_some() && !self.clock_known() => {
                Err(YorisoiError::ClockSuspect)
            }
            redeemed => redeemed,
        }
    }

    /// Joins a programme that is open to everybody who knows its phrase (合言葉). Needs the network: no phone can know
    /// whether a phrase is right.
    ///
    /// # Errors
    /// [`YorisoiError::Phrase`], [`YorisoiError::UnknownProgramme`], [`YorisoiError::NotEligible`],
    /// [`YorisoiError::EnrollmentRefused`], and the errors of the network and the store.
    pub async fn enroll_with_phrase(
        &self,
        programme: &str,
        phrase: &str,
    ) -> Result<EnrollmentView, YorisoiError> {
        self.unless_erased(self.enroll_knowing(programme, phrase)).await
    }

    async fn enroll_knowing(&self, programme: &str, phrase: &str) -> Result<EnrollmentView, YorisoiError> {
        let phrase = SharedPhrase::parse(phrase)?;
        let known = self.known().ok_or(YorisoiError::ManifestMissing)?;
        let programme = known.programme(programme).ok_or(YorisoiError::UnknownProgramme)?;
        if let Some(view) = self.redeemed_already(&programme.id)? {
            return Ok(view);
        }
        self.may_redeem(&programme)?;
        let phrase = PhraseRequest { programme: programme.id.clone(), phrase: phrase.as_str().to_owned() };
        self.redeem(Shown::Phrase(phrase), &programme, self.transport.as_ref()).await
    }

    /// This device's place in a programme, if it has one.
    ///
    /// # Errors
    /// The errors of the store.
    pub fn enrollment(&self) -> Result<Option<EnrollmentView>, YorisoiError> {
        match self.place() {
            Ok(place) => Ok(Some(place.view())),
            Err(YorisoiError::NotEnrolled) => Ok(None),
            Err(error) => Err(error),
        }
    }

    /// Redeems the card of a provisional place. A place that was refused is not asked for again.
    pub(super) async fn redeem_if_provisional(&self, way: &dyn Transport) -> Result<(), YorisoiError> {
        let place = self.place()?;
        place.may_hand_in()?;
        if let PlaceKind::Provisional(provisional) = &place.kind {
            self.redeem(Shown::Code(provisional.code.clone()), &place.programme, way).await?;
        }
        Ok(())
    }

    fn read_card(&self, typed: &str) -> Result<Card, YorisoiError> {
        let input = CardInput::parse(typed)?;
        let known = self.known().ok_or(YorisoiError::ManifestMissing)?;
        let (code, ticket) = match input {
            CardInput::Code(code) => (code, None),
            CardInput::Ticket(text) => {
                let ticket = Ticket::parse(&text, known.manifest.ticket_keys())?;
                // One key may sign for several municipalities: the programme must be the issuer's own.
                ticket.programme(&known.manifest.programmes).map_err(|_| YorisoiError::UnknownProgramme)?;
                (*ticket.code(), Some(ticket))
            }
        };
        let index = code.programme_index();
        let programme = known.programmes.iter().find(|programme| programme.index == index);
        let programme = programme.map(Arc::clone).ok_or(YorisoiError::UnknownProgramme)?;
        Ok(Card { code, programme, ticket })
    }

    fn redeemed_already(&self, programme: &str) -> Result<Option<EnrollmentView>, YorisoiError> {
        match self.place() {
            Ok(place) if place.programme.id != programme && place.may_hand_in().is_ok() => {
                Err(YorisoiError::AlreadyEnrolled)
            }
            // A server that was set back to before the grant knows nothing of it, and gives another for a card.
            Ok(place) => Ok((place.grant().is_ok() && !self.is_unknown_there()).then(|| place.view())),
            Err(YorisoiError::NotEnrolled) => Ok(None),
            Err(error) => Err(error),
        }
    }

    /// Whether the last sync was refused because the server knows no such device.
    fn is_unknown_there(&self) -> bool {
        let unknown =
            YorisoiError::ServerRefused { code: ApiErrorCode::UnknownDevice, retry_after_seconds: None };
        self.times().attempt.is_some_and(|attempt| attempt.outcome == unknown.code())
    }

    /// Asks the window of a first attempt alone. A device that tried before may have been granted its place in time, and
    /// only the reply was lost: the server knows. It also knows the time where the phone does not.
    fn may_redeem(&self, programme: &Programme) -> Result<(), YorisoiError> {
        let decision = programme.redeem_at(&self.family()?.facts(programme), self.now());
        let tried = self.store.identity()?.is_some_and(|identity| identity.provisional.is_none());
        if !tried && self.clock_known() && decision.eligibility.refused() {
            return Err(YorisoiError::NotEligible(decision.eligibility));
        }
        Ok(())
    }

    fn clock_known(&self) -> bool {
        self.time().state != ClockState::ClockSuspect
    }

    /// Takes a place with a ticket that is valid now, before anything is sent: what is taken survives the app's end.
    fn take_provisionally(&self, card: &Card) -> Result<bool, YorisoiError> {
        let Some(ticket) = &card.ticket else {
            return Ok(false);
        };
        let now = self.now();
        let granted = self.store.identity()?.is_some_and(|identity| identity.grant.is_some());
        if granted || !self.clock_known() || !ticket.validity(now).allowed() {
            return Ok(false);
        }
        self.store.make_identity()?;
        let (code, programme) = (card.code.compact(), card.programme.id.clone());
        let until = ticket.terms.expires;
        self.store.keep_provisional(&Provisional { code, programme, since: now, until, refused: None })?;
        self.keep_own_programme()?;
        self.keep_floor(ticket.terms.issued_at)?;
        self.tell(&[Notice::Enrollment]);
        Ok(true)
    }

    async fn redeem(
        &self,
        shown: Shown,
        programme: &Programme,
        way: &dyn Transport,
    ) -> Result<EnrollmentView, YorisoiError> {
        let paused = self.left_of(self.times().redeem_pause.as_ref());
        if let Some(seconds) = paused {
            let retry_after_seconds = Some(seconds);
            return Err(YorisoiError::ServerRefused { code: ApiErrorCode::TooMany, retry_after_seconds });
        }
        let redeemed = self.ask_server(&shown, programme, way).await;
        match &redeemed {
            Ok(grant) => {
                self.store.keep_grant(grant)?;
                self.keep_own_programme()?;
                self.tell(&[Notice::Enrollment]);
            }
            Err(YorisoiError::ServerRefused { retry_after_seconds: Some(seconds), .. }) => {
                let redeem_pause = Some(self.pause_of(*seconds));
                self.keep_times(SyncTimes { redeem_pause, ..self.times() })?;
            }
            Err(YorisoiError::EnrollmentRefused { refusal, .. }) => self.note_refusal(&shown, *refusal)?,
            Err(_) => {}
        }
        redeemed?;
        self.place().map(|place| place.view())
    }

    async fn ask_server(
        &self,
        shown: &Shown,
        programme: &Programme,
        way: &dyn Transport,
    ) -> Result<Grant, YorisoiError> {
        // The key is on the disk before the card is spent.
        let identity = self.store.make_identity()?;
        let signer = Signer::new(identity.seed.bytes(), Caller::New).ok_or(YorisoiError::NotEnrolled)?;
        let request = shown.request(&signer);
        let body = serde_json::to_vec(&request).map_err(StoreError::from)?;
        let exchanged = self.exchange(way).post::<EnrollmentReply>(ENROLLMENTS_PATH, &signer, body).await;
        let (nonce, reply) = self.exchanged(exchanged)?;
        if reply.answers != nonce {
            return Err(YorisoiError::NotBelieved("it answers another request"));
        }
        self.hear_time(reply.time, None)?;
        match reply.result {
            EnrollmentResult::Granted(grant) if grant.programme == programme.id => Ok(grant),
            EnrollmentResult::Granted(_) => Err(YorisoiError::NotBelieved("it grants another programme")),
            EnrollmentResult::Refused(refusal) => {
                Err(YorisoiError::EnrollmentRefused { refusal, ask: programme.ask_about_cards.clone() })
            }
        }
    }

    /// A provisional place whose card the server does not redeem says so from now on. What was written stays.
    fn note_refusal(&self, shown: &Shown, refusal: EnrollmentRefusal) -> Result<(), YorisoiError> {
        let Ok(place) = self.place() else {
            return Ok(());
        };
        if let (Place { kind: PlaceKind::Provisional(provisional), .. }, Shown::Code(code)) = (&*place, shown)
            && provisional.code == *code
        {
            self.store.keep_provisional(&Provisional { refused: Some(refusal), ..provisional.clone() })?;
            self.forget_place();
            self.tell(&[Notice::Enrollment]);
        }
        Ok(())
    }

    fn keep_floor(&self, signed: Timestamp) -> Result<(), StoreError> {
        let times = self.times();
        if times.signed >= Some(signed) {
            return Ok(());
        }
        self.keep_times(SyncTimes { signed: Some(signed), ..times })
    }

    pub(super) fn exchange<'a>(&'a self, way: &'a dyn Transport) -> Exchange<'a> {
        Exchange {
            transport: way,
            randomness: self.host.randomness.as_ref(),
            skew: &self.skew,
            wall: self.host.clock.read().wall,
        }
    }
}

impl Shown {
    fn request(&self, signer: &Signer) -> EnrollmentRequest {
        let device_key = signer.public_key();
        match self {
            Self::Code(code) => EnrollmentRequest { code: Some(code.clone()), phrase: None, device_key },
            Self::Phrase(phrase) => {
                EnrollmentRequest { code: None, phrase: Some(phrase.clone()), device_key }
            }
        }
    }
}

/// Whether the server may still redeem the card later.
fn waits(error: &YorisoiError) -> bool {
    matches!(error, YorisoiError::Network(_) | YorisoiError::NotBelieved(_))
        || matches!(error, YorisoiError::ServerRefused { .. } if error.retryable())
}
