//! The map of the house fits on one page, or nobody reads it.

use super::House;

const PAGE: &str = "docs/ARCHITECTURE.md";
const LIMIT: usize = 150;

pub(super) fn findings(house: &House) -> Vec<String> {
    let count = house.files.get(PAGE).map_or(0, |text| text.lines().count());
    if count > LIMIT { vec![format!("{PAGE}: {count} lines, {LIMIT} are allowed")] } else { Vec::new() }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_longer_map_is_found() {
        let found = |lines| findings(&House::of(&[(PAGE, &"x\n".repeat(lines))])).len();
        assert_eq!((found(LIMIT), found(LIMIT + 1)), (0, 1));
        assert!(findings(&House::of(&[])).is_empty());
    }
}
