//! Printed cards, judged as paper: the sheet is rendered to pixels, every QR code is read by zbar and measured, and the
//! text is taken out of the PDF by poppler. Neither knows anything of how the sheet was made.
//!
//! zbar, poppler and the font come from Debian if they are missing.

use std::path::{Path, PathBuf};

use crate::cargo_build::Built;
use crate::debian;
use crate::failure::Failure;
use crate::printed_symbol::{Picture, QUIET_MODULES};
use crate::program::Program;
use crate::scanned_cards;
use crate::workspace::Workspace;

const PACKAGES: [&str; 3] = ["zbar-tools", "poppler-utils", "fonts-morisawa-bizud-gothic"];
const FONT: &str = "/usr/share/fonts/truetype/bizud-gothic/BIZUDGothic-Regular.ttf";
const PROGRAMME: &str = "sandbox/programmes/fuchu-2021.json";
const HOST: &str = "soudan.example.jp";
/// More than a page, so that the last one is not full.
const CARDS: usize = 5;
/// Four cards of A6 on a page of A4.
const CARDS_PER_PAGE: usize = 4;
const CARD_MM: (f64, f64) = (105.0, 148.5);
/// As an office scanner sees it, in dots per inch.
const DPI: f64 = 200.0;
const MM_PER_INCH: f64 = 25.4;
/// The smallest side of a QR code without its quiet zone.
const SYMBOL_MIN_MM: f64 = 30.0;
/// What every card of the programme says, in the order of reading.
const SAID: [&str; 6] = [
    "府中市（東京都）",
    "産婦人科オンライン・小児科オンライン",
    "市区町村のアプリで",
    "登録期限　2021年12月31日",
    "Register by 2021-12-31",
    "カードについては、訪問した担当者",
];

/// What must stand on one card.
struct Expected {
    code: String,
    address: String,
    spoken: [String; 2],
}

/// Makes a sheet and judges it.
pub(crate) fn check(workspace: &Workspace) -> Result<(), Failure> {
    set_up(&workspace.root)?;
    let directory = workspace.target.join("cards");
    if directory.exists() {
        std::fs::remove_dir_all(&directory).map_err(Failure::file(&directory))?;
    }
    std::fs::create_dir_all(&directory).map_err(Failure::file(&directory))?;
    let sheet = directory.join("cards.pdf");
    let expected = made(workspace, &sheet)?;
    let poppler = Poppler { sheet, directory };
    let mut findings = poppler.fonts()?;
    for (place, card) in expected.iter().enumerate() {
        findings.extend(poppler.card(place, card)?);
    }
    scanned_cards::check(workspace, &poppler.directory)?;
    if findings.is_empty() {
        println!("{CARDS} cards read, measured and compared: {}", poppler.sheet.display());
        return Ok(());
    }
    Err(Failure::Broken { findings })
}

/// Makes the sheet and says what must be on it.
fn made(workspace: &Workspace, sheet: &Path) -> Result<Vec<Expected>, Failure> {
    let build = ["build", "-p", "yorisoi-server", "--example", "card_sheet"];
    let maker = Built::by_cargo(workspace, &build, "the maker of a sheet")?.executable("card_sheet")?;
    let count = CARDS.to_string();
    let program = Program::new(maker, &workspace.root).args([PROGRAMME, HOST, &count]).args([sheet]);
    let shown = program.shown().to_owned();
    let lines = program.printed()?;
    let cards: Vec<Expected> = lines.lines().filter_map(expected).collect();
    if cards.len() != CARDS {
        return Err(Failure::Answer { program: shown, reason: "not a line for each card".into() });
    }
    Ok(cards)
}

fn expected(line: &str) -> Option<Expected> {
    let mut fields = line.split('\t').map(str::to_owned);
    let (code, address, ja, en) = (fields.next()?, fields.next()?, fields.next()?, fields.next()?);
    Some(Expected { code, address, spoken: [ja, en] })
}

/// The rendered sheet.
pub(crate) struct Poppler {
    pub(crate) sheet: PathBuf,
    pub(crate) directory: PathBuf,
}

impl Poppler {
    /// Every font must be embedded, and only as far as it is used, with a table back to text.
    fn fonts(&self) -> Result<Vec<String>, Failure> {
        let listed = self.program("pdffonts").args([&self.sheet]).printed()?;
        let mut findings = Vec::new();
        let fonts: Vec<&str> = listed.lines().skip(2).collect();
        if fonts.is_empty() {
            findings.push("no font in the sheet".to_owned());
        }
        for font in fonts {
            // The columns end: embedded, subset, to Unicode, object, generation.
            let ends: Vec<&str> = font.split_whitespace().rev().skip(2).take(3).collect();
            if ends != ["yes", "yes", "yes"] {
                findings.push(format!("a font is not embedded as a subset with its characters: {font}"));
            }
        }
        Ok(findings)
    }

