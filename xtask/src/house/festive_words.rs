//! Not every pregnancy and not every consultation ends well, and no program can tell which. So nothing here ever
//! congratulates.

use super::House;

const WORDS: [&str; 4] = ["おめでとう", "お目出度う", "congratulations", "congrats"];
/// This file, the only one that may write them.
const HERE: &str = "xtask/src/house/festive_words.rs";

pub(super) fn findings(house: &House) -> Vec<String> {
    house
        .files
        .iter()
        .filter(|(path, _)| *path != HERE)
        .flat_map(|(path, text)| festive(path, text))
        .collect()
}

fn festive(path: &str, text: &str) -> Vec<String> {
    text.lines()
        .enumerate()
        .filter_map(|(index, line)| {
            let line = line.to_lowercase();
            let word = WORDS.into_iter().find(|word| line.contains(word))?;
            Some(format!("{path}:{}: `{word}`", index + 1))
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_festive_word_is_found_in_any_kind_of_file() {
        let house = House::of(&[
            ("a.md", "x\nCongratulations!\n"),
            ("b.toml", "t = \"ご出産おめでとう\""),
            (HERE, "congrats"),
        ]);
        assert_eq!(findings(&house), ["a.md:2: `congratulations`", "b.toml:1: `おめでとう`"]);
    }
}
