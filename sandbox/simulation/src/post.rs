//! What the network does with requests and replies.

use std::sync::Arc;

use yorisoi_core::transport::{Response, TransportError};

use crate::Broken;
use crate::network::{Sent, Slot};
use crate::toll::Trouble;
use crate::world::{Event, Fate, World};

impl World {
    /// Takes up what phones have sent.
    pub(crate) fn carry(&mut self) {
        for sent in self.network.sent() {
            self.note(sent.request.body.len() as u64);
            let (there, back) = (self.millis(0, 2) / 8, self.millis(0, 2) / 8);
            let roll = if self.troubled { self.chance.below(100) } else { 100 };
            let other = |status, media: &str, body: &str| Response {
                status,
                media_type: Some(media.to_owned()),
                retry_after: None,
                body: body.as_bytes().to_vec(),
            };
            let (phone, slot) = (sent.phone, Arc::clone(&sent.slot));
            let (trouble, came) = match roll {
                0..8 => (Trouble::RequestLost, Err(TransportError::TimedOut)),
                8..11 => (Trouble::CaptivePortal, Ok(other(200, "text/html", "<html>Wi-Fi</html>"))),
                11..13 => (Trouble::EmptyReply, Ok(other(200, "application/json", ""))),
                13..15 => (Trouble::EmptyReply, Ok(other(502, "text/html", "<html>502</html>"))),
                _ => {
                    self.send_on(sent, roll, there);
                    continue;
                }
            };
            self.toll.count(trouble);
            let late = if came.is_err() { self.millis(5, 25) } else { there + back };
            self.schedule(late, Event::Reply(phone, slot, came));
        }
    }

    /// Lets a request arrive, and says what will become of its reply.
    fn send_on(&mut self, sent: Sent, roll: usize, there: i64) {
        let fate = match roll {
            15..25 => Fate::Lost,
            25..31 => Fate::Cut,
            31..37 => Fate::Replayed,
            _ => Fate::Arrives,
        };
        if (37..45).contains(&roll) {
            self.toll.count(Trouble::RequestTwice);
            let copy = Sent { phone: sent.phone, request: sent.request.clone(), slot: Slot::default() };
            let late = there + self.millis(0, 15);
            self.schedule(late, Event::Arrive(copy, Fate::Nobody));
        }
        self.schedule(there, Event::Arrive(sent, fate));
    }

    pub(crate) async fn arrive(&mut self, sent: Sent, fate: Fate) -> Result<(), Broken> {
        let before = self.server.watch.position();
        let mut came = self.server.answer(&sent.request).await?;
        let after = self.server.watch.position();
        if self.strikes(40) {
            let at = before + self.chance.below(after - before + 1);
            self.server_off(at)?;
            came = Err(TransportError::Interrupted);
        }
        if fate == Fate::Nobody {
            return Ok(());
        }
        let last = self.last_replies.get_mut(sent.phone);
        let old = last.and_then(|last| match &came {
            Ok(reply) => last.replace(reply.clone()),
            Err(_) => last.clone(),
        });
        let came = match (fate, came, old) {
            (Fate::Lost, _, _) => {
                self.toll.count(Trouble::ReplyLost);
                Err(TransportError::Interrupted)
            }
            (Fate::Cut, Ok(mut reply), _) => {
                self.toll.count(Trouble::ReplyCut);
                reply.body.truncate(self.chance.below(reply.body.len()));
                Ok(reply)
            }
            (Fate::Replayed, Ok(_), Some(old)) => {
                self.toll.count(Trouble::ReplyReplayed);
                Ok(old)
            }
            (_, came, _) => came,
        };
        let back = self.millis(0, 2) / 8;
        self.schedule(back, Event::Reply(sent.phone, sent.slot, came));
        Ok(())
    }
}
