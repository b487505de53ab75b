//! The kinds of errors, which an app may tell apart for good.

/// What kind of thing went wrong: few, and for good.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum ErrorKind {
    /// The code on the card.
    Card,
    /// Joining the programme.
    Enrollment,
    /// The programme's window, or a clock by which it cannot be judged.
    Window,
    /// Consent.
    Consent,
    /// What a person wrote or chose.
    Input,
    /// Something that is not there.
    NotFound,
    /// What the host passed in.
    Setting,
    /// The key store.
    Key,
    /// The database.
    Storage,
    /// The library between being suspended and resumed.
    Suspended,
    /// The network.
    Network,
    /// The server, or something in its place.
    Server,
}
