//! The core is for Rust first: it does not know which foreign languages wrap it, or how.

use super::House;

pub(super) fn findings(house: &House) -> Vec<String> {
    house
        .files
        .iter()
        .filter(|(path, _)| path.starts_with("core/src/") || *path == "core/Cargo.toml")
        .flat_map(|(path, text)| {
            let lines = text.lines().enumerate().filter(|(_, line)| line.to_lowercase().contains("uniffi"));
            lines.map(move |(index, line)| format!("{path}:{}: {}", index + 1, line.trim()))
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_word_is_found_in_code_comments_and_the_manifest_of_the_core_only() {
        let house = House::of(&[
            ("bindings/src/lib.rs", "uniffi::setup_scaffolding!();"),
            ("core/Cargo.toml", "[dependencies]\nuniffi.workspace = true\n"),
            ("core/src/client.rs", "//! Wrapped by UniFFI.\n"),
            ("core/src/lib.rs", "//! The core.\n"),
        ]);
        assert_eq!(
            findings(&house),
            ["core/Cargo.toml:2: uniffi.workspace = true", "core/src/client.rs:1: //! Wrapped by UniFFI."]
        );
    }
}
