//! Looks for words in files that should hold them only sealed.
//!
//! A word may be left behind in pieces and written otherwise, so every run of a few characters is looked for, as UTF-8,
//! as UTF-16 in both orders of bytes, as JSON escapes it and as the inside of a base64 text at each of its three alignments.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::io;
use std::path::{Path, PathBuf};

use data_encoding::BASE64_NOPAD;

/// Every run of characters with this many bytes of UTF-8 is looked for: four characters of Japanese.
const RUN_BYTES: usize = 12;
/// What candidates are indexed by: no needle is shorter.
const KEY_BYTES: usize = 8;

/// Words to look for.
#[derive(Debug, Default)]
pub struct Canaries {
    needles: HashMap<[u8; KEY_BYTES], Vec<Needle>>,
    words: Vec<String>,
    public: BTreeSet<Vec<u8>>,
}

#[derive(Debug)]
struct Needle {
    bytes: Vec<u8>,
    word: usize,
}

/// What a search came across.
#[derive(Debug, Default, Clone, PartialEq, Eq)]
pub struct Searched {
    /// The files that were read, with their sizes.
    pub files: BTreeMap<PathBuf, u64>,
    /// In which file a piece of which word was found.
    pub found: Vec<(PathBuf, String)>,
}

impl Canaries {
    /// Looks for nothing that stands in this text: everybody may read it, and everyday phrases are in it as well. Holds
    /// for texts that are added later.
    pub fn allow(&mut self, public: &str) {
        self.public.extend(runs(public).into_iter().flat_map(forms));
    }

    /// Adds a text that was typed. One of fewer than eight bytes is too short to tell from chance and is refused with
    /// `false`; so is one with nothing of its own.
    pub fn add(&mut self, text: &str) -> bool {
        if self.words.iter().any(|word| word == text) {
            return true;
        }
        let pieces: BTreeSet<Vec<u8>> = runs(text).into_iter().flat_map(forms).collect();
        let word = self.words.len();
        let mut own = pieces.into_iter().filter(|piece| !self.public.contains(piece)).peekable();
        if own.peek().is_none() {
            return false;
        }
        self.words.push(text.to_owned());
        for bytes in own {
            if let Some(key) = bytes.first_chunk::<KEY_BYTES>() {
                self.needles.entry(*key).or_default().push(Needle { bytes, word });
            }
        }
        true
    }

    /// The texts that are looked for.
    pub fn words(&self) -> &[String] {
        &self.words
    }

    /// Which texts left a piece in these bytes.
    pub fn found_in(&self, bytes: &[u8]) -> Vec<&str> {
        let mut found = BTreeSet::new();
        for start in 0..bytes.len() {
            let rest = bytes.get(start..).unwrap_or_default();
            let Some(key) = rest.first_chunk::<KEY_BYTES>() else {
                break;
            };
            let candidates = self.needles.get(key).map(Vec::as_slice).unwrap_or_default();
            let here = candidates.iter().filter(|needle| rest.starts_with(&needle.bytes));
            found.extend(here.map(|needle| needle.word));
        }
        found.into_iter().filter_map(|word| self.words.get(word).map(String::as_str)).collect()
    }

    /// Reads every file under a directory, whatever its name.
    ///
    /// # Errors
    /// [`io::Error`] if the directory or a file cannot be read: what was not read proves nothing. A file that vanished
    /// between being listed and being read is gone, and passed over.
    pub fn search(&self, directory: &Path) -> io::Result<Searched> {
        let mut searched = Searched::default();
        let mut waiting = vec![directory.to_owned()];
        while let Some(directory) = waiting.pop() {
            for entry in std::fs::read_dir(&directory)? {
                let entry = entry?;
                if entry.file_type()?.is_dir() {
                    waiting.push(entry.path());
                    continue;
                }
                let bytes = match std::fs::read(entry.path()) {
                    Err(error) if error.kind() == io::ErrorKind::NotFound => continue,
                    read => read?,
                };
                let words = self.found_in(&bytes).into_iter();
                let here = words.map(|word| (entry.path(), word.to_owned()));
                searched.found.extend(here);
                let size = u64::try_from(bytes.len()).unwrap_or(u64::MAX);
                searched.files.insert(entry.path(), size);
            }
        }
        Ok(searched)
    }
}

/// Every shortest run of whole characters with at least [`RUN_BYTES`] bytes; a shorter text as a whole.
fn runs(text: &str) -> Vec<&str> {
    if (KEY_BYTES..RUN_BYTES).contains(&text.len()) {
        return vec![text];
    }
    let starts = text.char_indices().map(|(start, _)| start);
    starts
        .filter_map(|start| {
            let rest = text.get(start..)?;
            let ends = rest.char_indices().map(|(at, letter)| at + letter.len_utf8());
            let end = ends.into_iter().find(|end| *end >= RUN_BYTES)?;
            rest.get(..end)
        })
        .collect()
}

/// The bytes a run may be kept as.
fn forms(run: &str) -> Vec<Vec<u8>> {
    let mut forms = vec![
        run.as_bytes().to_vec(),
        run.encode_utf16().flat_map(u16::to_le_bytes).collect(),
        run.encode_utf16().flat_map(u16::to_be_bytes).collect(),
        escaped(run, |unit| format!("\\u{unit:04x}")),
        escaped(run, |unit| format!("\\u{unit:04X}")),
    ];
    for shift in 0..3usize {
        let shifted = [&vec![0; shift][..], run.as_bytes()].concat();
        let symbols = BASE64_NOPAD.encode(&shifted).into_bytes();
        // The first symbols and the last hold bits of whatever stands beside the run.
        let first = [0, 2, 3].get(shift).copied().unwrap_or_default();
        let last = shifted.len() * 8 / 6;
        let inner = symbols.get(first..last).unwrap_or_default().to_vec();
        // The same bits are written with two other symbols in the alphabet for addresses.
        let url = inner.iter().map(|symbol| match symbol {
            b'+' => b'-',
            b'/' => b'_',
            other => *other,
        });
        forms.push(url.collect());
        forms.push(inner);
    }
    forms
}

