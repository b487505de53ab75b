//! A file holds one concept. One that grew past the limit asks for a split of the concept, not of the text.

use super::House;
use super::rust_text::{is_test_file, without_tests};

const CODE: usize = 400;
const TESTS: usize = 600;

pub(super) fn findings(house: &House) -> Vec<String> {
    house.ending(".rs").flat_map(|(path, text)| too_long(path, text)).collect()
}

fn too_long(path: &str, text: &str) -> Vec<String> {
    let parts = if is_test_file(path) {
        [("lines of tests", text, TESTS), ("lines of code", "", CODE)]
    } else {
        let (code, tests) = without_tests(text);
        [("lines of tests", tests, TESTS), ("lines of code", code, CODE)]
    };
    parts
        .into_iter()
        .map(|(what, part, limit)| (what, part.lines().count(), limit))
        .filter(|(_, count, limit)| count > limit)
        .map(|(what, count, limit)| format!("{path}: {count} {what}, {limit} are allowed"))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn code_has_a_limit_and_the_tests_below_it_one_of_their_own() {
        let code = "//! x\n".repeat(CODE);
        let tests = |lines: usize| format!("#[cfg(test)]\nmod tests {{\n{}}}\n", "    //\n".repeat(lines));
        let found = |text: &str| findings(&House::of(&[("core/src/a.rs", text)]));
        assert!(found(&format!("{code}{}", tests(TESTS - 3))).is_empty());
        assert_eq!(found(&format!("{code}//\n")), ["core/src/a.rs: 401 lines of code, 400 are allowed"]);
        assert_eq!(found(&format!("{code}{}", tests(TESTS))).len(), 1);
    }

    #[test]
    fn files_of_tests_may_be_longer_but_not_endless() {
        let found = |path: &str, lines| findings(&House::of(&[(path, &"//! x\n".repeat(lines))])).len();
        for path in ["a/src/code_tests.rs", "a/src/wire/tests.rs", "a/tests/sync.rs"] {
            assert_eq!(found(path, TESTS), 0, "{path}");
            assert_eq!(found(path, TESTS + 1), 1, "{path}");
        }
        assert_eq!(found("a/src/sync.rs", TESTS), 1);
    }
}
