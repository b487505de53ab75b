//! What `cargo tree` prints, read into who depends on whom.

use std::collections::{BTreeMap, BTreeSet};

use super::Id;

/// Adds what a tree shows. Each line is the depth, a space, name and version; what was shown before has no lines below it.
pub(super) fn read(printed: &str, edges: &mut BTreeMap<Id, BTreeSet<Id>>) -> Result<(), String> {
    let mut above: Vec<Id> = Vec::new();
    for line in printed.lines().filter(|line| !line.is_empty()) {
        let (depth, id) = package(line).ok_or_else(|| format!("the line `{line}`"))?;
        if depth > above.len() {
            return Err(format!("a line with nothing above it: `{line}`"));
        }
        above.truncate(depth);
        edges.entry(id.clone()).or_default();
        if let Some(parent) = above.last() {
            edges.entry(parent.clone()).or_default().insert(id.clone());
        }
        above.push(id);
    }
    if above.is_empty() { Err("an empty tree".into()) } else { Ok(()) }
}

fn package(line: &str) -> Option<(usize, Id)> {
    let mut words = line.split(' ');
    let depth = words.next()?.parse().ok()?;
    let name = words.next()?.to_owned();
    let version = words.next()?.strip_prefix('v')?.to_owned();
    Some((depth, (name, version)))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn id(name: &str) -> Id {
        (name.into(), "1.0.0".into())
    }

    #[test]
    fn children_belong_to_the_line_above_them_that_is_less_deep() {
        let mut edges = BTreeMap::new();
        let tree = "0 a v1.0.0 (/w/a)\n1 b v1.0.0\n2 c v1.0.0\n1 d v1.0.0\n2 b v1.0.0 (*)\n";
        read(tree, &mut edges).unwrap();
        assert_eq!(edges[&id("a")], BTreeSet::from([id("b"), id("d")]));
        assert_eq!(edges[&id("b")], BTreeSet::from([id("c")]));
        assert_eq!(edges[&id("c")], BTreeSet::new());
        assert_eq!(edges[&id("d")], BTreeSet::from([id("b")]));
        read("0 a v1.0.0\n1 e v1.0.0\n", &mut edges).unwrap();
        assert_eq!(edges[&id("a")], BTreeSet::from([id("b"), id("d"), id("e")]), "another platform adds");
    }

    #[test]
    fn another_form_is_told_and_not_skipped() {
        for strange in ["", "a v1.0.0", "0 a 1.0.0", "0 a v1.0.0\n2 b v1.0.0", "1 a v1.0.0"] {
            assert!(read(strange, &mut BTreeMap::new()).is_err(), "{strange}");
        }
    }
}
