//! A file system for SQLite that fails on purpose and tells what a loss of power may leave. For tests alone: nothing that
//! ships depends on it.
//!
//! A [`Watch`] over a directory writes down what SQLite does to its files, in order. From that record it makes
//! [crash images](Watch::crash): what could stand on the disk had the power gone at any moment. It also [fails](Watch::fail)
//! calls, and [lies](Watch::lie) about syncs, as a disk does that has a cache and no battery. Files elsewhere are left to the
//! operating system, so tests beside each other do not disturb one another.
//!
//! # What a loss of power may leave
//! - What was synced is there. A failed sync made nothing durable, and no later one makes up for it: the system may have
//!   dropped the pages and marked them clean.
//! - Of what was not synced, each sector of 512 bytes holds what was synced or what any later write made of it, whatever the
//!   sectors beside it and the other files hold. This is a page cache that writes back in any order, over a disk that writes
//!   sectors whole. SQLite relies on the latter as well ("powersafe overwrite").
//! - A file that grew may be as long as its last sector that was kept, or longer, with zeros.
//! - A name that was made or removed is sure only once the directory was synced: syncing the file alone does not help.
//!   Before that, a first part of what was done to names is there, in order: ext4 and APFS both journal them in order. Both
//!   are kinder in practice, since syncing a new file there brings its name along.
//! - SQLite's `-shm` files are memory: they are in no image.

mod chance;
mod fault;
mod image;
mod record;
mod shim;
mod watch;

pub use chance::Chance;
pub use fault::{Fault, FaultKind};
pub use image::{Crash, Loss};
pub use record::FileKind;
pub use watch::Watch;
