//! Measuring a printed QR code in a picture of the page, independently of what drew it: by its finder patterns, the
//! three squares that any reader looks for (dark and light in the ratio 1:1:3:1:1, ISO/IEC 18004, 6.3.3).

/// A grey picture: 0 black to 255 white, row by row.
pub(crate) struct Picture {
    width: usize,
    pixels: Vec<u8>,
}

/// Where a symbol lies and how fine it is, in pixels.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct PrintedSymbol {
    /// From the outer edge of the left finder patterns to that of the right one.
    pub(crate) side: f64,
    /// The side of a module.
    pub(crate) module: f64,
    /// The light modules around it that are really light, counted to [`QUIET_MODULES`].
    pub(crate) quiet: usize,
}

/// How many light modules must surround a symbol (ISO/IEC 18004, 9.1).
pub(crate) const QUIET_MODULES: usize = 4;
/// Below this a pixel is dark.
const DARK: u8 = 128;
/// A finder pattern is seven modules wide.
const FINDER_MODULES: f64 = 7.0;

/// A run of pixels in a row that has the ratio of a finder pattern.
#[derive(Clone, Copy)]
struct Finder {
    row: usize,
    left: usize,
    right: usize,
}

impl Picture {
    /// Reads a binary PGM of 8 bits, as `pdftoppm -gray` writes it.
    pub(crate) fn read(bytes: &[u8]) -> Option<Self> {
        let mut rest = bytes;
        let mut word = || {
            let end = rest.iter().position(u8::is_ascii_whitespace)?;
            let (word, after) = rest.split_at(end);
            rest = after.get(1..)?;
            std::str::from_utf8(word).ok()
        };
        let (kind, width, height, most) = (word()?, word()?, word()?, word()?);
        let (width, height): (usize, usize) = (width.parse().ok()?, height.parse().ok()?);
        let whole = kind == "P5" && most == "255" && width > 0 && rest.len() == width.checked_mul(height)?;
        whole.then(|| Self { width, pixels: rest.to_vec() })
    }

    /// The one symbol in the picture; `None` if its finder patterns cannot be told.
    pub(crate) fn symbol(&self) -> Option<PrintedSymbol> {
        let finders = self.finders();
        let (left, right) = (
            finders.iter().map(|finder| finder.left).min()?,
            finders.iter().map(|finder| finder.right).max()?,
        );
        let widths: usize = finders.iter().map(|finder| finder.right - finder.left).sum();
        let rough = widths as f64 / finders.len() as f64 / FINDER_MODULES;
        let side = (right - left) as f64;
        let module = side / (side / rough).round();
        // The ratio is seen in the middle three of the seven rows of modules.
        let first = finders.iter().map(|finder| finder.row).min()? as f64 - 2.0 * module;
        let last = finders.iter().map(|finder| finder.row).max()? as f64 + 2.0 * module;
        let light = |modules: usize| {
            let out = modules as f64 * module;
            let (left, right) = (left as f64, right as f64);
            // A pixel at the border may be half covered.
            let (inner, outer) = (1.5, out - 1.0);
            self.is_light(left - outer, right + outer, first - outer, first - inner)
                && self.is_light(left - outer, right + outer, last + inner, last + outer)
                && self.is_light(left - outer, left - inner, first - outer, last + outer)
                && self.is_light(right + inner, right + outer, first - outer, last + outer)
        };
        let quiet = (1..=QUIET_MODULES).take_while(|modules| light(*modules)).count();
        Some(PrintedSymbol { side, module, quiet })
    }

    fn row(&self, row: usize) -> &[u8] {
        self.pixels.get(row * self.width..(row + 1) * self.width).unwrap_or_default()
    }

    /// Whether the rectangle lies in the picture and holds nothing dark.
    fn is_light(&self, left: f64, right: f64, top: f64, bottom: f64) -> bool {
        let outside = left < 0.0 || top < 0.0 || right >= self.width as f64;
        !outside
            && (top as usize..=bottom as usize).all(|row| {
                let part = self.row(row).get(left as usize..=right as usize);
                part.is_some_and(|part| part.iter().all(|pixel| *pixel >= DARK))
            })
    }

