//! The page with all licences: each package with its licence and what was taken of it, each text once.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use super::{Linked, NOTICES, Part};

const HEAD: &str = "\
Licences of all that is linked into Yorisoi's library
=====================================================

Written by `cargo xtask notices`, not by hand. Here is every package that is linked into the library for one of

TARGETS

under which licence it comes, which one is taken where there is a choice, where its source is, and the numbers of the
texts below that belong to it. Macros and build scripts run while the library is compiled and are not in it.

Yorisoi itself is under the Apache License 2.0, see LICENSE.

SQLite SQLITE, which libsqlite3-sys compiles, is in the public domain: its authors disclaim copyright,
see https://sqlite.org/copyright.html.

webpki-roots holds the list of root certificates that Mozilla keeps (https://wiki.mozilla.org/CA). It is data, under the
licence given with the package below.

Rust's standard library is linked as well, under MIT or Apache-2.0; Apache-2.0 is taken. What it is made of, with all texts,
the compiler that was used says in share/doc/rust/COPYRIGHT-library.html, which lies beside this page in a release.

Packages under MPL-2.0 are used unchanged; their source is at the address given.
";

/// The page.
pub(super) fn page(linked: &Linked) -> String {
    let mut texts = Texts::default();
    let mut list = String::new();
    for ((name, version), part) in linked.parts.iter().filter(|(_, part)| !part.is_ours) {
        let owner = format!("{name} {version}");
        let numbers: Vec<String> =
            part.texts.iter().map(|text| texts.number(text, &owner).to_string()).collect();
        let _ = writeln!(list, "\n{owner}\n    licence: {}", licence(part));
        let _ = writeln!(list, "    source:  https://crates.io/crates/{name}/{version}");
        let _ = writeln!(list, "    texts:   {}", numbers.join(", "));
    }
    let targets: Vec<String> = linked.targets.iter().map(|target| format!("    {target}")).collect();
    let mut page = HEAD.replace("TARGETS", &targets.join("\n")).replace("SQLITE", &linked.sqlite);
    page.push_str(&list);
    for (index, (text, owners)) in texts.printed.iter().enumerate() {
        let _ = writeln!(page, "\n{}\nText {} of: {}\n", "=".repeat(80), index + 1, owners.join(", "));
        page.push_str(text);
        page.push('\n');
    }
    page
}

fn licence(part: &Part) -> String {
    match part.licence.taken() {
        Ok(taken) if part.licence.has_choice() => {
            let taken: Vec<&str> = taken.into_iter().collect();
            format!("{}; taken: {}", part.licence, taken.join(" AND "))
        }
        _ => part.licence.to_string(),
    }
}

/// The texts in the order in which they are first needed.
#[derive(Default)]
struct Texts {
    /// The place of each by its words.
    places: BTreeMap<String, usize>,
    printed: Vec<(String, Vec<String>)>,
}

impl Texts {
    /// The number of a text, from 1.
    fn number(&mut self, text: &super::Text, owner: &str) -> usize {
        let place = *self.places.entry(text.words()).or_insert(self.printed.len());
        match self.printed.get_mut(place) {
            Some((_, owners)) if owners.iter().any(|known| known == owner) => {}
            Some((_, owners)) => owners.push(owner.to_owned()),
            None => self.printed.push((text.as_str().to_owned(), vec![owner.to_owned()])),
        }
        place + 1
    }
}

/// Names the first line that differs.
pub(super) fn compare(committed: &str, today: &str) -> Result<(), String> {
    if committed == today {
        return Ok(());
    }
    let same = committed.lines().zip(today.lines()).take_while(|(ours, theirs)| ours == theirs).count();
    let line = today.lines().nth(same).unwrap_or("nothing more");
    Err(format!("{NOTICES}:{}: today it is `{line}`; renew it with `cargo xtask notices`", same + 1))
}

#[cfg(test)]
mod tests {
    use super::super::test_parts::linked;
    use super::*;

    #[test]
    fn a_text_of_two_packages_is_printed_once_and_names_both() {
        let page = page(&linked());
        assert_eq!(page.matches("Copyright A").count(), 1, "{page}");
        assert!(page.contains("Text 1 of: a 1.0.0, b 2.0.0+x\n"), "{page}");
        assert!(page.contains("\na 1.0.0\n    licence: MIT\n"), "{page}");
        assert!(page.contains("licence: MIT OR GPL-3.0-only; taken: MIT\n"), "{page}");
        assert!(page.contains("SQLite 3.50.0") && page.contains("    one-target\n"), "{page}");
        assert!(!page.contains("ours 0.1.0"), "{page}");
    }

    #[test]
    fn another_page_is_refused_at_its_first_other_line() {
        assert!(compare("a\nb\n", "a\nb\n").is_ok());
        let told = compare("a\nb\n", "a\nc\n").unwrap_err();
        assert!(told.contains(":2: today it is `c`") && told.contains("cargo xtask notices"), "{told}");
        assert!(compare("", "a\n").unwrap_err().contains(":1:"));
        assert!(compare("a\nb\n", "a\n").unwrap_err().contains("nothing more"));
    }
}
