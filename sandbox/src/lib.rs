//! The tour of Yorisoi on real parts, and the programme files.
