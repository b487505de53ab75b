//! The list of parts for machines: CycloneDX 1.6. Without times and drawn numbers, so that the same parts are the same file.

use std::collections::BTreeSet;

use serde_json::{Value, json};

use super::lock::Lock;
use super::{Id, Linked, Part, SHIPS};

/// The parts as JSON.
pub(super) fn text(linked: &Linked) -> String {
    let root = linked.parts.iter().find(|((name, _), _)| name == SHIPS);
    let mut components: Vec<Value> = linked
        .parts
        .iter()
        .filter(|((name, _), _)| name != SHIPS)
        .map(|(id, part)| component(id, part))
        .collect();
    components.push(beside("sqlite", &linked.sqlite, "blessing", "sqlite:sqlite"));
    components.push(beside("rust-std", &linked.rust, "MIT OR Apache-2.0", "rust-lang:rust"));
    let properties: Vec<Value> =
        linked.targets.iter().map(|target| json!({"name": "yorisoi:target", "value": target})).collect();
    let bom = json!({
        "$schema": "http://cyclonedx.org/schema/bom-1.6.schema.json",
        "bomFormat": "CycloneDX",
        "specVersion": "1.6",
        "version": 1,
        "metadata": {"component": root.map(|(id, part)| component(id, part)), "properties": properties},
        "components": components,
        "dependencies": dependencies(linked),
    });
    format!("{bom:#}\n")
}

/// A part that no package of its own stands for.
fn beside(name: &str, version: &str, licence: &str, cpe: &str) -> Value {
    let purl = format!("pkg:generic/{name}@{version}");
    json!({
        "type": "library",
        "bom-ref": purl,
        "name": name,
        "version": version,
        "purl": purl,
        "cpe": format!("cpe:2.3:a:{cpe}:{version}:*:*:*:*:*:*:*"),
        "licenses": [{"expression": licence}],
    })
}

fn component(id: &Id, part: &Part) -> Value {
    let purl = purl(id, part);
    let mut component = json!({
        "type": "library",
        "bom-ref": purl,
        "name": id.0,
        "version": id.1,
        "purl": purl,
        "licenses": [{"expression": part.licence.to_string()}],
    });
    if let (Some(checksum), Some(fields)) = (&part.checksum, component.as_object_mut()) {
        fields.insert("hashes".into(), json!([{"alg": "SHA-256", "content": checksum}]));
    }
    component
}

/// What is in no registry must not be looked for there: somebody else could have the name.
fn purl((name, version): &Id, part: &Part) -> String {
    let kind = if part.is_ours { "generic" } else { "cargo" };
    format!("pkg:{kind}/{name}@{}", version.replace('+', "%2B"))
}

fn dependencies(linked: &Linked) -> Vec<Value> {
    let (sqlite, rust) =
        (format!("pkg:generic/sqlite@{}", linked.sqlite), format!("pkg:generic/rust-std@{}", linked.rust));
    let mut all: Vec<(String, BTreeSet<String>)> = linked
        .parts
        .iter()
        .map(|(id, part)| {
            let found = part.depends_on.iter().filter_map(|id| Some(purl(id, linked.parts.get(id)?)));
            let c = (id.0 == "libsqlite3-sys").then(|| sqlite.clone());
            let std = (id.0 == SHIPS).then(|| rust.clone());
            (purl(id, part), found.chain(c).chain(std).collect())
        })
        .collect();
    all.extend([(sqlite, BTreeSet::new()), (rust, BTreeSet::new())]);
    all.into_iter().map(|(part, on)| json!({"ref": part, "dependsOn": on})).collect()
}

