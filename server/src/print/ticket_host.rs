//! The host in the address that a card's symbol carries.

use super::PrintError;

/// The longest host name that is printed: each character costs room in the symbol.
const HOST_MAX: usize = 100;

/// A host name in the capitals that a symbol stores most compactly; capitals mean the same in a host name (RFC 4343).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TicketHost(String);

impl TicketHost {
    /// Reads a host name as an operator types it, without scheme, port or path. A name outside ASCII is given in its
    /// `xn--` form.
    ///
    /// # Errors
    /// [`PrintError::Host`].
    pub fn parse(text: &str) -> Result<Self, PrintError> {
        let label = |label: &str| {
            !label.is_empty()
                && label.len() <= 63
                && label.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-')
                && !label.starts_with('-')
                && !label.ends_with('-')
        };
        if text.len() > HOST_MAX || !text.split('.').all(label) {
            return Err(PrintError::Host);
        }
        Ok(Self(text.to_ascii_uppercase()))
    }

    /// The name in capitals.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_host_is_printed_in_capitals() {
        assert_eq!(TicketHost::parse("soudan.example.jp").unwrap().as_str(), "SOUDAN.EXAMPLE.JP");
    }

    #[test]
    fn what_is_no_host_is_refused() {
        let long = "a.".repeat(50) + "jp";
        for text in [
            "",
            ".",
            "a..b",
            "a.",
            "-a.jp",
            "a-.jp",
            "a.jp:443",
            "https://a.jp",
            "a.jp/E",
            "市.jp",
            "a b",
            &long,
        ] {
            assert_eq!(TicketHost::parse(text), Err(PrintError::Host), "{text}");
        }
    }
}
