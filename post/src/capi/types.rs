//! The types of the C interface.

use core::ffi::c_char;

/// libdrystone's; see `drystone.h`.
pub struct mailbox {
    _private: [u8; 0],
}

/// libdrystone's; see `drystone.h`.
pub type drystone_status = i32;

/// Carries letters: a store between the machines. An office takes ownership of it.
pub struct post_carrier {
    _private: [u8; 0],
}

/// Carries letters from proxies to the store, and from the store to mailboxes. Any thread may call its functions.
pub struct post_office {
    _private: [u8; 0],
}

/// How to reach NATS JetStream. Texts are zero-terminated and are copied; NULL means the default, or none.
#[repr(C)]
pub struct nats_carrier_options {
    /// `sizeof(nats_carrier_options)`; a smaller one is INVALID_ARGUMENT.
    pub struct_size: usize,
    /// The servers: `host`, `host:port`, `nats://host:port` or `tls://host:port`, separated by commas. NULL:
    /// `localhost:4222`.
    pub servers: *const c_char,
    /// The user's name; needs `password`.
    pub user: *const c_char,
    /// The user's password; needs `user`.
    pub password: *const c_char,
    /// A token instead of a user and a password.
    pub token: *const c_char,
    /// A file of certificates (PEM) that may have signed the server's, in addition to the system's.
    pub tls_authority: *const c_char,
    /// A file with the client's certificate (PEM), for servers that ask for one; needs `tls_key`.
    pub tls_certificate: *const c_char,
    /// The file with the key of `tls_certificate`.
    pub tls_key: *const c_char,
    /// Refuse connections without TLS.
    pub tls_required: bool,
    /// The stream's name. NULL: `DRYSTONE`.
    pub stream: *const c_char,
    /// The prefix of its subjects: one or more words separated by dots. NULL: `drystone`.
    pub prefix: *const c_char,
    /// How many bytes the stream may have if this call makes it; 0: 2^30. An existing stream does not change.
    pub max_bytes: u64,
    /// On how many servers of a cluster the stream is kept if this call makes it, 1 to 5; 0: 1.
    pub replicas: u32,
    /// For how many milliseconds the server recognises what it has already stored, if this call makes the stream; 0:
    /// 120 000.
    pub duplicate_window_ms: u64,
    /// After how many milliseconds without an answer from its receiver a letter is delivered again; 0: 10 000.
    pub acknowledge_ms: u64,
    /// How many milliseconds the first connection may take; 0: 5 000. A server that refuses the connection, for example
    /// because it has not started yet, is not waited for.
    pub connect_ms: u64,
}

/// Limits for letters that arrive.
#[repr(C)]
pub struct post_limits {
    /// `sizeof(post_limits)`; a smaller one is INVALID_ARGUMENT.
    pub struct_size: usize,
    /// How many bytes a letter may have; 0: 2^31.
    pub max_letter_bytes: u64,
    /// How many parts (stones and messages) a letter may have; 0: 65 536.
    pub max_parts: usize,
    /// As in `wota_limits`, for its messages; 0: the default.
    pub max_depth: u32,
    /// As in `wota_limits`, in 64-bit words, for all its messages together; 0: the default.
    pub max_words: u64,
}

/// Options of an office.
#[repr(C)]
pub struct post_options {
    /// `sizeof(post_options)`; a smaller one is INVALID_ARGUMENT.
    pub struct_size: usize,
    /// Gets the letters that have no receipt when the office closes or after `give_up_ms`, and those that can never
    /// have one. The office takes a count. *Live*, or NULL: such letters are destroyed and counted.
    pub returned: *mut mailbox,
    /// How many letters may wait in a proxy; 0: 10 000.
    pub max_letters: usize,
    /// How many bytes these letters may keep alive, as `max_bytes` of `mailbox_options`; 0: 2^31.
    pub max_queued_bytes: u64,
    /// For how many milliseconds a letter is offered before it is returned; 0: without end.
    pub give_up_ms: u64,
    /// Limits for letters that arrive; NULL: the defaults.
    pub limits: *const post_limits,
}

/// Counts of letters.
#[repr(C)]
pub struct post_counts {
    /// `sizeof(post_counts)`, set by the caller.
    pub struct_size: usize,
    /// Letters with a receipt: the store has them.
    pub sent: u64,
    /// Letters that came into mailboxes.
    pub received: u64,
    /// Heads (each for one large letter or many small ones) that were delivered again after all their letters had
    /// been posted.
    pub duplicates: u64,
    /// Letters and heads that broke a rule. They are not delivered again.
    pub malformed: u64,
    /// Letters beyond the limits, or that their mailbox could never hold. They are not delivered again.
    pub refused: u64,
    /// Letters that went to the mailbox `returned`.
    pub returned: u64,
    /// Letters that should have been returned, but that no mailbox took.
    pub lost: u64,
    /// How often letters were offered again.
    pub offered_again: u64,
    /// How often the store was full.
    pub full: u64,
    /// Letters without a receipt: in proxies, or in transit.
    pub waiting: u64,
}
