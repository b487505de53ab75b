//! The texts of licences in a package's directory, and which of them concern whoever takes it under the licences chosen.

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;

use super::expression::Expression;
use crate::failure::Failure;

/// How files with licences begin, in small letters.
const NAMES: [&str; 5] = ["licen", "copying", "copyright", "notice", "unlicen"];
/// A file of source may be about licences; it is none.
const SOURCES: [&str; 6] = ["rs", "c", "h", "py", "json", "toml"];

/// Words by which a text is known, with everything between words one space and all letters small.
const KNOWN_BY: [(&str, &str); 11] = [
    ("Apache-2.0", "apache license version 2.0, january 2004"),
    ("MIT", "permission is hereby granted, free of charge, to any person obtaining a copy"),
    ("ISC", "for any purpose with or without fee is hereby granted, provided that"),
    ("0BSD", "for any purpose with or without fee is hereby granted."),
    ("BSD-3-Clause", "neither the name"),
    ("BSD-2-Clause", "redistribution and use in source and binary forms"),
    ("Zlib", "this software is provided 'as-is', without any express"),
    ("Unicode-3.0", "unicode license v3"),
    ("MPL-2.0", "mozilla public license version 2.0"),
    ("CDLA-Permissive-2.0", "community data license agreement - permissive - version 2.0"),
    ("Unlicense", "this is free and unencumbered software"),
];
const APACHE_WITH_EXCEPTION: (&str, &str) =
    ("Apache-2.0 WITH LLVM-exception", "llvm exceptions to the apache 2.0 license");

/// One text to be printed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Text(String);

impl Text {
    /// With the ends of lines of this system and nothing after them.
    pub(super) fn of(raw: &str) -> Self {
        let lines: Vec<&str> = raw.trim_start_matches('\u{feff}').lines().map(str::trim_end).collect();
        Self(lines.join("\n").trim_matches('\n').to_owned())
    }

    pub(super) fn as_str(&self) -> &str {
        &self.0
    }

    /// Equal for texts that differ in their lines alone, and in the marks of a comment before them.
    pub(super) fn words(&self) -> String {
        self.0.split_whitespace().filter(|word| *word != "//").collect::<Vec<_>>().join(" ")
    }
}

/// One file with a licence.
pub(super) struct Found {
    /// Not at the top of the package, or named as somebody else's: about a part of the package.
    is_about_a_part: bool,
    text: Text,
}

/// Finds the files in a package's directory, in an order that is always the same.
pub(super) fn files(package: &Path) -> Result<Vec<Found>, Failure> {
    let mut paths = Vec::new();
    let mut directories = vec![package.to_owned()];
    while let Some(directory) = directories.pop() {
        for entry in fs::read_dir(&directory).map_err(Failure::file(&directory))? {
            let path = entry.map_err(Failure::file(&directory))?.path();
            if path.is_dir() {
                directories.push(path);
            } else if path.file_name().is_some_and(|name| is_licence(&name.to_string_lossy())) {
                paths.push(path);
            }
        }
    }
    paths.sort();
    let read = |path: &std::path::PathBuf| {
        let raw = fs::read_to_string(path).map_err(Failure::file(path))?;
        let name = path.file_name().unwrap_or_default().to_string_lossy().to_lowercase();
        let is_about_a_part = path.parent() != Some(package) || name.contains("third");
        Ok(Found { is_about_a_part, text: Text::of(&raw) })
    };
    paths.iter().map(read).collect()
}

fn is_licence(name: &str) -> bool {
    let name = name.to_lowercase();
    let is_source = name.rsplit_once('.').is_some_and(|(_, ending)| SOURCES.contains(&ending));
    !is_source && NAMES.iter().any(|start| name.starts_with(start))
}

/// What has to be printed of these files: all but the texts of licences that were offered and not taken. Fails if a text of
/// what was taken is missing.
pub(super) fn of(licence: &Expression, files: &[Found]) -> Result<Vec<Text>, String> {
    let (taken, named) = (licence.taken()?, licence.named());
    let mut texts = Vec::new();
    let mut found = BTreeSet::new();
    for file in files {
        let is = licences_in(&file.text);
        let is_offered = !is.is_empty() && is.iter().all(|licence| named.contains(licence));
        if !file.is_about_a_part && is_offered && is.is_disjoint(&taken) {
            continue;
        }
        if !file.is_about_a_part {
            found.extend(is);
        }
        texts.push(file.text.clone());
    }
    for licence in taken.difference(&found) {
        texts.push(standard(licence).ok_or_else(|| format!("no text of {licence} in the package"))?);
    }
    Ok(texts)
}

