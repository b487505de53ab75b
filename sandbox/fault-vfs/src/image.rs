//! What a loss of power may leave of a directory. The model stands in the crate's documentation.

use std::collections::BTreeMap;

use crate::chance::Chance;
use crate::record::{FileId, Record, Step};

/// What a disk writes whole or not at all.
const SECTOR: usize = 512;
/// What a page cache writes back at once.
const PAGE: usize = 4096;

/// What becomes of what was not synced.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Loss {
    /// Nothing is lost: the process ended, the machine went on.
    Nothing,
    /// All of it is lost.
    Everything,
    /// A first part is kept, in order; the write at the cut is torn.
    Tail,
    /// Each page of the page cache is kept or lost by itself.
    Pages,
    /// Each sector is kept or lost by itself.
    Sectors,
}

impl Loss {
    /// Every kind of loss.
    pub const ALL: [Self; 5] = [Self::Nothing, Self::Everything, Self::Tail, Self::Pages, Self::Sectors];
}

/// What one loss of power did.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Crash {
    /// Writes and truncations that were not synced.
    pub unsynced: usize,
    /// Sectors of them that were lost.
    pub lost_sectors: usize,
    /// Writes of which one part was kept and another lost.
    pub torn_writes: usize,
    /// Names whose making or removal was lost.
    pub lost_names: usize,
}

/// A write or truncation with its place in the record.
struct Change<'a> {
    number: usize,
    what: What<'a>,
    fate: Fate,
}

