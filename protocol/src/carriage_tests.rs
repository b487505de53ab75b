//! Every form a ticket's text is read in, and every one it is refused in.

use data_encoding::HEXLOWER;
use proptest::prelude::*;
use ring::signature::Ed25519KeyPair;

use super::*;
use crate::signed::{TICKET_AAD, sign};

/// An envelope of a ticket's size, its payload made of these bytes.
fn envelope(payload: &[u8]) -> Vec<u8> {
    sign(&Ed25519KeyPair::from_seed_unchecked(&[1; 32]).unwrap(), payload, TICKET_AAD)
}

fn read(text: &str) -> Vec<u8> {
    TicketText::parse(text).unwrap_or_else(|error| panic!("{text}: {error}")).bytes
}

/// As mail breaks long lines.
fn lines(text: &str) -> Vec<&str> {
    text.as_bytes().chunks(76).map(|line| std::str::from_utf8(line).unwrap()).collect()
}

fn encode45(bytes: &[u8]) -> String {
    let character = |value: u32| char::from(BASE45[value as usize]);
    let groups = bytes.chunks(2).map(|chunk| match chunk {
        [a, b] => {
            let number = u32::from(*a) << 8 | u32::from(*b);
            [number % 45, number / 45 % 45, number / 2025].map(character).iter().collect::<String>()
        }
        [a] => [u32::from(*a) % 45, u32::from(*a) / 45].map(character).iter().collect(),
        _ => unreachable!(),
    });
    groups.collect()
}

fn body45(text: &str) -> Result<Vec<u8>, CarriageError> {
    let body = Body { text: text.into(), positions: (1..=text.len()).collect(), in_address: false };
    body.base45(&body.text)
}

#[test]
fn the_vectors_of_rfc_9285_hold() {
    for (text, bytes) in
        [("BB8", "AB"), ("%69 VD92EX0", "Hello!!"), ("UJCLQE7W581", "base-45"), ("QED8WEX0", "ietf!")]
    {
        assert_eq!(body45(text).unwrap(), bytes.as_bytes());
        assert_eq!(encode45(bytes.as_bytes()), text);
    }
    assert_eq!(body45("FGW").unwrap(), [0xff, 0xff]);
    assert_eq!(body45("U5").unwrap(), [0xff]);
}

#[test]
fn groups_over_their_range_and_lone_characters_are_refused() {
    for (text, position) in
        [("GGW", 1), (":::", 1), ("FGWGGW", 4), ("::", 1), ("V5", 1), ("BB8A", 4), ("A", 1)]
    {
        assert_eq!(body45(text), Err(CarriageError::Encoding { position }), "{text}");
    }
    let whole = TicketText::of(&envelope(&[7; 49]));
    for (tail, position) in [("GGW", 201), (":::", 201)] {
        // 132 bytes make 198 characters, so the tail begins a group of its own.
        let text = format!("YRS1:{}{tail}", encode45(&[whole.bytes(), &[0; 3]].concat()[..130]));
        assert_eq!(TicketText::parse(&text), Err(CarriageError::Encoding { position }));
    }
}

#[test]
fn both_alphabets_and_both_wrappers_carry_the_same_bytes() {
    let text = TicketText::of(&envelope(&[7; 49]));
    assert_eq!(text.bytes().len(), 129);
    let uri = text.to_uri("card.example.jp");
    assert_eq!(text.to_prefixed().len(), 5 + 207);
    assert!(uri.starts_with("HTTPS://CARD.EXAMPLE.JP/E#QRE2"), "{}", &uri[..30]);
    assert_eq!(text.to_uri_parts("card.example.jp").concat(), uri);
    for carried in [text.to_prefixed(), uri, format!("YRS1:{}", encode45(text.bytes()))] {
        assert_eq!(read(&carried), text.bytes());
    }
}

