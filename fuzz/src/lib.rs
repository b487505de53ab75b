//! What the fuzz targets share: a count of what is allocated, promises that hold for several, keys, and a
//! way to change JSON that leaves it JSON.
//!
//! A target is one file in `src/bin`, named after what it decodes; its seeds stand in `seeds/<target>`. It asserts more
//! than the absence of a panic. `docs/fuzzing.md` lists the promises.

pub mod allocation;
pub mod file;
pub mod json;
pub mod json_mutation;
pub mod keys;
pub mod rules;

pub use allocation::bounded;
