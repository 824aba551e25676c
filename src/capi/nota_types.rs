//! The types of Nota in C.

/// Writes one value as Nota bytes, from the outside in. One thread at a time. The calls have the shape, the
/// contracts and the statuses of the `wota_write_…` calls of the same names.
pub struct nota_writer {
    _private: [u8; 0],
}

/// A place in Nota bytes, on the caller's stack; nothing has to be freed. Copying it by assignment keeps the
/// place. The calls have the shape, the contracts and the statuses of the `wota_read_…` calls of the same
/// names.
#[repr(C)]
pub struct nota_reader {
    /// The library's own.
    pub reserved: [u64; 12],
}

/// Collects the bytes of one value of Nota from pieces, as a socket gives them. One thread at a time.
pub struct nota_feeder {
    _private: [u8; 0],
}
