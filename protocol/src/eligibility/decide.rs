//! Reading the answer off a timeline, and naming the rule it turns on.

use super::answer::{Decision, Eligibility};
use super::facts::{Facts, Missing, Residence};
use super::move_out::{MoveOut, Stay};
use super::rule::Rule;
use super::timeline::{Span, Timeline, Truth};
use super::words;
use crate::age::{Counting, Period};
use crate::date::{CivilDate, Timestamp};
use crate::words::Words;

/// Under one year: 乳児, Maternal and Child Health Act art. 6(2).
const INFANT: Period = Period::months(12, Counting::AgeLaw);

/// What rules are asked about.
#[derive(Clone, Copy)]
pub(super) struct Setting<'a> {
    pub(super) facts: &'a Facts,
    pub(super) move_out: MoveOut,
}

/// A condition beside the rule of use.
#[derive(Clone, Copy)]
pub(crate) enum Bound {
    /// What moving out means, for a household of this municipality.
    MoveOut,
    /// The last day for redeeming a card.
    RedeemUntil(CivilDate),
}

/// One question: a rule and the conditions beside it, all of which must hold.
pub(crate) struct Case<'a> {
    rule: &'a Rule,
    setting: Setting<'a>,
    bounds: [Option<(Bound, Span)>; 2],
}

/// The instants before and at a turn, twice the same where nothing turns.
#[derive(Clone, Copy)]
struct Turn {
    before: i64,
    at: i64,
}

/// A rule, asked of these facts.
struct Asked<'a> {
    rule: &'a Rule,
    setting: Setting<'a>,
}

impl<'a> Case<'a> {
    pub(crate) fn new(
        rule: &'a Rule,
        facts: &'a Facts,
        move_out: MoveOut,
        bounds: [Option<Bound>; 2],
    ) -> Self {
        let setting = Setting { facts, move_out };
        let span = |bound| {
            let span = match bound {
                Bound::MoveOut => setting.stays(),
                Bound::RedeemUntil(last) => Span::until(last),
            };
            (bound, span)
        };
        Self { rule, setting, bounds: bounds.map(|bound| bound.map(span)) }
    }

    /// The answer at `now`.
    pub(crate) fn decide(&self, now: Timestamp) -> Decision {
        let now = now.millis();
        let (eligibility, turn) = match self.truth(now) {
            Truth::True => {
                let until = self.first_from(now, &|truth| truth != Truth::True);
                (Eligibility::Eligible { until: until.map(Timestamp::from_millis) }, until)
            }
            Truth::Unknown(missing) => (Eligibility::Unknown { missing: missing.list() }, None),
            Truth::False => match self.first_from(now, &|truth| truth != Truth::False) {
                Some(from) => (Eligibility::NotYet { from: Timestamp::from_millis(from) }, Some(from)),
                None => {
                    let since = self.false_since(now);
                    let never = Timestamp::EARLIEST;
                    (Eligibility::Ended { since: since.map_or(never, Timestamp::from_millis) }, since)
                }
            },
        };
        let turn = turn.map_or(Turn { before: now, at: now }, |at| Turn { before: at - 1, at });
        let (path, reason) = self.explain(turn);
        Decision { eligibility, path, reason }
    }

    /// The first instant from `from` on at which it is refused; `None` if it never is.
    pub(crate) fn refused_from(&self, from: Timestamp) -> Option<Timestamp> {
        self.first_from(from.millis(), &|truth| truth == Truth::False).map(Timestamp::from_millis)
    }

    /// The bounds are parts of an `all` of which the rule is the first; an only part needs no step in the path.
    fn explain(&self, turn: Turn) -> (Vec<String>, Words) {
        let at = turn.least(self);
        let rank = self.truth(at).rank();
        if self.asked().truth(at).rank() != rank {
            let spans = self.bounds.iter().flatten();
            if let Some((bound, _)) = spans.into_iter().find(|(_, span)| span.truth(at).rank() == rank) {
                return (vec![words::bound(*bound, self.setting)], words::bound_reason(*bound, self.setting));
            }
        }
        self.asked().explain(turn)
    }

    fn asked(&self) -> Asked<'a> {
        Asked { rule: self.rule, setting: self.setting }
    }
}

impl Timeline for Case<'_> {
    fn truth(&self, at: i64) -> Truth {
        let spans = self.bounds.iter().flatten();
        spans.fold(self.asked().truth(at), |truth, (_, span)| truth.and(span.truth(at)))
    }

    fn turns(&self, visit: &mut dyn FnMut(i64)) {
        self.asked().turns(visit);
        self.bounds.iter().flatten().for_each(|(_, span)| span.turns(visit));
    }
}

impl Turn {
    /// Where the timeline is lower: there, the lowest part of an `all` made it so.
    fn least(self, timeline: &dyn Timeline) -> i64 {
        let rank = |at| timeline.truth(at).rank();
        if rank(self.before) < rank(self.at) { self.before } else { self.at }
    }

    /// Where the timeline is higher: there, the highest part of an `any` made it so.
    fn greatest(self, timeline: &dyn Timeline) -> i64 {
        let rank = |at| timeline.truth(at).rank();
        if rank(self.before) > rank(self.at) { self.before } else { self.at }
    }
}

