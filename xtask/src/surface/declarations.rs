//! Public declarations in a source, found by their words: what stands before a body, a value or the end of a line.
//!
//! What no declaration is recognised in is passed over with everything in its braces, so the bodies of functions are never
//! looked into.

use super::tokens::{Token, line, tokens};

/// One public declaration.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Declaration {
    /// The types it stands in, outermost first, with dots between; empty at the top.
    pub(super) owner: String,
    /// What it declares: `class`, `func`, `case`.
    pub(super) keyword: String,
    /// The name of a type; of others, what distinguishes them stands in the text.
    pub(super) name: String,
    /// As it is written, in one line.
    pub(super) text: String,
    /// Whether an app sees it. Only types that none sees are told as well: what extends them is of no concern either.
    pub(super) public: bool,
}

/// What a header says.
pub(super) enum Header {
    /// A declaration of a type, or what is like one: its body holds declarations.
    Type(Said),
    /// Another declaration.
    Member(Said),
    /// Nothing of this kind.
    Nothing,
}

/// What a declaration says of itself.
pub(super) struct Said {
    pub(super) keyword: String,
    pub(super) name: String,
    /// Whether whoever uses the library can see it.
    pub(super) public: bool,
    /// The header without what is of no concern to those who use it.
    pub(super) tokens: Vec<Token>,
}

/// What differs between the languages.
pub(super) trait Language {
    /// What a header declares inside a type with this keyword; at the top `None`.
    fn read(&self, header: &[Token], inside: Option<&str>) -> Header;
    /// What is added to a declaration by its body: `{ get set }`.
    fn of_body(&self, said: &Said, body: &[Token], inside: Option<&str>) -> &'static str;
    /// Whether a word stands before what is declared.
    fn is_modifier(&self, word: &Token) -> bool;
    /// Whether the body of such a type begins with names that stand alone: the entries of an `enum class`.
    fn has_entries(&self, said: &Said) -> bool;
}

/// The public declarations of one source, and the types that are not.
pub(super) fn declarations(source: &str, language: &dyn Language) -> Vec<Declaration> {
    let all = tokens(source);
    let mut walk = Walk { language, found: Vec::new() };
    walk.body(&all, &Place { path: String::new(), keyword: None, public: true });
    walk.found
}

struct Walk<'a> {
    language: &'a dyn Language,
    found: Vec<Declaration>,
}

/// The type around a declaration.
struct Place {
    path: String,
    keyword: Option<String>,
    public: bool,
}

impl Walk<'_> {
    fn body(&mut self, mut rest: &[Token], place: &Place) {
        while !rest.is_empty() {
            let (header, after) = split_header(rest, self.language);
            rest = match after {
                [Token::Sign("{"), inside @ ..] => {
                    let (body, after) = until_closed(inside);
                    self.with_body(header, body, place);
                    after
                }
                [Token::Sign("="), after @ ..] => {
                    self.member(header, &[], place);
                    past_value(after)
                }
                [_, after @ ..] => {
                    self.member(header, &[], place);
                    after
                }
                [] => {
                    self.member(header, &[], place);
                    after
                }
            };
        }
    }

    fn with_body(&mut self, header: &[Token], body: &[Token], place: &Place) {
        let Header::Type(said) = self.language.read(header, place.keyword.as_deref()) else {
            return self.member(header, body, place);
        };
        self.keep(&said, "", place);
        if !(place.public && said.public) {
            return;
        }
        let path =
            if place.path.is_empty() { said.name.clone() } else { format!("{}.{}", place.path, said.name) };
        let inside = Place { path, keyword: Some(said.keyword.clone()), public: true };
        let body = if self.language.has_entries(&said) { self.entries(body, &inside) } else { body };
        self.body(body, &inside);
    }

    fn member(&mut self, header: &[Token], body: &[Token], place: &Place) {
        let inside = place.keyword.as_deref();
        let (Header::Member(said) | Header::Type(said)) = self.language.read(header, inside) else {
            return;
        };
        if place.public && said.public {
            let more = self.language.of_body(&said, body, inside);
            self.keep(&said, more, place);
        }
    }

    /// Names with commas between, up to a semicolon or the end.
    fn entries<'a>(&mut self, body: &'a [Token], place: &Place) -> &'a [Token] {
        let end = ends_at(body, &[";"]);
        let (entries, rest) = body.split_at_checked(end).unwrap_or((body, &[]));
        let mut entries = entries;
        while !entries.is_empty() {
            let (entry, after) = entries.split_at_checked(ends_at(entries, &[","])).unwrap_or((entries, &[]));
            if let Some(Token::Word(name)) = entry.iter().find(|token| matches!(token, Token::Word(_))) {
                let said = Said {
                    keyword: "entry".into(),
                    name: name.clone(),
                    public: true,
                    tokens: vec![Token::Word("entry".into()), Token::Word(name.clone())],
                };
                self.keep(&said, "", place);
            }
            entries = after.get(1..).unwrap_or_default();
        }
        rest.get(1..).unwrap_or_default()
    }

    fn keep(&mut self, said: &Said, more: &str, place: &Place) {
        self.found.push(Declaration {
            owner: place.path.clone(),
            keyword: said.keyword.clone(),
            name: said.name.clone(),
            text: line(&said.tokens) + more,
            public: place.public && said.public,
        });
    }
}

