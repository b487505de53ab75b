//! The claims of a ticket: appendix A1 of the programme's format notes, a CBOR Web Token (RFC 8392) in one spelling.
//!
//! ```text
//! enrol = { 1: tstr .size 6, 4: uint, 5: uint, 6: uint, 7: bstr .size 9, -70001: { 1: 0..1023, 2: uint } }
//! ```
//!
//! 1 issuer, 4 expires, 5 not before, 6 issued at (whole seconds since 1970), 7 the data bits of the typed code, −70001
//! the programme's index and the version of its rule set. Every one stands in every ticket, in this order.

use crate::cbor::{CborError, CborProblem, Reader, Writer};
use crate::code::{DATA_BYTES, EnrollmentCode, PROGRAMME_INDEX_MAX};
use crate::date::Timestamp;
use crate::municipality::Municipality;
use crate::ticket::TicketTerms;

const ISSUER: i64 = 1;
const EXPIRES: i64 = 4;
const NOT_BEFORE: i64 = 5;
const ISSUED_AT: i64 = 6;
const CODE: i64 = 7;
const PROGRAMME: i64 = -70_001;
const PROGRAMME_INDEX: i64 = 1;
const RULE_SET_VERSION: i64 = 2;
/// 9999-12-31T23:59:59Z.
const LATEST_SECONDS: u64 = 253_402_300_799;

/// The claims as they are written, before anything is made of them.
#[derive(Clone, PartialEq, Eq)]
pub struct Claims<'a> {
    /// Six characters that should be a municipality's code.
    pub issuer: &'a str,
    /// Seconds since 1970.
    pub expires: u64,
    /// Seconds since 1970.
    pub not_before: u64,
    /// Seconds since 1970.
    pub issued_at: u64,
    /// What should be the data bits of a code. Whoever holds them holds the grant.
    pub code: [u8; DATA_BYTES],
    /// 0 to 1023.
    pub programme_index: u16,
    /// The version of the programme's rule set.
    pub rule_set_version: u32,
}

impl<'a> Claims<'a> {
    /// The claims of a ticket with these terms; `None` if an instant lies before 1970 or the window is empty.
    pub fn of(terms: &'a TicketTerms, code: &EnrollmentCode) -> Option<Self> {
        let seconds = |instant: Timestamp| u64::try_from(instant.seconds()).ok();
        let (not_before, expires) = (seconds(terms.not_before)?, seconds(terms.expires)?);
        (not_before < expires).then_some(Self {
            issuer: terms.issuer.as_str(),
            expires,
            not_before,
            issued_at: seconds(terms.issued_at)?,
            code: code.data_bits(),
            programme_index: code.programme_index(),
            rule_set_version: terms.rule_set_version,
        })
    }

    /// Reads claims. Their form alone is judged.
    ///
    /// # Errors
    /// [`CborError`] with the place.
    pub fn read(bytes: &'a [u8]) -> Result<Self, CborError> {
        let mut reader = Reader::new(bytes)?;
        reader.map(6, "a map of six claims")?;
        reader.exactly(ISSUER, "claim 1, the issuer")?;
        let issuer = reader.text("a municipality's code")?;
        reader.exactly(EXPIRES, "claim 4, the end")?;
        let expires = reader.unsigned(LATEST_SECONDS, SECONDS)?;
        reader.exactly(NOT_BEFORE, "claim 5, the beginning")?;
        let not_before = reader.unsigned(LATEST_SECONDS, SECONDS)?;
        reader.exactly(ISSUED_AT, "claim 6, the time of issue")?;
        let issued_at = reader.unsigned(LATEST_SECONDS, SECONDS)?;
        reader.exactly(CODE, "claim 7, the code")?;
        let code = reader.bytes_of("a code of 9 bytes")?;
        reader.exactly(PROGRAMME, "claim -70001, the programme")?;
        reader.map(2, "a map of index and version")?;
        reader.exactly(PROGRAMME_INDEX, "the label of the index")?;
        let index = reader.unsigned(PROGRAMME_INDEX_MAX.into(), INDEX)?;
        reader.exactly(RULE_SET_VERSION, "the label of the version")?;
        let version = reader.unsigned(u32::MAX.into(), "a version of at most 32 bits")?;
        let (programme_index, rule_set_version) =
            (u16::try_from(index).unwrap_or_default(), u32::try_from(version).unwrap_or_default());
        Ok(Self { issuer, expires, not_before, issued_at, code, programme_index, rule_set_version })
    }

    /// Writes the claims.
    pub fn write(&self) -> Vec<u8> {
        let seconds = |seconds: u64| i64::try_from(seconds).unwrap_or(i64::MAX);
        Writer::new()
            .map(6)
            .integer(ISSUER)
            .text(self.issuer)
            .integer(EXPIRES)
            .integer(seconds(self.expires))
            .integer(NOT_BEFORE)
            .integer(seconds(self.not_before))
            .integer(ISSUED_AT)
            .integer(seconds(self.issued_at))
            .integer(CODE)
            .bytes(&self.code)
            .integer(PROGRAMME)
            .map(2)
            .integer(PROGRAMME_INDEX)
            .integer(self.programme_index.into())
            .integer(RULE_SET_VERSION)
            .integer(self.rule_set_version.into())
            .done()
    }

    /// What the claims mean. They are one ticket only if the issuer is a municipality's code, the window holds a moment,
    /// and the code's bits are those of a code of the programme that is named.
    ///
    /// # Errors
    /// [`CborError`] with [`CborProblem::Expected`]; the place is that of the claims as a whole.
    pub(super) fn terms(&self) -> Result<(TicketTerms, EnrollmentCode), CborError> {
        let expected = |what| CborError { offset: 0, problem: CborProblem::Expected(what) };
        let instant = |seconds: u64| Timestamp::from_seconds(i64::try_from(seconds).unwrap_or(i64::MAX));
        let issuer =
            Municipality::parse(self.issuer).map_err(|_| expected("an issuer with its check digit"))?;
        if self.not_before >= self.expires {
            return Err(expected("a beginning before the end"));
        }
        let code = EnrollmentCode::from_data_bits(&self.code).ok_or(expected("the data bits of a code"))?;
        if code.programme_index() != self.programme_index {
            return Err(expected(INDEX));
        }
        let terms = TicketTerms {
            issuer,
            not_before: instant(self.not_before),
            expires: instant(self.expires),
            issued_at: instant(self.issued_at),
            rule_set_version: self.rule_set_version,
        };
        Ok((terms, code))
    }
}

const SECONDS: &str = "whole seconds up to the year 9999";
const INDEX: &str = "the programme index of the code";
