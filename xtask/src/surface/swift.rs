//! What is public in Swift.

use super::declarations::{Header, Language, Said, ends_at, past_attributes};
use super::tokens::Token;

pub(super) struct Swift;

/// An extension whose members are public without saying so.
const PUBLIC_EXTENSION: &str = "public extension";
const TYPES: &[&str] = &["class", "struct", "enum", "protocol", "actor", "extension"];
const MEMBERS: &[&str] = &["func", "var", "let", "init", "subscript", "typealias", "case", "associatedtype"];
const MODIFIERS: &[&str] = &[
    "public",
    "open",
    "internal",
    "fileprivate",
    "private",
    "package",
    "final",
    "static",
    "convenience",
    "override",
    "required",
    "mutating",
    "nonmutating",
    "nonisolated",
    "lazy",
    "weak",
    "unowned",
    "indirect",
    "isolated",
    "dynamic",
    "optional",
    "prefix",
    "postfix",
    "infix",
];
/// What a reader of the surface does not care for: it changes nothing in how a declaration is used.
const SILENT: &[&str] = &["discardableResult", "inlinable", "usableFromInline", "unchecked"];

impl Language for Swift {
    fn read(&self, header: &[Token], inside: Option<&str>) -> Header {
        let Some((modifiers, rest)) = split(header) else {
            return Header::Nothing;
        };
        let Some(Token::Word(keyword)) = rest.first() else {
            return Header::Nothing;
        };
        // `class func` is a function.
        let of_class = keyword == "class"
            && rest.get(1).is_some_and(|word| MEMBERS.iter().any(|member| word.is(member)));
        let (modifiers, rest) = match (of_class, rest) {
            (true, [class, rest @ ..]) => ([modifiers, vec![class]].concat(), rest),
            _ => (modifiers, rest),
        };
        let Some(Token::Word(keyword)) = rest.first() else {
            return Header::Nothing;
        };
        let says = |word: &str| modifiers.iter().any(|modifier| modifier.is(word));
        let hidden = ["internal", "fileprivate", "private", "package"].into_iter().any(says);
        let by_itself = match inside {
            Some("protocol" | PUBLIC_EXTENSION) => true,
            Some("enum") => keyword == "case",
            _ => keyword == "extension",
        };
        let public = says("public") || says("open") || (by_itself && !hidden);
        let is_type = TYPES.contains(&keyword.as_str());
        if !is_type && !MEMBERS.contains(&keyword.as_str()) {
            return Header::Nothing;
        }
        let keyword = if keyword == "extension" && says("public") { PUBLIC_EXTENSION } else { keyword };
        let said =
            Said { name: name(rest), public, tokens: shown(header, rest), keyword: keyword.to_owned() };
        if is_type { Header::Type(said) } else { Header::Member(said) }
    }

    fn of_body(&self, said: &Said, body: &[Token], _: Option<&str>) -> &'static str {
        let computed = said.tokens.iter().any(|token| token.is("var")) && !body.is_empty();
        let watched = body.iter().any(|token| token.is("didSet") || token.is("willSet"));
        match (computed && !watched, sets(body)) {
            (true, true) => " { get set }",
            (true, false) => " { get }",
            (false, _) => "",
        }
    }

    fn is_modifier(&self, word: &Token) -> bool {
        MODIFIERS.iter().any(|modifier| word.is(modifier))
    }

    fn has_entries(&self, _: &Said) -> bool {
        false
    }
}

/// The modifiers of a header, and what stands after them; nothing if another word stands between.
fn split(header: &[Token]) -> Option<(Vec<&Token>, &[Token])> {
    let (mut modifiers, mut rest) = (Vec::new(), past_attributes(header));
    while let Some((first, after)) = rest.split_first() {
        if !MODIFIERS.iter().any(|modifier| first.is(modifier)) {
            return Some((modifiers, rest));
        }
        // `private(set)` speaks of the setter alone.
        let (of_setter, after) = match after {
            [Token::Sign("("), Token::Word(_), Token::Sign(")"), after @ ..] => (true, after),
            _ => (false, after),
        };
        if !of_setter {
            modifiers.push(first);
        }
        rest = past_attributes(after);
    }
    None
}

