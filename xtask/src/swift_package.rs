//! Putting the Swift package together: SwiftPM takes no sources from outside a package.
//!
//! What people write is linked, so that messages lead to files worth editing; what is generated is copied if it changed,
//! since SwiftPM compiles by date.

use std::fs;
use std::path::Path;

use crate::bindings::{Made, SWIFT_C_MODULE};
use crate::failure::Failure;

/// The module that is generated, and nothing else.
pub(crate) const GENERATED_MODULE: &str = "YorisoiCore";
/// What is written by hand, beside the modules in `Sources`.
const WRITTEN_BY_HAND: [&str; 4] = ["Bench", "Package.swift", "Stubs", "Tests"];

/// Puts the package together at `package`.
pub(crate) fn put_together(by_hand: &Path, made: &Made, package: &Path) -> Result<(), Failure> {
    copy_generated(made, package)?;
    for name in WRITTEN_BY_HAND {
        link(&by_hand.join(name), &package.join(name))?;
    }
    let modules = by_hand.join("Sources");
    for module in fs::read_dir(&modules).map_err(Failure::file(&modules))? {
        let module = module.map_err(Failure::file(&modules))?;
        link(&module.path(), &package.join("Sources").join(module.file_name()))?;
    }
    Ok(())
}

/// The generated modules, in the places where a package has them.
pub(crate) fn copy_generated(made: &Made, package: &Path) -> Result<(), Failure> {
    for (module, file) in [
        (GENERATED_MODULE, format!("{GENERATED_MODULE}.swift")),
        (SWIFT_C_MODULE, format!("{SWIFT_C_MODULE}.h")),
        (SWIFT_C_MODULE, "module.modulemap".into()),
    ] {
        let directory = package.join("Sources").join(module);
        fs::create_dir_all(&directory).map_err(Failure::file(&directory))?;
        copy_if_changed(&made.swift.join(&file), &directory.join(&file))?;
    }
    Ok(())
}

fn copy_if_changed(from: &Path, to: &Path) -> Result<(), Failure> {
    let new = fs::read(from).map_err(Failure::file(from))?;
    write_if_changed(to, &new)
}

/// Writes a file unless it says the same already.
pub(crate) fn write_if_changed(to: &Path, new: &[u8]) -> Result<(), Failure> {
    if fs::read(to).is_ok_and(|old| old == new) {
        return Ok(());
    }
    fs::write(to, new).map_err(Failure::file(to))
}

/// Makes a directory with nothing in it.
pub(crate) fn empty(directory: &Path) -> Result<(), Failure> {
    if directory.exists() {
        fs::remove_dir_all(directory).map_err(Failure::file(directory))?;
    }
    fs::create_dir_all(directory).map_err(Failure::file(directory))
}

/// Makes a directory, and takes out of it what is not named: a source that is gone would be compiled on.
pub(crate) fn keep_only<'a>(
    directory: &Path,
    names: impl Iterator<Item = &'a str> + Clone,
) -> Result<(), Failure> {
    fs::create_dir_all(directory).map_err(Failure::file(directory))?;
    for entry in fs::read_dir(directory).map_err(Failure::file(directory))? {
        let path = entry.map_err(Failure::file(directory))?.path();
        if !names.clone().any(|name| path.file_name().is_some_and(|found| found == name)) {
            fs::remove_file(&path).map_err(Failure::file(&path))?;
        }
    }
    Ok(())
}

#[cfg(unix)]
fn link(target: &Path, at: &Path) -> Result<(), Failure> {
    if fs::read_link(at).is_ok_and(|old| old == target) {
        return Ok(());
    }
    // A link of an earlier place of the project, broken or not.
    if at.is_symlink() {
        fs::remove_file(at).map_err(Failure::file(at))?;
    }
    std::os::unix::fs::symlink(target, at).map_err(Failure::file(at))
}

#[cfg(not(unix))]
fn link(_: &Path, _: &Path) -> Result<(), Failure> {
    Err(Failure::broken("the Swift package is put together with symbolic links: Linux and macOS only"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_did_not_change_keeps_its_date_and_what_did_is_replaced() {
        let directory = tempfile::tempdir().unwrap();
        let (from, to) = (directory.path().join("from"), directory.path().join("to"));
        let date = || fs::metadata(&to).unwrap().modified().unwrap();
        fs::write(&from, "1").unwrap();
        copy_if_changed(&from, &to).unwrap();
        fs::File::options().write(true).open(&to).unwrap().set_modified(std::time::UNIX_EPOCH).unwrap();
        copy_if_changed(&from, &to).unwrap();
        assert_eq!(date(), std::time::UNIX_EPOCH);
        fs::write(&from, "2").unwrap();
        copy_if_changed(&from, &to).unwrap();
        assert_eq!(fs::read_to_string(&to).unwrap(), "2");
        assert_ne!(date(), std::time::UNIX_EPOCH);
    }

    #[test]
    fn what_is_not_named_any_more_goes_and_the_rest_keeps_its_date() {
        let directory = tempfile::tempdir().unwrap();
        let at = |name: &str| directory.path().join("in").join(name);
        keep_only(&directory.path().join("in"), ["a"].into_iter()).unwrap();
        fs::write(at("a"), "1").unwrap();
        fs::write(at("b"), "1").unwrap();
        keep_only(&directory.path().join("in"), ["a", "c"].into_iter()).unwrap();
        assert!(at("a").exists() && !at("b").exists());
        empty(&directory.path().join("in")).unwrap();
        assert!(!at("a").exists());
    }

    #[cfg(unix)]
    #[test]
    fn a_link_into_an_earlier_place_is_renewed() {
        let directory = tempfile::tempdir().unwrap();
        let at = directory.path().join("at");
        link(Path::new("lost"), &at).unwrap();
        link(directory.path(), &at).unwrap();
        link(directory.path(), &at).unwrap();
        assert_eq!(fs::read_link(&at).unwrap(), directory.path());
    }
}
