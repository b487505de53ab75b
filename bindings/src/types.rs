//! Words of the programme as Swift and Kotlin see them.

use yorisoi_core::view as core;
use yorisoi_protocol::time::ClockState as CoreClockState;
use yorisoi_protocol::{self as protocol, CivilDate, Timestamp};

use crate::error::YorisoiError;

/// An instant: `Date` in Swift, `java.time.Instant` in Kotlin, to the millisecond.
pub struct Moment(Timestamp);

uniffi::custom_type!(Moment, i64, {
    lower: |moment| moment.0.millis(),
    try_lift: |millis| Ok(Moment(Timestamp::from_millis(millis))),
});

impl From<Timestamp> for Moment {
    fn from(at: Timestamp) -> Self {
        Self(at)
    }
}

impl From<Moment> for Timestamp {
    fn from(moment: Moment) -> Self {
        moment.0
    }
}

/// One text in the two languages of the programme.
#[derive(Clone, uniffi::Record)]
pub struct Words {
    /// Japanese.
    pub ja: String,
    /// English.
    pub en: String,
}

impl From<protocol::Words> for Words {
    fn from(words: protocol::Words) -> Self {
        let protocol::Words { ja, en } = words;
        Self { ja, en }
    }
}

/// Mirrors an enum without fields, with conversions both ways.
macro_rules! mirror {
    ($(#[$doc:meta])* $name:ident = $core:ty { $($(#[$variant_doc:meta])* $variant:ident),+ $(,)? }) => {
        $(#[$doc])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq, uniffi::Enum)]
        pub enum $name { $($(#[$variant_doc])* $variant),+ }

        impl From<$core> for $name {
            fn from(value: $core) -> Self {
                match value { $(<$core>::$variant => Self::$variant),+ }
            }
        }

        impl From<$name> for $core {
            fn from(value: $name) -> Self {
                match value { $($name::$variant => Self::$variant),+ }
            }
        }
    };
}

mirror!(
    /// What a programme offers.
    Service = protocol::question::Service {
        /// 産婦人科オンライン: obstetricians and midwives.
        Obstetrics,
        /// 小児科オンライン: paediatricians and midwives.
        Pediatrics,
    }
);
mirror!(
    /// Who answers.
    ClinicianRole = protocol::question::ClinicianRole {
        /// 産婦人科医.
        Obstetrician,
        /// 小児科医.
        Pediatrician,
        /// 助産師.
        Midwife,
    }
);
mirror!(
    /// The steps of a message, each readable offline.
    MessageStep = core::MessageStep {
        /// On this phone only.
        SavedHere,
        /// The server gave a receipt.
        HeldByServer,
        /// A clinician took it.
        TakenByClinician,
        /// Answered.
        Answered,
        /// The server refused it; it stays here.
        Refused,
    }
);
mirror!(
    /// What can be done with the survey.
    SurveyState = core::SurveyState {
        /// Show nothing.
        NotOffered,
        /// It may be answered.
        Offered,
        /// It was answered here.
        Answered,
    }
);
mirror!(
    /// What consent is asked for, each by itself.
    Purpose = protocol::consent::Purpose {
        /// Answering questions: without it nothing is sent.
        Service,
        /// Photos with a question.
        Photo,
        /// Handing over to the city's own support.
        MunicipalHandoff,
        /// The survey at the end.
        Survey,
        /// Anonymous statistics.
        Statistics,
    }
);
mirror!(
    /// What was said about a purpose.
    ConsentState = protocol::consent::ConsentState {
        /// Agreed.
        Grant,
        /// Refused.
        Deny,
        /// Agreed before, not any more.
        Withdraw,
    }
);
mirror!(
    /// How far the phone's time can be relied on.
    ClockState = CoreClockState {
        /// The platform vouches for it.
        Good,
        /// The phone's clock, and nothing speaks against it.
        Plausible,
        /// The phone's clock is a little behind.
        Adjusted,
        /// The phone's clock cannot be right.
        ClockSuspect,
    }
);
mirror!(
    /// A fact on which an answer turns.
    Missing = protocol::eligibility::Missing {
        /// Where the household lives.
        Residence,
        /// The day of the delivery.
        DeliveryDate,
        /// A child's birth date.
        ChildBirthDate,
        /// Since when a child is cared for.
        CaregiverSince,
        /// What the city decides for a household that moved out.
        MoveOutRule,
        /// A version of the app that knows the rule.
        NewerVersion,
    }
);

/// The words of a step, ready to be shown.
#[uniffi::export]
pub fn message_step_words(step: MessageStep) -> Words {
    core::MessageStep::from(step).words().into()
}

/// Whom a question concerns.
#[derive(uniffi::Enum)]
pub enum Subject {
    /// A child.
    Child {
        /// Its birth date as `YYYY-MM-DD`; absent where the parent did not tell.
        born: Option<String>,
    },
    /// The parent who asks.
    Parent,
}

impl From<protocol::question::Subject> for Subject {
    fn from(subject: protocol::question::Subject) -> Self {
        match subject {
            protocol::question::Subject::Child { born } => {
                Self::Child { born: born.map(|day| day.to_string()) }
            }
            protocol::question::Subject::Parent => Self::Parent,
        }
    }
}

impl TryFrom<Subject> for protocol::question::Subject {
    type Error = YorisoiError;

    fn try_from(subject: Subject) -> Result<Self, YorisoiError> {
        match subject {
            Subject::Parent => Ok(Self::Parent),
            Subject::Child { born: None } => Ok(Self::Child { born: None }),
            Subject::Child { born: Some(day) } => {
                let born = CivilDate::parse(&day).ok_or_else(|| YorisoiError::setting("a birth date"))?;
                Ok(Self::Child { born: Some(born) })
            }
        }
    }
}

/// May something be done?
#[derive(uniffi::Enum)]
pub enum Eligibility {
    /// Yes.
    Eligible {
        /// The first instant at which it no longer may; absent where no end is known.
        until: Option<Moment>,
    },
    /// Not yet.
    NotYet {
        /// The first instant at which it may.
        from: Moment,
    },
    /// No longer.
    Ended {
        /// The first instant at which it no longer might.
        since: Moment,
    },
    /// That turns on facts that were not told. Ask for them; refuse nothing.
    Unknown {
        /// Which.
        missing: Vec<Missing>,
    },
}

impl From<protocol::Eligibility> for Eligibility {
    fn from(eligibility: protocol::Eligibility) -> Self {
        match eligibility {
            protocol::Eligibility::Eligible { until } => Self::Eligible { until: until.map(Moment::from) },
            protocol::Eligibility::NotYet { from } => Self::NotYet { from: from.into() },
            protocol::Eligibility::Ended { since } => Self::Ended { since: since.into() },
            protocol::Eligibility::Unknown { missing } => {
                Self::Unknown { missing: missing.into_iter().map(Missing::from).collect() }
            }
        }
    }
}
