//! Whether a manifest is the present truth, and what to say when it is not.

use crate::date::Timestamp;
use crate::manifest::Manifest;
use crate::words::Words;

/// How a manifest stands at an instant. In none of these is anything hidden or refused because of it alone: an expired
/// manifest is degraded, and the person is told.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ManifestStanding {
    /// In force.
    Current {
        /// The first instant at which it should have been replaced.
        until: Timestamp,
    },
    /// It should have been replaced: keys may have been revoked and numbers changed since.
    Expired {
        /// The first instant of that.
        since: Timestamp,
    },
    /// It was signed later than now, so the clock that says so is slow: now is at least this instant.
    Early {
        /// When it was signed.
        issued_at: Timestamp,
    },
}

impl Manifest {
    /// How it stands at `now`: in force from `issued_at` on, until and without `not_after`.
    pub fn standing(&self, now: Timestamp) -> ManifestStanding {
        if now < self.issued_at {
            ManifestStanding::Early { issued_at: self.issued_at }
        } else if now < self.not_after {
            ManifestStanding::Current { until: self.not_after }
        } else {
            ManifestStanding::Expired { since: self.not_after }
        }
    }
}

impl ManifestStanding {
    /// What to tell the person; nothing while it is in force.
    pub fn words(&self) -> Option<Words> {
        match self {
            Self::Current { .. } => None,
            Self::Expired { since } => {
                let day = since.civil_date();
                Some(Words::new(
                    format!(
                        "連絡先などの情報は{}から更新されていません。通信できるときに更新してください。",
                        day.japanese()
                    ),
                    format!(
                        "Contacts and other information are out of date since {day}. Please update when you have a connection."
                    ),
                ))
            }
            Self::Early { .. } => Some(Words::new(
                "端末の時計が遅れているようです。",
                "The clock of this device seems to be slow.",
            )),
        }
    }
}
