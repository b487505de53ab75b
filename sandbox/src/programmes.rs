//! The programmes that ship as data, as their files' text.

/// Fuchu, 2021-08-02 to 2021-12-31.
pub const FUCHU_2021: &str = include_str!("../programmes/fuchu-2021.json");
/// Itabashi, from 2021-04-20; its end is an assumption.
pub const ITABASHI_2021: &str = include_str!("../programmes/itabashi-2021.json");
/// Setagaya, from 2021-04-20; its end is an assumption.
pub const SETAGAYA_2021: &str = include_str!("../programmes/setagaya-2021.json");
