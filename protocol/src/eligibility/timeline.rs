//! Truth over time: three values, the stretches on which they stand, and where they turn.
//!
//! Instants are milliseconds since 1970, with the two ends of `i64` for "always was" and "always will be".

use super::facts::{DateFact, Missing};
use crate::age::Period;
use crate::date::CivilDate;

/// A value of Kleene's logic; what is unknown says for want of which facts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Truth {
    False,
    Unknown(MissingSet),
    True,
}

/// Some of [`Missing`].
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct MissingSet(u8);

impl MissingSet {
    pub(super) fn of(fact: Missing) -> Self {
        Self(1 << fact as u8)
    }

    pub(super) fn list(self) -> Vec<Missing> {
        Missing::ALL.into_iter().filter(|fact| self.0 & Self::of(*fact).0 != 0).collect()
    }
}

impl Truth {
    pub(super) fn and(self, other: Self) -> Self {
        match (self, other) {
            (Self::False, _) | (_, Self::False) => Self::False,
            (Self::Unknown(one), Self::Unknown(two)) => Self::Unknown(MissingSet(one.0 | two.0)),
            (Self::Unknown(set), Self::True) | (Self::True, Self::Unknown(set)) => Self::Unknown(set),
            (Self::True, Self::True) => Self::True,
        }
    }

    pub(super) fn or(self, other: Self) -> Self {
        self.not().and(other.not()).not()
    }

    pub(super) fn not(self) -> Self {
        match self {
            Self::False => Self::True,
            Self::Unknown(set) => Self::Unknown(set),
            Self::True => Self::False,
        }
    }

    /// False before unknown before true: `all` is the least of its parts, `any` the greatest.
    pub(super) fn rank(self) -> u8 {
        match self {
            Self::False => 0,
            Self::Unknown(_) => 1,
            Self::True => 2,
        }
    }
}

/// Something that is true, false or unknown at every instant, and turns at few.
pub(super) trait Timeline {
    /// Its value at an instant.
    fn truth(&self, at: i64) -> Truth;

    /// Passes every instant at which its value may turn to `visit`, in any order, some perhaps twice.
    fn turns(&self, visit: &mut dyn FnMut(i64));

    /// The first instant from `from` on whose value satisfies `wanted`.
    fn first_from(&self, from: i64, wanted: &dyn Fn(Truth) -> bool) -> Option<i64> {
        let mut at = from;
        while !wanted(self.truth(at)) {
            let mut next = None;
            self.turns(&mut |turn| {
                if turn > at && next.is_none_or(|found| turn < found) {
                    next = Some(turn);
                }
            });
            at = next?;
        }
        Some(at)
    }

    /// The first instant of the stretch around `at` on which it is false; `None` if that has no beginning.
    fn false_since(&self, at: i64) -> Option<i64> {
        let mut at = at;
        loop {
            let mut last = None;
            self.turns(&mut |turn| {
                if turn <= at && last.is_none_or(|found| turn > found) {
                    last = Some(turn);
                }
            });
            let turn = last?;
            if self.truth(turn - 1) != Truth::False {
                return Some(turn);
            }
            at = turn - 1;
        }
    }
}

/// Half-open, in milliseconds.
#[derive(Clone, Copy)]
struct Stretch {
    from: i64,
    until: i64,
}

/// A timeline of one stretch: false outside `possible`, true inside `certain`, unknown between them.
#[derive(Clone, Copy)]
pub(super) struct Span {
    possible: Stretch,
    certain: Stretch,
    missing: Missing,
}

const ALWAYS: Stretch = Stretch { from: i64::MIN, until: i64::MAX };
const NEVER: Stretch = Stretch { from: i64::MAX, until: i64::MAX };

impl Stretch {
    fn days(first: CivilDate, last: CivilDate) -> Self {
        Self { from: first.starts_at().millis(), until: last.ends_at().millis() }
    }

    fn holds(self, at: i64) -> bool {
        self.from <= at && at < self.until
    }
}

impl Span {
    pub(super) fn constant(truth: bool) -> Self {
        Self::certain(if truth { ALWAYS } else { NEVER })
    }

    pub(super) fn unknown(missing: Missing) -> Self {
        Self { possible: ALWAYS, certain: NEVER, missing }
    }

    /// From the first day to the last.
    pub(super) fn days(first: CivilDate, last: CivilDate) -> Self {
        Self::certain(Stretch::days(first, last))
    }

    /// Up to and including this day.
    pub(super) fn until(last: CivilDate) -> Self {
        Self::certain(Stretch { from: i64::MIN, until: last.ends_at().millis() })
    }

    /// True up to and including this day, then unknown.
    pub(super) fn unknown_after(last: CivilDate, missing: Missing) -> Self {
        let certain = Stretch { from: i64::MIN, until: last.ends_at().millis() };
        Self { possible: ALWAYS, certain, missing }
    }

    /// The period that a day begins. Of a month, only what holds for every day of it is certain, and what holds for one
    /// of them possible: both ends of a period never move back when its day moves on, and the periods of two days that
    /// follow each other meet, so nothing lies between.
    pub(super) fn period(day: DateFact, period: Period, missing: Missing) -> Self {
        let Some([first, last]) = day.days() else {
            return Self::unknown(missing);
        };
        Self {
            possible: Stretch::days(first, period.last_day(last)),
            certain: Stretch::days(last, period.last_day(first)),
            missing,
        }
    }

    /// From a day on.
    pub(super) fn since(day: DateFact, missing: Missing) -> Self {
        let Some([first, last]) = day.days() else {
            return Self::unknown(missing);
        };
        let from = |day: CivilDate| Stretch { from: day.starts_at().millis(), until: i64::MAX };
        Self { possible: from(first), certain: from(last), missing }
    }

    fn certain(stretch: Stretch) -> Self {
        Self { possible: stretch, certain: stretch, missing: Missing::Residence }
    }
}

impl Timeline for Span {
    fn truth(&self, at: i64) -> Truth {
        match (self.certain.holds(at), self.possible.holds(at)) {
            (true, _) => Truth::True,
            (false, true) => Truth::Unknown(MissingSet::of(self.missing)),
            (false, false) => Truth::False,
        }
    }

    fn turns(&self, visit: &mut dyn FnMut(i64)) {
        for stretch in [self.possible, self.certain] {
            for turn in [stretch.from, stretch.until] {
                if turn != i64::MIN && turn != i64::MAX {
                    visit(turn);
                }
            }
        }
    }
}
