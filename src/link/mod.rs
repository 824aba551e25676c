//! Links: letters between mailboxes of two processes on one host, over a connected socket. Stones go as sealed memory files,
//! which the peer maps; nothing large is copied, and neither side can change what the other reads.
//!
//! There is no hidden thread: [`Link::turn`] does what there is to be done. `packet` says what goes over the socket, `send` and
//! `receive` do it, `stones` knows which stones both sides have, and what the peer may be trusted with is nothing: whatever
//! it sends is checked, counted against limits, and ends the link when it breaks a rule.

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

/// What a peer may make this process have.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limits {
    /// How many of its stones at a time; each takes a mapping, of which Linux gives a process 65 530.
    pub max_stones: usize,
    /// How many bytes of them, and how many in one letter.
    pub max_bytes: u64,
    /// What its messages may be like.
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

/// How a link is to be.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Options {
    /// For what the peer sends.
    pub limits: Limits,
    /// How many letters may wait in a proxy; 0 for no bound.
    pub max_letters: usize,
    /// How many bytes they may keep alive; 0 for no bound.
    pub max_queued_bytes: u64,
    /// Whether the peer may be another user's process.
    pub any_user: bool,
}

/// What has gone through a link, and what it holds.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Statistics {
    /// Letters that went to the socket, or wait for room in it.
    pub sent: u64,
    /// Letters that came into mailboxes.
    pub received: u64,
    /// Letters that nobody takes, that no mailbox could ever hold, or that are none; and those that the peer would not have.
    pub refused: u64,
    /// Packets that the socket had no room for yet.
    pub waiting: u64,
    /// Our stones that the peer has.
    pub lent_stones: u64,
    /// Their bytes.
    pub lent_bytes: u64,
    /// The peer's stones that we have.
    pub borrowed_stones: u64,
    /// Their bytes.
    pub borrowed_bytes: u64,
}
