//! Carriers in C.

use std::sync::Arc;

#[cfg(feature = "nats")]
use super::ptr::nats_options;
use super::ptr::{carrier_give, carrier_take, out};
use super::required;
use super::types::{drystone_status, nats_carrier_options, post_carrier};
use crate::memory::MemoryStore;

/// A carrier over NATS JetStream, connected. The stream is made when there is none of the name, and the user may. It has one
/// thread of its own, for the network. The caller owns `*carrier` and gives it to an office, or ends it with
/// `post_carrier_free`. `options` may be NULL. Any thread.
/// INVALID_ARGUMENT for NULL, options that are too small or say nothing that can be, and a stream that is not as it has to
/// be; NOT_FOUND when no server answers in time, or one without JetStream; CLOSED when the server does not let us in, or its
/// certificate is not good; UNSUPPORTED when it forbids what a carrier needs; LIMIT_EXCEEDED when it has no room for the
/// stream; NO_MEMORY when there can be no thread.
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

/// Two carriers over one store in this process, for tests: it is lost with them. `max_bytes` bounds the store; 0: no bound. The
/// caller owns both. Any thread.
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

/// Ends a carrier that no office has. `carrier` is *live*, NULL does nothing.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn post_carrier_free(carrier: *mut post_carrier) {
    // SAFETY: live, and not used again.
    drop(unsafe { carrier_take(carrier) });
}
