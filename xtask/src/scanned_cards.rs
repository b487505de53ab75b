//! From an operator's commands to a family that is in: cards printed by the real server, scanned by zbar, and redeemed by
//! the real device library with what zbar read.

use std::path::Path;

use crate::cards::Poppler;
use crate::cargo_build::Built;
use crate::failure::Failure;
use crate::program::Program;
use crate::workspace::Workspace;

const PROGRAMME: &str = "sandbox/programmes/fuchu-2021.json";
/// 2021-09-01 00:00 JST, inside the programme's window.
const NOW_MILLIS: &str = "1630422000000";
const CARDS: usize = 5;

/// Prints, scans and enrols.
pub(crate) fn check(workspace: &Workspace, directory: &Path) -> Result<(), Failure> {
    let operator = Operator::new(workspace, directory)?;
    let (root, manifest) = operator.set_up()?;
    let sheet = operator.file("scanned.pdf");
    let count = CARDS.to_string();
    operator
        .run(&["cards", "sheet", "--programme", "fuchu-2021", "--count", &count])
        .args(["--host", "soudan.example.jp", "--out", &sheet])
        .args(operator.here(true))
        .printed()?;
    let poppler = Poppler { sheet: sheet.into(), directory: directory.to_owned() };
    let scanned: String = (0..CARDS).map(|place| poppler.scanned(place)).collect::<Result<_, _>>()?;
    let file = operator.file("scanned.txt");
    std::fs::write(&file, scanned).map_err(Failure::file(Path::new(&file)))?;
    let build = ["build", "-p", "yorisoi-sandbox", "--example", "enroll_scanned"];
    let phones = Built::by_cargo(workspace, &build, "the phones")?.executable("enroll_scanned")?;
    let phones =
        Program::new(phones, &workspace.root).args([&operator.data, NOW_MILLIS, &root, &manifest, &file]);
    let (shown, enrolled) = (phones.shown().to_owned(), phones.printed()?);
    let list =
        operator.run(&["cards", "list", "--programme", "fuchu-2021"]).args(operator.here(false)).printed()?;
    if enrolled.trim() == count && list.contains(&format!("issued {CARDS} redeemed {CARDS} ")) {
        println!("{CARDS} printed cards scanned and redeemed");
        return Ok(());
    }
    Err(Failure::Answer { program: shown, reason: "not every printed card let its family in".into() })
}

/// An operator with a server's directory, and the root key in another.
struct Operator<'a> {
    workspace: &'a Workspace,
    program: std::path::PathBuf,
    directory: &'a Path,
    data: String,
}

impl<'a> Operator<'a> {
    fn new(workspace: &'a Workspace, directory: &'a Path) -> Result<Self, Failure> {
        let build = ["build", "-p", "yorisoi-server", "--bin", "yorisoi-server"];
        let program = Built::by_cargo(workspace, &build, "the server")?.executable("yorisoi-server")?;
        let operator = Self { workspace, program, directory, data: String::new() };
        let clock = operator.file("clock");
        std::fs::write(&clock, NOW_MILLIS).map_err(Failure::file(Path::new(&clock)))?;
        Ok(Self { data: operator.file("data"), ..operator })
    }

    /// Programme, ticket key, and a manifest that a root signed and the server hands out. Gives the root's public half
    /// and the manifest's file.
    fn set_up(&self) -> Result<(String, String), Failure> {
        self.run(&["init"]).args(self.here(false)).printed()?;
        self.run(&["programme", "add", PROGRAMME]).args(self.here(false)).printed()?;
        self.run(&["keys", "ticket", "new", "--programme", "fuchu-2021"]).args(self.here(true)).printed()?;
        let (key, draft, signed) = (self.file("root.pk8"), self.file("draft.json"), self.file("signed.cose"));
        let root = self.run(&["manifest", "root", "--out", &key]).printed()?.trim().to_owned();
        let text =
            self.run(&["manifest", "draft", "--not-after", "2022-06-30"]).args(self.here(true)).printed()?;
        std::fs::write(&draft, text).map_err(Failure::file(Path::new(&draft)))?;
        self.run(&["manifest", "sign", "--root", &key, "--in", &draft, "--out", &signed]).printed()?;
        self.run(&["manifest", "publish", &signed, "--root", &root]).args(self.here(false)).printed()?;
        Ok((root, signed))
    }

    fn run(&self, words: &[&str]) -> Program {
        Program::new(&self.program, &self.workspace.root).args(words)
    }

    /// Where the data is, and with it the time.
    fn here(&self, clock: bool) -> Vec<String> {
        let data = vec!["--data".to_owned(), self.data.clone()];
        let clock = clock.then(|| vec!["--clock".to_owned(), self.file("clock")]);
        [data, clock.unwrap_or_default()].concat()
    }

    fn file(&self, name: &str) -> String {
        self.directory.join(name).to_string_lossy().into_owned()
    }
}
