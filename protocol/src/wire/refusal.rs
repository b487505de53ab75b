//! The stable codes under which a server refuses.

use serde::{Deserialize, Serialize};

use crate::date::Timestamp;
use crate::words::Words;

/// Why a card was not redeemed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum EnrollmentRefusal {
    /// No such card. The same for a code never issued, of an unknown programme or with a wrong check.
    UnknownCode,
    /// As many persons as the programme allows have joined with this card.
    CardFull,
    /// The card was revoked, or the phrase is no longer the town's. Only holders of one that was real hear this.
    CardRevoked,
    /// Another card took this one's place. Only holders of a real card hear this.
    CardReplaced,
    /// As many devices as the programme allows on one day have joined with the phrase today.
    TooManyToday,
    /// The programme has not begun.
    NotYet {
        /// When it begins.
        from: Timestamp,
    },
    /// The time for redeeming is over.
    Ended {
        /// Since when.
        since: Timestamp,
    },
    /// A reason this version does not know.
    #[serde(other)]
    Other,
}

/// Why one operation was refused. The operation stays on the phone, readable.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct OperationRefusal {
    /// The reason.
    pub code: RefusalCode,
    /// The instant the reason turns on: the begin or the end of the window.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub at: Option<Timestamp>,
}

/// The reasons for refusing an operation.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum RefusalCode {
    /// The programme has not begun.
    NotYet,
    /// The programme has ended, and with it the time to finish what was begun.
    Ended,
    /// The text is empty.
    TextEmpty,
    /// The text is over the limit.
    TextTooLong,
    /// The programme does not offer this service.
    ServiceNotOffered,
    /// The consultation does not exist for this member.
    UnknownConsultation,
    /// The consultation exists already.
    ConsultationExists,
    /// The survey was answered before.
    SurveyAnswered,
    /// The survey is not open.
    SurveyClosed,
    /// The answers do not fit the survey.
    SurveyMismatch,
    /// It names more photos than a message may have.
    TooManyPhotos,
    /// It names a photo of a size that cannot be.
    PhotoSize,
    /// It names a photo that was named before.
    PhotoKnown,
    /// The ledger entry does not follow the one before it.
    ConsentChain,
    /// The id is known with other bytes.
    OtherBytes,
    /// A kind of operation, or a value in it, this server cannot read.
    UnknownOperation,
    /// No server says this: a device keeps it with an operation that the server failed at again and again, while it took others.
    NotTaken,
    /// A reason this version does not know.
    #[serde(other)]
    Other,
}

impl RefusalCode {
    /// The reason in words for a person.
    pub fn words(self) -> Words {
        match self {
            Self::NotYet => Words::new("まだ受付が始まっていません。", "The programme has not begun."),
            Self::Ended => Words::new("受付期間が終了しています。", "The programme has ended."),
            Self::TextEmpty => Words::new("本文がありません。", "There is no text."),
            Self::TextTooLong => {
                Words::new("4,000文字を超えています。", "The text has more than 4,000 characters.")
            }
            Self::ServiceNotOffered => Words::new(
                "この事業では受け付けていない相談先です。",
                "The programme does not offer this service.",
            ),
            Self::UnknownConsultation => {
                Words::new("相談が見つかりません。", "The consultation is not known.")
            }
            Self::ConsultationExists => {
                Words::new("同じ相談がすでにあります。", "The consultation exists already.")
            }
            Self::SurveyAnswered => Words::new(
                "アンケートにはすでに回答いただいています。",
                "The survey has been answered already.",
            ),
            Self::SurveyClosed => {
                Words::new("アンケートの受付期間ではありません。", "The survey is not open.")
            }
            Self::TooManyPhotos => Words::new("写真は4枚までです。", "A message can have 4 photos at most."),
            Self::PhotoSize => Words::new("写真が大きすぎます。", "A photo is too large."),
            Self::SurveyMismatch
            | Self::PhotoKnown
            | Self::ConsentChain
            | Self::OtherBytes
            | Self::UnknownOperation
            | Self::NotTaken
            | Self::Other => {
                Words::new("サーバーが受け付けられませんでした。", "The server could not accept this.")
            }
        }
    }
}

/// The body of a reply with a status of 400 or more.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ApiError {
    /// What went wrong.
    pub error: ApiErrorBody,
}

/// What went wrong with a request as a whole.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ApiErrorBody {
    /// The stable code.
    pub code: ApiErrorCode,
    /// The server's time, with [`ApiErrorCode::SignatureStale`]: a phone whose clock is off signs again by it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub time: Option<Timestamp>,
    /// With [`ApiErrorCode::SequenceGap`]: the number the server expects next.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub expected: Option<u64>,
}

/// The stable codes of request errors, each with its status.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ApiErrorCode {
    /// 400: not JSON, or not of the expected form.
    Malformed,
    /// 401: no `authorization`, or not of the expected form.
    SignatureMissing,
    /// 401: the signature does not fit.
    SignatureWrong,
    /// 401: the request's time is too far from the server's.
    SignatureStale,
    /// 401: this very request was seen before.
    SignatureReplayed,
    /// 401: the device is not known here.
    UnknownDevice,
    /// 401: the log-in is wrong or has run out.
    LogInNeeded,
    /// 403: logged in, but not for this.
    NotAllowed,
    /// 404: no such thing or no such address.
    NotFound,
    /// 404: no message that the server holds of this device names the photo.
    UnknownPhoto,
    /// 405: the address knows other methods.
    MethodNotAllowed,
    /// 409: an operation's number is not the next one.
    SequenceGap,
    /// 409: somebody else holds or finished it.
    Conflict,
    /// 413: over a limit of [`crate::wire::Limits`].
    TooLarge,
    /// 422: well formed, but a value in it cannot be.
    InvalidValue,
    /// 422: the part goes beyond the size that the message names for the photo.
    PhotoTooLong,
    /// 422: the photo is whole and is not the one that the message names. What was held of it was let go; it begins anew.
    PhotoMismatch,
    /// 429: too many attempts; `retry-after` says when.
    TooMany,
    /// 503: cannot be done now; nothing was stored.
    Unavailable,
    /// A code this version does not know.
    #[serde(other)]
    Other,
}

impl ApiErrorCode {
    /// The status that goes with it.
    pub fn status(self) -> u16 {
        match self {
            Self::Malformed => 400,
            Self::SignatureMissing
            | Self::SignatureWrong
            | Self::SignatureStale
            | Self::SignatureReplayed
            | Self::UnknownDevice
            | Self::LogInNeeded => 401,
            Self::NotAllowed => 403,
            Self::NotFound | Self::UnknownPhoto => 404,
            Self::MethodNotAllowed => 405,
            Self::SequenceGap | Self::Conflict => 409,
            Self::TooLarge => 413,
            Self::InvalidValue | Self::PhotoTooLong | Self::PhotoMismatch => 422,
            Self::TooMany => 429,
            Self::Unavailable | Self::Other => 503,
        }
    }
}
