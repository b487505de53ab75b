//! Who listens for news of which member, within this process.
//!
//! A hint says that a stream has come further; losing one loses nothing, because the next sync finds out anyway. Several
//! server processes would pass hints on between them; that seam is [`Hints::grew`].

use std::collections::HashMap;
use std::sync::{Mutex, MutexGuard, PoisonError};

use tokio::sync::watch;
use yorisoi_protocol::ids::{DeviceId, MemberId};

/// The listeners.
#[derive(Default)]
pub struct Hints {
    members: Mutex<HashMap<MemberId, watch::Sender<News>>>,
}

/// The last growth of a stream.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct News {
    /// The stream's last position; 0 before the first growth since somebody listens.
    pub position: u64,
    /// The device whose operations made it grow: it knows already.
    pub origin: Option<DeviceId>,
}

impl Hints {
    /// Listens for news of a member.
    pub fn listen(&self, member: MemberId) -> watch::Receiver<News> {
        let mut members = self.lock();
        // Nobody tells when a listener goes away; looking when one comes keeps the map as small as the crowd.
        members.retain(|_, sender| sender.receiver_count() > 0);
        members.entry(member).or_default().subscribe()
    }

    /// Tells the listeners that a stream grew. Call it after the commit.
    pub fn grew(&self, member: MemberId, news: News) {
        if let Some(sender) = self.lock().get(&member) {
            sender.send_replace(news);
        }
    }

    fn lock(&self) -> MutexGuard<'_, HashMap<MemberId, watch::Sender<News>>> {
        self.members.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_listeners_of_the_member_hear_and_none_is_kept_who_left() {
        let hints = Hints::default();
        let (one, two) = (MemberId::from_bytes([1; 16]), MemberId::from_bytes([2; 16]));
        let news = News { position: 3, origin: None };
        let (first, other) = (hints.listen(one), hints.listen(two));
        hints.grew(one, news);
        assert_eq!(*first.borrow(), news);
        assert_eq!(*other.borrow(), News::default());
        drop((first, other));
        let _third = hints.listen(MemberId::from_bytes([3; 16]));
        assert_eq!(hints.lock().len(), 1);
    }
}
