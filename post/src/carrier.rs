//! What carries letters: a store between the machines. The rest of the library knows only this table, so that other engines
//! can take NATS's place.
//!
//! A carrier stores *parts* of large letters, and *heads*. A head is what makes a letter visible: it is published after all
//! parts have receipts. It hands out heads of one address one at a time, the oldest first, until it is acknowledged or
//! refused, or until the one who had it is not heard of any more: then it hands it out again.

use core::time::Duration;

use crate::Status;
use crate::envelope::Chunk;

/// One part of a large letter has as many bytes, where the carrier allows it.
pub(crate) const PART_BYTES: usize = 512 * 1024;

/// Why a carrier did not do it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Fault {
    /// Not now: it is not reached, or there was no receipt. It may be stored all the same.
    Later,
    /// The store is full.
    Full,
    /// Never: too large, or forbidden.
    Never,
    /// What was asked for is not there.
    Missing,
    /// Whoever takes the bytes does not want more of them, for this reason.
    Ended(Status),
}

impl From<Status> for Fault {
    fn from(status: Status) -> Fault {
        Fault::Ended(status)
    }
}

/// Whose head of a letter.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct HeadName {
    /// What it is posted to.
    pub address: Vec<u8>,
    /// The sender's office.
    pub office: u64,
    /// Which of the office to the address.
    pub number: u64,
}

/// Whose parts, and of which attempt.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct PartsName {
    /// The head's.
    pub head: HeadName,
    /// Grows each time the parts are published anew after having been discarded.
    pub attempt: u32,
}

/// A head that came.
#[derive(Debug)]
pub struct Arrival {
    /// What it is posted to.
    pub address: Vec<u8>,
    /// The sender's office, as the carrier says.
    pub office: u64,
    /// The head.
    pub head: Vec<u8>,
    /// For the carrier: which delivery of it.
    pub token: u64,
}

/// The table. One thread publishes and another one fetches, at the same time; others call `interrupt`.
pub trait Carrier: Send + Sync {
    /// How many bytes one part or head may have.
    fn largest(&self) -> usize;

    /// How many bytes the store has in all, when that is known.
    fn capacity(&self) -> Option<u64>;

    /// Stores parts `from..count` and waits for receipts. In any case, how many parts from 0 on have one. A part that is
    /// stored already is stored no second time. What is in the carrier's hands at a time is bounded.
    fn publish_parts(
        &self,
        name: &PartsName,
        from: u32,
        count: u32,
        part: &mut dyn FnMut(u32) -> Result<Chunk, Status>,
    ) -> (u32, Result<(), Fault>);

    /// Stores heads for as many different addresses, and waits for receipts. One that is stored already, in the carrier's
    /// window, is stored no second time.
    fn publish_heads(&self, heads: &[(HeadName, Vec<u8>)]) -> Vec<Result<(), Fault>>;

    /// Parts that nobody needs any more.
    fn discard(&self, name: &PartsName, count: u32);

    /// Whether heads of this address are fetched from now on.
    fn serve(&self, address: &[u8], serving: bool) -> Result<(), Fault>;

    /// The next head of an address that is served; waits for one as long as said.
    fn fetch(&self, wait: Duration) -> Option<Arrival>;

    /// The bytes of the parts, in order.
    fn fetch_parts(
        &self,
        name: &PartsName,
        count: u32,
        take: &mut dyn FnMut(&[u8]) -> Result<(), Status>,
    ) -> Result<(), Fault>;

    /// The head is done with, and is not handed out again.
    fn acknowledge(&self, arrival: &Arrival);

    /// The head is handed out again, to whoever serves the address.
    fn refuse(&self, arrival: &Arrival);

    /// The head is being worked at.
    fn extend(&self, arrival: &Arrival);

    /// What waits now, and from now on, waits no longer.
    fn interrupt(&self);

    /// How long it takes, without `extend`, before the head is handed out again.
    fn patience(&self) -> Duration;
}
