//! Recognising a store, whose address another store may have after its end.

use core::ffi::c_void;
use core::ptr::null_mut;
use core::sync::atomic::{AtomicUsize, Ordering};

use super::calls::{Function, Raw};
use super::context::Context;
use crate::allocation::try_box;
use crate::counting::{Counted, Retire, WeakPtr};
use crate::status::Status;

/// A store, by the address of its context; 0 after its end.
pub(in super::super::super) struct Store(AtomicUsize);

impl Retire for Store {
    fn retire(&self, _: WeakPtr<Self>) {}
}

impl Store {
    /// `NoMemory`.
    pub(in super::super::super) fn try_new(context: Context<'_>) -> Result<Counted<Self>, Status> {
        Counted::try_new(Store(AtomicUsize::new(context.address())))
    }

    #[inline]
    pub(super) fn has(&self, context: Context<'_>) -> bool {
        // Freeing an address and allocating it again order the end of a store before the next one.
        self.0.load(Ordering::Relaxed) == context.address()
    }

    fn end(&self) {
        self.0.store(0, Ordering::Relaxed);
    }
}

/// Tells a `Store` that the store of wasmtime ends: a count on it that wasmtime drops then.
pub(in super::super::super) struct EndNotice(Box<Counted<Store>>);

impl EndNotice {
    /// `NoMemory`.
    pub(in super::super::super) fn new(store: &Counted<Store>) -> Result<Self, Status> {
        try_box(Counted::clone(store)).map(EndNotice)
    }

    /// Adds a function to the store, which the store drops at its end. It has the type of `function`,
    /// which is in the store, and nothing calls it.
    pub(in super::super::super) fn begin(self, context: Context<'_>, function: &Function) {
        let Some(new) = context.calls().func_new_unchecked else { return };
        let (env, mut made) = (Box::into_raw(self.0).cast(), Function([0; 2]));
        // SAFETY: a function of this store, whose type is ours, and is freed. wasmtime owns the box from now on and
        // passes it to `ended`.
        unsafe {
            let r#type = (context.calls().func_type)(context.pointer(), function);
            new(context.pointer(), r#type, not_called, env, ended, &mut made);
            (context.calls().functype_delete)(r#type);
        }
    }
}

unsafe extern "C" fn not_called(_: *mut c_void, _: *mut c_void, _: *mut Raw, _: usize) -> *mut c_void {
    null_mut()
}

/// The function that wasmtime calls, on any thread, when the store ends.
unsafe extern "C" fn ended(env: *mut c_void) {
    // SAFETY: `begin` made the box; it is called once.
    unsafe { Box::from_raw(env.cast::<Counted<Store>>()) }.end();
}
