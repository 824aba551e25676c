//! The types of links in C.

/// One end of a link between two processes of one host. One thread at a time may use it; its mailboxes may be used by
/// any thread. (The name avoids POSIX's function `link`.)
pub struct drystone_link {
    _private: [u8; 0],
}

/// Limits on what the peer may make this process hold.
#[repr(C)]
pub struct link_limits {
    /// `sizeof(link_limits)`; a smaller one is INVALID_ARGUMENT.
    pub struct_size: usize,
    /// The most stones of the peer that may be mapped at a time; 0: 4096. Linux allows a process 65 530 mappings.
    pub max_stones: usize,
    /// The most bytes that these stones may have together, and the most that one letter may have; 0: 2^34.
    pub max_bytes: u64,
    /// `max_depth` of `wota_limits` for its messages; 0: the default.
    pub max_depth: u32,
    /// `max_words` of `wota_limits` for its messages, in 64-bit words; 0: the default.
    pub max_words: u64,
}

/// Options of a new link.
#[repr(C)]
pub struct link_options {
    /// `sizeof(link_options)`; a smaller one is INVALID_ARGUMENT.
    pub struct_size: usize,
    /// Limits on what the peer sends; NULL: the defaults.
    pub limits: *const link_limits,
    /// The most letters that may wait in a proxy; 0: no bound.
    pub max_letters: usize,
    /// The most bytes that they may keep alive, as `max_bytes` of `mailbox_options`; 0: no bound.
    pub max_queued_bytes: u64,
    /// Whether the peer may be a process of another user.
    pub any_user: bool,
}
