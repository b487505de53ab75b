//! What is public in Kotlin.

use super::declarations::{Header, Language, Said, ends_at, past_attributes, until_closed};
use super::tokens::Token;

pub(super) struct Kotlin;

const TYPES: &[&str] = &["class", "interface", "object"];
const MEMBERS: &[&str] = &["fun", "val", "var", "constructor", "typealias"];
const MODIFIERS: &[&str] = &[
    "public",
    "private",
    "internal",
    "protected",
    "open",
    "final",
    "abstract",
    "sealed",
    "data",
    "enum",
    "annotation",
    "inner",
    "value",
    "companion",
    "override",
    "suspend",
    "inline",
    "noinline",
    "crossinline",
    "operator",
    "infix",
    "tailrec",
    "external",
    "const",
    "lateinit",
    "expect",
    "actual",
];
/// Annotations that change nothing in how a declaration is used.
const SILENT: &[&str] = &["Suppress", "OptIn"];

impl Language for Kotlin {
    fn read(&self, header: &[Token], _: Option<&str>) -> Header {
        let (modifiers, rest) = split(header);
        let Some(Token::Word(keyword)) = rest.first() else {
            return Header::Nothing;
        };
        let says = |word: &str| modifiers.iter().any(|modifier| modifier.is(word));
        // `fun interface` is an interface.
        let rest = if keyword == "fun" && rest.get(1).is_some_and(|word| word.is("interface")) {
            rest.get(1..).unwrap_or_default()
        } else {
            rest
        };
        let Some(Token::Word(keyword)) = rest.first() else {
            return Header::Nothing;
        };
        let is_type = TYPES.contains(&keyword.as_str());
        let name = match name(rest) {
            Some(name) => name,
            None if says("companion") => "Companion".to_owned(),
            None if keyword == "constructor" => String::new(),
            // `object : X` is a value.
            None => return Header::Nothing,
        };
        if !is_type && !MEMBERS.contains(&keyword.as_str()) {
            return Header::Nothing;
        }
        // What overrides is promised by the type above.
        let public = !["private", "internal", "protected", "override"].into_iter().any(says);
        let keyword = match keyword.as_str() {
            "class" if says("enum") => "enum class",
            "object" if says("companion") => "companion object",
            keyword => keyword,
        };
        let said = Said { keyword: keyword.to_owned(), name, public, tokens: shown(header, keyword) };
        if is_type { Header::Type(said) } else { Header::Member(said) }
    }

    fn of_body(&self, _: &Said, _: &[Token], _: Option<&str>) -> &'static str {
        ""
    }

    fn is_modifier(&self, word: &Token) -> bool {
        MODIFIERS.iter().any(|modifier| word.is(modifier))
    }

    fn has_entries(&self, said: &Said) -> bool {
        said.keyword == "enum class"
    }
}

fn split(header: &[Token]) -> (Vec<&Token>, &[Token]) {
    let (mut modifiers, mut rest) = (Vec::new(), past_attributes(header));
    while let Some((first, after)) = rest.split_first() {
        if !MODIFIERS.iter().any(|modifier| first.is(modifier)) {
            break;
        }
        modifiers.push(first);
        rest = past_attributes(after);
    }
    (modifiers, rest)
}

/// What is declared: of a function with a receiver, both; of a class nothing of its constructor.
fn name(rest: &[Token]) -> Option<String> {
    let mut after = rest.get(1..).unwrap_or_default();
    if let [Token::Sign("<"), inside @ ..] = after {
        let end = ends_at(inside, &[">"]);
        after = inside.get(end + 1..).unwrap_or_default();
    }
    let ends = [":", "(", "<", "by", "private", "internal", "protected", "constructor"];
    let path = after.get(..ends_at(after, &ends)).unwrap_or(after);
    let name: String = path.iter().map(Token::text).collect();
    let begins = matches!(path.first(), Some(Token::Word(_)));
    begins.then_some(name)
}

/// The header without silent annotations, without the word for what is public anyway, and without where a value, or what is
/// constructed, is taken from.
fn shown(header: &[Token], keyword: &str) -> Vec<Token> {
    let ends: &[&str] = match keyword {
        "val" | "var" => &["by", "get", "set"],
        "constructor" => &[":"],
        _ => &["by"],
    };
    let (mut shown, mut rest) = (Vec::new(), header.get(..ends_at(header, ends)).unwrap_or(header));
    while let Some((first, after)) = rest.split_first() {
        let annotated =
            first.is("@") && after.first().is_some_and(|name| SILENT.iter().any(|silent| name.is(silent)));
        rest = match after {
            _ if annotated => past_attributes_once(rest),
            // What a superclass is constructed with is no promise.
            [Token::Sign("("), inside @ ..] if superclass(&shown, first) => {
                shown.push(first.clone());
                until_closed(inside).1
            }
            _ => {
                if !first.is("public") {
                    shown.push(first.clone());
                }
                after
            }
        };
    }
    seen_of_constructor(shown)
}