/// The header without attributes that say nothing to its user, and without the word that makes it public.
fn shown(header: &[Token], rest: &[Token]) -> Vec<Token> {
    let before = header.get(..header.len() - rest.len()).unwrap_or_default();
    let mut shown = Vec::new();
    let mut tokens = before;
    while let Some((first, after)) = tokens.split_first() {
        let silent =
            first.is("@") && after.first().is_some_and(|name| SILENT.iter().any(|silent| name.is(silent)));
        tokens = if silent { past_attributes(tokens) } else { after };
        if !silent && !first.is("public") {
            shown.push(first.clone());
        }
    }
    // `@unchecked Sendable` is Sendable for who uses it.
    let mut tokens = rest;
    while let Some((first, after)) = tokens.split_first() {
        if first.is("@") && after.first().is_some_and(|name| name.is("unchecked")) {
            tokens = after.get(1..).unwrap_or_default();
        } else {
            shown.push(first.clone());
            tokens = after;
        }
    }
    shown
}

fn name(rest: &[Token]) -> String {
    let after = rest.get(1..).unwrap_or_default();
    let path = after.get(..ends_at(after, &[":", "<", "(", "where"])).unwrap_or(after);
    path.iter().map(Token::text).collect()
}

/// Whether accessors set something: `set` outside the braces of the others.
fn sets(body: &[Token]) -> bool {
    let mut depth = 0_usize;
    body.iter().any(|token| {
        match token {
            Token::Sign("{") => depth += 1,
            Token::Sign("}") => depth = depth.saturating_sub(1),
            _ => {}
        }
        depth == 0 && (token.is("set") || token.is("_modify"))
    })
}

#[cfg(test)]
mod tests {
    use super::super::declarations::declarations;
    use super::*;

    fn found(source: &str) -> Vec<String> {
        let line = |found: super::super::declarations::Declaration| {
            if found.owner.is_empty() { found.text } else { format!("{}: {}", found.owner, found.text) }
        };
        let found = declarations(source, &Swift).into_iter().filter(|found| found.public);
        found.map(line).collect()
    }

    #[test]
    fn only_what_is_public_is_found_and_no_body_is_looked_into() {
        let source = "
            public func a(x: Int = f({ 1 }))async throws  -> [B?]  { let y = 1; func z() {} }
            func b() { public let no = 1 }
            private class C { public func d() {} }
            public final class D: E, @unchecked Sendable {
                public let f: Int = 1
                let g = 2
                @discardableResult public static func h() -> Int
                    where Int: X { 3 }
                public init(x: Int) {}
                public convenience init() { self.init(x: 1) }
                public private(set) var i = [1: { 2 }]
                open class func j() {}
            }
            public typealias K = Date
            @frozen public
            struct L: M {}
        ";
        let expected = [
            "func a(x: Int = f({ 1 })) async throws -> [B?]",
            "final class D: E, Sendable",
            "D: let f: Int",
            "D: static func h() -> Int where Int: X",
            "D: init(x: Int)",
            "D: convenience init()",
            "D: private(set) var i",
            "D: open class func j()",
            "typealias K = Date",
            "@frozen struct L: M",
        ];
        assert_eq!(found(source), expected);
    }

    #[test]
    fn cases_and_requirements_are_public_with_their_type() {
        let source = "
            public enum A: Error { case b(c: Int), d
                case e = 1
                var f: Int { 1 } }
            enum No { case x }
            public protocol P: AnyObject { func q() throws
                var r: Int { get }
                var s: Int { get set } }
        ";
        let expected = [
            "enum A: Error",
            "A: case b(c: Int), d",
            "A: case e",
            "protocol P: AnyObject",
            "P: func q() throws",
            "P: var r: Int { get }",
            "P: var s: Int { get set }",
        ];
        assert_eq!(found(source), expected);
    }

    #[test]
    fn extensions_say_what_they_add() {
        let source = "
            public extension A { func b() {} ; private func c() {} }
            extension A { public var d: Int { get { 1 } set { x = newValue } }
                public var e: Int { if x { set() }; return 1 } 
                func f() {} }
            extension A: B {}
        ";
        let expected = [
            "extension A",
            "A: func b()",
            "extension A",
            "A: var d: Int { get set }",
            "A: var e: Int { get }",
            "extension A: B",
        ];
        assert_eq!(found(source), expected);
    }
}
