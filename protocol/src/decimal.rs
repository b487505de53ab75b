//! Numbers in text, in their only spelling.

/// A number of at most so many digits, without sign or leading zeros.
pub fn parse(text: &str, digits_most: usize) -> Option<u64> {
    let canonical = text == "0" || !text.starts_with('0');
    let digits = text.len() <= digits_most && text.bytes().all(|byte| byte.is_ascii_digit());
    if canonical && digits { text.parse().ok() } else { None }
}

#[cfg(test)]
mod tests {
    use super::parse;

    #[test]
    fn a_number_has_one_spelling_and_no_more_digits_than_it_may() {
        assert_eq!([parse("0", 1), parse("9999", 4)], [Some(0), Some(9999)]);
        assert_eq!(parse("18446744073709551615", 20), Some(u64::MAX));
        for text in ["", "00", "01", "+1", "-1", " 1", "1 ", "1.0", "１", "12345", "x"] {
            assert_eq!(parse(text, 4), None, "{text:?}");
        }
        assert_eq!(parse("18446744073709551616", 20), None);
    }
}
