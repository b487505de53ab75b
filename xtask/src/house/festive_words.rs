//! Not every pregnancy and not every consultation ends well, and no program can tell which. So nothing here ever
//! congratulates, and nothing praises: not in a text, not in a comment, not in a file of any kind.

use super::House;

/// Found anywhere in a line, after lower-casing.
const PARTS: &[&str] = &[
    "おめでと",
    "オメデト",
    "お目出",
    "御目出",
    "お芽出",
    "めでたい",
    "めでたく",
    "祝",
    "慶び",
    "喜ばしい",
    "ハッピーバース",
    "バンザイ",
    "万歳",
    "よくできました",
    "よく出来ました",
    "よくがんばりました",
    "よく頑張りました",
    "やったね",
    "congrat",
    "felicitat",
    "mazel tov",
    "best wishes",
    "bundle of joy",
    "happy birthday",
    "happy news",
    "well done",
    "good job",
    "great job",
    "good for you",
    "🎉",
    "🎊",
    "🥳",
    "🎂",
    "🎈",
    "🎁",
    "🍾",
    "🥂",
    "👏",
    "🙌",
    "🏆",
];
/// Found only as whole words: they stand inside others.
const WHOLE: &[&str] = &["hooray", "hurray", "hurrah", "yay", "woohoo", "kudos", "yippee"];
/// Words for holidays, which hours of telephone lines turn on. They contain a festive sign and celebrate nothing.
const PLAIN: &[&str] = &["祝日", "祝祭日"];
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
        .filter_map(|(index, line)| Some(format!("{path}:{}: `{}`", index + 1, word(line)?)))
        .collect()
}

fn word(line: &str) -> Option<&'static str> {
    let line = PLAIN.iter().fold(line.to_lowercase(), |line, plain| line.replace(plain, ""));
    let part = PARTS.iter().copied().find(|word| line.contains(word));
    let whole = || {
        let mut words = line.split(|c: char| !c.is_alphanumeric());
        words.find_map(|found| WHOLE.iter().copied().find(|word| *word == found))
    };
    part.or_else(whole)
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use super::*;

    #[test]
    fn a_festive_word_is_found_in_any_kind_of_file() {
        let house = House::of(&[
            ("a.md", "x\nCongratulations!\n"),
            ("b.toml", "t = \"ご出産おめでとう\""),
            ("c.rs", "/// Well done."),
            ("d.json", "{\"ja\":\"出産祝い\"}"),
            ("e.swift", "Text(\"🎉\")"),
            ("f.kt", "val t = \"お誕生おめでとうございます\""),
            ("g.sql", "-- yay"),
            (HERE, "congrats"),
        ]);
        let expected = [
            "a.md:2: `congrat`",
            "b.toml:1: `おめでと`",
            "c.rs:1: `well done`",
            "d.json:1: `祝`",
            "e.swift:1: `🎉`",
            "f.kt:1: `おめでと`",
            "g.sql:1: `yay`",
        ];
        assert_eq!(findings(&house), expected);
    }

    #[test]
    fn every_word_of_the_list_is_found() {
        for listed in PARTS.iter().chain(WHOLE) {
            assert_eq!(word(&format!("x {} y", listed.to_uppercase())), Some(*listed));
        }
    }

    #[test]
    fn holidays_and_words_that_only_look_alike_stay() {
        for line in [
            "国民の祝日と年末年始",
            "土日・祝日は朝8時から",
            "祝祭日を除く",
            "display the array",
            "Bravo stands for B",
            "the job is well understood, and it is done",
            "お知らせがあります",
        ] {
            assert_eq!(word(line), None, "{line}");
        }
        assert_eq!(word("祝日のお祝い"), Some("祝"), "a holiday excuses nothing beside it");
    }

    #[test]
    fn nothing_in_this_repository_congratulates() {
        let root = Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap();
        let house = House { files: super::super::files(root).unwrap(), packages: &[] };
        assert!(house.files.contains_key(HERE), "the real tree was read");
        for ending in [".rs", ".json", ".md", ".swift", ".kt", ".toml"] {
            assert!(house.ending(ending).next().is_some(), "{ending}");
        }
        assert_eq!(findings(&house), Vec::<String>::new());
    }
}
