//! The test kit of a vendor: worlds with a real server, a clinician who answers and a network that fails on purpose.
//!
//! The program `yorisoi-kit` gives worlds to tests of any language, over HTTP on the loopback; `yorisoi-kit sandbox` gives one
//! to a person. `docs/test-kit.md` is its reference. What it plays with is real: the server is the program `yorisoi-server`
//! in a process of its own, operators and clinicians use its own doors. Only the network is made up, and the phone's
//! clock and key store, which the clients of the kit supply.

pub mod clinicians;
pub mod control;
mod family;
pub mod faults;
pub mod offer;
pub mod sandbox;
pub mod server_process;
pub mod world;

pub use faults::{FAULTS, Fault};
pub use world::{KitError, World};
