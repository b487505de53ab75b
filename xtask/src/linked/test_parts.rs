//! Parts for the tests: the library, which needs `a`, which needs `b`.

use std::collections::{BTreeMap, BTreeSet};

use super::expression::Expression;
use super::texts::Text;
use super::{Id, Linked, Part, SHIPS};

/// The lock file they come from.
pub(super) const LOCK: &str = r#"
[[package]]
name = "a"
version = "1.0.0"
checksum = "0a"
dependencies = [
 "b",
]

[[package]]
name = "b"
version = "2.0.0+x"
checksum = "0b"

[[package]]
name = "yorisoi-bindings"
version = "0.1.0"
dependencies = [
 "a",
]
"#;

fn id(name: &str, version: &str) -> Id {
    (name.into(), version.into())
}

fn part(licence: &str, checksum: Option<&str>, text: &str, on: &[Id]) -> Part {
    Part {
        licence: Expression::read(licence).unwrap(),
        is_ours: checksum.is_none(),
        checksum: checksum.map(Into::into),
        texts: vec![Text::of(text)],
        depends_on: on.iter().cloned().collect::<BTreeSet<_>>(),
    }
}

/// All of it.
pub(super) fn linked() -> Linked {
    let (a, b) = (id("a", "1.0.0"), id("b", "2.0.0+x"));
    let ours = part("Apache-2.0", None, "ours 0.1.0", std::slice::from_ref(&a));
    let parts = BTreeMap::from([
        (a, part("MIT", Some("0a"), "Copyright A\nMIT", std::slice::from_ref(&b))),
        (b, part("MIT OR GPL-3.0-only", Some("0b"), "Copyright A MIT", &[])),
        (id(SHIPS, "0.1.0"), ours),
    ]);
    Linked { parts, targets: vec!["one-target"], sqlite: "3.50.0".into(), rust: "1.95.0".into() }
}
