//! The types of Nota in C.

/// Writes one value as Nota bytes, from the outside in. One thread at a time. Its calls behave like the `wota_write_…`
/// calls of the same names: same parameters, contracts and statuses.
pub struct nota_writer {
    _private: [u8; 0],
}

/// A position in Nota bytes, on the caller's stack; nothing has to be freed. Copy it by assignment to return to the
/// position later. Its calls behave like the `wota_read_…` calls of the same names: same parameters, contracts and
/// statuses.
#[repr(C)]
pub struct nota_reader {
    /// Private.
    pub reserved: [u64; 12],
}

/// Collects the bytes of one Nota value from pieces, as they arrive from a socket. One thread at a time.
pub struct nota_feeder {
    _private: [u8; 0],
}
