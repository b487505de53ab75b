//! What is shown before anything else and never blocks anything: numbers to call, and published signs to call for help.

use yorisoi_protocol::red_flags::RedFlagList;
use yorisoi_protocol::safety::{ShownContact, shown};

use super::YorisoiClient;

impl YorisoiClient {
    /// Numbers to call, with no network and before enrolling, each with whether it answers now. 119 stands first, always,
    /// even where the database cannot be read.
    pub fn safety_contacts(&self) -> Vec<ShownContact> {
        let programme = self.own_programme();
        let pack = programme.as_ref().map(|programme| &programme.safety);
        shown(pack, self.now(), self.family_status().unwrap_or_default())
    }

    /// Published signs to call for help at once, word for word, with no network and before enrolling. They are to be read;
    /// nothing is concluded from them.
    pub fn red_flags(&self) -> Vec<RedFlagList> {
        self.own_programme().map_or_else(Vec::new, |programme| programme.red_flags.clone())
    }
}
