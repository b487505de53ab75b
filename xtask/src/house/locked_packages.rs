//! One cryptographic library, `ring`. These would bring a second one, with a C tool chain on every platform. And one
//! version of everything in all lock files: what is fuzzed is what ships.
//!
//! `deny.toml` bans them too, but only where a feature or a platform turns them on; the lock file shows more.

use super::House;

const BANNED: [&str; 7] =
    ["aws-lc-rs", "aws-lc-sys", "aws-lc-fips-sys", "openssl", "openssl-sys", "openssl-src", "native-tls"];

pub(super) fn findings(house: &House) -> Vec<String> {
    let main = house.files.get("Cargo.lock").map_or_else(Vec::new, |lock| packages(lock));
    let locks = house.ending("Cargo.lock").map(|(path, lock)| (path, packages(lock)));
    locks.flat_map(|(path, packages)| broken(path, &packages, &main)).collect()
}

fn broken(path: &str, packages: &[Locked], main: &[Locked]) -> Vec<String> {
    let mut findings = Vec::new();
    for package in packages {
        let (name, version) = package;
        if BANNED.contains(name) {
            findings.push(format!("{path}: `{name}`"));
        }
        if main.iter().any(|(same, _)| same == name) && !main.contains(package) {
            findings.push(format!("{path}: `{name}` {version}, which is not the one of Cargo.lock"));
        }
    }
    findings
}

/// Name and version.
type Locked<'a> = (&'a str, &'a str);

fn packages(lock: &str) -> Vec<Locked<'_>> {
    lock.split("[[package]]").filter_map(read).collect()
}

fn read(package: &str) -> Option<Locked<'_>> {
    let field = |key| {
        let line = package.lines().find_map(|line| line.strip_prefix(key))?;
        line.strip_prefix(" = \"")?.strip_suffix('"')
    };
    Some((field("name")?, field("version")?))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_second_cryptographic_library_is_found() {
        for name in BANNED {
            let lock = format!("[[package]]\nname = \"{name}\"\nversion = \"1.0.0\"\n");
            assert_eq!(findings(&House::of(&[("Cargo.lock", &lock)])), [format!("Cargo.lock: `{name}`")]);
        }
    }

    #[test]
    fn another_lock_file_keeps_to_the_versions_of_the_first() {
        let locked = |name: &str, version: &str| {
            format!("version = 4\n\n[[package]]\nname = \"{name}\"\nversion = \"{version}\"\n")
        };
        let found = |name: &str, version: &str| {
            let (first, other) = (locked("serde", "1.0.1"), locked(name, version));
            findings(&House::of(&[("Cargo.lock", &first), ("fuzz/Cargo.lock", &other)]))
        };
        assert_eq!(found("serde", "1.0.1"), Vec::<String>::new());
        assert_eq!(found("libfuzzer-sys", "0.4.13"), Vec::<String>::new());
        let other = "fuzz/Cargo.lock: `serde` 1.0.2, which is not the one of Cargo.lock";
        assert_eq!(found("serde", "1.0.2"), [other]);
        assert_eq!(found("openssl", "0.10.0"), ["fuzz/Cargo.lock: `openssl`"]);
    }

    #[test]
    fn a_list_of_places_for_certificates_is_none() {
        assert!(
            findings(&House::of(&[(
                "Cargo.lock",
                "[[package]]\nname = \"openssl-probe\"\nversion = \"0.2.1\"\n"
            )]))
            .is_empty()
        );
    }
}
