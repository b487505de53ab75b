//! Names of things: random numbers, so that nobody finds one who was not told it.
//!
//! What one side makes many of, it names in a [`Series`]: a random beginning, then a count, or less chance than a whole name has.
//! Such names are as hard to guess and meet no others, but take a few bytes each on the wire where gzip has seen the one before, and
//! lie side by side in a database. Who sees two names of a series knows that one side made both.
//!
//! On the wire and in files an id is base64url without padding (RFC 4648 section 5).

use std::fmt;

use data_encoding::BASE64URL_NOPAD;
use serde::de::Visitor;

/// Names of sixteen bytes that begin alike: ten random bytes, then a number of 48 bits, the greatest byte first.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Series([u8; Series::BYTES]);

impl Series {
    /// How many bytes its names have in common.
    pub const BYTES: usize = 10;

    /// The series with this beginning; the caller draws it at random, or takes it from a hash over something random.
    pub const fn from_bytes(bytes: [u8; Self::BYTES]) -> Self {
        Self(bytes)
    }

    /// The series that a name is of: that of a random name begins at random.
    pub fn of(name: &[u8; 16]) -> Self {
        let (mut series, name) = ([0; Self::BYTES], name.iter());
        series.iter_mut().zip(name).for_each(|(byte, of)| *byte = *of);
        Self(series)
    }

    /// The name of this number, which is below 2^48.
    pub fn name(&self, number: u64) -> [u8; 16] {
        let mut name = [0; 16];
        let count = number.to_be_bytes().into_iter().skip(2);
        name.iter_mut().zip(self.0.into_iter().chain(count)).for_each(|(byte, of)| *byte = of);
        name
    }

    /// The name that ends in these 40 bits; the caller draws them at random. Tells neither when it was made nor how many there are. Of
    /// a thousand such names two are alike once in two million.
    pub fn drawn(&self, [a, b, c, d, e]: [u8; 5]) -> [u8; 16] {
        self.name(u64::from_be_bytes([0, 0, 0, a, b, c, d, e]))
    }
}

/// Text that is not an id of the expected length.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("not an id: {expected} bytes of base64url were expected")]
pub struct IdError {
    /// Bytes such an id has.
    pub expected: usize,
}

/// Reads an id where it stands in a text, without a copy: a page of messages has two in each.
struct IdVisitor<T>(fn(&str) -> Result<T, IdError>);

impl<T> Visitor<'_> for IdVisitor<T> {
    type Value = T;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an id in base64url")
    }

    fn visit_str<E: serde::de::Error>(self, text: &str) -> Result<T, E> {
        (self.0)(text).map_err(E::custom)
    }
}

macro_rules! id {
    ($(#[$doc:meta])* $name:ident, $bytes:literal) => {
        $(#[$doc])*
        #[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub struct $name([u8; $bytes]);

        impl $name {
            /// How many bytes such an id has.
            pub const BYTES: usize = $bytes;

            /// The id with these bytes; the caller draws them at random.
            pub const fn from_bytes(bytes: [u8; $bytes]) -> Self {
                Self(bytes)
            }

            /// Its bytes.
            pub fn as_bytes(&self) -> &[u8; $bytes] {
                &self.0
            }

            /// Reads the text form.
            ///
            /// # Errors
            /// [`IdError`] for anything but the canonical text of an id of this length.
            pub fn parse(text: &str) -> Result<Self, IdError> {
                let mut bytes = [0; $bytes];
                match BASE64URL_NOPAD.decode_len(text.len()) {
                    Ok($bytes) => BASE64URL_NOPAD.decode_mut(text.as_bytes(), &mut bytes).ok(),
                    _ => None,
                }
                .map(|_| Self(bytes))
                .ok_or(IdError { expected: $bytes })
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                BASE64URL_NOPAD.encode_display(&self.0).fmt(f)
            }
        }

        impl fmt::Debug for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                write!(f, "{}({self})", stringify!($name))
            }
        }

        impl TryFrom<String> for $name {
            type Error = IdError;

            fn try_from(text: String) -> Result<Self, IdError> {
                Self::parse(&text)
            }
        }

        impl From<$name> for String {
            fn from(id: $name) -> Self {
                id.to_string()
            }
        }

        impl serde::Serialize for $name {
            fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                serializer.collect_str(self)
            }
        }

        impl<'de> serde::Deserialize<'de> for $name {
            fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                deserializer.deserialize_str(IdVisitor(Self::parse))
            }
        }
    };
}

id!(
    /// One change a device wants the server to accept. A message made by an operation has the same bytes as its id.
    OperationId, 16
);
id!(
    /// One message of a consultation.
    MessageId, 16
);
id!(
    /// One photo of a message.
    PhotoId, 16
);
id!(
    /// One concern: its question, follow-ups and answers.
    ConsultationId, 16
);
id!(
    /// One change the server tells a device.
    ChangeId, 16
);
id!(
    /// A household's place in a programme.
    EnrollmentId, 16
);
id!(
    /// One person in an enrollment.
    MemberId, 16
);
id!(
    /// One installation of a member. Short, because it stands in every request.
    DeviceId, 8
);
id!(
    /// Names one request within its device and its second, so that a reply can say what it answers and a replay is seen.
    Nonce, 6
);
id!(
    /// One wish to be erased, however often it is sent.
    ErasureId, 16
);
id!(
    /// The life of a server's data: a restored server begins a new one.
    Epoch, 4
);

impl From<OperationId> for MessageId {
    fn from(id: OperationId) -> Self {
        Self(id.0)
    }
}

impl From<ChangeId> for MessageId {
    fn from(id: ChangeId) -> Self {
        Self(id.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_names_of_a_series_begin_alike_and_count() {
        let series = Series::from_bytes([7, 7, 7, 7, 7, 7, 7, 7, 7, 9]);
        assert_eq!(series.name(0x0102), [7, 7, 7, 7, 7, 7, 7, 7, 7, 9, 0, 0, 0, 0, 1, 2]);
        assert_eq!(series.name((1 << 48) - 1)[Series::BYTES..], [255; 6]);
        assert_eq!(series.drawn([1, 2, 3, 4, 5])[Series::BYTES - 1..], [9, 0, 1, 2, 3, 4, 5]);
        assert_eq!(Series::of(&series.name(3)), series);
    }

    #[test]
    fn an_id_reads_back_and_nothing_else_does() {
        let id = DeviceId::from_bytes([1, 2, 3, 4, 5, 6, 7, 255]);
        assert_eq!(DeviceId::parse(&id.to_string()), Ok(id));
        assert_eq!(serde_json::to_string(&id).unwrap(), format!("\"{id}\""));
        for wrong in ["", "AQIDBAUGB_", "AQIDBAUGB/8", "AQIDBAUGB_8=", "AQIDBAUGB_9", "あ"] {
            assert_eq!(DeviceId::parse(wrong), Err(IdError { expected: 8 }), "{wrong}");
        }
    }
}
