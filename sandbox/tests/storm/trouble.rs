//! What goes wrong in a round, and the proof that it did.

use yorisoi_fault_vfs::Chance;
use yorisoi_sandbox::line::Passed;

/// One kind of trouble.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Trouble {
    /// None: what the last rounds left behind may still be under way.
    Calm,
    /// Connections are lost while phones send.
    CutUp,
    /// Connections are lost while phones receive.
    CutDown,
    /// A line of long latency.
    Latency,
    /// A line of few bytes a second, and of long latency.
    SecondGeneration,
    /// Silence that is shorter than anybody's patience.
    ShortStall,
    /// Silence that is longer than the budget of a sync in the background.
    LongStall,
    /// A captive portal of the kind with this number.
    Portal(usize),
    /// No server behind the line.
    Nowhere,
    /// The server is killed under load, and started again.
    ServerKilled,
    /// A phone is killed while it syncs.
    SyncingPhoneKilled,
    /// A phone is killed while it saves questions.
    AskingPhoneKilled,
    /// The server and a phone are killed at once.
    BothKilled,
}

/// Kinds of portals: own certificate; plain page, plain redirect; page and redirect with a certificate that is believed.
pub(crate) const PORTALS: usize = 5;

/// Every kind, as often as it weighs.
const DECK: [(Trouble, usize); 13] = [
    (Trouble::Calm, 2),
    (Trouble::CutUp, 5),
    (Trouble::CutDown, 5),
    (Trouble::Latency, 1),
    (Trouble::SecondGeneration, 1),
    (Trouble::ShortStall, 2),
    (Trouble::LongStall, 1),
    (Trouble::Portal(0), 3),
    (Trouble::Nowhere, 1),
    (Trouble::ServerKilled, 6),
    (Trouble::SyncingPhoneKilled, 4),
    (Trouble::AskingPhoneKilled, 3),
    (Trouble::BothKilled, 1),
];

/// Troubles in an order of chance, each as often as it weighs before any comes again.
#[derive(Default)]
pub(crate) struct Deck {
    left: Vec<Trouble>,
    portals: usize,
}

impl Deck {
    pub(crate) fn draw(&mut self, chance: &mut Chance) -> Trouble {
        if self.left.is_empty() {
            let all = DECK.iter().flat_map(|(trouble, weight)| std::iter::repeat_n(*trouble, *weight));
            self.left = all.collect();
        }
        match self.left.swap_remove(chance.below(self.left.len())) {
            Trouble::Portal(_) => {
                self.portals += 1;
                Trouble::Portal(self.portals % PORTALS)
            }
            other => other,
        }
    }
}

/// What struck in all rounds.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Counted {
    pub(crate) line: Passed,
    /// Pages of portals that were given out, by kind; for the first, connections that phones gave up.
    pub(crate) portals: [u64; PORTALS],
    /// Servers killed while phones waited for them.
    pub(crate) servers_killed_under_load: u64,
    /// Phones killed before the sync that they had begun was over.
    pub(crate) phones_killed_syncing: u64,
    /// Phones killed while they saved, with questions in doubt.
    pub(crate) phones_killed_asking: u64,
    /// Syncs that failed.
    pub(crate) failed: u64,
    /// Syncs in the background that came to the end of their budget.
    pub(crate) budgets_spent: u64,
}

impl Counted {
    /// A fault that never struck proves nothing.
    pub(crate) fn all_struck(&self) {
        let Passed { nowhere, led_away, cut_up, cut_down, reset, stalls, delayed, slowed, .. } = self.line;
        let line = [nowhere, led_away, cut_up, cut_down, reset, stalls, delayed, slowed];
        let killed = [self.servers_killed_under_load, self.phones_killed_syncing, self.phones_killed_asking];
        let all = line.into_iter().chain(self.portals).chain(killed).chain([self.failed, self.budgets_spent]);
        assert!(all.into_iter().all(|count| count > 0), "{self:?}");
    }
}
