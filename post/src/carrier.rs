//! The interface to a store between the machines. The rest of the library knows only this trait, so other stores can
//! replace NATS.
//!
//! A carrier stores *parts* of large letters, and *heads*. The head makes a letter visible: it is published after all
//! parts have receipts. The carrier delivers the heads of one address one at a time, oldest first. It waits until a
//! head is acknowledged or refused, and delivers it again when nothing is heard from its receiver.

use core::time::Duration;

use crate::Status;
use crate::envelope::LetterChunk;

/// The size of a part of a large letter, where the carrier allows it.
pub(crate) const PART_BYTES: usize = 512 * 1024;

/// Why a carrier could not do it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum CarrierError {
    /// Not now: the store cannot be reached, or gave no receipt. It may have stored the letter all the same.
    Later,
    /// The store is full.
    Full,
    /// Never: too large, or not permitted.
    Never,
    /// It does not exist.
    Missing,
    /// The consumer of the bytes wants no more, for this reason.
    Ended(Status),
}

impl From<Status> for CarrierError {
    fn from(status: Status) -> CarrierError {
        CarrierError::Ended(status)
    }
}

/// Identifies a head.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct HeadName {
    /// The address.
    pub address: Vec<u8>,
    /// The sender's office.
    pub office: u64,
    /// The number of the head, per office and address.
    pub number: u64,
}

/// Identifies the parts of one attempt.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct PartsName {
    /// The head that the parts belong to.
    pub head: HeadName,
    /// Grows each time the parts are published anew after they were discarded.
    pub attempt: u32,
}

/// A head that arrived.
#[derive(Debug)]
pub struct Arrival {
    /// The address.
    pub address: Vec<u8>,
    /// The sender's office, according to the carrier.
    pub office: u64,
    /// The head.
    pub head: Vec<u8>,
    /// Tells the carrier which delivery this is.
    pub token: u64,
}

/// A store for letters. One thread publishes while another one fetches; others call `interrupt`.
pub trait Carrier: Send + Sync {
    /// The largest part or head, in bytes.
    fn largest(&self) -> usize;

    /// The capacity of the store in bytes, if known.
    fn capacity(&self) -> Option<u64>;

    /// Whether this process made the carrier: a child of `fork` has none of its threads.
    fn is_of_this_process(&self) -> bool {
        true
    }

    /// Whether the store can be reached, as far as is known.
    fn is_reachable(&self) -> bool {
        true
    }

    /// Stores the parts `from..count` and waits for receipts. Always returns how many parts, counted from 0, have
    /// one. A part that is already stored is not stored again. The bytes in transit are bounded.
    fn publish_parts(
        &self,
        name: &PartsName,
        from: u32,
        count: u32,
        part: &mut dyn FnMut(u32) -> Result<LetterChunk, Status>,
    ) -> (u32, Result<(), CarrierError>);

    /// Whether the first of these parts is still in the store, which may have lost parts since they got receipts.
    fn has_parts(&self, name: &PartsName) -> Result<bool, CarrierError>;

    /// Stores heads, each for another address, and waits for receipts. A head that is already stored is not stored
    /// again, within the carrier's window.
    fn publish_heads(&self, heads: &[(HeadName, Vec<u8>)]) -> Vec<Result<(), CarrierError>>;

    /// Discards parts that are no longer needed.
    fn discard(&self, name: &PartsName, count: u32);

    /// Starts or stops fetching the heads of this address.
    fn serve(&self, address: &[u8], serving: bool) -> Result<(), CarrierError>;

    /// The next head of a served address; waits for one up to the timeout.
    fn fetch(&self, wait: Duration) -> Option<Arrival>;

    /// The bytes of the parts, in order.
    fn fetch_parts(
        &self,
        name: &PartsName,
        count: u32,
        take: &mut dyn FnMut(&[u8]) -> Result<(), Status>,
    ) -> Result<(), CarrierError>;

    /// Acknowledges the head: it is not delivered again.
    fn acknowledge(&self, arrival: &Arrival);

    /// Has the head delivered again, to any office that serves the address.
    fn refuse(&self, arrival: &Arrival);

    /// Tells that the head is still being processed.
    fn extend(&self, arrival: &Arrival);

    /// Ends all waiting in this carrier, now and later.
    fn interrupt(&self);

    /// The time after which the head is delivered again, without `extend`.
    fn patience(&self) -> Duration;
}
