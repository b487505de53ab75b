//! What apps see of the Kotlin written by hand has a comment. The compiler asks for the word `public` there, not for that.

use super::House;

const BY_HAND: &str = "bindings/kotlin/";
const SOURCES: &str = "/src/main/";

pub(super) fn findings(house: &House) -> Vec<String> {
    house
        .ending(".kt")
        .filter(|(path, _)| path.starts_with(BY_HAND) && path.contains(SOURCES))
        .flat_map(|(path, text)| {
            without_comment(text)
                .into_iter()
                .map(move |line| format!("{path}:{line}: public, and no comment"))
        })
        .collect()
}

/// The numbers of the lines that declare something public with no comment above it.
fn without_comment(text: &str) -> Vec<usize> {
    let mut documented = false;
    let mut found = Vec::new();
    for (index, line) in text.lines().map(str::trim).enumerate() {
        // A companion is no more than the place where its members stand.
        let declares = line.starts_with("public ") && !line.starts_with("public companion object ");
        if declares && !documented {
            found.push(index + 1);
        }
        // An annotation may stand between the two.
        documented = line.ends_with("*/") || (documented && line.starts_with('@'));
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_declaration_with_nothing_above_it_is_found() {
        let text = "\
/** A. */
@Throws(B::class)
public class A {
    public val b: Int = 1
    /** What c
     *  does. */
    public fun c() {}

    private val publicity = 2

    public companion object {
        public const val E = 3
    }
}
public fun d() {}
";
        assert_eq!(without_comment(text), [4, 12, 15]);
    }

    #[test]
    fn only_what_ships_and_was_written_by_hand_is_looked_at() {
        let bare = "public class A\n";
        let house = House::of(&[
            ("bindings/kotlin/core/src/main/kotlin/A.kt", bare),
            ("bindings/kotlin/core/src/test/kotlin/B.kt", bare),
            ("elsewhere/src/main/C.kt", bare),
        ]);
        assert_eq!(findings(&house), ["bindings/kotlin/core/src/main/kotlin/A.kt:1: public, and no comment"]);
    }
}
