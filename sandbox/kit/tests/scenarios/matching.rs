//! What a step expects, and what was saved before it.

use std::collections::BTreeMap;

use serde_json::Value;

/// Whether a value is as expected: of an object the named members, of an array every element, `"*"` for anything that is
/// there. Says where it is not.
pub fn fits(expected: &Value, found: &Value) -> Result<(), String> {
    match (expected, found) {
        (Value::String(any), found) if any == "*" && !found.is_null() => Ok(()),
        (Value::Object(expected), Value::Object(members)) => {
            expected.iter().try_for_each(|(name, expected)| {
                let found = members.get(name).ok_or_else(|| format!("no `{name}`"))?;
                fits(expected, found).map_err(|why| format!("{name}: {why}"))
            })
        }
        (Value::Array(expected), Value::Array(items)) if expected.len() == items.len() => {
            let pairs = expected.iter().zip(items).enumerate();
            let mut fitted = pairs.map(|(index, (expected, found))| {
                fits(expected, found).map_err(|why| format!("{index}: {why}"))
            });
            fitted.try_for_each(|fitted| fitted)
        }
        (expected, found) if expected == found => Ok(()),
        (expected, found) => Err(format!("expected {expected}, found {found}")),
    }
}

/// Puts what was saved in the place of `{name}` and `{name.member.0}`.
pub fn filled(value: &Value, saved: &BTreeMap<String, Value>) -> Value {
    match value {
        Value::String(text) => match text.strip_prefix('{').and_then(|text| text.strip_suffix('}')) {
            Some(path) => looked_up(path, saved),
            None => value.clone(),
        },
        Value::Array(items) => items.iter().map(|item| filled(item, saved)).collect(),
        Value::Object(members) => {
            Value::Object(members.iter().map(|(name, value)| (name.clone(), filled(value, saved))).collect())
        }
        other => other.clone(),
    }
}

fn looked_up(path: &str, saved: &BTreeMap<String, Value>) -> Value {
    let mut parts = path.split('.');
    let first = parts.next().unwrap_or_default();
    let mut found = saved.get(first).unwrap_or_else(|| panic!("nothing was saved as `{first}`"));
    for part in parts {
        let next = match found {
            Value::Array(items) => part.parse().ok().and_then(|index: usize| items.get(index)),
            other => other.get(part),
        };
        found = next.unwrap_or_else(|| panic!("what was saved has no `{path}`: {found}"));
    }
    found.clone()
}

#[test]
fn a_subset_of_an_object_fits_and_nothing_else_does() {
    let json = |text: &str| serde_json::from_str::<Value>(text).unwrap();
    let found = json(r#"{"a": 1, "b": [{"c": "d", "e": null}]}"#);
    for expected in [r#"{"a": 1}"#, r#"{"b": [{"c": "*"}]}"#, r#"{"b": "*"}"#, r#"{"b": [{"e": null}]}"#] {
        assert_eq!(fits(&json(expected), &found), Ok(()), "{expected}");
    }
    for expected in [r#"{"a": 2}"#, r#"{"b": []}"#, r#"{"b": [{"e": "*"}]}"#, r#"{"z": null}"#, "[]"] {
        assert!(fits(&json(expected), &found).is_err(), "{expected}");
    }
}

#[test]
fn what_was_saved_keeps_its_type() {
    let saved = BTreeMap::from([("a".to_owned(), serde_json::json!({"b": [1, {"c": true}]}))]);
    let value = serde_json::json!({"x": "{a.b.0}", "y": ["{a.b.1}"], "z": "a {a}"});
    assert_eq!(filled(&value, &saved), serde_json::json!({"x": 1, "y": [{"c": true}], "z": "a {a}"}));
}