enum What<'a> {
    Write { offset: usize, bytes: &'a [u8] },
    Truncate { size: usize },
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Fate {
    /// The next sync makes it durable.
    Pending,
    Durable,
    /// A sync of it failed: it may be there or not, for ever.
    Unsure,
}

/// The files after the power went off before step `at`.
pub(crate) fn after_crash(
    record: &Record,
    at: usize,
    loss: Loss,
    chance: &mut Chance,
) -> (BTreeMap<String, Vec<u8>>, Crash) {
    let mut crash = Crash::default();
    let (mut changes, mut names) = (BTreeMap::new(), record.first.clone());
    let mut unsure_names = Vec::new();
    for (number, step) in record.steps.iter().enumerate().take(at) {
        let mut change = |file: FileId, what| {
            let change = Change { number, what, fate: Fate::Pending };
            changes.entry(file).or_insert_with(Vec::new).push(change);
        };
        match step {
            Step::Write { file, offset, bytes } => change(*file, What::Write { offset: *offset, bytes }),
            Step::Truncate { file, size } => change(*file, What::Truncate { size: *size }),
            Step::Sync { file } => settle(changes.get_mut(file), Fate::Durable),
            Step::SyncFailed { file } => settle(changes.get_mut(file), Fate::Unsure),
            Step::Create { .. } | Step::Delete { .. } => unsure_names.push(step),
            Step::SyncDirectory => unsure_names.drain(..).for_each(|step| rename(&mut names, step)),
        }
    }
    let kept = match loss {
        Loss::Nothing => unsure_names.len(),
        Loss::Everything => 0,
        _ => chance.below(unsure_names.len() + 1),
    };
    crash.lost_names = unsure_names.len() - kept;
    unsure_names.into_iter().take(kept).for_each(|step| rename(&mut names, step));
    let mut files = BTreeMap::new();
    for (name, file) in names {
        let before = record.files.get(file).cloned().unwrap_or_default();
        let changes = changes.get(&file).map_or(&[][..], Vec::as_slice);
        files.insert(name, content(before, changes, loss, chance, &mut crash));
    }
    (files, crash)
}

fn settle(changes: Option<&mut Vec<Change<'_>>>, fate: Fate) {
    let pending = changes.into_iter().flatten().filter(|change| change.fate == Fate::Pending);
    pending.for_each(|change| change.fate = fate);
}

fn rename(names: &mut BTreeMap<String, FileId>, step: &Step) {
    match step {
        Step::Create { file, name } => drop(names.insert(name.clone(), *file)),
        Step::Delete { name } => drop(names.remove(name)),
        _ => {}
    }
}

fn content(
    mut bytes: Vec<u8>,
    changes: &[Change<'_>],
    loss: Loss,
    chance: &mut Chance,
    crash: &mut Crash,
) -> Vec<u8> {
    let open: Vec<usize> = changes.iter().filter(|c| c.fate != Fate::Durable).map(|c| c.number).collect();
    crash.unsynced += open.len();
    let mut keeping = Keeping::new(loss, open, chance);
    for change in changes {
        let sure = change.fate == Fate::Durable;
        match change.what {
            What::Truncate { size } => {
                if sure || keeping.keeps_all(change.number) {
                    bytes.truncate(size);
                }
            }
            What::Write { offset, bytes: written } if sure => put(&mut bytes, offset, written),
            What::Write { offset, bytes: written } => {
                let (mut kept, mut lost) = (0, 0);
                for (nth, (from, part)) in sectors(offset, written).enumerate() {
                    if keeping.keeps(change.number, from, nth) {
                        put(&mut bytes, from, part);
                        kept += 1;
                    } else {
                        lost += 1;
                    }
                }
                if lost > 0 && keeping.zeros {
                    put(&mut bytes, offset + written.len(), &[]);
                }
                crash.lost_sectors += lost;
                crash.torn_writes += usize::from(kept > 0 && lost > 0);
            }
        }
    }
    bytes
}

/// The parts of a write, each within one sector.
fn sectors(offset: usize, written: &[u8]) -> impl Iterator<Item = (usize, &[u8])> {
    let (mut from, mut rest) = (offset, written);
    std::iter::from_fn(move || {
        let (part, next) = rest.split_at_checked(SECTOR - from % SECTOR).unwrap_or((rest, &[]));
        let at = from;
        from += part.len();
        rest = next;
        (!part.is_empty()).then_some((at, part))
    })
}

/// Writes into a file, which grows with zeros as it must.
fn put(bytes: &mut Vec<u8>, offset: usize, written: &[u8]) {
    let end = offset + written.len();
    if bytes.len() < end {
        bytes.resize(end, 0);
    }
    if let Some(place) = bytes.get_mut(offset..end) {
        place.copy_from_slice(written);
    }
}

/// Which unsynced steps of one file are kept where. A place that keeps a step keeps every earlier one: the cache holds what
/// they made of it together.
struct Keeping<'a> {
    loss: Loss,
    open: Vec<usize>,
    /// The step at the cut, and how many of its sectors are kept.
    cut: (usize, usize),
    /// Whether the file is as long as its lost writes made it.
    zeros: bool,
    /// For each place, the first step that is lost.
    ends: BTreeMap<usize, usize>,
    chance: &'a mut Chance,
}

impl<'a> Keeping<'a> {
    fn new(loss: Loss, open: Vec<usize>, chance: &'a mut Chance) -> Self {
        let cut = (open.get(chance.below(open.len())).copied().unwrap_or(0), chance.below(PAGE / SECTOR + 1));
        let zeros = matches!(loss, Loss::Pages | Loss::Sectors) && chance.coin();
        Self { loss, open, cut, zeros, ends: BTreeMap::new(), chance }
    }

    /// Whether a step that has no place of its own is kept.
    fn keeps_all(&mut self, number: usize) -> bool {
        match self.loss {
            Loss::Nothing => true,
            Loss::Everything => false,
            Loss::Tail => number < self.cut.0,
            Loss::Pages | Loss::Sectors => self.chance.coin(),
        }
    }

    /// Whether the `nth` sector of a write, at `from`, is kept.
    fn keeps(&mut self, number: usize, from: usize, nth: usize) -> bool {
        let place = match self.loss {
            Loss::Nothing => return true,
            Loss::Everything => return false,
            Loss::Tail => return number < self.cut.0 || (number == self.cut.0 && nth < self.cut.1),
            Loss::Pages => from / PAGE,
            Loss::Sectors => from / SECTOR,
        };
        let (open, chance) = (&self.open, &mut *self.chance);
        let end = *self.ends.entry(place).or_insert_with(|| match chance.below(3) {
            0 => 0,
            1 => usize::MAX,
            _ => open.get(chance.below(open.len())).copied().unwrap_or(0),
        });
        number < end
    }
}

#[cfg(test)]
#[path = "image_tests.rs"]
mod tests;
