//! What the app shows of a photo.

use yorisoi_protocol::Words;
use yorisoi_protocol::ids::PhotoId;

use crate::photo::PhotoKind;

/// A photo that is kept.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct PhotoView {
    /// Its id.
    pub id: PhotoId,
    /// Its container.
    pub kind: PhotoKind,
    /// Pixels in a row, before orientation.
    pub width: u32,
    /// Rows, before orientation.
    pub height: u32,
    /// Its size.
    pub bytes: u64,
    /// How far it has come on its way to the server.
    pub sent: PhotoSent,
}

/// How far a photo has come on its way to the server. A message's text never waits for it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PhotoSent {
    /// It stays on this phone: of a draft, of a message that the server refused, or of one that an older library queued.
    OnlyHere,
    /// It goes once the person agrees to sending photos.
    ConsentNeeded,
    /// It follows its text, or is on its way: so many bytes have arrived, 0 to its size.
    Going {
        /// How many bytes the server holds, as far as this phone knows.
        bytes: u64,
    },
    /// The server holds all of it.
    Whole,
    /// It could not be sent, and no sync will try again.
    Refused,
}

impl PhotoSent {
    /// The same in words.
    pub fn words(self) -> Words {
        match self {
            Self::OnlyHere => Words::new("このスマートフォンにあります", "On this phone"),
            Self::ConsentNeeded => Words::new(
                "写真の送信に同意いただいたあとに送ります",
                "It is sent once you agree to sending photos",
            ),
            Self::Going { bytes: 0 } => {
                Words::new("写真は本文のあとに送ります", "The photo follows the text")
            }
            Self::Going { .. } => Words::new("写真を送っています", "The photo is on its way"),
            Self::Whole => Words::new("写真がサーバーに届きました", "The server holds the photo"),
            Self::Refused => Words::new(
                "写真は送信できませんでした。このスマートフォンには残っています",
                "The photo could not be sent. It is kept on this phone",
            ),
        }
    }
}