#[test]
fn what_cameras_keyboards_and_mail_do_to_a_text_is_repaired() {
    let bytes = envelope(&[7; 49]);
    let text = TicketText::of(&bytes);
    let (uri, prefixed) = (text.to_uri("card.example.jp"), text.to_prefixed());
    let wide: String = uri
        .chars()
        .map(|c| match c {
            ' ' => '\u{3000}',
            c => char::from_u32(u32::from(c) + 0xfee0).unwrap(),
        })
        .collect();
    for mangled in [
        uri.to_lowercase(),
        uri.replacen("HTTPS://CARD.EXAMPLE.JP/E", "https://card.example.jp/e", 1),
        uri.replacen(".JP/", ".jp:8443/", 1),
        prefixed.to_lowercase(),
        format!("\n  {uri}\r\n"),
        format!("\u{feff}{uri}\u{3000}"),
        wide.to_lowercase(),
        wide,
        lines(&uri).join("\r\n"),
        lines(&prefixed).join("\r\n "),
        prefixed.replacen("YRS1:", "YRS1: ", 1),
    ] {
        assert_eq!(read(&mangled), bytes, "{mangled}");
    }
}

#[test]
fn spaces_that_a_camera_app_turned_into_percent_20_are_repaired() {
    // Found by trying payloads: the base45 of this one contains a space.
    let with_space =
        (0..=255).map(|fill| envelope(&[fill; 49])).find(|bytes| encode45(bytes).contains(' ')).unwrap();
    let text = encode45(&with_space);
    assert_eq!(read(&format!("YRS1:{text}")), with_space);
    assert_eq!(read(&format!("YRS1:{}", text.replace(' ', "%20"))), with_space);
    // A real `%20` in base45 stays what it is.
    let real = body45("%20").unwrap();
    let bytes = envelope(&[real.as_slice(), &[0; 47]].concat());
    let text = encode45(&bytes);
    assert!(text.contains("%20"), "the group lies on its border");
    assert_eq!(read(&format!("YRS1:{text}")), bytes);
}

#[test]
fn base45_of_base32_letters_alone_is_not_taken_for_base32() {
    // 0x84 0x49 is `PWG`; the rest of these letters are groups of base45 as well as base32.
    let bytes = body45(&format!("PWG{}", "A2B".repeat(60))).unwrap();
    assert!(cbor::check(&bytes).is_err());
    let small = [0x81, 0x41, 0x41];
    let text = encode45(&small);
    assert_eq!(read(&format!("YRS1:{text}")), small);
}

#[test]
fn what_is_not_a_ticket_is_told_apart_from_a_damaged_one() {
    let text = TicketText::of(&envelope(&[7; 49])).to_uri("card.example.jp");
    for other in [
        "",
        "   ",
        "YRS1",
        "YRS2:QREA",
        "1037-K9QX-R2M3-TQ4R",
        "https://card.example.jp/",
        "https://card.example.jp/E",
        "https:///E#QREA",
        "https://card.example.jp/other#QREA",
        "http://card.example.jp/E#QREA",
        "https://user@card.example.jp/E#QREA",
        "ХТТРS://CARD.EXAMPLE.JP/E#QREA",
        &text.replacen('#', "?", 1),
        &format!("このURLを開いてください {text}"),
    ] {
        assert_eq!(TicketText::parse(other), Err(CarriageError::NotATicket), "{other}");
    }
}

#[test]
fn a_character_that_no_ticket_contains_is_named_with_its_place_in_the_text_as_given() {
    let text = TicketText::of(&envelope(&[7; 49])).to_prefixed();
    let foreign = |kind, position| Err(CarriageError::Foreign { kind, position });
    let with = |character: char| format!("  {}{character}{}", &text[..9], &text[9..]);
    for (character, kind) in [
        ('あ', ForeignKind::Kana),
        ('А', ForeignKind::Cyrillic),
        ('Α', ForeignKind::Greek),
        ('字', ForeignKind::Kanji),
        ('😀', ForeignKind::Emoji),
        ('\u{200b}', ForeignKind::Invisible),
        ('=', ForeignKind::Sign),
        ('é', ForeignKind::OtherLetter),
    ] {
        assert_eq!(TicketText::parse(&with(character)), foreign(kind, 12), "{character}");
    }
    // Base45 alone knows `$`; an address carries base32.
    let uri = TicketText::of(&envelope(&[7; 49])).to_uri("a.jp");
    let dollar = uri.replacen("#Q", "#$", 1);
    assert_eq!(TicketText::parse(&dollar), foreign(ForeignKind::Sign, 16));
}

