//! `Cargo.lock`, as far as a list of parts needs it: checksums, and who depends on whom.

use std::collections::{BTreeMap, BTreeSet};

use super::Id;

/// One package of the lock file.
pub(super) struct Locked {
    /// SHA-256 of the packed package; packages of this repository have none.
    pub(super) checksum: Option<String>,
    /// On every platform, with tests and build scripts.
    pub(super) depends_on: BTreeSet<Id>,
}

/// The packages of a lock file.
pub(super) struct Lock(BTreeMap<Id, Locked>);

impl Lock {
    /// Reads the form that cargo writes.
    pub(super) fn read(text: &str) -> Result<Self, String> {
        let mut named = Vec::new();
        for package in text.split("[[package]]").skip(1) {
            let field = |key: &str| {
                let line = package.lines().find_map(|line| line.strip_prefix(key))?;
                Some(line.strip_prefix(" = \"")?.strip_suffix('"')?.to_owned())
            };
            let id = field("name").zip(field("version")).ok_or("a package without name or version")?;
            let depends_on = package.lines().filter_map(|line| line.strip_prefix(" \"")?.strip_suffix("\","));
            named.push((id, field("checksum"), depends_on.collect::<Vec<_>>()));
        }
        let ids: Vec<Id> = named.iter().map(|(id, ..)| id.clone()).collect();
        let read = |(id, checksum, depends_on): (Id, Option<String>, Vec<&str>)| {
            let depends_on =
                depends_on.into_iter().map(|words| full(words, &ids)).collect::<Result<_, _>>()?;
            Ok((id, Locked { checksum, depends_on }))
        };
        named.into_iter().map(read).collect::<Result<_, String>>().map(Self)
    }

    pub(super) fn get(&self, id: &Id) -> Option<&Locked> {
        self.0.get(id)
    }
}

/// Cargo names the version only where a name has two of them.
fn full(words: &str, ids: &[Id]) -> Result<Id, String> {
    let mut words = words.split(' ');
    let (name, version) = (words.next(), words.next());
    let fits = |id: &&Id| Some(id.0.as_str()) == name && version.is_none_or(|version| version == id.1);
    let mut found = ids.iter().filter(fits);
    match (found.next(), found.next()) {
        (Some(id), None) => Ok(id.clone()),
        _ => Err(format!("a dependency `{}` that is not one package", name.unwrap_or_default())),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const LOCK: &str = r#"version = 4

[[package]]
name = "a"
version = "1.0.0"
dependencies = [
 "b",
 "c 2.0.0",
]

[[package]]
name = "b"
version = "1.0.0"
source = "registry"
checksum = "0f"

[[package]]
name = "c"
version = "1.0.0"

[[package]]
name = "c"
version = "2.0.0"
"#;

    #[test]
    fn dependencies_are_found_with_and_without_a_version() {
        let lock = Lock::read(LOCK).unwrap();
        let get = |name: &str| lock.get(&(name.into(), "1.0.0".into())).unwrap();
        let ids = [("b", "1.0.0"), ("c", "2.0.0")].map(|(name, version)| (name.into(), version.into()));
        assert_eq!(get("a").depends_on, BTreeSet::from(ids));
        assert_eq!(get("b").checksum.as_deref(), Some("0f"));
        assert_eq!(get("a").checksum, None);
    }

    #[test]
    fn a_dependency_that_is_none_or_two_packages_is_told() {
        assert!(Lock::read(&LOCK.replace("c 2.0.0", "c")).is_err());
        assert!(Lock::read(&LOCK.replace("c 2.0.0", "d")).is_err());
        assert!(Lock::read("[[package]]\nname = \"a\"\n").is_err());
    }
}
