//! What differs from card to card.

use yorisoi_protocol::{EnrollmentCode, Words};

/// One card to print. Holds a code and its ticket, so it has no `Debug`.
pub struct PrintedCard {
    /// Its number within the programme, by which it can be revoked without knowing the code.
    pub number: u32,
    /// The code that is typed.
    pub code: EnrollmentCode,
    /// The code as it is read aloud.
    pub spoken: Words,
    /// The bytes of the ticket that is scanned.
    pub ticket: Vec<u8>,
}
