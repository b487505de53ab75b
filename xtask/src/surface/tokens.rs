//! Swift and Kotlin as words and signs, without comments: what is common to both, and enough to find declarations.

/// A piece of source.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Token {
    /// A name, a keyword or a number, without backticks.
    Word(String),
    /// Anything else, one at a time, but for those that belong together.
    Sign(&'static str),
    /// A sign that no declaration needs, or text in quotes.
    Other(String),
    /// The end of a line.
    Newline,
}

const SIGNS: &[&str] = &[
    "->", "::", "==", "...", "..<", "&&", "(", ")", "[", "]", "{", "}", "<", ">", ",", ":", ";", "=", "?",
    "!", ".", "@", "&", "*", "#",
];

impl Token {
    /// The word or sign itself.
    pub(super) fn text(&self) -> &str {
        match self {
            Self::Word(text) | Self::Other(text) => text,
            Self::Sign(sign) => sign,
            Self::Newline => "",
        }
    }

    pub(super) fn is(&self, text: &str) -> bool {
        self.text() == text && !matches!(self, Self::Other(_))
    }
}

/// Reads a source. Lines for the Swift preprocessor are left out.
pub(super) fn tokens(source: &str) -> Vec<Token> {
    let (mut rest, mut found, mut line_begins) = (source, Vec::new(), true);
    while let Some(first) = rest.chars().next() {
        if line_begins && first == '#' && !rest.starts_with("#\"") {
            rest = rest.find('\n').and_then(|end| rest.get(end..)).unwrap_or_default();
            continue;
        }
        let (token, after) = next(rest, first);
        line_begins = match &token {
            Some(Token::Newline) => true,
            Some(_) => false,
            None => line_begins,
        };
        found.extend(token);
        rest = after;
    }
    found
}

/// The next token, if there is one before the next blank or comment, and what stands after it.
fn next(rest: &str, first: char) -> (Option<Token>, &str) {
    let from = |bytes: usize| rest.get(bytes..).unwrap_or_default();
    let until = |bytes: usize| rest.get(..bytes).unwrap_or(rest).to_owned();
    if first == '\n' {
        return (Some(Token::Newline), from(1));
    }
    if first.is_whitespace() {
        return (None, from(first.len_utf8()));
    }
    if rest.starts_with("//") {
        return (None, rest.find('\n').map_or("", from));
    }
    if rest.starts_with("/*") {
        return (None, from(comment_length(rest)));
    }
    if first == '"' || rest.starts_with("#\"") {
        let length = text_length(rest);
        return (Some(Token::Other(until(length))), from(length));
    }
    if first == '\'' {
        let length = rest.char_indices().skip(1).scan(false, |escaped, (at, sign)| {
            let ends = sign == '\'' && !*escaped;
            *escaped = sign == '\\' && !*escaped;
            Some((at, ends))
        });
        let length = length.into_iter().find(|(_, ends)| *ends).map_or(rest.len(), |(at, _)| at + 1);
        return (Some(Token::Other(until(length))), from(length));
    }
    if first == '`' {
        let inner = from(1);
        let end = inner.find('`').unwrap_or(inner.len());
        let name = inner.get(..end).unwrap_or_default().to_owned();
        return (Some(Token::Word(name)), inner.get(end + 1..).unwrap_or_default());
    }
    if first.is_alphanumeric() || first == '_' {
        let end = rest.find(|sign: char| !sign.is_alphanumeric() && sign != '_').unwrap_or(rest.len());
        return (Some(Token::Word(until(end))), from(end));
    }
    match SIGNS.iter().find(|sign| rest.starts_with(**sign)) {
        Some(sign) => (Some(Token::Sign(sign)), from(sign.len())),
        None => (Some(Token::Other(first.to_string())), from(first.len_utf8())),
    }
}

/// Comments nest in both languages.
fn comment_length(rest: &str) -> usize {
    let (mut at, mut depth) = (0, 0_usize);
    while let Some(here) = rest.get(at..).filter(|here| !here.is_empty()) {
        let step = if here.starts_with("/*") {
            depth += 1;
            2
        } else if here.starts_with("*/") {
            depth -= 1;
            2
        } else {
            here.chars().next().map_or(1, char::len_utf8)
        };
        at += step;
        if depth == 0 {
            break;
        }
    }
    at
}

