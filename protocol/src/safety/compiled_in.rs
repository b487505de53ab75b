//! The numbers every phone has, whatever file it was given and however old that is.
//!
//! **Re-check each before a release**: numbers change (the child guidance line did on 2021-07-01). All are national and
//! answer day and night. 189, free of charge since 2019-12-03, and the domestic violence line are as on the pages of
//! pref.miyagi.jp and gov-online.go.jp (no_dvca); よりそいホットライン is as in secondary lists. Nobody called them.

use super::contact::SafetyContact;
use super::phone_number::PhoneNumber;
use crate::words::Words;

/// 119, which works everywhere in Japan and stands first, always.
pub fn emergency() -> SafetyContact {
    line("救急・消防", "Ambulance and fire", "119")
}

/// National lines that answer day and night, in the order in which they are shown.
pub fn fallbacks() -> Vec<SafetyContact> {
    let mut violence = line("DV相談+（プラス）", "Domestic violence helpline", "0120-279-889");
    violence.short = Some("#8008".to_owned());
    let children = line("児童相談所（子育ての悩み・心配）", "Child guidance centre", "189");
    vec![children, violence, line("よりそいホットライン", "Yorisoi hotline for any worry", "0120-279-338")]
}

fn line(ja: &str, en: &str, digits: &'static str) -> SafetyContact {
    SafetyContact::always(Words::new(ja, en), PhoneNumber::compiled_in(digits))
}
