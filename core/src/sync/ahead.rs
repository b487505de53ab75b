//! What is collected ahead of the requests that it is for, and how much goes into one of them.
//!
//! While a request is under way the next ones are read, opened and compressed. How large they are follows the line: where replies
//! come quickly, what each request costs by itself, a signature and a disk's turn, is shared by more operations; where they do not,
//! or a sync failed, a request is small enough to get through.

use std::collections::VecDeque;
use std::time::Duration;

use yorisoi_protocol::question::TEXT_MAX_CHARS;
use yorisoi_protocol::wire::{Cursor, Limits};

use super::LastSync;
use super::request_body::RequestBody;
use crate::store::{Collected, Outgoing, Store, StoreError};

/// Bytes of operations in one request to begin with, as many as a page has that comes down: far below the server's limit, and room
/// for one text of the greatest length, each character written as an escape of twelve bytes.
const BYTES: usize = Limits::V1.page_bytes;
const _: () = assert!(BYTES > TEXT_MAX_CHARS * 12 + 4096);
/// The most, which leaves a quarter of the server's limit for everything else.
const BYTES_MOST: usize = 3 * BYTES;
const _: () = assert!(BYTES_MOST <= Limits::V1.request_bytes / 4 * 3);
/// The same after a sync that failed on its way: a line that breaks now and then takes less with it.
const BYTES_WARY: usize = BYTES / 2;
/// The same after a sync that got nowhere: over a line that carries little before it breaks, or is very slow, each that arrives is one less.
const BYTES_CAREFUL: usize = BYTES / 8;
/// In this time the reply to a request comes that could have been larger.
const QUICK: Duration = Duration::from_secs(1);
/// After this time a request is taken to have been too large.
const SLOW: Duration = Duration::from_secs(4);
/// Bytes of operations in all requests that are written down ahead: the line and the server take longer for some, this phone for others,
/// and neither is to wait for the other because of that.
const AHEAD_MOST: usize = 4 * BYTES;

/// The requests to come.
pub(super) struct Ahead {
    /// How many bytes of operations a request may have.
    bytes: usize,
    /// The most of that.
    most: usize,
    /// The number of the last operation collected.
    last: u64,
    /// Whether others wait behind it.
    more: bool,
    /// The operations of further requests, with each its request but for its end.
    queue: VecDeque<(Vec<Outgoing>, RequestBody)>,
    /// Bytes of operations in the queue.
    queued: usize,
    /// The request with the operations that were given last, but for its end.
    body: Option<RequestBody>,
}

impl Ahead {
    /// Of a sync that has not begun, by how the one before went.
    pub(super) fn new(last: LastSync) -> Self {
        let (bytes, most) = match last {
            LastSync::WentWell => (BYTES, BYTES_MOST),
            LastSync::Failed => (BYTES_WARY, BYTES_WARY),
            LastSync::GotNowhere => (BYTES_CAREFUL, BYTES_CAREFUL),
        };
        let queue = VecDeque::new();
        Self { bytes, most, last: 0, more: false, queue, queued: 0, body: None }
    }

    /// Begins with what waits first, and where the device has read to by then.
    pub(super) fn anew(&mut self, store: &Store) -> Result<(Vec<Outgoing>, Option<Cursor>), StoreError> {
        self.queued = 0;
        self.queue.clear();
        let (collected, cursor) = store.collect_first(Limits::V1.operations, self.bytes)?;
        self.take_in(collected);
        Ok((self.next(), cursor))
    }

    /// Whether there is more to collect, and room for it.
    pub(super) fn has_room(&self) -> bool {
        self.more && self.queued + self.bytes <= AHEAD_MOST
    }

    /// Collects what waits behind what was collected, if anything does, and writes it down for a request.
    pub(super) fn further(&mut self, store: &Store) -> Result<(), StoreError> {
        if self.more {
            self.take_in(store.collect(self.last, Limits::V1.operations, self.bytes)?);
        }
        Ok(())
    }

    fn take_in(&mut self, Collected { operations, more }: Collected) {
        self.last = operations.last().map_or(self.last, |last| last.seq);
        self.more = more;
        let body = RequestBody::of(operations.iter().map(|outgoing| &outgoing.text));
        self.queued += bytes(&operations);
        self.queue.push_back((operations, body));
    }

    /// The same where nothing is collected yet.
    pub(super) fn at_least_one(&mut self, store: &Store) -> Result<(), StoreError> {
        if self.queue.is_empty() { self.further(store) } else { Ok(()) }
    }

    /// The operations of the next request.
    pub(super) fn next(&mut self) -> Vec<Outgoing> {
        let (operations, body) = self.queue.pop_front().unzip();
        self.body = body;
        let operations = operations.unwrap_or_default();
        self.queued -= bytes(&operations);
        operations
    }

    /// The request with these, but for its end; once.
    pub(super) fn body(&mut self) -> Option<RequestBody> {
        self.body.take()
    }

    /// How long it took until a reply came.
    pub(super) fn took(&mut self, time: Duration) {
        if time < QUICK {
            self.bytes = (self.bytes * 2).min(self.most);
        } else if time > SLOW {
            self.bytes = (self.bytes / 2).max(BYTES_CAREFUL);
        }
    }
}

fn bytes(operations: &[Outgoing]) -> usize {
    operations.iter().map(|outgoing| outgoing.text.as_str().len()).sum()
}