/// Text in quotes, one or three, with what Swift and Kotlin fill in inside.
fn text_length(rest: &str) -> usize {
    if rest.starts_with("#\"") {
        return rest.find("\"#").map_or(rest.len(), |end| end + 2);
    }
    let quotes = if rest.starts_with("\"\"\"") { "\"\"\"" } else { "\"" };
    let mut at = quotes.len();
    while let Some(here) = rest.get(at..).filter(|here| !here.is_empty()) {
        if here.starts_with(quotes) {
            return at + quotes.len();
        }
        at += match here {
            _ if here.starts_with("\\(") => 1 + filled_length(here.get(1..).unwrap_or_default(), '(', ')'),
            _ if here.starts_with("${") => 1 + filled_length(here.get(1..).unwrap_or_default(), '{', '}'),
            _ if here.starts_with('\\') => 1 + here.chars().nth(1).map_or(0, char::len_utf8),
            _ => here.chars().next().map_or(1, char::len_utf8),
        };
    }
    rest.len()
}

/// An expression inside a text, with the brackets around it.
fn filled_length(rest: &str, opens: char, closes: char) -> usize {
    let (mut at, mut depth) = (0, 0_usize);
    while let Some(here) = rest.get(at..).and_then(|here| here.chars().next()) {
        if here == '"' {
            at += text_length(rest.get(at..).unwrap_or_default());
            continue;
        }
        at += here.len_utf8();
        if here == opens {
            depth += 1;
        } else if here == closes {
            depth -= 1;
            if depth == 0 {
                return at;
            }
        }
    }
    rest.len()
}

/// Tokens as one line, with blanks where both languages have them.
pub(super) fn line(tokens: &[Token]) -> String {
    let mut text = String::new();
    let mut before: Option<&Token> = None;
    for token in tokens.iter().filter(|token| **token != Token::Newline) {
        if before.is_some_and(|before| blank_between(before, token)) {
            text.push(' ');
        }
        text.push_str(token.text());
        before = Some(token);
    }
    // A comma after the last of a list says nothing.
    text.replace(",)", ")").replace(", )", ")")
}

fn blank_between(before: &Token, after: &Token) -> bool {
    let (left, right) = (before.text(), after.text());
    if right == "." && ["=", ",", ":"].contains(&left) {
        return true;
    }
    if [",", ")", "]", "?", "!", ".", ":", "::", ">", "<", "..."].contains(&right) {
        return false;
    }
    if ["(", "[", ".", "@", "<", "::", "#"].contains(&left) {
        return false;
    }
    !(right == "(" && (matches!(before, Token::Word(_)) || [">", "?", ")"].contains(&left)))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn words(source: &str) -> String {
        line(&tokens(source))
    }

    #[test]
    fn comments_are_left_out_also_inside_each_other() {
        assert_eq!(words("a /* b /* c */ d */ e // f\n/** g */ h"), "a e h");
    }

    #[test]
    fn braces_inside_text_are_no_braces() {
        for text in [
            r#""{""#,
            r#""\" {""#,
            r#""${ if (a) "{" else "x" } {""#,
            r#""\(b ? "{" : "(") {""#,
            "\"\"\" { \" \"\"\"",
        ] {
            assert_eq!(tokens(text), [Token::Other(text.into())], "{text}");
        }
        assert_eq!(tokens("'{'"), [Token::Other("'{'".into())]);
        assert_eq!(tokens("'\\''"), [Token::Other("'\\''".into())]);
    }

    #[test]
    fn the_blanks_of_the_generator_are_set_right() {
        assert_eq!(
            words("func `open`(config: ClientConfig,keys : KeyStore )async throws  -> [YorisoiClient?]"),
            "func open(config: ClientConfig, keys: KeyStore) async throws -> [YorisoiClient?]"
        );
        assert_eq!(
            words("fun <T> a(b: List<kotlin.Int>,) : Map<A, B>"),
            "fun<T> a(b: List<kotlin.Int>): Map<A, B>"
        );
    }

    #[test]
    fn lines_of_the_preprocessor_are_left_out() {
        assert_eq!(words("#if os(Linux)\na\n#endif\nb"), "a b");
    }
}