/// A class without what its constructor keeps to itself: the words of a property that nobody sees, and, of a constructor that
/// nobody sees, all that is no property.
fn seen_of_constructor(header: Vec<Token>) -> Vec<Token> {
    let hidden = |token: &Token| ["private", "internal", "protected"].iter().any(|word| token.is(word));
    let opens = header.iter().position(|token| token.is("(")).unwrap_or(header.len());
    let (before, rest) = header.split_at_checked(opens).unwrap_or((&header, &[]));
    let is_class = past_attributes(before).iter().any(|token| token.is("class"));
    let [Token::Sign("("), inside @ ..] = rest else {
        return header;
    };
    if !is_class || before.iter().any(|token| token.is("@")) {
        return header;
    }
    let (mut parameters, after) = until_closed(inside);
    let constructor_hidden = before.iter().any(hidden);
    let mut seen = before.to_vec();
    seen.push(Token::Sign("("));
    while !parameters.is_empty() {
        let (parameter, others) =
            parameters.split_at_checked(ends_at(parameters, &[","])).unwrap_or((parameters, &[]));
        let property = parameter.iter().any(|token| token.is("val") || token.is("var"));
        let (unseen, empty) =
            (parameter.iter().any(hidden), parameter.iter().all(|token| *token == Token::Newline));
        if empty {
            // A comma after the last.
        } else if property && !unseen {
            seen.extend_from_slice(parameter);
            seen.push(Token::Sign(","));
        } else if !constructor_hidden {
            let said = |token: &&Token| !(property && (hidden(token) || token.is("val") || token.is("var")));
            seen.extend(parameter.iter().filter(said).cloned());
            seen.push(Token::Sign(","));
        }
        parameters = others.get(1..).unwrap_or_default();
    }
    seen.push(Token::Sign(")"));
    seen.extend_from_slice(after);
    seen
}

/// Whether a name followed by brackets is that of a superclass: it stands after the colon of a type.
fn superclass(before: &[Token], name: &Token) -> bool {
    let of_type = before.iter().any(|token| TYPES.iter().any(|keyword| token.is(keyword)));
    let at_top = ends_at(before, &[":"]) < before.len();
    of_type && at_top && matches!(name, Token::Word(_))
}

/// After one annotation.
fn past_attributes_once(rest: &[Token]) -> &[Token] {
    let end = rest.iter().skip(1).position(|token| token.is("@")).map_or(rest.len(), |at| at + 1);
    let (first, others) = rest.split_at_checked(end).unwrap_or((rest, &[]));
    let kept = past_attributes(first).len();
    rest.get(first.len() - kept..).unwrap_or(others)
}

#[cfg(test)]
mod tests {
    use super::super::declarations::declarations;
    use super::*;

    fn found(source: &str) -> Vec<String> {
        let line = |found: super::super::declarations::Declaration| {
            if found.owner.is_empty() { found.text } else { format!("{}: {}", found.owner, found.text) }
        };
        let found = declarations(source, &Kotlin).into_iter().filter(|found| found.public);
        found.map(line).collect()
    }

    #[test]
    fn only_what_is_public_is_found_and_no_body_is_looked_into() {
        let source = r#"
            package a
            import b.c
            /** Docs { */
            @Throws(X::class)
            @Suppress("A", "B")
             suspend fun `a`(`b`: C, d: () -> Unit = { val e = 1 }) : F {
                val g = 1
                return if (g == 1) { x } else { y }
            }
            internal fun h() = 1
            private class I { fun j() = 2 }
            open class K(private val l: Int, val m: Int): Disposable, N(l)
            {
                override fun close()
                    =
                    x { y }
                constructor(o: Int) : this(o, 1)
                protected val p: Int
                val q: Int by lazy { 1 }
                var r = when (s) { 1 -> { 2 } else -> 3 }
                val t: Int get() = 1
                companion object {
                    suspend fun open(u: V) : K { return K(1, 2) }
                    const val W = 1
                }
            }
            typealias Moment = java.time.Instant
            val x = object : Y { override fun z() {} }
            class Z internal constructor(val a: Int, b: Int, private val c: Int = d(1, 2)) { fun e() = a }
            data class W(
                val a: Int,
                val b: Int,
            )
        "#;
        let expected = [
            "@Throws(X::class) suspend fun a(b: C, d: () -> Unit = { val e = 1 }): F",
            "open class K(l: Int, val m: Int): Disposable, N",
            "K: constructor(o: Int)",
            "K: val q: Int",
            "K: var r",
            "K: val t: Int",
            "K: companion object",
            "K.Companion: suspend fun open(u: V): K",
            "K.Companion: const val W",
            "typealias Moment = java.time.Instant",
            "val x",
            "class Z internal constructor(val a: Int)",
            "Z: fun e()",
            "data class W(val a: Int, val b: Int)",
        ];
        assert_eq!(found(source), expected);
    }

    #[test]
    fn entries_variants_and_requirements_are_public() {
        let source = "
            enum class A(val b: Int) { C(1) { override fun d() = 1 }, E(2),; fun f() = 3
                companion object }
            enum class G { H,
                I }
            sealed class J { data class K(val l: Int) : J() { companion object }
                object M : J() }
            fun interface N { fun o(): Int }
            interface P { val q: Int
                fun r() }
        ";
        let expected = [
            "enum class A(val b: Int)",
            "A: entry C",
            "A: entry E",
            "A: fun f()",
            "A: companion object",
            "enum class G",
            "G: entry H",
            "G: entry I",
            "sealed class J",
            "J: data class K(val l: Int): J",
            "J.K: companion object",
            "J: object M: J",
            "fun interface N",
            "N: fun o(): Int",
            "interface P",
            "P: val q: Int",
            "P: fun r()",
        ];
        assert_eq!(found(source), expected);
    }
}