impl<'a> Asked<'a> {
    /// Walks from the rule to the part that made it turn, down to one without parts. Every step but the last goes from a
    /// rule that turns to a part that turns with it.
    fn explain(self, turn: Turn) -> (Vec<String>, Words) {
        let (mut asked, mut path, mut negated) = (self, Vec::new(), false);
        loop {
            let (parts, at) = match asked.rule {
                Rule::All(parts) => (parts, turn.least(&asked)),
                Rule::Any(parts) => (parts, turn.greatest(&asked)),
                Rule::Not(inner) => {
                    path.push(asked.rule.kind().to_owned());
                    negated = !negated;
                    asked = asked.part(inner);
                    continue;
                }
                leaf => {
                    path.push(words::leaf(leaf));
                    return (path, words::leaf_reason(leaf, asked.setting, negated));
                }
            };
            let Some((index, part)) = asked.deciding(parts, at) else {
                // Only an `all` or an `any` without parts, which no file has.
                return (path, Words::new("", ""));
            };
            path.push(format!("{}/{}", asked.rule.kind(), index + 1));
            asked = asked.part(part);
        }
    }

    /// The first part with the value of the whole; of false parts rather one that is never anything else.
    fn deciding(&self, parts: &'a [Rule], at: i64) -> Option<(usize, &'a Rule)> {
        let rank = self.truth(at).rank();
        let same = |part: &Rule| self.part(part).truth(at).rank() == rank;
        let found = || parts.iter().enumerate().filter(|(_, part)| same(part));
        let hopeless = |part: &Rule| {
            let part = self.part(part);
            rank == 0 && part.first_from(i64::MIN, &|truth| truth != Truth::False).is_none()
        };
        found().find(|(_, part)| hopeless(part)).or_else(|| found().next())
    }

    fn part<'b>(&self, rule: &'b Rule) -> Asked<'b>
    where
        'a: 'b,
    {
        Asked { rule, setting: self.setting }
    }
}

impl Timeline for Asked<'_> {
    fn truth(&self, at: i64) -> Truth {
        let part = |rule: &Rule| Asked { rule, setting: self.setting }.truth(at);
        match self.rule {
            Rule::All(rules) => rules.iter().fold(Truth::True, |truth, rule| truth.and(part(rule))),
            Rule::Any(rules) => rules.iter().fold(Truth::False, |truth, rule| truth.or(part(rule))),
            Rule::Not(rule) => part(rule).not(),
            Rule::ChildAgeLt(period) => self.setting.child_within(*period, at),
            Rule::CaregiverOfInfant => {
                self.setting.caregiver().truth(at).and(self.setting.child_within(INFANT, at))
            }
            leaf => self.setting.span(leaf).truth(at),
        }
    }

    fn turns(&self, visit: &mut dyn FnMut(i64)) {
        match self.rule {
            Rule::All(rules) | Rule::Any(rules) => {
                rules.iter().for_each(|rule| Asked { rule, setting: self.setting }.turns(visit));
            }
            Rule::Not(rule) => Asked { rule, setting: self.setting }.turns(visit),
            Rule::ChildAgeLt(period) => self.setting.children(*period).for_each(|span| span.turns(visit)),
            Rule::CaregiverOfInfant => {
                self.setting.caregiver().turns(visit);
                self.setting.children(INFANT).for_each(|span| span.turns(visit));
            }
            leaf => self.setting.span(leaf).turns(visit),
        }
    }
}

impl<'a> Setting<'a> {
    /// The timeline of a rule that is one span.
    fn span(self, leaf: &Rule) -> Span {
        match leaf {
            Rule::Window([first, last]) => Span::days(*first, *last),
            Rule::Programme(index) => Span::constant(self.facts.programme == *index),
            Rule::Resides(code) => match &self.facts.residence {
                Residence::NotTold => Span::unknown(Missing::Residence),
                Residence::Known { municipality, .. } if municipality == code => self.stays(),
                Residence::Known { .. } => Span::constant(false),
            },
            Rule::DeliveredWithin(period) => {
                Span::period(self.facts.delivered, *period, Missing::DeliveryDate)
            }
            _ => Span::unknown(Missing::NewerVersion),
        }
    }

    /// How long somebody who lives, or lived, in a municipality counts as living there.
    fn stays(self) -> Span {
        let Residence::Known { moved_out: Some(moved_out), .. } = self.facts.residence else {
            return Span::constant(true);
        };
        match self.move_out.stay(moved_out) {
            Stay::Until(last) => Span::until(last),
            Stay::Whole => Span::constant(true),
            Stay::Unclear(missing) => Span::unknown_after(moved_out, missing),
        }
    }

    fn children(self, period: Period) -> impl Iterator<Item = Span> + 'a {
        self.facts.children.iter().map(move |born| Span::period(*born, period, Missing::ChildBirthDate))
    }

    fn child_within(self, period: Period, at: i64) -> Truth {
        self.children(period).fold(Truth::False, |truth, span| truth.or(span.truth(at)))
    }

    fn caregiver(self) -> Span {
        let since = self.facts.caregiver_since;
        since.map_or(Span::constant(false), |since| Span::since(since, Missing::CaregiverSince))
    }
}
