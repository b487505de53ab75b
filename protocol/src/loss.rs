//! Loss mode: what is kept quiet after a loss, and what is never said at all.
//!
//! One tap turns it on, another off. No reason is asked and none is kept. It lives on the phone alone: no operation, no
//! reply and no report carries it, and no rule of eligibility takes it, so what a family is entitled to stays as it was.

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
}

/// All that a notice on a lock screen ever says: somebody else may be looking.
pub fn lock_screen_words() -> Words {
    Words::new("お知らせがあります", "There is a notice")
}

#[cfg(test)]
mod tests {
    use super::*;

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
