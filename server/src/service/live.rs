//! Listening for news: where a stream stands now, and a receiver for what comes.

use tokio::sync::watch;
use yorisoi_protocol::ids::DeviceId;
use yorisoi_protocol::wire::{Cursor, Hint};

use super::authenticate::Signed;
use super::{Failure, Service};
use crate::hints::News;
use crate::storage::DeviceRecord;

/// A device that listens.
pub struct Listening {
    /// What it is told first.
    pub first: Hint,
    device: DeviceId,
    news: watch::Receiver<News>,
}

impl Service {
    /// Lets `device` listen.
    ///
    /// # Errors
    /// [`Failure`].
    pub fn listen(&self, signed: &Signed, device: &DeviceRecord) -> Result<Listening, Failure> {
        // Listening begins before the head is read: what grows in between is told twice rather than never.
        let news = self.hints.listen(device.member);
        let tx = self.begin()?;
        self.use_nonce(&*tx, signed, self.now())?;
        let head = tx.head(device.member)?;
        tx.commit()?;
        let cursor = Cursor { epoch: self.epoch, position: head.position };
        Ok(Listening { first: Hint { cursor }, device: device.id, news })
    }
}

impl Listening {
    /// Waits for the next hint; none once no more can come. Growth by the device's own operations is no news to it.
    pub async fn next(&mut self) -> Option<Hint> {
        loop {
            self.news.changed().await.ok()?;
            let news = *self.news.borrow_and_update();
            if news.origin != Some(self.device) {
                let epoch = self.first.cursor.epoch;
                let position = news.position;
                return Some(Hint { cursor: Cursor { epoch, position } });
            }
        }
    }
}
