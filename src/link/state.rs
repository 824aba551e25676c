//! The state of a link: its socket and mailboxes, the packets to be sent, and the received one.

use std::collections::{HashMap, VecDeque};
use std::os::fd::{AsRawFd, OwnedFd};
use std::sync::atomic::AtomicBool;

use super::packet::{ANNOUNCE, STONE_WORDS, head, put};
use super::socket::{MOST_DESCRIPTORS, Socket, Wanted, Watch};
use super::stones::{BorrowedStones, Lent};
use super::{Limits, Options};
use crate::allocation::Grow;
use crate::blob::Blob;
use crate::mailbox::Mailbox;
use crate::status::Status;

/// A larger body goes in a file of its own.
pub(super) const MOST_INLINE: usize = 72 * 1024;
/// The size of the largest packet in bytes.
pub(super) const LARGEST_PACKET: usize = MOST_INLINE + (MOST_DESCRIPTORS * STONE_WORDS + 8) * 8;

/// One end of a link. One thread at a time may use it; any thread may use its mailboxes.
pub struct Link {
    pub(super) socket: Socket,
    pub(super) watch: Watch,
    pub(super) wanted: Wanted,
    pub(super) generation: u32,
    pub(super) ended: bool,
    pub(super) options: Options,
    /// The peer's limits, once it has told them.
    pub(super) peer: Option<Limits>,
    pub(super) lent: Lent,
    pub(super) borrowed: BorrowedStones,
    pub(super) proxies: Vec<Proxy>,
    pub(super) served: HashMap<Vec<u8>, Mailbox>,
    pub(super) outgoing: VecDeque<Packet>,
    /// A buffer for the next packet.
    pub(super) spare: Vec<u8>,
    /// The body of a letter that is being written.
    pub(super) body: Vec<u8>,
    /// The most bytes of a body in a packet.
    pub(super) most_inline: usize,
    /// The kernel refuses descriptors for now.
    pub(super) crowded: bool,
    /// The process has fewer free descriptors than the next packet brings.
    pub(super) short: bool,
    /// The peer no longer reads.
    pub(super) gone: bool,
    pub(super) incoming: Incoming,
    /// A letter whose mailbox is full.
    pub(super) pending: Option<(Mailbox, Blob)>,
    /// Names of which the peer must be told that they are not served.
    pub(super) refused_names: Vec<Vec<u8>>,
    pub(super) sent: u64,
    pub(super) received: u64,
    pub(super) refused: u64,
    pub(super) turns: usize,
    /// Something was sent or came in since the last sleep.
    pub(super) answer_expected: bool,
    /// A packet came alone: the caller may answer it, and another packet is not expected before the answer.
    pub(super) answer_first: bool,
    /// The last turn sent such an answer.
    pub(super) answered: bool,
    /// The descriptors of the proxies are not kept up to date: no turn waits, and nobody else has the link's descriptor.
    pub(super) quiet: bool,
    /// The caller has the link's descriptor.
    pub(super) observed: AtomicBool,
}

impl Link {
    /// Queues a packet of a few words.
    pub(super) fn tell(&mut self, kind: u64, words: &[u64]) -> Result<(), Status> {
        Packet::control(&mut self.outgoing, kind, words)
    }
}

/// What a packet carries.
pub(super) enum Carried {
    /// A stone in a file, which stays open as long as the stone lives.
    Stone(Blob),
    File(OwnedFd),
}

impl Carried {
    pub(super) fn descriptor(&self) -> i32 {
        match self {
            Carried::Stone(stone) => stone.file().map_or(-1, |(descriptor, _)| descriptor),
            Carried::File(file) => file.as_raw_fd(),
        }
    }
}

pub(super) struct Packet {
    pub(super) bytes: Vec<u8>,
    pub(super) carried: Vec<Carried>,
}

impl Packet {
    /// The packet before one with descriptors. `NoMemory`.
    pub(super) fn announcement() -> Result<Packet, Status> {
        let mut bytes = Vec::new();
        put(&mut bytes, head(ANNOUNCE))?;
        Ok(Packet { bytes, carried: Vec::new() })
    }

    /// Queues a packet of a few words. `NoMemory`.
    pub(super) fn control(queue: &mut VecDeque<Packet>, kind: u64, words: &[u64]) -> Result<(), Status> {
        queue.try_reserve(1)?;
        let mut bytes = Vec::new();
        put(&mut bytes, head(kind))?;
        words.iter().try_for_each(|word| put(&mut bytes, *word))?;
        queue.push_back(Packet { bytes, carried: Vec::new() });
        Ok(())
    }
}

/// The proxy of a mailbox of the peer.
pub(super) struct Proxy {
    pub(super) name: Vec<u8>,
    pub(super) mailbox: Mailbox,
    pub(super) descriptor: i32,
    /// A letter that could not be sent, and when to try again: when the peer has returned more stones than this.
    pub(super) held: Option<(Blob, u64)>,
    pub(super) watched: bool,
}

impl Proxy {
    pub(super) fn new(name: Vec<u8>, mailbox: Mailbox, descriptor: i32) -> Self {
        Proxy { name, mailbox, descriptor, held: None, watched: true }
    }

    /// Closes the proxy; a letter that was taken out but not sent becomes the first one in it again.
    pub(super) fn end(mut self, watch: &Watch) {
        if let Some((letter, _)) = self.held.take() {
            // A full proxy refuses it; then it is lost, like letters in transit.
            drop(self.mailbox.post_urgent(letter));
        }
        self.mailbox.close();
        if self.watched {
            watch.remove(self.descriptor);
        }
    }
}

/// A received packet that is not processed completely.
pub(super) struct Incoming {
    pub(super) buffer: Vec<u8>,
    /// The packet's length in bytes; 0: no packet.
    pub(super) length: usize,
    pub(super) descriptors: Vec<OwnedFd>,
    /// The next packet has descriptors.
    pub(super) announced: bool,
    /// How many of its stones have been taken.
    pub(super) taken_up: usize,
}

impl Incoming {
    pub(super) fn new() -> Result<Self, Status> {
        let mut buffer = Vec::new();
        buffer.try_reserve_exact(LARGEST_PACKET)?;
        (0..LARGEST_PACKET).for_each(|_| buffer.push_in_room(0));
        let mut descriptors = Vec::new();
        descriptors.try_reserve_exact(MOST_DESCRIPTORS)?;
        Ok(Incoming { buffer, length: 0, descriptors, announced: false, taken_up: 0 })
    }

    pub(super) fn clear(&mut self) {
        self.length = 0;
        self.taken_up = 0;
        self.descriptors.clear();
    }
}

/// The copy of a name.
pub(super) fn copied(name: &[u8]) -> Result<Vec<u8>, Status> {
    let mut copy = Vec::new();
    copy.try_append(name)?;
    Ok(copy)
}
