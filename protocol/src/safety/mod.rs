//! Numbers to call: what a municipality lists, what is compiled in, and in which order both are shown.
//!
//! They work with no network, before enrolling and after the programme's end. 119 stands first, whatever a file says.
//! A list that nobody checked for a while is marked as old, never hidden. The order is the file's: nothing here judges
//! how urgent anything is.

mod compiled_in;
mod contact;
mod hours;
mod pack;
mod phone_number;
mod shown;
#[cfg(test)]
mod tests;

pub use compiled_in::{emergency, fallbacks};
pub use contact::{ContactPurpose, HolidayRule, SafetyContact};
pub use hours::{ClockTime, Day, HoursError, HoursNow, OpenRow, WeeklyHours};
pub use pack::{SafetyPack, VERIFIED_FOR_DAYS};
pub use phone_number::{PhoneNumber, PhoneNumberError};
pub use shown::{ShownContact, shown};
