//! What the library's size is made of: how many bytes each dependency has in it, by the names of its symbols.
//!
//! Roughly: what is inlined counts where it ended up, what is generic for the package that the type is of, and tables without
//! a name (unwinding, relocations, constants) for nobody.

use std::collections::BTreeMap;
use std::fs;

use crate::failure::Failure;
use crate::program::Program;
use crate::shipped;
use crate::table::aligned;
use crate::workspace::Workspace;

/// So many have a line of their own.
const SHOWN: usize = 24;

/// Prints the shares of a library that is like the one that ships, but keeps its symbols.
pub(crate) fn tell(workspace: &Workspace) -> Result<(), Failure> {
    let library = shipped::with_symbols(workspace)?;
    let symbols = Program::new("nm", &workspace.root)
        .args(["--print-size", "--demangle", "--defined-only"])
        .args([&library])
        .printed()?;
    let whole = fs::metadata(&library).map_err(Failure::file(&library))?.len();
    let shares = shares(&symbols);
    let of_symbols: u64 = shares.iter().map(|(_, bytes)| bytes).sum();
    println!("by symbols, in a library of {whole} bytes with them:\n{}", table(&shares, of_symbols));
    Ok(())
}

fn table(shares: &[(String, u64)], of_symbols: u64) -> String {
    let row = |name: &str, bytes: u64| {
        let tenths = bytes * 1000 / of_symbols.max(1);
        [name.to_owned(), format!("{bytes:>8}"), format!("{:>3}.{} %", tenths / 10, tenths % 10)]
    };
    let mut rows: Vec<[String; 3]> =
        shares.iter().take(SHOWN).map(|(name, bytes)| row(name, *bytes)).collect();
    let rest: u64 = shares.iter().skip(SHOWN).map(|(_, bytes)| bytes).sum();
    rows.push(row("all others", rest));
    rows.push(row("together", of_symbols));
    aligned(&rows)
}

/// The shares of what `nm` printed, the largest first.
fn shares(symbols: &str) -> Vec<(String, u64)> {
    let mut shares: BTreeMap<String, u64> = BTreeMap::new();
    for line in symbols.lines() {
        // Address, size, kind, name; what has no size has three columns.
        let mut columns = line.splitn(4, ' ');
        let (_, size, _, name) = (columns.next(), columns.next(), columns.next(), columns.next());
        let size = size.and_then(|size| u64::from_str_radix(size, 16).ok());
        if let (Some(size), Some(name)) = (size, name) {
            *shares.entry(owner(name)).or_default() += size;
        }
    }
    let mut shares: Vec<_> = shares.into_iter().collect();
    shares.sort_by(|(left, more), (right, less)| less.cmp(more).then(left.cmp(right)));
    shares
}

/// Whose a symbol is: the package that its path begins with, or that of the type whose method it is.
fn owner(name: &str) -> String {
    if name.contains("ring_core_") {
        return "ring (C and assembler)".to_owned();
    }
    let Some((path, _)) = name.split_once("::") else {
        let unnamed = ["anon.", "GCC_except_table"].iter().any(|start| name.starts_with(start));
        let whose = match name {
            _ if unnamed => "constants and unwinding of Rust",
            _ if name.starts_with("UNIFFI_META") => "uniffi (metadata)",
            _ => "SQLite and other C",
        };
        return whose.to_owned();
    };
    let start = path.rfind(|sign: char| !sign.is_alphanumeric() && sign != '_').map_or(0, |at| at + 1);
    path.get(start..).unwrap_or(path).to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_symbol_belongs_to_where_its_path_begins() {
        for (name, of) in [
            ("yorisoi_core::store::Store::open", "yorisoi_core"),
            ("<reqwest::Error as core::fmt::Debug>::fmt", "reqwest"),
            ("<&mut serde_json::de::Deserializer<R> as serde::Deserializer>::x", "serde_json"),
            ("<(dyn tokio::X + 'static) as Y>::z", "tokio"),
            ("sqlite3_open_v2", "SQLite and other C"),
            ("ring_core_0_17_14__vpaes_encrypt", "ring (C and assembler)"),
            ("UNIFFI_META_YORISOI_FUNC_X", "uniffi (metadata)"),
            ("anon.47d0faef.89.llvm.9262", "constants and unwinding of Rust"),
        ] {
            assert_eq!(owner(name), of, "{name}");
        }
    }

    #[test]
    fn shares_are_summed_and_the_largest_comes_first() {
        let symbols = "0000000000001000 0000000000000010 t a::b\n0000000000002000 0000000000000100 T c::d\n\
                       0000000000003000 0000000000000001 t a::e\n                 U nowhere\n0000000000004000 T no_size\n";
        assert_eq!(shares(symbols), [("c".to_owned(), 256), ("a".to_owned(), 17)]);
        assert!(table(&shares(symbols), 273).contains("93.7 %"));
    }
}
