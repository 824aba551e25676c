//! The types of the C interface.

use core::ffi::c_char;

/// libdrystone's; see `drystone.h`.
pub struct mailbox {
    _private: [u8; 0],
}

/// libdrystone's; see `drystone.h`.
pub type drystone_status = i32;

/// What carries letters: a store between the machines. An office takes it over.
pub struct post_carrier {
    _private: [u8; 0],
}

/// Takes letters from proxies to the store, and from the store to mailboxes. Any thread makes calls with it.
pub struct post_office {
    _private: [u8; 0],
}

/// How to reach NATS JetStream, and what is used of it. Texts end with a NUL and are copied; NULL where nothing is said.
#[repr(C)]
pub struct nats_carrier_options {
    /// `sizeof(nats_carrier_options)`; a smaller one is INVALID_ARGUMENT.
    pub struct_size: usize,
    /// Where servers are: `host`, `host:port`, `nats://host:port`, `tls://host:port`; several with commas between.
    /// NULL: `localhost:4222`.
    pub servers: *const c_char,
    /// Who is there; with `password`.
    pub user: *const c_char,
    /// With `user`.
    pub password: *const c_char,
    /// Instead of a user and a password.
    pub token: *const c_char,
    /// A file of certificates (PEM) by which the server's is checked, besides the system's.
    pub tls_authority: *const c_char,
    /// A file with the own certificate (PEM), for servers that ask for one; with `tls_key`.
    pub tls_certificate: *const c_char,
    /// The file of its key.
    pub tls_key: *const c_char,
    /// Never without TLS, whatever the server says.
    pub tls_required: bool,
    /// The stream's name. NULL: `DRYSTONE`.
    pub stream: *const c_char,
    /// What its subjects begin with: one or more words with dots between. NULL: `drystone`.
    pub prefix: *const c_char,
    /// How many bytes the stream may have when it is made here; 0: 2^30. One that is there stays as it is.
    pub max_bytes: u64,
    /// On how many servers of a cluster it is kept, 1 to 5, when it is made here; 0: 1.
    pub replicas: u32,
    /// For how long the server knows what it has stored, in milliseconds, when the stream is made here; 0: 120 000.
    pub duplicate_window_ms: u64,
    /// After how many milliseconds without a word of a receiver a letter is handed out again; 0: 10 000.
    pub acknowledge_ms: u64,
    /// How many milliseconds the first connection may take; 0: 5 000.
    pub connect_ms: u64,
}

/// What may come in.
#[repr(C)]
pub struct post_limits {
    /// `sizeof(post_limits)`; a smaller one is INVALID_ARGUMENT.
    pub struct_size: usize,
    /// How many bytes a letter may have; 0: 2^31.
    pub max_letter_bytes: u64,
    /// Of how many parts, stones and messages, it may consist; 0: 65 536.
    pub max_parts: usize,
    /// As `wota_limits`', for its messages; 0: the default.
    pub max_depth: u32,
    /// As `wota_limits`', for all its messages together, in 64-bit words; 0: the default.
    pub max_words: u64,
}

/// How an office is to be.
#[repr(C)]
pub struct post_options {
    /// `sizeof(post_options)`; a smaller one is INVALID_ARGUMENT.
    pub struct_size: usize,
    /// Where letters go that have no receipt when the office is closed, or after `give_up_ms`, or that can have none. The
    /// office takes a count. *Live*, or NULL: such letters are destroyed, and counted.
    pub returned: *mut mailbox,
    /// How many letters may wait in a proxy; 0: 10 000.
    pub max_letters: usize,
    /// How many bytes they may keep alive, as `mailbox_options`' `max_bytes`; 0: 2^31.
    pub max_queued_bytes: u64,
    /// For how many milliseconds a letter is offered before it is returned; 0: for ever.
    pub give_up_ms: u64,
    /// For what comes in; NULL: the defaults.
    pub limits: *const post_limits,
}

/// What has gone through an office.
#[repr(C)]
pub struct post_counts {
    /// `sizeof(post_counts)`, set by the caller.
    pub struct_size: usize,
    /// Letters with a receipt: the store has them.
    pub sent: u64,
    /// Letters that came into mailboxes.
    pub received: u64,
    /// Heads (each of a large letter, or of many small ones) that came again after all their letters had been posted.
    pub duplicates: u64,
    /// Letters and heads that broke a rule. They are ended, not handed out again.
    pub malformed: u64,
    /// Letters beyond the limits, or that their mailbox could never hold. They are ended, too.
    pub refused: u64,
    /// Letters that went to the mailbox for returned ones.
    pub returned: u64,
    /// Letters to be returned that no such mailbox took.
    pub lost: u64,
    /// How often letters were offered again.
    pub offered_again: u64,
    /// How often the store was full.
    pub full: u64,
    /// Letters that wait in proxies or are on their way, without a receipt.
    pub waiting: u64,
}
