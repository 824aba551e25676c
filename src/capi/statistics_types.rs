//! Structs of statistics: those of Rust after a `struct_size`. Written by `cargo xtask header` from them.

/// A struct of C: its size, then the fields of a struct of Rust.
///
/// # Safety
/// The layout is that of C, and the first field is the size.
pub unsafe trait WithSize {
    /// The struct of Rust.
    type Fields;

    /// The same fields, with a size.
    fn new(struct_size: usize, found: Self::Fields) -> Self;
}

/// The statistics of an arena: numbers of bytes, and counts.
#[repr(C)]
pub struct arena_stats_t {
    /// `sizeof(arena_stats_t)`, set by the caller.
    pub struct_size: usize,
    /// Bytes in use, padding included.
    pub used: usize,
    /// The largest number of bytes ever in use.
    pub peak: usize,
    /// The bytes of all chunks, spare ones included.
    pub footprint: usize,
    /// The number of chunks in use.
    pub chunks: usize,
    /// The bytes of spare chunks, which wait to be used again.
    pub spare: usize,
    /// The bytes at the ends of chunks in use, where the next block did not fit.
    pub abandoned: usize,
    /// The number of chunks in use that are larger than `max_chunk`.
    pub large: usize,
    /// The number of open scopes.
    pub depth: usize,
    /// The number of failed requests.
    pub failures: usize,
}

// SAFETY: `repr(C)`, and the size is first.
unsafe impl WithSize for arena_stats_t {
    type Fields = crate::arena::Statistics;

    fn new(struct_size: usize, found: Self::Fields) -> Self {
        Self {
            struct_size,
            used: found.used,
            peak: found.peak,
            footprint: found.footprint,
            chunks: found.chunks,
            spare: found.spare,
            abandoned: found.abandoned,
            large: found.large,
            depth: found.depth,
            failures: found.failures,
        }
    }
}

/// What has passed through a link, and what it holds.
#[repr(C)]
pub struct link_statistics_t {
    /// `sizeof(link_statistics_t)`, set by the caller.
    pub struct_size: usize,
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

// SAFETY: `repr(C)`, and the size is first.
unsafe impl WithSize for link_statistics_t {
    type Fields = crate::link::Statistics;

    fn new(struct_size: usize, found: Self::Fields) -> Self {
        Self {
            struct_size,
            sent: found.sent,
            received: found.received,
            refused: found.refused,
            waiting: found.waiting,
            lent_stones: found.lent_stones,
            lent_bytes: found.lent_bytes,
            borrowed_stones: found.borrowed_stones,
            borrowed_bytes: found.borrowed_bytes,
        }
    }
}

/// What has passed through a mailbox since it was made, and what is in it.
#[repr(C)]
pub struct mailbox_statistics_t {
    /// `sizeof(mailbox_statistics_t)`, set by the caller.
    pub struct_size: usize,
    /// Letters that were posted.
    pub posted: u64,
    /// Letters that were taken.
    pub taken: u64,
    /// Posts that were refused: full, closed, out of memory.
    pub refused: u64,
    /// Letters that `mailbox_sweep` destroyed.
    pub swept: u64,
    /// Letters that are queued now.
    pub letters: u64,
    /// The bytes that these keep alive, as `max_bytes` counts them.
    pub bytes: u64,
    /// The most letters that were ever queued.
    pub peak_letters: u64,
    /// The most bytes that were ever kept alive.
    pub peak_bytes: u64,
}

// SAFETY: `repr(C)`, and the size is first.
unsafe impl WithSize for mailbox_statistics_t {
    type Fields = crate::mailbox::Statistics;

    fn new(struct_size: usize, found: Self::Fields) -> Self {
        Self {
            struct_size,
            posted: found.posted,
            taken: found.taken,
            refused: found.refused,
            swept: found.swept,
            letters: found.letters,
            bytes: found.bytes,
            peak_letters: found.peak_letters,
            peak_bytes: found.peak_bytes,
        }
    }
}