    /// All rows of finder patterns: the ratio, at the same place in as many rows as three modules are high.
    fn finders(&self) -> Vec<Finder> {
        let rows = self.pixels.len() / self.width;
        let seen: Vec<Finder> = (0..rows).flat_map(|row| self.ratios(row)).collect();
        let near = |one: &Finder, other: &Finder| {
            one.left.abs_diff(other.left) <= 1 && one.right.abs_diff(other.right) <= 1
        };
        let tall = |finder: &Finder| {
            let module = (finder.right - finder.left) as f64 / FINDER_MODULES;
            let close = |other: &&Finder| {
                near(finder, other) && (other.row.abs_diff(finder.row) as f64) < 3.0 * module
            };
            seen.iter().filter(close).count() as f64 >= 2.5 * module
        };
        seen.iter().filter(|finder| tall(finder)).copied().collect()
    }

    fn ratios(&self, row: usize) -> Vec<Finder> {
        let mut edges = vec![];
        let mut dark = false;
        for (column, pixel) in self.row(row).iter().enumerate() {
            if (*pixel < DARK) != dark {
                dark = !dark;
                edges.push(column);
            }
        }
        // Edges at even places begin something dark.
        let finder = |edges: &[usize]| {
            let [a, b, c, d, e, f] = <[usize; 6]>::try_from(edges).ok()?;
            let module = (f - a) as f64 / FINDER_MODULES;
            let fits = |from: usize, to: usize, modules: f64| {
                ((to - from) as f64 - modules * module).abs() <= 0.5 * module
            };
            let whole = module >= 2.0
                && fits(a, b, 1.0)
                && fits(b, c, 1.0)
                && fits(c, d, 3.0)
                && fits(d, e, 1.0)
                && fits(e, f, 1.0);
            whole.then_some(Finder { row, left: a, right: f })
        };
        edges.windows(6).step_by(2).filter_map(finder).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const MODULE: usize = 5;
    const MODULES: usize = 21;

    /// A symbol of 21 modules with nothing but its finder patterns, and so much white around it.
    fn picture(margin: usize) -> Vec<u8> {
        let size = (MODULES * MODULE) + 2 * margin;
        let mut bytes = format!("P5\n{size} {size}\n255\n").into_bytes();
        let finder = |x: usize, y: usize| {
            let ring = matches!(x, 0 | 6) || matches!(y, 0 | 6);
            x < 7 && y < 7 && (ring || ((2..5).contains(&x) && (2..5).contains(&y)))
        };
        for row in 0..size {
            for column in 0..size {
                let inside =
                    |at: usize| at.checked_sub(margin).map(|at| at / MODULE).filter(|at| *at < MODULES);
                let dark = inside(column).zip(inside(row)).is_some_and(|(x, y)| {
                    finder(x, y) || finder(x.wrapping_sub(14), y) || finder(x, y.wrapping_sub(14))
                });
                bytes.push(if dark { 0 } else { 255 });
            }
        }
        bytes
    }

    #[test]
    fn a_symbol_is_measured_by_its_finder_patterns() {
        let symbol = Picture::read(&picture(4 * MODULE)).unwrap().symbol().unwrap();
        assert_eq!(symbol, PrintedSymbol { side: 105.0, module: 5.0, quiet: 4 });
    }

    #[test]
    fn a_quiet_zone_that_is_cut_or_written_into_is_seen() {
        let quiet = |bytes: &[u8]| Picture::read(bytes).unwrap().symbol().unwrap().quiet;
        assert_eq!(quiet(&picture(2 * MODULE)), 2);
        let mut bytes = picture(4 * MODULE);
        let last = bytes.len() - 10 * 145 - 60;
        bytes[last] = 0;
        assert_eq!(quiet(&bytes), 2);
    }

    #[test]
    fn what_is_no_picture_or_holds_no_symbol_is_none() {
        assert!(Picture::read(b"P5\n2 2\n255\n\0\0\0").is_none());
        assert!(Picture::read(b"").is_none());
        assert!(Picture::read(b"P5\n2 2\n255\n\0\0\0\0").unwrap().symbol().is_none());
    }
}