/// Up to the end of a line, a body or a value: what may declare something, and from there on.
fn split_header<'a>(tokens: &'a [Token], language: &dyn Language) -> (&'a [Token], &'a [Token]) {
    let mut depth = 0_usize;
    let mut at = 0;
    while let Some(token) = tokens.get(at) {
        let header = tokens.get(..at).unwrap_or_default();
        match token {
            Token::Sign("(" | "[") => depth += 1,
            Token::Sign(")" | "]") => depth = depth.saturating_sub(1),
            Token::Sign("{" | "}" | ";") if depth == 0 => break,
            Token::Sign("=") if depth == 0 && !header.iter().any(|token| token.is("typealias")) => break,
            Token::Newline
                if depth == 0 && !goes_on(header, tokens.get(at + 1..).unwrap_or_default(), language) =>
            {
                break;
            }
            _ => {}
        }
        at += 1;
    }
    tokens.split_at_checked(at).unwrap_or((tokens, &[]))
}

/// Whether a header goes on in the next line.
fn goes_on(header: &[Token], after: &[Token], language: &dyn Language) -> bool {
    let written = |token: &&Token| **token != Token::Newline;
    let Some(last) = header.iter().rev().find(written) else {
        return true;
    };
    let next = after.iter().find(written);
    let leads_on = [",", ":", "->", "&", "=", "(", "<", "."].iter().any(|sign| last.is(sign));
    let taken_up = ["{", "->", "where", ":", ",", "=", ")", "."]
        .iter()
        .any(|sign| next.is_some_and(|next| next.is(sign)));
    let only_before = past_attributes(header).iter().filter(written).all(|word| language.is_modifier(word));
    leads_on || taken_up || only_before
}

/// A header without the attributes before it: `@Throws(A::class) fun` is `fun`.
pub(super) fn past_attributes(header: &[Token]) -> &[Token] {
    let mut rest = header;
    loop {
        rest = match rest {
            [Token::Newline, after @ ..] => after,
            [Token::Sign("@"), Token::Word(_), after @ ..] => past_name(after),
            _ => return rest,
        };
    }
}

/// What follows the name of an attribute: `.Name`, `:Name` and what stands in its brackets.
fn past_name(mut rest: &[Token]) -> &[Token] {
    while let [Token::Sign("." | ":"), Token::Word(_), after @ ..] = rest {
        rest = after;
    }
    match rest {
        [Token::Sign("("), inside @ ..] => until_closed(inside).1,
        _ => rest,
    }
}

/// What stands inside brackets that were just opened, and what stands after them.
pub(super) fn until_closed(tokens: &[Token]) -> (&[Token], &[Token]) {
    let mut depth = 1_usize;
    let end = tokens.iter().position(|token| {
        match token {
            Token::Sign("(" | "[" | "{") => depth += 1,
            Token::Sign(")" | "]" | "}") => depth -= 1,
            _ => {}
        }
        depth == 0
    });
    let (inside, after) = tokens.split_at_checked(end.unwrap_or(tokens.len())).unwrap_or((tokens, &[]));
    (inside, after.get(1..).unwrap_or_default())
}

/// Where one of these signs stands outside all brackets; the end if nowhere.
pub(super) fn ends_at(tokens: &[Token], signs: &[&str]) -> usize {
    let mut depth = 0_usize;
    let end = tokens.iter().position(|token| {
        let ends = depth == 0 && signs.iter().any(|sign| token.is(sign));
        match token {
            Token::Sign("(" | "[" | "{") => depth += 1,
            Token::Sign(")" | "]" | "}") => depth = depth.saturating_sub(1),
            _ => {}
        }
        ends
    });
    end.unwrap_or(tokens.len())
}

/// What stands after the line, or lines, of a value.
fn past_value(tokens: &[Token]) -> &[Token] {
    let begins = tokens.iter().position(|token| *token != Token::Newline).unwrap_or(tokens.len());
    let rest = tokens.get(begins..).unwrap_or_default();
    let mut depth = 0_usize;
    let end = rest.iter().position(|token| {
        match token {
            Token::Sign("(" | "[" | "{") => depth += 1,
            // The brace of the type around it.
            Token::Sign("}") if depth == 0 => return true,
            Token::Sign(")" | "]" | "}") => depth = depth.saturating_sub(1),
            Token::Newline | Token::Sign(";") => return depth == 0,
            _ => {}
        }
        false
    });
    rest.get(end.unwrap_or(rest.len())..).unwrap_or_default()
}
