//! What the app shows of databases whose key is gone.

/// A database whose key is gone, and how far handing in what waited in it has come.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct SetAsideView {
    /// Its number.
    pub number: u32,
    /// What is still to be handed in.
    pub waiting: u32,
    /// What the server holds.
    pub held: u32,
    /// What the server refused.
    pub refused: u32,
    /// What cannot be handed in: it was never sealed to the programme, or does not open there.
    pub lost: u32,
    /// Whether the file itself cannot be read; then nothing of it is counted, and nothing of it is handed in.
    pub damaged: bool,
}