#[test]
fn loose_bits_and_lengths_that_base32_does_not_have_are_refused() {
    // One byte is two letters of which the last two bits are loose.
    let loose = TicketText::parse("HTTPS://A.JP/E#AB");
    assert_eq!(loose, Err(CarriageError::Encoding { position: 17 }));
    assert_eq!(TicketText::parse("HTTPS://A.JP/E#AAA"), Err(CarriageError::Encoding { position: 18 }));
    assert_eq!(read("HTTPS://A.JP/E#AA"), [0]);
}

#[test]
fn more_than_600_characters_are_not_looked_at() {
    let text = format!("YRS1:{}", "A".repeat(595));
    assert_ne!(TicketText::parse(&text), Err(CarriageError::TooLong));
    assert_eq!(TicketText::parse(&format!("{text}A")), Err(CarriageError::TooLong));
    assert_eq!(TicketText::parse(&"あ".repeat(100_000)), Err(CarriageError::TooLong));
}

#[test]
fn a_text_is_never_printed_by_accident() {
    let text = TicketText::of(&envelope(&[7; 49]));
    assert_eq!(format!("{text:?}"), "TicketText(129 bytes)");
}

proptest! {
    #[test]
    fn any_text_is_judged_without_a_panic(text in "\\PC{0,700}") {
        let _ = TicketText::parse(&text);
    }

    #[test]
    fn any_text_after_a_wrapper_is_judged_with_a_place_inside_it(
        head in prop::sample::select(vec!["YRS1:", "https://a.jp/e#", "ｙｒｓ１："]),
        body in "[A-Za-z0-9 $%*+./:\\-\\n]{0,90}|\\PC{0,90}",
    ) {
        let text = format!("{head}{body}");
        match TicketText::parse(&text) {
            Err(CarriageError::Foreign { position, .. } | CarriageError::Encoding { position }) => {
                prop_assert!(position >= 1 && position <= text.chars().count());
            }
            Err(error) => prop_assert!(false, "{error}"),
            Ok(_) => {}
        }
    }

    #[test]
    fn every_envelope_travels_in_every_form(payload in prop::collection::vec(any::<u8>(), 0..80)) {
        let bytes = envelope(&payload);
        let text = TicketText::of(&bytes);
        let base45 = encode45(&bytes);
        for carried in [
            text.to_prefixed(),
            text.to_uri("card.example.jp"),
            text.to_uri("card.example.jp").to_lowercase(),
            format!("YRS1:{base45}"),
            format!(" yrs1:{}\n", base45.to_lowercase()),
        ] {
            prop_assert_eq!(&read(&carried), &bytes);
        }
        // A text whose own `%20` reads back as a space could be either; the shape has to settle it.
        if !base45.contains("%20") {
            prop_assert_eq!(&read(&format!("YRS1:{}", base45.replace(' ', "%20"))), &bytes);
        }
    }

    #[test]
    fn base45_is_read_as_it_is_written(bytes in prop::collection::vec(any::<u8>(), 0..200)) {
        prop_assert_eq!(body45(&encode45(&bytes)), Ok(bytes));
    }

    #[test]
    fn no_two_texts_of_base45_are_the_same_bytes(text in "[A-Z0-9 $%*+./:\\-]{0,60}") {
        if let Ok(bytes) = body45(&text) {
            prop_assert_eq!(encode45(&bytes), text);
        }
    }
}

#[test]
fn the_first_bytes_of_an_envelope_tell_the_alphabets_apart() {
    let start = HEXLOWER.decode(b"8449a201320444").unwrap();
    let bytes = envelope(&[7; 49]);
    assert!(bytes.starts_with(&start));
    assert!(encode45(&bytes).starts_with("PWG"));
    assert!(BASE32_NOPAD.encode(&bytes).starts_with("QRE2E"));
}
