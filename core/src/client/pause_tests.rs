//! Rules of not trying again: what the server asked for and what failed before is kept across restarts, holds up what it
//! should and nothing else, and ends.