/// As JSON writes it where nothing but ASCII may stand: the letters of ASCII as they are, every other one as its number.
fn escaped(run: &str, number: impl Fn(u16) -> String) -> Vec<u8> {
    let mut text = String::new();
    for letter in run.chars() {
        match letter {
            '"' | '\\' => text.extend(['\\', letter]),
            ' '..='~' => text.push(letter),
            _ => text.extend(letter.encode_utf16(&mut [0; 2]).iter().map(|unit| number(*unit))),
        }
    }
    text.into_bytes()
}

#[cfg(test)]
mod tests {
    use data_encoding::{BASE64, BASE64URL_NOPAD};

    use super::*;

    const TEXT: &str = "夜中に何度も咳きこんで起きます。";

    fn canaries() -> Canaries {
        let mut canaries = Canaries::default();
        assert!(canaries.add(TEXT));
        canaries
    }

    #[test]
    fn a_text_is_found_as_utf8_utf16_and_base64_wherever_it_stands() {
        let canaries = canaries();
        let utf16: Vec<u8> = TEXT.encode_utf16().flat_map(u16::to_le_bytes).collect();
        for before in 0..7usize {
            let noise = vec![0xa5; before];
            let plain = [&noise[..], TEXT.as_bytes(), &noise[..]].concat();
            assert_eq!(canaries.found_in(&plain), [TEXT]);
            assert_eq!(canaries.found_in(&[&noise[..], &utf16[..]].concat()), [TEXT]);
            assert_eq!(canaries.found_in(BASE64.encode(&plain).as_bytes()), [TEXT]);
            assert_eq!(canaries.found_in(BASE64URL_NOPAD.encode(&plain).as_bytes()), [TEXT]);
        }
    }

    #[test]
    fn a_text_is_found_as_json_escapes_it() {
        let canaries = canaries();
        for escaped in [br"x\u54b3\u304d\u3053\u3093y".as_slice(), br"x\u54B3\u304D\u3053\u3093y"] {
            assert_eq!(canaries.found_in(escaped), [TEXT]);
        }
        let big: Vec<u8> = TEXT.encode_utf16().flat_map(u16::to_be_bytes).collect();
        assert_eq!(canaries.found_in(&big), [TEXT]);
        let mut quoted = Canaries::default();
        assert!(quoted.add("熱が\"高い\"😀です"));
        assert_eq!(quoted.found_in(br#"\u71b1\u304c\"\u9ad8\u3044"#).len(), 1);
        assert_eq!(quoted.found_in(br#"\u9ad8\u3044\"\ud83d\ude00\u3067"#).len(), 1);
    }

    #[test]
    fn four_characters_left_behind_are_enough_and_three_are_chance() {
        let canaries = canaries();
        assert_eq!(canaries.found_in("xx咳きこんyy".as_bytes()), [TEXT]);
        assert_eq!(canaries.found_in(BASE64.encode("x咳きこん".as_bytes()).as_bytes()), [TEXT]);
        assert!(canaries.found_in("xx咳きこyy".as_bytes()).is_empty());
    }

    #[test]
    fn what_everybody_may_read_is_not_looked_for() {
        let mut canaries = Canaries::default();
        canaries.allow("窓口におたずねください。");
        assert!(!canaries.add("たずねください。"));
        assert!(canaries.add("湿疹を見せてください。"));
        assert!(canaries.found_in("窓口におたずねください。".as_bytes()).is_empty());
        assert_eq!(canaries.found_in("湿疹を見せる".as_bytes()).len(), 1);
    }

    #[test]
    fn other_bytes_hold_nothing() {
        let canaries = canaries();
        let noise: Vec<u8> =
            (0..40_000u32).flat_map(|n| n.wrapping_mul(2_654_435_761).to_le_bytes()).collect();
        assert!(canaries.found_in(&noise).is_empty());
        assert!(canaries.found_in("朝まで様子を見てもよいでしょうか".as_bytes()).is_empty());
        assert!(canaries.found_in(b"").is_empty());
    }

    #[test]
    fn a_short_text_is_looked_for_whole_and_one_too_short_is_refused() {
        let mut canaries = Canaries::default();
        assert!(!canaries.add("咳"));
        assert!(!canaries.add("1234567"));
        assert!(canaries.add("2021-06-14") && canaries.add("2021-06-14"));
        assert_eq!(canaries.words(), ["2021-06-14"]);
        assert_eq!(canaries.found_in(b"born:2021-06-14;"), ["2021-06-14"]);
        assert_eq!(canaries.found_in(BASE64.encode(b"n:2021-06-14").as_bytes()), ["2021-06-14"]);
        assert!(canaries.found_in(b"2021-06-15").is_empty());
    }

    #[test]
    fn every_file_is_read_whatever_its_name_or_depth() {
        let root = tempfile::tempdir().unwrap();
        let deep = root.path().join("a/b");
        std::fs::create_dir_all(&deep).unwrap();
        std::fs::write(root.path().join("yorisoi.db"), b"sealed").unwrap();
        std::fs::write(deep.join(".etilqs_1"), TEXT).unwrap();
        let searched = canaries().search(root.path()).unwrap();
        assert_eq!(searched.files.len(), 2);
        assert_eq!(searched.found, [(deep.join(".etilqs_1"), TEXT.to_owned())]);
        assert!(canaries().search(&root.path().join("nowhere")).is_err());
    }
}
