//! The reference server of Yorisoi.
