//! What is the same on all cards of a programme: its names and the sentences around them.

use yorisoi_protocol::{Programme, Words};

use super::TicketHost;

/// The texts of a printing. Apart from the programme's name and services nothing says what the card is for.
#[derive(Debug, Clone)]
pub struct Edition {
    /// The programme's id, as commands take it.
    pub programme: String,
    /// The municipality's name.
    pub name: Words,
    /// What the programme offers.
    pub services: Words,
    /// How to begin.
    pub start: Words,
    /// Until when the card can be used.
    pub deadline: Words,
    /// Above the code.
    pub code_label: Words,
    /// Above the code as it is read aloud.
    pub spoken_label: Words,
    /// Whom to ask.
    pub ask: Words,
    /// Where an address in a symbol leads.
    pub host: TicketHost,
}

impl Edition {
    /// The texts of this programme's cards.
    pub fn new(programme: &Programme, host: TicketHost) -> Self {
        let services: Vec<Words> = programme.services.iter().map(|service| service.words()).collect();
        let joined = |pick: fn(&Words) -> &str, between: &str| {
            services.iter().map(pick).collect::<Vec<_>>().join(between)
        };
        let deadline = programme.rules.redeem_until.map_or_else(
            || Words::new("登録期限は窓口でご確認ください", "Please ask by when to register"),
            |last| Words::new(format!("登録期限　{}", last.japanese()), format!("Register by {last}")),
        );
        Self {
            programme: programme.id.clone(),
            name: programme.name.clone(),
            services: Words::new(joined(|words| &words.ja, "・"), joined(|words| &words.en, ", ")),
            start: Words::new(
                "市区町村のアプリで、このQRコードを読み取ってください。読めないときは、下の16文字のコードを入力してください。",
                "Scan this QR code in your municipality's app. If that does not work, type the 16-symbol code below.",
            ),
            deadline,
            code_label: Words::new("コード（ご家庭専用）", "Code (for your household only)"),
            spoken_label: Words::new("声に出して伝えるとき", "To read aloud"),
            ask: programme.ask_about_cards.clone(),
            host,
        }
    }
}
