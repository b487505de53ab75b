//! How attempts to sync went, and until when not to try again.
//!
//! Both stand in the store: an app that is started anew, as phones do in the background, neither forgets that the server asked
//! for patience nor begins to knock every minute at one that is down. A pause is over when the clock of the phone or the clock
//! that counts since its start says so ([`Pause::left`]), so none lasts longer than it was begun for.

use std::sync::PoisonError;
use std::time::Duration;

use yorisoi_protocol::{Timestamp, Words};

use super::YorisoiClient;
use crate::error::{ASKED_TO_WAIT, BUDGET_SPENT, CAUGHT_UP, CUT_SHORT, ErrorKind, YorisoiError, of_attempt};
use crate::store::{AsideCounts, Attempt, BeforeSync, Pause, StoreError, SyncTimes};
use crate::sync::Way;
use crate::view::{PauseReason, SyncAttempt, SyncEnd, SyncPause, SyncReport, SyncState};

/// After the first failure, before chance shortens it by up to a half.
const BACKOFF_FIRST: Duration = Duration::from_secs(30);
/// After many.
const BACKOFF_MOST: Duration = Duration::from_secs(3600);

impl YorisoiClient {
    /// How far sync has come, how the last attempt went, and what waits: without network, and after a restart.
    ///
    /// # Errors
    /// The errors of the store.
    pub fn sync_state(&self) -> Result<SyncState, YorisoiError> {
        let times = self.times_anew()?;
        let digest = self.store.progress()?.map(|progress| progress.digest).unwrap_or_default();
        let mut set_aside = 0_u32;
        for number in self.store.aside() {
            let AsideCounts { waiting, .. } = self.store.aside_counts(number)?.unwrap_or_default();
            set_aside = set_aside.saturating_add(waiting);
        }
        Ok(SyncState {
            pending: self.store.pending()?,
            ready_drafts: u32::try_from(self.store.ready_drafts()?.len()).unwrap_or(u32::MAX),
            set_aside,
            photos: self.store.photos_waiting()?,
            verified_at: times.verified,
            online: self.online(),
            digest: digest.to_string(),
            pause: self.sync_pause(&times, true),
            last_attempt: times.attempt.map(|attempt| self.shown(attempt)),
        })
    }

    fn shown(&self, Attempt { at, outcome, failures, .. }: Attempt) -> SyncAttempt {
        let words = self.words_of(&outcome);
        SyncAttempt { at, outcome, words, failures }
    }

    /// A card that was not redeemed is said with its date and with whom to ask, as the place knows them.
    fn words_of(&self, outcome: &str) -> Words {
        let refused = self.place().ok().and_then(|place| place.may_hand_in().err());
        let refused = refused.filter(|error| error.code() == outcome);
        refused.map_or_else(|| of_attempt(outcome), |error| error.words())
    }

    /// The pause that begins now.
    pub(super) fn pause_of(&self, seconds: u32) -> Pause {
        Pause::begun(self.now(), &self.host.clock.read(), seconds)
    }

    /// The seconds that are left of a pause.
    pub(super) fn left_of(&self, pause: Option<&Pause>) -> Option<u32> {
        pause.and_then(|pause| pause.left(self.now(), &self.host.clock.read()))
    }

    /// What holds a sync up now: what the server asked for, and in the background also what failed before.
    fn sync_pause(&self, times: &SyncTimes, in_background: bool) -> Option<SyncPause> {
        let asked = self.left_of(times.sync_pause.as_ref());
        let failed = times.backoff.as_ref().filter(|_| in_background);
        let failed = self.left_of(failed).filter(|failed| asked.is_none_or(|asked| asked < *failed));
        let why = if failed.is_some() { PauseReason::FailedBefore } else { PauseReason::AskedByServer };
        let seconds = failed.or(asked)?;
        Some(SyncPause { not_before: self.now().plus_millis(i64::from(seconds) * 1000), why })
    }

    /// The report of a sync that does not begin, if it is too early for one.
    pub(super) fn too_early(&self, way: &Way<'_>, before: &BeforeSync) -> Option<SyncReport> {
        let BeforeSync { times, pending, .. } = before;
        let pause = self.sync_pause(times, way.in_background())?;
        let retry_after_seconds = self.left_of(times.sync_pause.as_ref());
        let ended = SyncEnd::TooEarly(pause);
        Some(SyncReport { retry_after_seconds, ended, ..SyncReport::begun(*pending) })
    }

    /// What stands on the disk: another process of the app, such as an extension, may have been asked for patience.
    fn times_anew(&self) -> Result<SyncTimes, StoreError> {
        let mut times = self.times.lock().unwrap_or_else(PoisonError::into_inner);
        *times = self.store.sync_times()?;
        Ok(times.clone())
    }

