//! The types of links in C.

/// One end of a link between two processes of one host. One thread at a time uses it; the mailboxes that it gives are for any
/// thread. (POSIX has a function called `link`.)
pub struct drystone_link {
    _private: [u8; 0],
}

/// What another process may make this one have.
#[repr(C)]
pub struct link_limits {
    /// `sizeof(link_limits)`; a smaller one is INVALID_ARGUMENT.
    pub struct_size: usize,
    /// How many of its stones at a time; 0: 4096. Each takes a mapping, of which Linux gives a process 65 530.
    pub max_stones: usize,
    /// How many bytes of them, and how many in one letter; 0: 2^34.
    pub max_bytes: u64,
    /// As `wota_limits`' for its messages; 0: the default.
    pub max_depth: u32,
    /// As `wota_limits`' for its messages, in 64-bit words; 0: the default.
    pub max_words: u64,
}

/// How a link is to be.
#[repr(C)]
pub struct link_options {
    /// `sizeof(link_options)`; a smaller one is INVALID_ARGUMENT.
    pub struct_size: usize,
    /// For what the peer sends; NULL: the defaults.
    pub limits: *const link_limits,
    /// How many letters may wait in a proxy; 0: no bound.
    pub max_letters: usize,
    /// How many bytes they may keep alive, as `mailbox_options`' `max_bytes`; 0: no bound.
    pub max_queued_bytes: u64,
    /// Whether the peer may be another user's process.
    pub any_user: bool,
}

/// What has gone through a link, and what it holds.
#[repr(C)]
pub struct link_statistics_t {
    /// `sizeof(link_statistics_t)`, set by the caller.
    pub struct_size: usize,
    /// Letters that went to the socket, or wait for room in it.
    pub sent: u64,
    /// Letters of the peer's that came into mailboxes.
    pub received: u64,
    /// Letters that nobody takes, that no mailbox could ever hold, or that are none; and those that the peer would not
    /// have.
    pub refused: u64,
    /// Packets that the socket had no room for yet.
    pub waiting: u64,
    /// Our stones that the peer has.
    pub lent_stones: u64,
    /// Their bytes.
    pub lent_bytes: u64,
    /// The peer's stones that this process has.
    pub borrowed_stones: u64,
    /// Their bytes.
    pub borrowed_bytes: u64,
}
