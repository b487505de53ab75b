//! A package's licence: an expression of SPDX, and which way is taken where it leaves a choice.

use std::collections::BTreeSet;
use std::fmt;

/// What is taken first where there is a choice. Apache-2.0 is the licence of this project, grants patents, and is one text
/// for all. Whatever is not here is refused: `deny.toml` allows the same.
const TAKEN_FIRST: [&str; 10] = [
    "Apache-2.0",
    "MIT",
    "ISC",
    "BSD-3-Clause",
    "BSD-2-Clause",
    "Zlib",
    "0BSD",
    "Unicode-3.0",
    "MPL-2.0",
    "CDLA-Permissive-2.0",
];

/// A licence, several at once, or a choice.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Expression {
    One(String),
    All(Vec<Expression>),
    Any(Vec<Expression>),
}

impl Expression {
    /// Reads it; `MIT/Apache-2.0` is an older way to write a choice.
    pub(super) fn read(text: &str) -> Result<Self, String> {
        let spaced = text.replace('(', " ( ").replace(')', " ) ").replace('/', " OR ");
        let mut words = spaced.split_whitespace().peekable();
        let read = any(&mut words).filter(|_| words.peek().is_none());
        read.ok_or_else(|| format!("`{text}` is no expression of licences"))
    }

    /// The licences that are taken.
    pub(super) fn taken(&self) -> Result<BTreeSet<&str>, String> {
        let taken = self.best().map(|(_, taken)| taken);
        taken.ok_or_else(|| format!("nothing of `{self}` is among the licences we take"))
    }

    /// Whether it leaves a choice.
    pub(super) fn has_choice(&self) -> bool {
        match self {
            Self::One(_) => false,
            Self::All(parts) => parts.iter().any(Self::has_choice),
            Self::Any(_) => true,
        }
    }

    /// Every licence it names.
    pub(super) fn named(&self) -> BTreeSet<&str> {
        match self {
            Self::One(name) => BTreeSet::from([name.as_str()]),
            Self::All(parts) | Self::Any(parts) => parts.iter().flat_map(Self::named).collect(),
        }
    }

    /// With the place of its worst licence.
    fn best(&self) -> Option<(usize, BTreeSet<&str>)> {
        match self {
            Self::One(name) => {
                let place = TAKEN_FIRST.iter().position(|known| known == name)?;
                Some((place, BTreeSet::from([name.as_str()])))
            }
            Self::Any(parts) => parts.iter().filter_map(Self::best).min_by_key(|(place, _)| *place),
            Self::All(parts) => {
                let best: Vec<_> = parts.iter().map(Self::best).collect::<Option<_>>()?;
                let place = best.iter().map(|(place, _)| *place).max()?;
                Some((place, best.into_iter().flat_map(|(_, taken)| taken).collect()))
            }
        }
    }

    fn written(&self, f: &mut fmt::Formatter<'_>, is_inside: bool) -> fmt::Result {
        let (parts, word) = match self {
            Self::One(name) => return f.write_str(name),
            Self::All(parts) => (parts, " AND "),
            Self::Any(parts) => (parts, " OR "),
        };
        f.write_str(if is_inside { "(" } else { "" })?;
        for (index, part) in parts.iter().enumerate() {
            f.write_str(if index > 0 { word } else { "" })?;
            part.written(f, true)?;
        }
        f.write_str(if is_inside { ")" } else { "" })
    }
}

impl fmt::Display for Expression {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.written(f, false)
    }
}

type Words<'a> = std::iter::Peekable<std::str::SplitWhitespace<'a>>;

fn any(words: &mut Words<'_>) -> Option<Expression> {
    let mut parts = vec![all(words)?];
    while words.next_if_eq(&"OR").is_some() {
        parts.push(all(words)?);
    }
    if parts.len() == 1 { parts.pop() } else { Some(Expression::Any(parts)) }
}

fn all(words: &mut Words<'_>) -> Option<Expression> {
    let mut parts = vec![one(words)?];
    while words.next_if_eq(&"AND").is_some() {
        parts.push(one(words)?);
    }
    if parts.len() == 1 { parts.pop() } else { Some(Expression::All(parts)) }
}

fn one(words: &mut Words<'_>) -> Option<Expression> {
    let name = match words.next()? {
        "(" => {
            let inner = any(words)?;
            words.next_if_eq(&")")?;
            return Some(inner);
        }
        "OR" | "AND" | "WITH" | ")" => return None,
        name => name,
    };
    if words.next_if_eq(&"WITH").is_none() {
        return Some(Expression::One(name.into()));
    }
    Some(Expression::One(format!("{name} WITH {}", words.next()?)))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn taken(text: &str) -> String {
        let expression = Expression::read(text).unwrap();
        expression.taken().unwrap().into_iter().collect::<Vec<_>>().join(" AND ")
    }

    #[test]
    fn a_choice_is_made_and_what_is_asked_at_once_is_kept() {
        assert_eq!(taken("MIT OR Apache-2.0"), "Apache-2.0");
        assert_eq!(taken("MIT/Apache-2.0"), "Apache-2.0");
        assert_eq!(taken("Unlicense OR MIT"), "MIT");
        assert_eq!(taken("Apache-2.0 WITH LLVM-exception OR Apache-2.0 OR MIT"), "Apache-2.0");
        assert_eq!(taken("(MIT OR Apache-2.0) AND Unicode-3.0"), "Apache-2.0 AND Unicode-3.0");
        assert_eq!(taken("MIT OR Apache-2.0 AND MPL-2.0"), "MIT", "AND binds tighter");
    }

    #[test]
    fn a_licence_we_do_not_take_is_refused() {
        for text in ["GPL-3.0-only", "GPL-3.0-only OR LGPL-2.1-only", "MIT AND GPL-3.0-only"] {
            assert!(Expression::read(text).unwrap().taken().unwrap_err().contains(text));
        }
    }

    #[test]
    fn it_is_written_in_one_spelling() {
        for (text, written) in [
            ("MIT/Apache-2.0", "MIT OR Apache-2.0"),
            ("((MIT OR ISC)) AND Zlib", "(MIT OR ISC) AND Zlib"),
            ("MIT OR ISC AND Zlib", "MIT OR (ISC AND Zlib)"),
        ] {
            assert_eq!(Expression::read(text).unwrap().to_string(), written);
        }
        assert!(Expression::read("(MIT OR ISC) AND Zlib").unwrap().has_choice());
        assert!(!Expression::read("ISC AND Zlib").unwrap().has_choice());
    }

    #[test]
    fn half_an_expression_is_none() {
        for text in ["", "MIT OR", "(MIT", "MIT)", "MIT ISC", "OR MIT", "MIT WITH", "()"] {
            assert!(Expression::read(text).is_err(), "{text}");
        }
    }
}
