//! Looks through every file of every phone, and of the server, for the words of the story.

use std::path::Path;

use yorisoi_sandbox::Canaries;
use yorisoi_sandbox::canaries::Searched;

use super::failure::{Failure, check};
use super::stage::Stage;

/// No file of any phone holds a piece of anything that was typed.
pub(crate) fn check_sealed(stage: &Stage, what: &str) -> Result<(), Failure> {
    for phone in [&stage.mother, &stage.partner, &stage.third] {
        for directory in [&phone.places.directory, &phone.places.temporary] {
            let searched = search(&stage.canaries, directory)?;
            nothing_found(what, &searched)?;
            if !searched.files.is_empty() {
                stage.evidence.line("stored", describe(stage.root(), &searched));
            }
        }
    }
    let texts = stage.canaries.words().len();
    stage.evidence.line(
        "check",
        format_args!("{what}: {texts} texts looked for, as UTF-8, UTF-16 and base64; none found"),
    );
    Ok(())
}

/// Nor does the server's database or its log.
pub(crate) fn check_server_sealed(stage: &Stage) -> Result<(), Failure> {
    let searched = search(&stage.canaries, &stage.operator.data)?;
    nothing_found("the server's directory", &searched)?;
    let log = std::fs::read(&stage.operator.log).map_err(Failure::system("reading the server's log"))?;
    check("texts in the server's log", stage.canaries.found_in(&log), Vec::<&str>::new())?;
    let secrets = [&stage.password].into_iter().chain(&stage.cards);
    let log = String::from_utf8_lossy(&log);
    let leaked = secrets.filter(|secret| log.contains(secret.as_str())).count();
    check("passwords and codes in the server's log", leaked, 0)?;
    stage.evidence.line(
        "check",
        format_args!(
            "the server's {} files and its log of {} bytes: none found",
            searched.files.len(),
            log.len()
        ),
    );
    Ok(())
}

fn search(canaries: &Canaries, directory: &Path) -> Result<Searched, Failure> {
    canaries.search(directory).map_err(Failure::system("searching files"))
}

fn nothing_found(what: &str, searched: &Searched) -> Result<(), Failure> {
    check(format!("{what}: texts found in files"), &searched.found, &Vec::new())
}

/// Each file with its size.
fn describe(root: &Path, searched: &Searched) -> String {
    let files = searched.files.iter().map(|(path, size)| {
        let path = path.strip_prefix(root).unwrap_or(path);
        format!("{} {size} bytes", path.display())
    });
    files.collect::<Vec<_>>().join(", ")
}
