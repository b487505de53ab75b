//! Anki's sync, the reference of the benchmarks of sync: a Python environment of its own in the person's cache, with the
//! version pinned here from PyPI. Nothing of it is in the tree, and nothing of it is linked: it is another program.
//!
//! Where it cannot be had the rows that need it say `not run`.

use std::path::{Path, PathBuf};

use crate::debian;
use crate::failure::Failure;
use crate::program::Program;

const VERSION: &str = "26.9.3";
/// Names the Python that has it, for the benchmarks.
pub(crate) const VARIABLE: &str = "YORISOI_ANKI_PYTHON";

/// The Python that has Anki, installed if it is missing; `None` if it cannot be had, said aloud.
pub(crate) fn python(directory: &Path) -> Option<PathBuf> {
    let home = cache(|name| std::env::var_os(name).map(PathBuf::from))?.join(format!("anki-{VERSION}"));
    let python = home.join("bin/python");
    if has_anki(&python, directory) {
        return Some(python);
    }
    match install(&home, &python, directory) {
        Ok(()) if has_anki(&python, directory) => Some(python),
        Ok(()) => {
            eprintln!("Anki was installed and does not run: the rows that need it are not run");
            None
        }
        Err(failure) => {
            eprintln!("Anki cannot be installed, the rows that need it are not run: {failure}");
            None
        }
    }
}

fn cache(variable: impl Fn(&str) -> Option<PathBuf>) -> Option<PathBuf> {
    let base = variable("XDG_CACHE_HOME").or_else(|| variable("HOME").map(|home| home.join(".cache")))?;
    Some(base.join("yorisoi"))
}

fn has_anki(python: &Path, directory: &Path) -> bool {
    let program = format!(
        "import sys, anki.collection; from importlib.metadata import version; sys.exit(version('anki') != '{VERSION}')"
    );
    Program::new(python, directory).args(["-c", &program]).works()
}

fn install(home: &Path, python: &Path, directory: &Path) -> Result<(), Failure> {
    println!("installing Anki {VERSION} from PyPI into {} (seconds, once)", home.display());
    let makes = || Program::new("python3", directory).args(["-m", "venv", "--clear"]).args([home]);
    if !makes().works() {
        debian::install(&["python3-venv"], directory)?;
        makes().run()?;
    }
    let pinned = format!("anki=={VERSION}");
    Program::new(python, directory).args(["-m", "pip", "install", "--quiet", &pinned]).run()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_is_kept_in_the_persons_cache_and_never_in_the_tree() {
        let only = |known: &'static str| move |name: &str| (name == known).then(|| PathBuf::from("/x"));
        assert_eq!(cache(only("XDG_CACHE_HOME")), Some("/x/yorisoi".into()));
        assert_eq!(cache(only("HOME")), Some("/x/.cache/yorisoi".into()));
        assert_eq!(cache(|_| None), None);
    }

    #[test]
    fn a_python_without_anki_does_not_pass_for_one_with_it() {
        assert!(!has_anki(Path::new("python3-of-nobody"), Path::new(".")));
        assert!(!has_anki(Path::new("false"), Path::new(".")));
    }
}