    /// What is wrong with the card at this place.
    fn card(&self, place: usize, card: &Expected) -> Result<Vec<String>, Failure> {
        let crop = Crop::of(place);
        let picture = self.rendered(place, &crop)?;
        let mut findings = self.symbol(&picture, card)?;
        let text =
            self.program("pdftotext").args(crop.arguments()).args([&self.sheet]).args(["-"]).printed()?;
        let text = without_space(&text);
        let wanted = SAID.into_iter().chain([card.code.as_str(), &card.spoken[0], &card.spoken[1]]);
        for wanted in wanted.filter(|wanted| !text.contains(&without_space(wanted))) {
            // A code on paper is a secret; these cards were never issued.
            findings.push(format!("its text does not say {wanted}"));
        }
        Ok(findings.into_iter().map(|finding| format!("card {}: {finding}", place + 1)).collect())
    }

    /// What a QR reader reads on the card at this place, one line for each code.
    pub(crate) fn scanned(&self, place: usize) -> Result<String, Failure> {
        Ok(self.read(&self.rendered(place, &Crop::of(place))?))
    }

    fn read(&self, picture: &Path) -> String {
        let reader =
            self.program("zbarimg").args(["-q", "--nodbus", "--raw", "-Sdisable", "-Sqrcode.enable"]);
        // Ends with 4 where nothing was read, which is a finding like any other.
        reader.args([picture]).printed().unwrap_or_default()
    }

    fn symbol(&self, picture: &Path, card: &Expected) -> Result<Vec<String>, Failure> {
        let mut findings = Vec::new();
        let read = self.read(picture);
        if read.lines().collect::<Vec<_>>() != [card.address.as_str()] {
            findings
                .push(format!("zbar reads {} codes, and not just the card's ticket", read.lines().count()));
        }
        let bytes = std::fs::read(picture).map_err(Failure::file(picture))?;
        let Some(symbol) = Picture::read(&bytes).and_then(|picture| picture.symbol()) else {
            findings.push("its QR code cannot be measured".to_owned());
            return Ok(findings);
        };
        let side = symbol.side * MM_PER_INCH / DPI;
        if side < SYMBOL_MIN_MM {
            findings.push(format!("its QR code is {side:.1} mm wide; at least {SYMBOL_MIN_MM} mm"));
        }
        if symbol.quiet < QUIET_MODULES {
            findings
                .push(format!("{} light modules around its QR code; {QUIET_MODULES} must be", symbol.quiet));
        }
        Ok(findings)
    }

    fn rendered(&self, place: usize, crop: &Crop) -> Result<PathBuf, Failure> {
        let name = self.directory.join(format!("card-{}", place + 1));
        self.program("pdftoppm")
            .args(["-gray", "-singlefile"])
            .args(crop.arguments())
            .args([&self.sheet, &name])
            .run()?;
        Ok(name.with_extension("pgm"))
    }

    fn program(&self, name: &str) -> Program {
        Program::new(name, &self.directory)
    }
}

/// One card's part of its page, in pixels.
struct Crop {
    page: usize,
    left: f64,
    top: f64,
    width: f64,
    height: f64,
}

impl Crop {
    fn of(place: usize) -> Self {
        let (row, column) = (place % CARDS_PER_PAGE / 2, place % 2);
        let pixels = |mm: f64| (mm * DPI / MM_PER_INCH).round();
        Self {
            page: place / CARDS_PER_PAGE + 1,
            left: pixels(CARD_MM.0 * column as f64),
            top: pixels(CARD_MM.1 * row as f64),
            width: pixels(CARD_MM.0),
            height: pixels(CARD_MM.1),
        }
    }

    /// As pdftoppm and pdftotext take it alike.
    fn arguments(&self) -> Vec<String> {
        let page = self.page.to_string();
        let numbers =
            [("-r", DPI), ("-x", self.left), ("-y", self.top), ("-W", self.width), ("-H", self.height)];
        let crop = numbers.into_iter().flat_map(|(flag, number)| [flag.to_owned(), number.to_string()]);
        ["-f".to_owned(), page.clone(), "-l".to_owned(), page].into_iter().chain(crop).collect()
    }
}

/// Lines of a card break where they must, so spaces and line ends say nothing.
fn without_space(text: &str) -> String {
    text.chars().filter(|c| !c.is_whitespace()).collect()
}

fn set_up(directory: &Path) -> Result<(), Failure> {
    let works = |name, flag| Program::new(name, directory).args([flag]).works();
    if works("zbarimg", "--version") && works("pdftoppm", "-v") && Path::new(FONT).exists() {
        return Ok(());
    }
    debian::install(&PACKAGES, directory)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn cards_lie_in_quarters_of_their_pages() {
        let corner = |place| {
            let crop = Crop::of(place);
            (crop.page, crop.left, crop.top)
        };
        assert_eq!(corner(0), (1, 0.0, 0.0));
        assert_eq!(corner(3), (1, 827.0, 1169.0));
        assert_eq!(corner(4), (2, 0.0, 0.0));
        assert_eq!(Crop::of(0).arguments().join(" "), "-f 1 -l 1 -r 200 -x 0 -y 0 -W 827 -H 1169");
    }

    #[test]
    fn text_is_compared_without_its_line_breaks() {
        assert_eq!(without_space("登録期限　2021年\n12月 31日"), "登録期限2021年12月31日");
    }
}
