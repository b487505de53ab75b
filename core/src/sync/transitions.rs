//! All that one sync can do: in which phase which event gives which instruction, and where that leads.
//!
//! The table is what `docs/protocol.md` shows. A test drives the engine through every phase and event and finds these rows and no
//! others: what the table does not name is out of turn, and ends the sync.

use super::{Event, Instruction};

/// Where a sync stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum PhaseKind {
    /// It has not begun.
    Idle,
    /// It waits for the operations and the cursor.
    Collecting,
    /// A request is under way.
    Awaiting,
    /// A reply is being applied.
    Applying,
    /// An operation that the server fails at is counted.
    Doubting,
    /// The stream is begun anew.
    Restarting,
    /// It has ended.
    Done,
}

/// What happened, without what came with it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum EventKind {
    /// [`Event::Asked`].
    Asked,
    /// [`Event::Collected`].
    Collected,
    /// [`Event::Replied`].
    Replied,
    /// [`Event::ServerRefused`].
    ServerRefused,
    /// [`Event::AskedToWait`].
    AskedToWait,
    /// [`Event::Applied`].
    Applied,
    /// [`Event::Restarted`].
    Restarted,
    /// [`Event::Doubted`].
    Doubted,
    /// [`Event::Spent`].
    Spent,
}

/// What to do next, without what it is to be done with.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum InstructionKind {
    /// [`Instruction::Collect`].
    Collect,
    /// [`Instruction::Send`].
    Send,
    /// [`Instruction::Apply`].
    Apply,
    /// [`Instruction::Await`].
    Await,
    /// [`Instruction::OfferAgain`].
    OfferAgain,
    /// [`Instruction::ReadAgain`].
    ReadAgain,
    /// [`Instruction::Doubt`].
    Doubt,
    /// [`Instruction::Verified`].
    Verified,
    /// [`Instruction::Wait`].
    Wait,
    /// [`Instruction::Rest`].
    Rest,
    /// [`Instruction::Fail`].
    Fail,
}

/// One row of the table.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Transition {
    /// Where the sync stands.
    pub phase: PhaseKind,
    /// What happens.
    pub event: EventKind,
    /// Under which condition, in words; empty where there is none.
    pub when: &'static str,
    /// What is to be done.
    pub instruction: InstructionKind,
    /// Where the sync stands then.
    pub next: PhaseKind,
}

/// The whole of it.
pub const TRANSITIONS: [Transition; 22] = {
    use EventKind::{
        Applied, Asked, AskedToWait, Collected, Doubted, Replied, Restarted, ServerRefused, Spent,
    };
    use InstructionKind::{
        Apply, Await, Collect, Doubt, Fail, OfferAgain, ReadAgain, Rest, Send, Verified, Wait,
    };
    use PhaseKind::{Applying, Awaiting, Collecting, Done, Doubting, Idle, Restarting};
    [
        row(Idle, Asked, "", Collect, Collecting),
        row(Collecting, Collected, "", Send, Awaiting),
        row(Collecting, Spent, "", Rest, Done),
        row(
            Awaiting,
            Replied,
            "it is believed, and goes on from the cursor; if more is to be asked for or sent, the next request goes first",
            Apply,
            Applying,
        ),
        row(
            Awaiting,
            Replied,
            "it is of another epoch or before the cursor, for the first time in this sync",
            OfferAgain,
            Restarting,
        ),
        row(Awaiting, Replied, "it is not believed, or of another life of the server once more", Fail, Done),
        row(
            Awaiting,
            ServerRefused,
            "a gap below the first number sent, for the first time in this sync",
            OfferAgain,
            Restarting,
        ),
        row(
            Awaiting,
            ServerRefused,
            "one operation may be why: half as many are sent, or after one alone none",
            Collect,
            Collecting,
        ),
        row(Awaiting, ServerRefused, "anything else", Fail, Done),
        row(Awaiting, AskedToWait, "", Wait, Done),
        row(Awaiting, Spent, "", Rest, Done),
        row(Applying, Applied, "none was sent because the server failed at one alone", Doubt, Doubting),
        row(Applying, Applied, "the next request is under way", Await, Awaiting),
        row(
            Applying,
            Applied,
            "there are more changes, or operations wait and no patience was asked for",
            Collect,
            Collecting,
        ),
        row(Applying, Applied, "there are no more changes, and the server asked for patience", Wait, Done),
        row(Applying, Applied, "nothing is left, and the digests agree", Verified, Done),
        row(
            Applying,
            Applied,
            "nothing is left, and the digests differ, for the first time in this sync",
            ReadAgain,
            Restarting,
        ),
        row(
            Applying,
            Applied,
            "nothing is left, and the digests differ after reading again",
            OfferAgain,
            Restarting,
        ),
        row(Applying, Applied, "nothing is left, and the digests differ after offering again", Fail, Done),
        row(Doubting, Doubted, "it is given up", Collect, Collecting),
        row(Doubting, Doubted, "not yet", Fail, Done),
        row(Restarting, Restarted, "", Collect, Collecting),
    ]
};

const fn row(
    phase: PhaseKind,
    event: EventKind,
    when: &'static str,
    instruction: InstructionKind,
    next: PhaseKind,
) -> Transition {
    Transition { phase, event, when, instruction, next }
}

impl Event {
    /// What happened, without what came with it.
    pub fn kind(&self) -> EventKind {
        match self {
            Self::Asked => EventKind::Asked,
            Self::Collected { .. } => EventKind::Collected,
            Self::Replied { .. } => EventKind::Replied,
            Self::ServerRefused { .. } => EventKind::ServerRefused,
            Self::AskedToWait { .. } => EventKind::AskedToWait,
            Self::Applied { .. } => EventKind::Applied,
            Self::Restarted => EventKind::Restarted,
            Self::Doubted { .. } => EventKind::Doubted,
            Self::Spent => EventKind::Spent,
        }
    }
}

impl Instruction {
    /// What to do next, without what it is to be done with.
    pub fn kind(&self) -> InstructionKind {
        match self {
            Self::Collect => InstructionKind::Collect,
            Self::Send(_) => InstructionKind::Send,
            Self::Apply { .. } => InstructionKind::Apply,
            Self::Await => InstructionKind::Await,
            Self::OfferAgain(_) => InstructionKind::OfferAgain,
            Self::ReadAgain(_) => InstructionKind::ReadAgain,
            Self::Doubt { .. } => InstructionKind::Doubt,
            Self::Verified(_) => InstructionKind::Verified,
            Self::Wait { .. } => InstructionKind::Wait,
            Self::Rest => InstructionKind::Rest,
            Self::Fail(_) => InstructionKind::Fail,
        }
    }
}

#[cfg(test)]
#[path = "transitions_tests.rs"]
mod tests;