/// Where the list and the lock file do not say the same.
pub(super) fn disagreements(bom: &str, lock: &Lock) -> Vec<String> {
    let bom: Value = match serde_json::from_str(bom) {
        Ok(bom) => bom,
        Err(error) => return vec![format!("the list of parts: {error}")],
    };
    let list =
        |value: &Value, key: &str| value.get(key).and_then(Value::as_array).cloned().unwrap_or_default();
    let text =
        |value: &Value, key: &str| value.get(key).and_then(Value::as_str).unwrap_or_default().to_owned();
    let root = bom.pointer("/metadata/component").cloned().unwrap_or_default();
    let components: Vec<Value> = [root.clone()].into_iter().chain(list(&bom, "components")).collect();
    let mut ids = std::collections::BTreeMap::new();
    let mut findings = Vec::new();
    for component in components.iter().filter(|component| component.get("cpe").is_none()) {
        let id: Id = (text(component, "name"), text(component, "version"));
        let checksum = component.pointer("/hashes/0/content").and_then(Value::as_str);
        match lock.get(&id) {
            None => findings.push(format!("{} {} is not in Cargo.lock", id.0, id.1)),
            Some(locked) if locked.checksum.as_deref() != checksum => {
                findings.push(format!("{} {} has another checksum in Cargo.lock", id.0, id.1));
            }
            Some(_) => {}
        }
        ids.insert(text(component, "bom-ref"), id);
    }
    let mut reached = BTreeSet::from([text(&root, "bom-ref")]);
    let edges: Vec<(String, Value)> = list(&bom, "dependencies")
        .iter()
        .flat_map(|one| list(one, "dependsOn").into_iter().map(|on| (text(one, "ref"), on)))
        .collect();
    for (from, on) in &edges {
        let on = on.as_str().unwrap_or_default();
        reached.insert(on.to_owned());
        let (Some(from), Some(on)) = (ids.get(from), ids.get(on)) else { continue };
        if lock.get(from).is_some_and(|locked| !locked.depends_on.contains(on)) {
            findings.push(format!("{} does not depend on {} in Cargo.lock", from.0, on.0));
        }
    }
    let lost = ids.iter().filter(|(place, _)| !reached.contains(*place));
    findings.extend(lost.map(|(_, id)| format!("nothing depends on {} {}", id.0, id.1)));
    if ids.len() < 2 {
        findings.push("the list of parts is empty".into());
    }
    findings
}

#[cfg(test)]
mod tests {
    use super::super::test_parts::{LOCK, linked};
    use super::*;

    fn disagreements_after(change: impl Fn(&str) -> String) -> Vec<String> {
        disagreements(&change(&text(&linked())), &Lock::read(LOCK).unwrap())
    }

    #[test]
    fn the_list_has_all_parts_with_licence_checksum_and_what_they_need() {
        let bom: Value = serde_json::from_str(&text(&linked())).unwrap();
        assert_eq!(bom["specVersion"], "1.6");
        assert_eq!(bom["metadata"]["component"]["purl"], format!("pkg:generic/{SHIPS}@0.1.0"));
        let names: Vec<_> =
            bom["components"].as_array().unwrap().iter().map(|part| part["name"].as_str().unwrap()).collect();
        assert_eq!(names, ["a", "b", "sqlite", "rust-std"]);
        assert_eq!(bom["components"][1]["purl"], "pkg:cargo/b@2.0.0%2Bx");
        assert_eq!(bom["components"][1]["licenses"][0]["expression"], "MIT OR GPL-3.0-only");
        assert_eq!(bom["components"][0]["hashes"][0], json!({"alg": "SHA-256", "content": "0a"}));
        assert_eq!(bom["dependencies"][0]["dependsOn"], json!(["pkg:cargo/b@2.0.0%2Bx"]));
        assert_eq!(bom["dependencies"].as_array().unwrap().len(), 5);
    }

    #[test]
    fn the_same_parts_are_the_same_file_that_fits_the_lock_file() {
        assert_eq!(text(&linked()), text(&linked()));
        assert_eq!(disagreements_after(str::to_owned), Vec::<String>::new());
    }

    #[test]
    fn a_list_that_does_not_fit_is_told() {
        let told = |from: &str, to: &str| disagreements_after(|bom| bom.replace(from, to)).join("; ");
        assert!(told("\"0a\"", "\"0b\"").contains("a 1.0.0 has another checksum"));
        assert!(told("\"1.0.0\"", "\"1.0.1\"").contains("a 1.0.1 is not in Cargo.lock"));
        assert!(told("\"dependsOn\"", "\"on\"").contains("nothing depends on a 1.0.0"));
        assert!(told("\"components\"", "\"parts\"").contains("empty"));
        assert!(told("{", "").contains("list of parts"));
        let without = Lock::read(&LOCK.replace(" \"b\",\n", "")).unwrap();
        assert_eq!(disagreements(&text(&linked()), &without), ["a does not depend on b in Cargo.lock"]);
    }
}
