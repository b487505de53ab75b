//! Phones and a server in a world that goes wrong, repeatable from a seed.
//!
//! Real are the library over its database, the server from its doors to its database, and both file formats. Made here are
//! the time, the network, the disks beneath SQLite (`yorisoi-fault-vfs`), keys and randomness, all of them from one seed: the
//! same seed lives the same life to the byte.
//!
//! A life has two parts. In the first, owners write, phones sync, a clinician answers, and everything goes wrong that stands in
//! [`Trouble`]. Then everything is healed, and the rules are held against what is there:
//! - every message whose writing was acknowledged is on the server exactly once, and nothing else is;
//! - every phone holds what the server holds, each once, and has said so itself: it is verified;
//! - **nothing waits on any phone 30 seconds after the last trouble was healed**;
//! - and at all times: cursors do not go back, every database opens, and no call fails but for a trouble that is there.

mod host;
mod life;
mod network;
mod oracle;
mod phone;
mod post;
mod server;
mod strikes;
mod toll;
mod world;

pub use life::{Ended, live};
pub use toll::{Toll, Trouble};

/// A rule that was broken, in words.
pub type Broken = String;

pub(crate) fn broken(error: impl std::fmt::Display) -> Broken {
    error.to_string()
}
