//! Rust source without what the compiler does not run: comments, the contents of strings, tests at the end of a file.

/// `source` with comments and the contents of strings and characters blanked; lines stay where they are.
pub(super) fn code_of(source: &str) -> String {
    let mut code = String::with_capacity(source.len());
    let mut rest = source;
    let mut after_name = false;
    while let Some(first) = rest.chars().next() {
        let skipped = if after_name { 0 } else { raw_string(rest) };
        let length = [comment(rest), skipped, string(rest), character(rest)].into_iter().max().unwrap_or(0);
        if length == 0 {
            code.push(first);
            after_name = first.is_alphanumeric() || first == '_';
            rest = rest.get(first.len_utf8()..).unwrap_or("");
        } else {
            let (blank, next) = rest.split_at_checked(length).unwrap_or((rest, ""));
            code.push(' ');
            code.extend(blank.chars().filter(|&sign| sign == '\n'));
            after_name = false;
            rest = next;
        }
    }
    code
}

/// `source` before the block of tests that ends it, and that block.
pub(super) fn without_tests(source: &str) -> (&str, &str) {
    const START: &str = "\n#[cfg(test)]\nmod ";
    let Some(at) = source.rfind(START) else {
        return (source, "");
    };
    let (code, tests) = source.split_at_checked(at + 1).unwrap_or((source, ""));
    let closed = tests.find("\n}\n").map_or(tests.len(), |end| end + 3);
    let is_block = tests.lines().nth(1).is_some_and(|line| line.ends_with('{'));
    let is_last = tests.get(closed..).is_none_or(|after| after.trim().is_empty());
    if is_block && is_last { (code, tests) } else { (source, "") }
}

/// Whether the whole file is tests by its name or place.
pub(super) fn is_test_file(path: &str) -> bool {
    path.ends_with("tests.rs") || path.starts_with("tests/") || path.contains("/tests/")
}

// Each of these returns the length of what it looks for at the start of `text`, or 0.

fn comment(text: &str) -> usize {
    if text.starts_with("//") {
        return text.find('\n').unwrap_or(text.len());
    }
    if !text.starts_with("/*") {
        return 0;
    }
    let mut depth = 0_usize;
    let mut last = ' ';
    for (at, sign) in text.char_indices() {
        match (last, sign) {
            ('/', '*') => depth += 1,
            ('*', '/') if depth == 1 => return at + 1,
            ('*', '/') => depth -= 1,
            _ => {
                last = sign;
                continue;
            }
        }
        last = ' ';
    }
    text.len()
}

fn raw_string(text: &str) -> usize {
    let mark = if text.starts_with("br") { 2 } else { usize::from(text.starts_with('r')) };
    let after = text.get(mark..).unwrap_or("");
    let hashes = after.len() - after.trim_start_matches('#').len();
    if mark == 0 || !after.get(hashes..).is_some_and(|body| body.starts_with('"')) {
        return 0;
    }
    let open = mark + hashes + 1;
    let close = format!("\"{}", "#".repeat(hashes));
    let body = text.get(open..).unwrap_or("");
    body.find(&close).map_or(text.len(), |end| open + end + close.len())
}

fn string(text: &str) -> usize {
    if !text.starts_with('"') {
        return 0;
    }
    let mut escaped = false;
    for (at, sign) in text.char_indices().skip(1) {
        match sign {
            '"' if !escaped => return at + 1,
            _ => escaped = sign == '\\' && !escaped,
        }
    }
    text.len()
}

/// A character, and not a lifetime.
fn character(text: &str) -> usize {
    let Some(body) = text.strip_prefix('\'') else {
        return 0;
    };
    if body.starts_with('\\') {
        let end = body.char_indices().skip(2).find(|(_, sign)| *sign == '\'');
        return end.map_or(0, |(at, _)| at + 2);
    }
    let mut signs = body.chars();
    let length = signs.next().map_or(0, char::len_utf8);
    if signs.next() == Some('\'') { length + 2 } else { 0 }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn comments_strings_and_characters_are_blanked() {
        for (source, code) in [
            ("a // b\nc", "a  \nc"),
            ("a /* b /* c */ d\n */ e", "a  \n e"),
            ("a /*/ b */ c", "a   c"),
            (r#"f("b \" c", d)"#, "f( , d)"),
            (r##"f(r#"b " c"#, br"x", d)"##, "f( ,  , d)"),
            (r"('b', '\'', '\n', '\u{1}', d)", "( ,  ,  ,  , d)"),
            ("fn f<'a>(x: &'a str) {}", "fn f<'a>(x: &'a str) {}"),
            ("bar\"x\" 'の' \"の\"", "bar     "),
            ("\"// no comment\" a", "  a"),
        ] {
            assert_eq!(code_of(source), code, "{source}");
        }
    }

    #[test]
    fn only_a_block_of_tests_that_ends_the_file_is_cut() {
        let tests = "#[cfg(test)]\nmod tests {\n    fn b() {\n    }\n}\n";
        assert_eq!(without_tests(&format!("fn a() {{}}\n{tests}")), ("fn a() {}\n", tests));
        let not_last = format!("fn a() {{}}\n{tests}fn c() {{}}\n");
        for whole in [not_last.as_str(), "a\n#[cfg(test)]\nmod tests;\n", "a\n"] {
            assert_eq!(without_tests(whole), (whole, ""));
        }
    }
}
