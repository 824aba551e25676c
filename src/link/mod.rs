//! Links: letters between mailboxes of two processes on one host, over a connected socket. Stones travel as sealed
//! memory files, which the peer maps: nothing large is copied, and neither side can change what the other reads.
//!
//! There is no hidden thread: [`Link::turn`] does all work. `packet` defines the packets, `send` and `receive`
//! exchange them, `stones` records which stones both sides have. The peer is not trusted: everything it sends is
//! checked and counted against limits, and ends the link when it breaks a rule.

#[cfg(all(target_os = "linux", not(loom)))]
mod engine;
#[cfg(not(all(target_os = "linux", not(loom))))]
mod none;
#[cfg(all(target_os = "linux", not(loom)))]
mod packet;
#[cfg(all(target_os = "linux", not(loom)))]
mod receive;
#[cfg(all(target_os = "linux", not(loom)))]
mod send;
#[cfg(all(target_os = "linux", not(loom)))]
mod socket;
#[cfg(all(target_os = "linux", not(loom)))]
mod state;
#[cfg(all(target_os = "linux", not(loom)))]
mod stones;

#[cfg(not(all(target_os = "linux", not(loom))))]
pub use none::Link;
#[cfg(all(target_os = "linux", not(loom)))]
pub use state::Link;

/// What a peer may make this process hold.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limits {
    /// The most stones of the peer at a time; each takes one of the 65 530 mappings that Linux allows a process.
    pub max_stones: usize,
    /// The most bytes of these stones, and of one letter.
    pub max_bytes: u64,
    /// Limits for its messages.
    pub message: crate::value::Limits,
}

impl Limits {
    /// 4096 stones, 16 GiB.
    pub const DEFAULT: Limits =
        Limits { max_stones: 4096, max_bytes: 1 << 34, message: crate::value::Limits::DEFAULT };
}

impl Default for Limits {
    fn default() -> Self {
        Self::DEFAULT
    }
}

/// Options of a link.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Options {
    /// For what the peer sends.
    pub limits: Limits,
    /// How many letters may wait in a proxy; 0 for no bound.
    pub max_letters: usize,
    /// How many bytes these letters may keep alive; 0 for no bound.
    pub max_queued_bytes: u64,
    /// Whether the peer may be another user's process.
    pub any_user: bool,
}

/// What has passed through a link, and what it holds.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Statistics {
    /// Letters that were written to the socket, or wait for room in it.
    pub sent: u64,
    /// Letters from the peer that were delivered to mailboxes.
    pub received: u64,
    /// Letters for a name that is not served, letters that are too large for their mailbox or invalid, and letters that
    /// the peer refused.
    pub refused: u64,
    /// Packets that wait for room in the socket.
    pub waiting: u64,
    /// This process's stones that the peer has.
    pub lent_stones: u64,
    /// Their bytes.
    pub lent_bytes: u64,
    /// The peer's stones that this process has.
    pub borrowed_stones: u64,
    /// Their bytes.
    pub borrowed_bytes: u64,
}