    /// The same with what else a sync asks first.
    pub(super) fn before_sync(&self) -> Result<BeforeSync, StoreError> {
        let mut times = self.times.lock().unwrap_or_else(PoisonError::into_inner);
        let before = self.store.before_sync()?;
        times.clone_from(&before.times);
        Ok(before)
    }

    /// Takes over the time of a page that was applied. Should the app end before the sync does, this is what is known of it. Only
    /// the end says whether it failed: one that reads everything and then differs must not begin to count anew.
    pub(super) fn hear_page(&self, server: Timestamp) -> Result<(), StoreError> {
        let times = self.heard(self.times(), server, None);
        let failures = times.attempt.as_ref().map_or(0, |attempt| attempt.failures);
        let outcome = CUT_SHORT.to_owned();
        let attempt = Some(Attempt { at: self.now(), outcome, failures, arrived: true });
        self.keep_times(SyncTimes { attempt, ..times })
    }

    /// Keeps how an attempt went, and until when not to try again. One that failed for want of a place is none.
    ///
    /// # Errors
    /// Those of the store, of an attempt that did not fail: an error is not to be hidden by another.
    pub(super) fn note_attempt(&self, run: &Result<SyncReport, YorisoiError>) -> Result<(), YorisoiError> {
        let times = match run {
            Err(YorisoiError::NotEnrolled) => return Ok(()),
            Err(error) => {
                self.after_error(error).and_then(|times| self.keep_times(times)).ok();
                return Ok(());
            }
            Ok(report) => self.after_report(report)?,
        };
        Ok(self.keep_times(times)?)
    }

    fn after_report(&self, report: &SyncReport) -> Result<SyncTimes, StoreError> {
        let times = match report.verified_at {
            Some(at) => self.heard(self.times(), at, Some(at)),
            None => self.times(),
        };
        match report.ended {
            SyncEnd::CaughtUp => Ok(self.went_well(times, CAUGHT_UP)),
            SyncEnd::AskedToWait => self.failed(times, ASKED_TO_WAIT, report.retry_after_seconds),
            // A server that says nothing within the whole budget is as good as none.
            SyncEnd::BudgetSpent if report.answered == 0 && report.requests > 0 => {
                self.failed(times, BUDGET_SPENT, None)
            }
            SyncEnd::BudgetSpent => Ok(self.went_well(times, BUDGET_SPENT)),
            SyncEnd::TooEarly(_) => Ok(times),
        }
    }

    fn after_error(&self, error: &YorisoiError) -> Result<SyncTimes, StoreError> {
        let (times, code) = (self.times(), error.code());
        match error.kind() {
            ErrorKind::Network | ErrorKind::Server => match error {
                YorisoiError::ServerRefused { retry_after_seconds: Some(seconds), .. } => {
                    self.failed(times, ASKED_TO_WAIT, Some(*seconds))
                }
                _ => self.failed(times, code, None),
            },
            // Trouble of the phone: to wait for the server would mend nothing.
            _ => Ok(SyncTimes { attempt: self.attempt_that_failed(&times, code), ..times }),
        }
    }

    fn went_well(&self, times: SyncTimes, outcome: &str) -> SyncTimes {
        let outcome = outcome.to_owned();
        let attempt = Some(Attempt { at: self.now(), outcome, failures: 0, arrived: true });
        SyncTimes { attempt, sync_pause: None, backoff: None, ..times }
    }

    /// The server's own word counts before any reckoning of ours.
    fn failed(&self, times: SyncTimes, code: &str, asked: Option<u32>) -> Result<SyncTimes, StoreError> {
        let attempt = self.attempt_that_failed(&times, code);
        let failures = attempt.as_ref().map_or(1, |attempt| attempt.failures);
        let sync_pause = asked.filter(|seconds| *seconds > 0).map(|seconds| self.pause_of(seconds));
        let backoff = match sync_pause {
            Some(_) => None,
            None => {
                let wait = self.jittered(backoff_after(failures))?;
                Some(self.pause_of(u32::try_from(wait.as_secs()).unwrap_or(u32::MAX)))
            }
        };
        Ok(SyncTimes { attempt, sync_pause, backoff, ..times })
    }

    fn attempt_that_failed(&self, times: &SyncTimes, code: &str) -> Option<Attempt> {
        let before = times.attempt.as_ref().map_or(0, |attempt| attempt.failures);
        let (outcome, failures) = (code.to_owned(), before.saturating_add(1));
        // Until it ends, an attempt that heard a page stands as cut short.
        let arrived = times.attempt.as_ref().is_some_and(|attempt| attempt.outcome == CUT_SHORT);
        Some(Attempt { at: self.now(), outcome, failures, arrived })
    }
}

/// How long to wait after so many failures in a row.
fn backoff_after(failures: u32) -> Duration {
    let doubled = 2_u32.saturating_pow(failures.saturating_sub(1));
    BACKOFF_FIRST.saturating_mul(doubled).min(BACKOFF_MOST)
}
