//! What a vendor needs to try Yorisoi: the programme files, a network that fails on purpose, a search for words that
//! should have been sealed. The tour (`cargo tour`) is built from these and from the real server and device.

pub mod canaries;
pub mod desk;
pub mod line;
pub mod programmes;
pub mod proxy;
pub mod rig;
pub mod tls;
pub mod trust;

pub use canaries::Canaries;
pub use line::FaultyLine;
pub use proxy::{FaultyProxy, Mishap};
