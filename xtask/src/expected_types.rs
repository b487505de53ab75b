//! The types that apps on both platforms build on. One that is renamed or lost breaks them without any Rust test
//! noticing, so `cargo xtask test` looks for each in the generated code.

/// Rust names. An error `FooError` appears in Kotlin as `FooException`.
pub(crate) const EXPECTED_TYPES: &[&str] = &["YorisoiClient"];
