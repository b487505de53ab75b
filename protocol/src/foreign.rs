//! The name of a character that does not belong where it stands.
//!
//! A look-alike letter of another script is named, never guessed: whoever typed it can then see why it was refused.

use serde::Serialize;

use crate::words::Words;

/// What a character is that cannot stand where it does.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum ForeignKind {
    /// The letter U in a code, left out of its alphabet because it is read as V.
    LetterU,
    /// A letter from A to Z.
    Latin,
    /// A digit from 0 to 9.
    Digit,
    /// A space of any width.
    Space,
    /// Hiragana or katakana.
    Kana,
    /// A Chinese character.
    Kanji,
    /// A Greek letter, however Latin it looks.
    Greek,
    /// A Cyrillic letter, however Latin it looks.
    Cyrillic,
    /// An emoji or pictograph.
    Emoji,
    /// A digit of another script.
    OtherDigit,
    /// A Latin letter with an accent, or a letter of yet another script.
    OtherLetter,
    /// A control or other invisible character.
    Invisible,
    /// Punctuation or another sign.
    Sign,
}

impl ForeignKind {
    /// Its name for a person.
    pub fn words(self) -> Words {
        match self {
            Self::LetterU => Words::new("英字の「U」", "the letter U"),
            Self::Latin => Words::new("英字", "a Latin letter"),
            Self::Digit => Words::new("数字", "a digit"),
            Self::Space => Words::new("空白", "a space"),
            Self::Kana => Words::new("ひらがな・カタカナ", "kana"),
            Self::Kanji => Words::new("漢字", "a kanji"),
            Self::Greek => Words::new("ギリシャ文字", "a Greek letter"),
            Self::Cyrillic => Words::new("キリル文字", "a Cyrillic letter"),
            Self::Emoji => Words::new("絵文字", "an emoji"),
            Self::OtherDigit => Words::new("0から9以外の数字", "a digit of another script"),
            Self::OtherLetter => Words::new("使われていない文字", "a letter that is not used here"),
            Self::Invisible => Words::new("見えない文字", "an invisible character"),
            Self::Sign => Words::new("使われていない記号", "a sign that is not used here"),
        }
    }

    /// The kind of `typed`, of which NFKC made `folded` (and perhaps more).
    ///
    /// An emoji is named as typed, for NFKC turns some into the kanji or kana they show.
    pub(crate) fn of(typed: char, folded: char) -> Self {
        if is_emoji(typed) {
            return Self::Emoji;
        }
        // A sign that NFKC spells with a space, such as a free-standing accent, is not a space.
        if typed.is_whitespace() && folded.is_whitespace() {
            return Self::Space;
        }
        match u32::from(folded) {
            0x41..=0x5a | 0x61..=0x7a => Self::Latin,
            0x30..=0x39 => Self::Digit,
            0x30a0 | 0x30fb => Self::Sign,
            0x3031..=0x3035 | 0x3041..=0x30ff | 0x31f0..=0x31ff | 0xff66..=0xff9f => Self::Kana,
            0x1_aff0..=0x1_b16f => Self::Kana,
            0x2e80..=0x2fdf | 0x3005..=0x3007 | 0x3021..=0x3029 | 0x3038..=0x303b => Self::Kanji,
            0x3400..=0x4dbf | 0x4e00..=0x9fff | 0xf900..=0xfaff | 0x2_0000..=0x3_ffff => Self::Kanji,
            0x0370..=0x03ff | 0x1f00..=0x1fff | 0x1d26..=0x1d2a => Self::Greek,
            0x0400..=0x052f | 0x1c80..=0x1c8f | 0x1d2b | 0x2de0..=0x2dff | 0xa640..=0xa69f => Self::Cyrillic,
            0x1_e030..=0x1_e08f => Self::Cyrillic,
            0xad | 0x034f | 0x061c | 0x115f..=0x1160 | 0x17b4..=0x17b5 | 0x180b..=0x180f => Self::Invisible,
            0x200b..=0x200f | 0x2028..=0x202f | 0x2060..=0x206f | 0x3164 | 0xfeff => Self::Invisible,
            0xfe00..=0xfe0f | 0xfff9..=0xfffb | 0xe_0000..=0xe_0fff => Self::Invisible,
            _ if folded.is_control() => Self::Invisible,
            _ if folded.is_alphabetic() => Self::OtherLetter,
            _ if folded.is_numeric() => Self::OtherDigit,
            _ => Self::Sign,
        }
    }
}

/// The characters that Unicode's emoji data shows as pictures, in blocks; the digits in circles among the dingbats, and
/// the letters in frames that NFKC reads as letters, are none.
fn is_emoji(typed: char) -> bool {
    matches!(
        u32::from(typed),
        0xa9 | 0xae | 0x203c | 0x2049 | 0x2194..=0x21aa | 0x231a..=0x2328 | 0x23cf..=0x23f3 | 0x23f8..=0x23fa
            | 0x25aa..=0x25fe | 0x2600..=0x2775 | 0x2794..=0x27bf | 0x2934..=0x2935 | 0x2b05..=0x2b07
            | 0x2b1b..=0x2b1c | 0x2b50 | 0x2b55 | 0x303d | 0x3297 | 0x3299
            | 0x1_f000..=0x1_f0ff | 0x1_f170..=0x1_faff
    )
}

#[cfg(test)]
mod tests {
    use unicode_normalization::UnicodeNormalization;

    use super::*;

    fn kind(typed: char) -> ForeignKind {
        ForeignKind::of(typed, std::iter::once(typed).nfkc().next().unwrap())
    }

    #[test]
    fn every_kind_has_its_characters() {
        for (kind_of_all, characters) in [
            (ForeignKind::Latin, "AzＡｚ\u{212a}ſ"),
            (ForeignKind::Digit, "09０９①"),
            (ForeignKind::Space, " \n\u{a0}\u{3000}\u{2002}\u{2028}"),
            (ForeignKind::Kana, "あんゔゝゟアヺーヽヿｱﾝﾞﾟｧァっㇰ㋐㌔𛀁\u{3099}〱"),
            (ForeignKind::Kanji, "府々〆〇㊀⼀豈𠮷"),
            (ForeignKind::Greek, "ΑωµΩϐἀ𝛼"),
            (ForeignKind::Cyrillic, "АяЁꙀ\u{1d78}"),
            (ForeignKind::Emoji, "😀👶🏽☎✅❤⌚⏰⭐⬛🈁🈚㊗㊙🅰🆗🇯🀄🥺🪷©®‼"),
            (ForeignKind::OtherDigit, "٠٣०௧❶"),
            (ForeignKind::OtherLetter, "éßıאขᴀ가ꭰ"),
            (ForeignKind::Invisible, "\u{200c}\u{202e}\u{2060}\u{ad}\u{fe0f}\u{7f}\0\u{3164}\u{e0041}"),
            (ForeignKind::Sign, "!㈱、。「」￥＊€→゛´・゠\u{e63e}"),
        ] {
            for typed in characters.chars() {
                assert_eq!(kind(typed), kind_of_all, "{typed:?}");
            }
        }
    }

    #[test]
    fn no_two_kinds_share_a_name() {
        use ForeignKind::*;
        let all = [
            LetterU,
            Latin,
            Digit,
            Space,
            Kana,
            Kanji,
            Greek,
            Cyrillic,
            Emoji,
            OtherDigit,
            OtherLetter,
            Invisible,
            Sign,
        ];
        let names: std::collections::BTreeSet<String> = all.iter().map(|kind| kind.words().ja).collect();
        assert_eq!(names.len(), all.len());
    }
}
