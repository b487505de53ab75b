//! The arrows between the rooms: `protocol ← core ← bindings`, `protocol ← server`, `core + server ← sandbox`.
//! Dependencies for tests count as well: a room that needs a later one to be tested is cut in the wrong place. Packages made
//! for tests are the exception, and nothing else may use them.

use super::House;

/// Each room, and those it may use.
const ROOMS: &[(&str, &[&str])] = &[
    ("yorisoi-protocol", &[]),
    ("yorisoi-core", &["yorisoi-protocol"]),
    ("yorisoi-bindings", &["yorisoi-core", "yorisoi-protocol"]),
    ("yorisoi-bindgen", &[]),
    ("yorisoi-ffi-bench", &["yorisoi-core", "yorisoi-protocol"]),
    ("yorisoi-server", &["yorisoi-protocol"]),
    ("yorisoi-sandbox", &["yorisoi-core", "yorisoi-server", "yorisoi-protocol"]),
    ("yorisoi-fault-vfs", &[]),
    (
        "yorisoi-simulation",
        &["yorisoi-core", "yorisoi-server", "yorisoi-protocol", "yorisoi-sandbox", "yorisoi-fault-vfs"],
    ),
    ("yorisoi-kit", &["yorisoi-core", "yorisoi-server", "yorisoi-protocol", "yorisoi-sandbox"]),
    ("yorisoi-fuzz", &["yorisoi-protocol"]),
    ("xtask", &[]),
];

/// What any room may be tested with, and none may ship.
const FOR_TESTS: &[&str] = &["yorisoi-fault-vfs"];

pub(super) fn findings(house: &House) -> Vec<String> {
    let mut findings = Vec::new();
    for package in house.packages {
        match ROOMS.iter().find(|(room, _)| *room == package.name) {
            None => findings.push(format!("`{}` has no place in the list of rooms yet", package.name)),
            Some((room, may_use)) => {
                let tested_with =
                    package.tested_with.iter().filter(|used| !FOR_TESTS.contains(&used.as_str()));
                let used = package.depends_on.iter().chain(tested_with);
                let wrong = used.filter(|used| !may_use.contains(&used.as_str()));
                findings.extend(wrong.map(|used| format!("`{room}` may not use `{used}`")));
            }
        }
    }
    findings
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use super::*;
    use crate::workspace::Package;

    fn found(name: &str, used: &str) -> Vec<String> {
        let package = Package { name: name.into(), depends_on: vec![used.into()], tested_with: Vec::new() };
        findings(&House { files: BTreeMap::new(), packages: &[package] })
    }

    #[test]
    fn arrows_that_point_back_or_across_are_found() {
        for (room, used) in [
            ("yorisoi-protocol", "yorisoi-core"),
            ("yorisoi-core", "yorisoi-server"),
            ("yorisoi-core", "yorisoi-bindings"),
            ("yorisoi-server", "yorisoi-core"),
            ("yorisoi-bindings", "yorisoi-server"),
            ("yorisoi-fuzz", "yorisoi-core"),
            ("xtask", "yorisoi-protocol"),
        ] {
            assert_eq!(found(room, used), [format!("`{room}` may not use `{used}`")]);
        }
    }

    #[test]
    fn what_is_made_for_tests_is_used_by_tests_alone() {
        let core = |depends_on: &[&str], tested_with: &[&str]| {
            let owned = |names: &[&str]| names.iter().map(|name| (*name).to_owned()).collect();
            let (depends_on, tested_with) = (owned(depends_on), owned(tested_with));
            let package = Package { name: "yorisoi-core".into(), depends_on, tested_with };
            findings(&House { files: BTreeMap::new(), packages: &[package] })
        };
        assert!(core(&["yorisoi-protocol"], &["yorisoi-fault-vfs"]).is_empty());
        assert_eq!(core(&["yorisoi-fault-vfs"], &[]), ["`yorisoi-core` may not use `yorisoi-fault-vfs`"]);
        assert_eq!(core(&[], &["yorisoi-server"]), ["`yorisoi-core` may not use `yorisoi-server`"]);
    }

    #[test]
    fn arrows_of_the_house_are_allowed_and_a_new_room_must_be_listed() {
        assert!(found("yorisoi-bindings", "yorisoi-core").is_empty());
        assert!(found("yorisoi-sandbox", "yorisoi-server").is_empty());
        assert_eq!(found("yorisoi-attic", "yorisoi-core").len(), 1);
    }
}
