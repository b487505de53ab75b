//! The store: 500 consultations with three messages each, enrolled by a ticket, without a network.

use std::sync::Arc;

use data_encoding::HEXLOWER;
use yorisoi_core::client::ConsentText;
use yorisoi_protocol::consent::{ConsentState, Purpose};
use yorisoi_protocol::question::{Service, Subject};

use crate::Failure;
use crate::phone::{Heard, Keys, open};

const CONSULTATIONS: usize = 500;
/// Each has a question and so many additions.
const ADDITIONS: usize = 2;
/// What is searched for stands in one of so many consultations.
const RARITY: usize = 25;
/// Stands in no other text.
pub(crate) const RARE: &str = "瑪瑙";
pub(crate) const QUESTION: &str = "夜中に三十八度の熱が出て、ミルクの飲みがいつもの半分くらいです。おしっこは出ています。\
                                   朝まで様子を見てもよいでしょうか。受診の目安と、家でできることを教えてください。";

/// The QR code of the sandbox's card 11500000000012HH, good from 2 August to 31 December 2021:
/// `yorisoi_sandbox::trust::ticket` of `EnrollmentCode::issue(37, 1)`.
const TICKET: &str = "YRS1:QRE2EAJSARCPQIVACKQFQMNGAFTDCMZSGA3DGBA2MHHRV4AFDJQQNNXQAYNGAZEOOADUSCCKAAAAAAAAACADUAABCFYKEAIYEUBACWCAIO3S5UNWEE64HFTWQOMBCC4377POTLSGK3F5BGRAB5CWLND7MQYDQXJJWS6A3SFCLT6ZRNSKOEPPMYPUXINIBGMCMOXATIUIP2Y76CI";

/// Fills an empty directory and prints the key.
pub(crate) fn run(directory: &str) -> Result<(), Failure> {
    let keys = Arc::new(Keys::default());
    let client = open(directory, Arc::clone(&keys), Arc::new(Heard::default()))?;
    // Nobody answers, so the ticket gives a provisional place, and what is asked waits.
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    runtime.block_on(client.enroll(TICKET))?;
    let text = ConsentText { id: "service-ja-1".into(), language: "ja".into(), text: "…".into() };
    client.decide_consent(Purpose::Service, ConsentState::Grant, &text)?;
    for number in 0..CONSULTATIONS {
        let word = if number % RARITY == 3 { RARE } else { "" };
        let id = client.ask(Service::Pediatrics, Subject::Parent, &format!("{number} {QUESTION}{word}"))?;
        for addition in 0..ADDITIONS {
            client.follow_up(id, &format!("{number}-{addition} {QUESTION}"))?;
        }
    }
    println!("{}", HEXLOWER.encode(&keys.key().ok_or("no key was saved")?));
    Ok(())
}