/// For packages that name a licence and bring no text. Only where the text names nobody: it is the same for all.
fn standard(licence: &str) -> Option<Text> {
    match licence {
        "Apache-2.0" => Some(Text::of(include_str!("../../../LICENSE"))),
        "MPL-2.0" => Some(Text::of(include_str!("MPL-2.0.txt"))),
        _ => None,
    }
}

fn licences_in(text: &Text) -> BTreeSet<&'static str> {
    let words = text.words().to_lowercase();
    let mut found: BTreeSet<_> =
        KNOWN_BY.iter().filter(|(_, phrase)| words.contains(phrase)).map(|(name, _)| *name).collect();
    if words.contains(APACHE_WITH_EXCEPTION.1) {
        found.remove("Apache-2.0");
        found.insert(APACHE_WITH_EXCEPTION.0);
    }
    if found.contains("BSD-3-Clause") {
        found.remove("BSD-2-Clause");
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    const MIT: &str =
        "Copyright A\n\nPermission is hereby granted, free of charge,\nto any person obtaining a copy";
    const APACHE: &str = "   Apache License\n   Version 2.0, January 2004\n";

    fn printed(licence: &str, files: &[(&str, &str)]) -> Result<Vec<String>, String> {
        let directory = tempfile::tempdir().unwrap();
        for (name, text) in files {
            let path = directory.path().join(name);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(path, text).unwrap();
        }
        let texts = of(&Expression::read(licence).unwrap(), &super::files(directory.path()).unwrap())?;
        Ok(texts.iter().map(|text| text.as_str().to_owned()).collect())
    }

    #[test]
    fn the_text_that_was_not_taken_is_left_out_and_notices_stay() {
        let files =
            [("LICENSE-MIT", MIT), ("LICENSE-APACHE", APACHE), ("NOTICE", "of A"), ("license.rs", MIT)];
        let apache = APACHE.trim_matches('\n').to_owned();
        assert_eq!(printed("MIT OR Apache-2.0", &files).unwrap(), [apache, "of A".into()]);
        assert_eq!(printed("MIT AND Apache-2.0", &files).unwrap().len(), 3);
    }

    #[test]
    fn the_licences_of_parts_stay_whatever_was_taken() {
        let files =
            [("LICENSE-APACHE", APACHE), ("third_party/x/LICENSE", MIT), ("LICENSE-THIRD-PARTY", MIT)];
        assert_eq!(printed("MIT OR Apache-2.0", &files).unwrap().len(), 3);
        assert!(
            printed("MIT", &files[1..]).unwrap_err().contains("MIT"),
            "a part's text is not the package's"
        );
    }

    #[test]
    fn a_missing_text_is_told_unless_it_is_the_same_for_all() {
        assert!(printed("MIT", &[("NOTICE", "of A")]).unwrap_err().contains("no text of MIT"));
        assert!(printed("MIT OR ISC", &[("LICENSE", "a strange text")]).is_err());
        for licence in ["Apache-2.0", "MPL-2.0"] {
            let texts = printed(licence, &[]).unwrap();
            let [text] = texts.as_slice() else { panic!("{texts:?}") };
            assert_eq!(licences_in(&Text::of(text)), BTreeSet::from([licence]));
        }
    }

    #[test]
    fn texts_are_known_by_their_words() {
        let known = |text: &str| licences_in(&Text::of(text)).into_iter().collect::<Vec<_>>();
        let bsd = "Redistribution and use in source\nand binary forms, with or without";
        assert_eq!(known(bsd), ["BSD-2-Clause"]);
        assert_eq!(known(&format!("{bsd} Neither the name of")), ["BSD-3-Clause"]);
        let exception = format!("{APACHE} ---- LLVM Exceptions to the Apache 2.0 License ----");
        assert_eq!(known(&exception), ["Apache-2.0 WITH LLVM-exception"]);
        assert_eq!(known("under MIT or Apache-2.0"), Vec::<&str>::new());
    }

    #[test]
    fn lines_end_alike() {
        assert_eq!(Text::of("\u{feff}a \r\nb\r\n\r\n").as_str(), "a\nb");
        assert_eq!(Text::of("a\nb").words(), Text::of("a  b\n").words());
        assert_eq!(Text::of("// a\n//\n// b").words(), "a b");
    }
}
