//! One error of every code.

use yorisoi_protocol::code::CodeError;
use yorisoi_protocol::consent::Purpose;
use yorisoi_protocol::manifest::ManifestError;
use yorisoi_protocol::phrase::PhraseError;
use yorisoi_protocol::question::TextError;
use yorisoi_protocol::signed::KeyId;
use yorisoi_protocol::survey::SurveyError;
use yorisoi_protocol::ticket::TicketError;
use yorisoi_protocol::typed_text::{ForeignKind, TypedTextError};
use yorisoi_protocol::wire::{ApiErrorCode, EnrollmentRefusal, RescueRefusal};
use yorisoi_protocol::{Eligibility, Timestamp, Words};

use super::YorisoiError as E;
use crate::family::DateError;
use crate::photo::{Flaw, Foreign, MAX_WRITTEN, PhotoError};
use crate::store::{KeyTrouble, StoreError};
use crate::sync::Fault;
use crate::transport::TransportError;

pub(super) fn all() -> Vec<E> {
    [cards(), tickets(), phrases(), enrollment(), manifests(), writing(), phone(), network()].concat()
}

fn cards() -> Vec<E> {
    let foreign = TypedTextError::Foreign { kind: ForeignKind::Kana, position: 6 };
    vec![
        E::Card(CodeError::Empty),
        E::Card(CodeError::Unreadable(TypedTextError::TooLong { bytes: 200, most: 128 })),
        E::Card(CodeError::Unreadable(foreign)),
        E::Card(CodeError::WrongLength { found: 15 }),
        E::Card(CodeError::CheckFailed { groups: vec![2] }),
        E::Card(CodeError::UnknownVersion),
        E::Card(CodeError::SeveralCodes),
        E::Card(CodeError::NoCodeFound),
        E::UnknownProgramme,
    ]
}

fn tickets() -> Vec<E> {
    let key = KeyId::from_bytes([0; 4]);
    let issued_at = Timestamp::from_seconds(1_627_830_000);
    let errors = [
        TicketError::NotATicket,
        TicketError::TooLong { bytes: 700, max: 600 },
        TicketError::UnknownKey { key },
        TicketError::KeyRevoked { key },
        TicketError::SignatureWrong,
        TicketError::KeyNotValidThen { key, issued_at },
        TicketError::CardRevoked,
        TicketError::UnknownProgramme { index: 7 },
    ];
    errors.map(E::Ticket).to_vec()
}

fn phrases() -> Vec<E> {
    let errors = [
        PhraseError::Empty,
        PhraseError::TooLong { bytes: 1_000 },
        PhraseError::WrongLength { found: 2 },
        PhraseError::Foreign { kind: ForeignKind::Kanji, position: 3 },
    ];
    errors.map(E::Phrase).to_vec()
}

fn manifests() -> Vec<E> {
    vec![
        E::ManifestMissing,
        E::Manifest(ManifestError::SignatureWrong),
        E::Manifest(ManifestError::UnknownFormat { found: 2 }),
        E::Manifest(ManifestError::Rollback { held: 4, offered: 3 }),
    ]
}

fn enrollment() -> Vec<E> {
    let at = Timestamp::from_seconds(1_627_830_000);
    let ask = Words::new("（たずね先）", "(whom to ask)");
    let refused = |refusal| E::EnrollmentRefused { refusal, ask: ask.clone() };
    vec![
        refused(EnrollmentRefusal::UnknownCode),
        refused(EnrollmentRefusal::CardFull),
        refused(EnrollmentRefusal::CardRevoked),
        refused(EnrollmentRefusal::CardReplaced),
        refused(EnrollmentRefusal::TooManyToday),
        refused(EnrollmentRefusal::NotYet { from: at }),
        refused(EnrollmentRefusal::Ended { since: at }),
        refused(EnrollmentRefusal::Other),
        E::AlreadyEnrolled,
        E::NotEnrolled,
        E::NotEligible(Eligibility::NotYet { from: at }),
        E::NotEligible(Eligibility::Ended { since: at }),
        E::ClockSuspect,
    ]
}

