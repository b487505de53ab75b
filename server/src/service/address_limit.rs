//! How often redemption may fail from one neighbourhood of the network: a soft limit, in memory.
//!
//! A mobile carrier puts thousands of phones behind one address, so what counts is not how many redeem but how many fail
//! with something well formed, which a phone with a card in front of it never does: its check symbols find up to three
//! wrong symbols before anything is sent. The limit lies below half of that of a programme's breaker: one neighbourhood
//! alone does not shut a programme, not even across the border of two windows.
//!
//! Addresses are kept for minutes, as the HMAC of their prefix under a key of this process, and nowhere else. Several
//! server processes count apart, and a restart forgets.

use std::net::IpAddr;

use ring::hmac;
use yorisoi_protocol::Timestamp;

use super::failure_counts::FailureCounts;
use crate::randomness::{Randomness, RandomnessError, draw};

/// So many failures are allowed ...
const FAILURES: u32 = 30;
/// ... within so many milliseconds from the first.
const WINDOW_MS: i64 = 10 * 60 * 1000;

/// The failures of each neighbourhood.
pub(super) struct AddressLimit {
    key: hmac::Key,
    failures: FailureCounts<Neighbourhood>,
}

/// What a prefix is known by: the first half of its HMAC.
type Neighbourhood = [u8; 16];

impl AddressLimit {
    pub(super) fn new(randomness: &dyn Randomness) -> Result<Self, RandomnessError> {
        let key = hmac::Key::new(hmac::HMAC_SHA256, &draw::<32>(randomness)?);
        Ok(Self { key, failures: FailureCounts::new(FAILURES, WINDOW_MS) })
    }

    /// Seconds until this neighbourhood is heard again; `None` if it is heard now. An unknown address has no limit.
    pub(super) fn wait(&self, address: Option<IpAddr>, now: Timestamp) -> Option<u32> {
        self.failures.wait(&self.neighbourhood(address?), now)
    }

    /// Counts a failure.
    pub(super) fn failed(&self, address: Option<IpAddr>, now: Timestamp) {
        if let Some(address) = address {
            self.failures.failed(&self.neighbourhood(address), now);
        }
    }

    fn neighbourhood(&self, address: IpAddr) -> Neighbourhood {
        let tag = hmac::sign(&self.key, &prefix(address));
        let mut half = Neighbourhood::default();
        half.iter_mut().zip(tag.as_ref()).for_each(|(place, byte)| *place = *byte);
        half
    }
}

/// The first 24 bits of an IPv4 address, also of one that came mapped into IPv6; the first 48 of an IPv6 address, which
/// is what one customer is commonly given (RFC 6177). The length tells the two apart.
fn prefix(address: IpAddr) -> Vec<u8> {
    match address.to_canonical() {
        IpAddr::V4(four) => four.octets().into_iter().take(3).collect(),
        IpAddr::V6(six) => six.octets().into_iter().take(6).collect(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::randomness::SystemRandomness;

    fn at(seconds: i64) -> Timestamp {
        Timestamp::from_seconds(1_627_830_000 + seconds)
    }

    fn address(text: &str) -> Option<IpAddr> {
        Some(text.parse().unwrap())
    }

    #[test]
    fn the_thirty_first_failure_of_a_neighbourhood_is_not_heard_for_the_rest_of_ten_minutes() {
        let limit = AddressLimit::new(&SystemRandomness::default()).unwrap();
        for number in 0..30 {
            let from = address(&format!("192.0.2.{number}"));
            assert_eq!(limit.wait(from, at(0)), None, "{number}");
            limit.failed(from, at(0));
        }
        assert_eq!(limit.wait(address("192.0.2.200"), at(0)), Some(600));
        assert_eq!(limit.wait(address("::ffff:192.0.2.9"), at(599)), Some(1), "the same address, mapped");
        assert_eq!(limit.wait(address("192.0.2.200"), at(600)), None);
        assert_eq!(limit.wait(address("192.0.3.1"), at(0)), None, "another neighbourhood");
        assert_eq!(limit.wait(None, at(0)), None);
    }

    #[test]
    fn a_neighbourhood_is_24_bits_of_ipv4_and_48_of_ipv6() {
        assert_eq!(prefix("192.0.2.1".parse().unwrap()), [192, 0, 2]);
        assert_eq!(prefix("2001:db8:7:9::1".parse().unwrap()), [0x20, 0x01, 0x0d, 0xb8, 0, 7]);
    }
}
