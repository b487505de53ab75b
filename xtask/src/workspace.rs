//! Where the project is and which packages it has, as cargo sees it.

use std::path::{Path, PathBuf};

use serde_json::Value;

use crate::failure::Failure;
use crate::program::Program;

/// The project on this disk.
pub(crate) struct Workspace {
    /// The directory of the workspace's `Cargo.toml`.
    pub(crate) root: PathBuf,
    /// Where cargo builds, wherever the person's settings put it.
    pub(crate) target: PathBuf,
    /// The members.
    pub(crate) packages: Vec<Package>,
}

/// One member of the workspace and the other local packages it names.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Package {
    pub(crate) name: String,
    pub(crate) depends_on: Vec<String>,
    /// Those it names for its tests alone.
    pub(crate) tested_with: Vec<String>,
}

impl Workspace {
    /// Asks cargo, from the current directory.
    pub(crate) fn find() -> Result<Self, Failure> {
        Self::at(Path::new("."))
    }

    /// Asks cargo, from this directory.
    pub(crate) fn at(directory: &Path) -> Result<Self, Failure> {
        let cargo = Program::cargo(directory).args(["metadata", "--no-deps", "--format-version", "1"]);
        let program = cargo.shown().to_owned();
        let text = cargo.printed()?;
        Self::read(&text).map_err(|reason| Failure::Answer { program, reason })
    }

    fn read(metadata: &str) -> Result<Self, String> {
        let value: Value = serde_json::from_str(metadata).map_err(|error| error.to_string())?;
        let path = |key: &str| {
            value.get(key).and_then(Value::as_str).map(PathBuf::from).ok_or_else(|| format!("no {key}"))
        };
        Ok(Self {
            root: path("workspace_root")?,
            target: path("target_directory")?,
            packages: array(&value, "packages").iter().filter_map(read_package).collect(),
        })
    }
}

fn read_package(package: &Value) -> Option<Package> {
    let name = package.get("name")?.as_str()?.to_owned();
    let local = |for_tests: bool| {
        array(package, "dependencies")
            .iter()
            .filter(|dependency| dependency.get("path").is_some_and(Value::is_string))
            .filter(|dependency| (dependency.get("kind").and_then(Value::as_str) == Some("dev")) == for_tests)
            .filter_map(|dependency| dependency.get("name")?.as_str().map(String::from))
            .collect()
    };
    Some(Package { name, depends_on: local(false), tested_with: local(true) })
}

fn array<'a>(value: &'a Value, key: &str) -> &'a [Value] {
    value.get(key).and_then(Value::as_array).map_or(&[], Vec::as_slice)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn local_dependencies_are_kept_and_those_of_a_registry_left_out() {
        let workspace = Workspace::read(
            r#"{"workspace_root": "/w", "target_directory": "/t", "packages": [
                {"name": "a", "dependencies": [
                    {"name": "b", "path": "/w/b", "kind": null},
                    {"name": "c", "path": "/w/c", "kind": "dev"},
                    {"name": "serde", "source": "registry", "path": null},
                    {"name": "ring"}]}]}"#,
        )
        .unwrap();
        assert_eq!(workspace.root, Path::new("/w"));
        assert_eq!(workspace.target, Path::new("/t"));
        assert_eq!(
            workspace.packages,
            [Package { name: "a".into(), depends_on: vec!["b".into()], tested_with: vec!["c".into()] }]
        );
    }

    #[test]
    fn metadata_without_a_root_is_refused() {
        assert!(Workspace::read(r#"{"target_directory": "/t"}"#).is_err());
        assert!(Workspace::read("no json").is_err());
    }
}
