//! Clinicians' log-ins and the sessions they give.

use data_encoding::BASE64URL_NOPAD;
use yorisoi_protocol::digest::sha256;
use yorisoi_protocol::wire::ApiErrorCode;

use super::{Failure, PASSWORD_ITERATIONS, Service, passwords};
use crate::desk_api::{LogIn, Session};
use crate::randomness::draw;
use crate::storage::{PasswordHash, SessionRecord};

/// How long a log-in lasts.
const SESSION_HOURS: u32 = 12;

/// What the password of an unknown name is compared with, so that it takes as long as a known one.
const NOBODY: PasswordHash = PasswordHash { iterations: PASSWORD_ITERATIONS, salt: [0; 16], hash: [0; 32] };

impl Service {
    /// Logs a clinician in.
    ///
    /// # Errors
    /// [`Failure`]: `log_in_needed` for a wrong name or password alike, `too_many` after too many of them.
    pub fn log_in(&self, log_in: &LogIn) -> Result<Session, Failure> {
        let now = self.now();
        let name = log_in.login.as_str();
        if let Some(seconds) = self.throttle.wait(name, now) {
            return Err(Failure::too_many(seconds));
        }
        let _turn = self.throttle.turn().ok_or_else(|| Failure::too_many(1))?;
        // The slow comparison runs outside any transaction.
        let clinician = self.begin()?.clinician(name)?;
        let kept = clinician.as_ref().map_or(&NOBODY, |clinician| &clinician.password);
        let fits = passwords::fits(kept, &log_in.password);
        let Some(clinician) = clinician.filter(|_| fits) else {
            self.throttle.failed(name, now);
            return Err(Failure::refused(ApiErrorCode::LogInNeeded));
        };
        self.throttle.succeeded(name);
        let token = BASE64URL_NOPAD.encode(&draw::<32>(&*self.randomness)?);
        let expires = now.plus_hours(SESSION_HOURS);
        let tx = self.begin()?;
        tx.add_session(&sha256(token.as_bytes()), name, expires, now)?;
        tx.commit()?;
        Ok(Session { token, role: clinician.role, expires })
    }

    /// Whose session this token proves.
    ///
    /// # Errors
    /// [`Failure`]: `log_in_needed` if nobody's.
    pub fn session(&self, token: Option<&str>) -> Result<SessionRecord, Failure> {
        let refused = || Failure::refused(ApiErrorCode::LogInNeeded);
        let hash = sha256(token.ok_or_else(refused)?.as_bytes());
        let session = self.begin()?.session(&hash, self.now())?;
        session.ok_or_else(refused)
    }
}
