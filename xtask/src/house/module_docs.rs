//! Every Rust file says first what it owns.

use super::House;

pub(super) fn findings(house: &House) -> Vec<String> {
    house
        .ending(".rs")
        .filter(|(_, text)| !text.starts_with("//!") && !text.starts_with("#!"))
        .map(|(path, _)| format!("{path}: does not begin with `//!`"))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_that_starts_with_anything_else_is_found() {
        let house =
            House::of(&[("a.rs", "//! A.\n"), ("b.rs", "#![no_std]\n"), ("c.rs", "use x;\n"), ("d.md", "")]);
        assert_eq!(findings(&house), ["c.rs: does not begin with `//!`"]);
        assert_eq!(findings(&House::of(&[("a.rs", "")])).len(), 1);
    }
}
