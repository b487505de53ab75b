//! An instant on the command line: RFC 3339, or a day or a time of day meant in Japan.

use chrono::DateTime;
use yorisoi_protocol::{CivilDate, Timestamp};

/// Reads `2021-08-02` (its first moment), `2021-08-02T03:00`, `2021-08-02T03:00:00`, or RFC 3339 with its own offset.
pub(super) fn instant(text: &str) -> Result<Timestamp, String> {
    let rfc3339 = |text: &str| DateTime::parse_from_rfc3339(text).ok();
    let read = match text.len() {
        10 => CivilDate::parse(text).map(CivilDate::starts_at),
        16 => {
            rfc3339(&format!("{text}:00+09:00")).map(|time| Timestamp::from_millis(time.timestamp_millis()))
        }
        19 => rfc3339(&format!("{text}+09:00")).map(|time| Timestamp::from_millis(time.timestamp_millis())),
        _ => rfc3339(text).map(|time| Timestamp::from_millis(time.timestamp_millis())),
    };
    read.ok_or_else(|| "a time is 2021-08-02, 2021-08-02T03:00 (both in Japan) or RFC 3339".to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_time_without_an_offset_is_meant_in_japan() {
        for (text, seconds) in [
            ("2021-08-02", 1_627_830_000),
            ("2021-08-02T00:00", 1_627_830_000),
            ("2021-08-02T00:00:01", 1_627_830_001),
            ("2021-08-02T00:00:00+09:00", 1_627_830_000),
            ("2021-08-01T15:00:00Z", 1_627_830_000),
        ] {
            assert_eq!(instant(text).map(Timestamp::seconds), Ok(seconds), "{text}");
        }
        for wrong in
            ["", "now", "2021-02-29", "2021-8-2", "2021-08-02T24:00", "2021-08-02T3:00", "1627830000"]
        {
            assert!(instant(wrong).is_err(), "{wrong}");
        }
    }
}
