//! Carriers in C.

use std::sync::Arc;

#[cfg(feature = "nats")]
use super::ptr::nats_options;
use super::ptr::{carrier_give, carrier_take, out};
use super::required;
use super::types::{drystone_status, nats_carrier_options, post_carrier};
use crate::memory::MemoryStore;

/// Connects a carrier to NATS JetStream, and makes the stream if it does not exist and the user may make it. The
/// carrier has one thread, for the network. The caller owns `*carrier` and passes it to an office, or frees it with
/// `post_carrier_free`. `options` may be NULL. Any thread. INVALID_ARGUMENT: NULL for `carrier`, a struct that is too
/// small, invalid options, or a stream with unsuitable settings. NOT_FOUND: no server answers in time, or the server
/// has no JetStream. CLOSED: the server refuses the login, or its certificate is not valid. UNSUPPORTED: the server
/// forbids a necessary request. LIMIT_EXCEEDED: the server has no room for the stream, or its largest message
/// (`max_payload`) is smaller than 4 KiB. NO_MEMORY: no thread could be made.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn post_carrier_nats(
    options: *const nats_carrier_options,
    carrier: *mut *mut post_carrier,
) -> drystone_status {
    // SAFETY: an out.
    let out = required!(unsafe { out(carrier) });
    #[cfg(feature = "nats")]
    {
        // SAFETY: NULL or as large as it says, with texts that end.
        let options = super::attempt!(unsafe { nats_options(options) });
        let carrier = super::attempt!(crate::nats::NatsCarrier::connect(&options));
        out.put(carrier_give(Arc::new(carrier)))
    }
    #[cfg(not(feature = "nats"))]
    {
        let _ = (out, options);
        crate::Status::Unsupported.code()
    }
}

/// Makes two carriers to one store in this process, for tests. The store ends with them. `max_bytes` bounds the
/// store; 0: no bound. The caller owns both. Any thread.
/// INVALID_ARGUMENT for NULL.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn post_carrier_memory(
    max_bytes: u64,
    here: *mut *mut post_carrier,
    there: *mut *mut post_carrier,
) -> drystone_status {
    // SAFETY: outs.
    let (here, there) = unsafe { (required!(out(here)), required!(out(there))) };
    let store = MemoryStore::new((max_bytes != 0).then_some(max_bytes));
    here.put(carrier_give(Arc::new(store.carrier())));
    there.put(carrier_give(Arc::new(store.carrier())))
}

/// Frees a carrier that no office owns. In a child of `fork`, the parent's threads and connection stay as they are.
/// `carrier` is *live*; NULL does nothing.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn post_carrier_free(carrier: *mut post_carrier) {
    // SAFETY: live, and not used again.
    drop(unsafe { carrier_take(carrier) });
}
