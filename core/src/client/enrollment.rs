//! Joining a programme with a card.

use yorisoi_protocol::wire::{
    Caller, ENROLLMENTS_PATH, EnrollmentReply, EnrollmentRequest, EnrollmentResult, Grant,
};
use yorisoi_protocol::{EnrollmentCode, Programme};

use super::{YorisoiClient, eligibility_view};
use crate::error::YorisoiError;
use crate::host::Notice;
use crate::transport::Signer;
use crate::transport::exchange::Exchange;
use crate::view::{CardView, EnrollmentView};

impl YorisoiClient {
    /// Looks at what a person typed, without network: is it a code, of which programme, may it be redeemed now?
    ///
    /// # Errors
    /// [`YorisoiError::Card`], saying which group to look at, and [`YorisoiError::UnknownProgramme`].
    pub fn check_card(&self, typed: &str) -> Result<CardView, YorisoiError> {
        let (_, programme) = self.read_card(typed)?;
        Ok(CardView {
            programme: programme.id.clone(),
            name: programme.name.clone(),
            redeem: eligibility_view(programme.redeem_at(self.now())),
        })
    }

    /// Redeems a card. Repeating it from the same device gives the same grant, so a lost reply loses nothing.
    ///
    /// # Errors
    /// Whatever [`YorisoiClient::check_card`] finds, with nothing sent; [`YorisoiError::NotEligible`] outside the window;
    /// [`YorisoiError::EnrollmentRefused`]; and the errors of the network and the store.
    pub async fn enroll(&self, typed: &str) -> Result<EnrollmentView, YorisoiError> {
        let (code, programme) = self.read_card(typed)?;
        if let Some(enrolled) = self.enrollment()? {
            let same = enrolled.programme == programme.id;
            return if same { Ok(enrolled) } else { Err(YorisoiError::AlreadyEnrolled) };
        }
        let decision = programme.redeem_at(self.now());
        // A device that tried before may have been granted its place in time, and only the reply was lost: the server
        // knows. The window is asked of the first attempt alone.
        let tried = self.store.identity()?.is_some();
        if !tried && !decision.eligibility.allowed() {
            return Err(YorisoiError::NotEligible(decision.eligibility));
        }
        let grant = self.redeem(&code, programme).await?;
        self.store.keep_grant(&grant)?;
        self.tell(&[Notice::Enrollment]);
        Ok(view(&grant, programme))
    }

    /// This device's place in a programme, if it has one.
    ///
    /// # Errors
    /// The errors of the store.
    pub fn enrollment(&self) -> Result<Option<EnrollmentView>, YorisoiError> {
        match self.enrolled() {
            Ok((grant, programme)) => Ok(Some(view(grant, programme))),
            Err(YorisoiError::NotEnrolled) => Ok(None),
            Err(error) => Err(error),
        }
    }

    fn read_card(&self, typed: &str) -> Result<(EnrollmentCode, &Programme), YorisoiError> {
        let code = EnrollmentCode::parse(typed)?;
        let index = code.programme_index();
        let programme = self.programmes.iter().find(|programme| programme.index == index);
        Ok((code, programme.ok_or(YorisoiError::UnknownProgramme)?))
    }

    async fn redeem(&self, code: &EnrollmentCode, programme: &Programme) -> Result<Grant, YorisoiError> {
        // The key is on the disk before the card is spent.
        let identity = self.store.make_identity()?;
        let signer = Signer::new(&identity.seed, Caller::New).ok_or(YorisoiError::NotEnrolled)?;
        let request = EnrollmentRequest { code: code.compact(), device_key: signer.public_key() };
        let body = serde_json::to_vec(&request).map_err(crate::store::StoreError::from)?;
        let exchanged = self.exchange().post::<EnrollmentReply>(ENROLLMENTS_PATH, &signer, body).await;
        let (nonce, reply) = exchanged?;
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

    pub(super) fn exchange(&self) -> Exchange<'_> {
        Exchange {
            transport: self.transport.as_ref(),
            randomness: self.host.randomness.as_ref(),
            skew: &self.skew,
            wall: self.host.clock.read().wall,
        }
    }
}

fn view(grant: &Grant, programme: &Programme) -> EnrollmentView {
    EnrollmentView {
        programme: grant.programme.clone(),
        name: programme.name.clone(),
        enrollment: grant.enrollment,
        member: grant.member,
        since: grant.granted_at,
    }
}
