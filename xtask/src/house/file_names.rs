//! A file is named after the concept it holds. These names are given to places where concepts go to hide.

use super::House;

const NAMES: [&str; 8] = ["util", "utils", "helper", "helpers", "manager", "managers", "misc", "handlers"];
const SOURCES: [&str; 4] = ["rs", "swift", "kt", "sql"];

pub(super) fn findings(house: &House) -> Vec<String> {
    house
        .files
        .keys()
        .filter_map(|path| {
            let (stem, ending) = path.rsplit_once('.')?;
            let word =
                SOURCES.contains(&ending).then(|| stem.split('/').find(|part| says_nothing(part)))??;
            Some(format!("{path}: `{word}` names no concept"))
        })
        .collect()
}

fn says_nothing(part: &str) -> bool {
    let part = part.to_lowercase();
    let last = part.rsplit('_').next().unwrap_or(&part);
    NAMES.contains(&last) || part.starts_with("handle_")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_without_a_concept_are_found_in_files_and_directories() {
        for path in [
            "core/src/utils.rs",
            "core/src/helpers/date.rs",
            "core/src/sync/manager.rs",
            "core/src/sync_manager.rs",
            "server/src/handle_sync.rs",
            "bindings/swift/Sources/Helpers.swift",
        ] {
            assert_eq!(findings(&House::of(&[(path, "")])).len(), 1, "{path}");
        }
    }

    #[test]
    fn names_with_a_concept_stay() {
        for path in ["core/src/outbox.rs", "docs/misc.md", "core/src/handle.rs", "core/src/utility_bill.rs"] {
            assert!(findings(&House::of(&[(path, "")])).is_empty(), "{path}");
        }
    }
}