fn writing() -> Vec<E> {
    vec![
        E::ConsentNeeded(Purpose::Service),
        E::Text(TextError::Empty),
        E::Text(TextError::TooLong { chars: 4001 }),
        E::Photo(PhotoError::NotSupported { found: Foreign::Heic }),
        E::Photo(PhotoError::Broken(Flaw::CutShort)),
        E::Photo(PhotoError::TooLarge { cap: MAX_WRITTEN }),
        E::Photo(PhotoError::SourceFailed(std::io::ErrorKind::Other)),
        E::Photo(PhotoError::TargetFailed(std::io::ErrorKind::Other)),
        E::TooManyPhotos { most: 4 },
        E::Date(DateError::InFuture),
        E::Date(DateError::TooLongAgo),
        E::ServiceNotOffered,
        E::ChoiceUnknown,
        E::SearchTooShort,
        E::SurveyNotOffered,
        E::SurveyAnswered,
        E::Survey(SurveyError::MissingItem),
        E::NotFound,
        E::Setting("the server's address"),
    ]
}

fn phone() -> Vec<E> {
    vec![
        E::Key(KeyTrouble::Locked),
        E::Key(KeyTrouble::Failing),
        E::Key(KeyTrouble::Missing),
        E::Key(KeyTrouble::Foreign),
        E::Store(StoreError::Newer { found: 2, known: 1 }),
        E::Store(StoreError::Damaged),
        E::Store(StoreError::Full),
        E::Store(StoreError::Busy),
        E::Store(StoreError::KeysChanged),
        E::Store(StoreError::Suspended),
        E::Store(StoreError::Io),
        E::Store(StoreError::NoRandomness),
    ]
}

fn network() -> Vec<E> {
    let refused = |code| E::ServerRefused { code, retry_after_seconds: None };
    vec![
        E::Network(TransportError::Unreachable),
        E::Network(TransportError::Insecure),
        E::Network(TransportError::TimedOut),
        E::Network(TransportError::Interrupted),
        E::Network(TransportError::TooLarge),
        E::NotBelieved("not JSON"),
        refused(ApiErrorCode::UnknownDevice),
        refused(ApiErrorCode::Unavailable),
        E::RescueRefused(RescueRefusal::Unreadable),
        E::Sync(Fault::Diverged),
        E::Sync(Fault::AnotherRequest),
    ]
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn every_code_stands_once_and_kinds_are_at_most_twelve() {
        let codes: Vec<_> = all().iter().map(E::code).collect();
        assert_eq!(codes.iter().collect::<BTreeSet<_>>().len(), codes.len());
        assert!(all().iter().map(E::kind).collect::<BTreeSet<_>>().len() <= 12);
    }

    /// The sources that name codes hold no other text of that form where they name them.
    #[test]
    fn no_code_of_the_library_is_missing_here() {
        let here: BTreeSet<&str> = all().iter().map(E::code).collect();
        let sources = [
            include_str!("error.rs"),
            include_str!("../../protocol/src/code.rs"),
            include_str!("../../protocol/src/phrase.rs"),
        ];
        let lines = sources.iter().flat_map(|source| source.lines());
        let named = lines.filter_map(|line| {
            let line = line.trim().trim_end_matches(',');
            let text = line.rsplit_once("=> ").map_or(line, |(_, text)| text);
            let code = text.strip_prefix('"')?.strip_suffix('"')?;
            code.chars().all(|sign| sign.is_ascii_lowercase() || sign == '_').then_some(code)
        });
        let named: BTreeSet<&str> = named.collect();
        assert!(named.contains("manifest_rolled_back") && named.contains("card_empty"), "{named:?}");
        assert_eq!(named, here);
    }

    #[test]
    fn every_error_has_words_in_both_languages() {
        for error in all() {
            let words = error.words();
            assert!(!words.ja.is_ascii() && words.en.is_ascii(), "{}", error.code());
        }
    }
}
