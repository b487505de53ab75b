//! Loss mode: what is kept quiet after a loss, and what is never said at all.
//!
//! One tap turns it on, another off. No reason is asked and none is kept. It lives on the phone alone: no operation, no
//! reply and no report carries it, and no rule of eligibility takes it, so what a family is entitled to stays as it was:
//! only the words around an answer change ([`FamilyStatus::shown`]).

use crate::eligibility::{Decision, Eligibility, Missing};
use crate::words::Words;

/// What a person said about their family. Deliberately without a form for the wire: it never leaves the phone except in
/// the person's own export.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum FamilyStatus {
    /// Nothing was said, and nothing is concluded from that.
    #[default]
    Private,
    /// A loss was declared. Reversible.
    LossDeclared,
}

/// Something an app would bring up by itself.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Prompt {
    /// The age of a child.
    ChildAge,
    /// What children of an age do.
    Milestone,
    /// The survey, offered for the first time.
    SurveyInvitation,
    /// The one reminder of the survey.
    SurveyReminder,
    /// A notice on the lock screen.
    Push,
    /// "You have not asked anything yet": never shown, to nobody.
    UsageReminder,
}

impl FamilyStatus {
    /// The status of a phone on which loss mode is on or off.
    pub fn from_loss_mode(on: bool) -> Self {
        if on { Self::LossDeclared } else { Self::Private }
    }

    /// Whether this is kept quiet.
    pub fn silences(self, prompt: Prompt) -> bool {
        match prompt {
            Prompt::UsageReminder => true,
            Prompt::ChildAge
            | Prompt::Milestone
            | Prompt::SurveyInvitation
            | Prompt::SurveyReminder
            | Prompt::Push => self == Self::LossDeclared,
        }
    }

    /// An answer as this family is shown it. It is the same answer, until the same day; but where ages are kept quiet
    /// nothing of the family is asked for, and no reason speaks of how old a child is.
    #[must_use]
    pub fn shown(self, mut decision: Decision) -> Decision {
        if !self.silences(Prompt::ChildAge) {
            return decision;
        }
        if let Eligibility::Unknown { missing } = &mut decision.eligibility {
            missing.retain(|fact| !of_the_family(*fact));
        }
        if decision.turns_on_age() {
            decision.reason =
                Words::new("この事業のきまりによります。", "This follows from the programme's rules.");
        }
        decision
    }
}

fn of_the_family(fact: Missing) -> bool {
    match fact {
        Missing::DeliveryDate | Missing::ChildBirthDate | Missing::CaregiverSince => true,
        Missing::Residence | Missing::MoveOutRule | Missing::NewerVersion => false,
    }
}

/// All that a notice on a lock screen ever says: somebody else may be looking.
pub fn lock_screen_words() -> Words {
    Words::new("お知らせがあります", "There is a notice")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::eligibility::{DateFact, Facts, Residence};
    use crate::municipality::Municipality;
    use crate::{RuleSet, Timestamp};

    const PROMPTS: [Prompt; 6] = [
        Prompt::ChildAge,
        Prompt::Milestone,
        Prompt::SurveyInvitation,
        Prompt::SurveyReminder,
        Prompt::Push,
        Prompt::UsageReminder,
    ];

    #[test]
    fn nothing_said_silences_nothing_but_the_reminder_nobody_gets() {
        let silenced: Vec<_> =
            PROMPTS.into_iter().filter(|prompt| FamilyStatus::Private.silences(*prompt)).collect();
        assert_eq!(silenced, [Prompt::UsageReminder]);
        assert_eq!(FamilyStatus::default(), FamilyStatus::Private);
    }

    #[test]
    fn a_declared_loss_silences_everything_an_app_brings_up_by_itself_and_is_reversible() {
        for prompt in PROMPTS {
            assert!(FamilyStatus::from_loss_mode(true).silences(prompt), "{prompt:?}");
        }
        assert_eq!(FamilyStatus::from_loss_mode(false), FamilyStatus::Private);
    }

    const INFANTS: &str = r#"{"id":"p/1","municipality":"132063","move_out":"EndOfMonth",
     "use":{"all":[{"window":["2021-08-02","2022-12-31"]},{"child_age_lt":{"months":12,"count":"AgeLaw"}}]}}"#;

    /// The answer then, about a child born then.
    fn answer(born: &str, now: &str) -> Decision {
        let municipality = Municipality::parse("132063").unwrap();
        let facts = Facts {
            programme: 37,
            residence: Residence::Known { municipality, moved_out: None },
            delivered: DateFact::NotTold,
            children: vec![DateFact::parse(born).unwrap()],
            caregiver_since: None,
        };
        RuleSet::parse(INFANTS).unwrap().use_at(&facts, Timestamp::parse(now).unwrap())
    }

    fn in_autumn(born: &str) -> Decision {
        answer(born, "2021-10-01")
    }

    #[test]
    fn after_a_loss_the_answer_stays_and_nothing_speaks_of_an_age() {
        for born in ["2021-08-20", "2020-01-01", "2021-12-01"] {
            let told = in_autumn(born);
            assert!(told.turns_on_age(), "{:?}", told.path);
            assert!(told.reason.ja.contains("生後"));
            assert_eq!(FamilyStatus::Private.shown(told.clone()), told);
            let shown = FamilyStatus::LossDeclared.shown(told.clone());
            assert_eq!((&shown.eligibility, &shown.path), (&told.eligibility, &told.path));
            assert_eq!(shown.reason.ja, "この事業のきまりによります。");
        }
        let window = answer("2022-12-01", "2023-01-01");
        assert!(!window.turns_on_age(), "{:?}", window.path);
        assert_eq!(FamilyStatus::LossDeclared.shown(window.clone()), window, "another rule keeps its reason");
    }

    #[test]
    fn after_a_loss_nothing_of_the_family_is_asked_for_and_nothing_refused() {
        let asked = in_autumn("unknown");
        assert!(asked.eligibility.words().ja.contains("生年月日"));
        let shown = FamilyStatus::LossDeclared.shown(asked);
        assert_eq!(shown.eligibility, Eligibility::Unknown { missing: vec![] });
        assert!(!shown.eligibility.refused());
        assert_eq!(shown.eligibility.words().ja, "ご利用いただけます。");
        let missing = vec![Missing::ChildBirthDate, Missing::MoveOutRule];
        let moved = Decision { eligibility: Eligibility::Unknown { missing }, ..in_autumn("unknown") };
        let left = Eligibility::Unknown { missing: vec![Missing::MoveOutRule] };
        assert_eq!(FamilyStatus::LossDeclared.shown(moved).eligibility, left);
    }

    #[test]
    fn a_lock_screen_says_nothing_of_what_it_is_about() {
        let words = lock_screen_words();
        assert_eq!(words.ja, "お知らせがあります");
        for told in ["産", "子", "相談", "回答", "市", "answer", "baby", "child", "Yorisoi", "consult"]
        {
            assert!(!words.ja.contains(told) && !words.en.contains(told), "{told}");
        }
    }
}
