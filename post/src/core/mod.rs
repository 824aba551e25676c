//! Handles on blobs and mailboxes of libdrystone, through its C calls alone: the process has one libdrystone. This
//! library shares its counts, names and allocations, and does not know its layouts.

/// cbindgen:ignore
mod declared;

use core::ffi::c_void;
use core::fmt;
use core::ptr::{self, NonNull};
use core::time::Duration;

use crate::Status;

/// A counted blob.
pub struct Blob(NonNull<declared::blob>);

// SAFETY: counts of blobs are atomic, and this library reads stones only, and writes only to antestones that no other thread
// has yet.
unsafe impl Send for Blob {}
// SAFETY: as above.
unsafe impl Sync for Blob {}

impl Blob {
    /// The handle that owns the count.
    ///
    /// # Safety
    /// A *live* `blob *` of libdrystone, or NULL, which is `None`. The handle takes over the caller's count.
    pub unsafe fn from_pointer(pointer: *mut c_void) -> Option<Blob> {
        NonNull::new(pointer.cast()).map(Blob)
    }

    /// The `blob *`, which owns the count.
    pub fn into_pointer(self) -> *mut c_void {
        let pointer = self.0.as_ptr().cast();
        core::mem::forget(self);
        pointer
    }

    fn of(pointer: *mut declared::blob) -> Result<Blob, Status> {
        NonNull::new(pointer).map(Blob).ok_or(Status::NoMemory)
    }

    /// An antestone of zero bits. `NoMemory`.
    pub(crate) fn zeroed(bits: usize) -> Result<Blob, Status> {
        // SAFETY: no pointers go in.
        Self::of(unsafe { declared::blob_new_filled(bits, false) })
    }

    /// A stone of these bytes. `NoMemory`.
    pub fn from_bytes(bytes: &[u8]) -> Result<Blob, Status> {
        let mut blob = Self::zeroed(bytes.len().checked_mul(8).ok_or(Status::NoMemory)?)?;
        blob.bytes_mut()?.copy_from_slice(bytes);
        blob.make_stone()?;
        Ok(blob)
    }

    /// How many bits it has.
    pub fn length_bits(&self) -> usize {
        // SAFETY: live.
        unsafe { declared::blob_length_bits(self.0.as_ptr()) }
    }

    pub(crate) fn length_bytes(&self) -> usize {
        self.length_bits().div_ceil(8)
    }

    /// The bytes of a stone; empty for an antestone, whose bytes may move.
    pub fn bytes(&self) -> &[u8] {
        // SAFETY: live; a stone's bytes stay where they are as long as it is counted.
        unsafe {
            let data = declared::blob_data(self.0.as_ptr());
            if data.is_null() || !self.is_stone() {
                return &[];
            }
            core::slice::from_raw_parts(data, self.length_bytes())
        }
    }

    /// The bytes of an antestone that this library made and no other handle counts.
    pub(crate) fn bytes_mut(&mut self) -> Result<&mut [u8], Status> {
        let mut bytes = ptr::null_mut();
        // SAFETY: live and alone, since only this handle is there; as many bytes are writable until the next call.
        unsafe {
            checked(declared::blob_writable(self.0.as_ptr(), &raw mut bytes))?;
            match self.length_bytes() {
                0 => Ok(&mut []),
                length => Ok(core::slice::from_raw_parts_mut(bytes, length)),
            }
        }
    }

    pub(crate) fn is_stone(&self) -> bool {
        // SAFETY: live.
        unsafe { declared::blob_is_stone(self.0.as_ptr()) }
    }

    pub(crate) fn is_message(&self) -> bool {
        // SAFETY: live.
        unsafe { declared::wota_is_message(self.0.as_ptr()) }
    }

    /// Makes it stone. An antestone that others count is copied first. `NoMemory`.
    pub(crate) fn make_stone(&mut self) -> Result<(), Status> {
        if self.is_stone() {
            return Ok(());
        }
        // SAFETY: live.
        if unsafe { declared::blob_refcount(self.0.as_ptr()) } != 1 {
            *self = self.copy()?;
        }
        // SAFETY: live; the only count, so no other thread has it.
        checked(unsafe { declared::blob_make_stone(self.0.as_ptr()) })
    }

    fn copy(&self) -> Result<Blob, Status> {
        let mut copy = ptr::null_mut();
        // SAFETY: live; an out.
        checked(unsafe { declared::blob_copy(self.0.as_ptr(), 0, self.length_bits(), &raw mut copy) })?;
        Self::of(copy)
    }

    /// The parts of a message, each a stone: part 0 is the words and the stones of fewer bits than the argument.
    /// `NoMemory`.
    pub(crate) fn to_parts(&self, inline_below_bits: usize) -> Result<Vec<Blob>, Status> {
        let mut parts = ptr::null_mut();
        // SAFETY: live; an out. The parts are counted before the list is freed.
        unsafe {
            checked(declared::wota_to_parts(self.0.as_ptr(), inline_below_bits, &raw mut parts))?;
            let count = declared::wota_parts_count(parts);
            let mut all = Vec::new();
            if all.try_reserve_exact(count).is_ok() {
                for index in 0..count {
                    let part = declared::wota_parts_get(parts, index);
                    declared::blob_incref(part);
                    all.extend(NonNull::new(part).map(Blob));
                }
            }
            declared::wota_parts_free(parts);
            if all.len() == count { Ok(all) } else { Err(Status::NoMemory) }
        }
    }

    /// The message of parts, which are not trusted.
    pub(crate) fn from_parts(parts: &[Blob], max_depth: u32, max_words: u64) -> Result<Blob, Status> {
        let limits =
            declared::wota_limits { struct_size: size_of::<declared::wota_limits>(), max_depth, max_words };
        let mut message = ptr::null_mut();
        // SAFETY: a handle is one pointer that is not NULL; live, all of them; an out.
        unsafe {
            let list = parts.as_ptr().cast();
            checked(declared::wota_from_parts(list, parts.len(), &raw const limits, &raw mut message))?;
        }
        Self::of(message)
    }
}

impl Clone for Blob {
    fn clone(&self) -> Blob {
        // SAFETY: live.
        unsafe { declared::blob_incref(self.0.as_ptr()) };
        Blob(self.0)
    }
}

impl Drop for Blob {
    fn drop(&mut self) {
        // SAFETY: live, and its count is this handle's.
        unsafe { declared::blob_destroy(self.0.as_ptr()) };
    }
}

impl AsRef<[u8]> for Blob {
    fn as_ref(&self) -> &[u8] {
        self.bytes()
    }
}

impl fmt::Debug for Blob {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "Blob({} bits)", self.length_bits())
    }
}

/// A counted mailbox.
pub struct Mailbox(NonNull<declared::mailbox>);

// SAFETY: any thread may make any call on a mailbox.
unsafe impl Send for Mailbox {}
// SAFETY: as above.
unsafe impl Sync for Mailbox {}

/// A letter that a mailbox refused, and why.
pub struct NotPosted {
    /// The letter.
    pub letter: Blob,
    /// `Closed`, `LimitExceeded`, `NoMemory`.
    pub status: Status,
}

impl fmt::Debug for NotPosted {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "NotPosted({:?})", self.status)
    }
}

impl Mailbox {
    /// A mailbox bounded to this many letters and bytes kept alive; 0 is no bound. `NoMemory`.
    pub fn new(max_letters: usize, max_bytes: u64) -> Result<Mailbox, Status> {
        let options = declared::mailbox_options {
            struct_size: size_of::<declared::mailbox_options>(),
            max_letters,
            max_bytes,
            name: ptr::null(),
            name_length: 0,
        };
        let mut mailbox = ptr::null_mut();
        // SAFETY: as large as it says; an out.
        checked(unsafe { declared::mailbox_new_with(&raw const options, &raw mut mailbox) })?;
        NonNull::new(mailbox).map(Mailbox).ok_or(Status::NoMemory)
    }

    /// A handle with a count of its own.
    ///
    /// # Safety
    /// A *live* `mailbox *` of libdrystone, or NULL, which is `None`.
    pub unsafe fn counted(pointer: *mut c_void) -> Option<Mailbox> {
        let mailbox = NonNull::new(pointer.cast())?;
        // SAFETY: live.
        unsafe { declared::mailbox_incref(mailbox.as_ptr()) };
        Some(Mailbox(mailbox))
    }

    /// The `mailbox *`, which owns the count.
    pub fn into_pointer(self) -> *mut c_void {
        let pointer = self.0.as_ptr().cast();
        core::mem::forget(self);
        pointer
    }

    /// Queues a letter. `Closed`; `LimitExceeded` when it is full; `NoMemory`.
    pub fn post(&self, letter: Blob) -> Result<(), NotPosted> {
        // SAFETY: live, both. The letter's count goes over when it is taken.
        let code = unsafe { declared::mailbox_post(self.0.as_ptr(), letter.0.as_ptr()) };
        Self::posted(code, letter)
    }

    /// As `post`, but before all ordinary letters.
    pub(crate) fn post_urgent(&self, letter: Blob) -> Result<(), NotPosted> {
        // SAFETY: as for `post`.
        let code = unsafe { declared::mailbox_post_urgent(self.0.as_ptr(), letter.0.as_ptr()) };
        Self::posted(code, letter)
    }

    fn posted(code: declared::drystone_status, letter: Blob) -> Result<(), NotPosted> {
        match checked(code) {
            Ok(()) => {
                core::mem::forget(letter);
                Ok(())
            }
            Err(status) => Err(NotPosted { letter, status }),
        }
    }

    /// The oldest letter; waits for one up to the timeout, `None` without end. `End` when none came, `Closed`.
    pub fn take(&self, timeout: Option<Duration>) -> Result<Blob, Status> {
        let timeout = timeout.map_or(-1, |timeout| i64::try_from(timeout.as_millis()).unwrap_or(i64::MAX));
        let mut letter = ptr::null_mut();
        // SAFETY: live; an out.
        checked(unsafe { declared::mailbox_take(self.0.as_ptr(), timeout, &raw mut letter) })?;
        Blob::of(letter)
    }

    /// Refuses letters from now on; queued letters can still be taken.
    pub fn close(&self) {
        // SAFETY: live.
        unsafe { declared::mailbox_close(self.0.as_ptr()) };
    }

    /// How many letters are queued.
    pub fn len(&self) -> usize {
        // SAFETY: live.
        unsafe { declared::mailbox_length(self.0.as_ptr()) }
    }

    /// How many letters ever entered, and how many of them have left.
    pub(crate) fn passed(&self) -> (u64, u64) {
        let struct_size = size_of::<declared::mailbox_statistics_t>();
        let mut statistics = declared::mailbox_statistics_t { struct_size, ..Default::default() };
        // SAFETY: live; as large as it says.
        unsafe { declared::mailbox_statistics(self.0.as_ptr(), &raw mut statistics) };
        (statistics.posted, statistics.taken + statistics.swept)
    }

    /// Whether both handles are of one mailbox.
    pub(crate) fn is_same(&self, other: &Mailbox) -> bool {
        self.0 == other.0
    }

    /// Whether no letter is queued.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Rings the bell when the mailbox turns from empty to not empty, as long as the watch lives.
    pub(crate) fn watch<B: Bell>(&self, bell: B) -> Result<Watch<B>, Status> {
        let watch = Watch { mailbox: self.clone(), bell: Box::new(bell) };
        let context = ptr::from_ref::<B>(&watch.bell).cast_mut().cast();
        // SAFETY: live; the bell stays where it is until the watch has removed the function, which waits for its calls.
        checked(unsafe { declared::mailbox_notify(self.0.as_ptr(), Some(ring::<B>), context) })?;
        Ok(watch)
    }
}

/// Called when there are letters. It must not wait.
pub(crate) trait Bell: Send + Sync + 'static {
    fn ring(&self);
}

unsafe extern "C" fn ring<B: Bell>(context: *mut c_void) {
    // SAFETY: the bell of a watch that has not removed this function yet.
    unsafe { &*context.cast_const().cast::<B>() }.ring();
}

/// A bell on a mailbox.
pub(crate) struct Watch<B: Bell> {
    mailbox: Mailbox,
    bell: Box<B>,
}

impl<B: Bell> Watch<B> {
    pub(crate) fn mailbox(&self) -> &Mailbox {
        &self.mailbox
    }
}

impl<B: Bell> Drop for Watch<B> {
    fn drop(&mut self) {
        // SAFETY: live; afterwards nobody is in a call of the function.
        unsafe { declared::mailbox_notify(self.mailbox.0.as_ptr(), None, ptr::null_mut()) };
        let _: &B = &self.bell;
    }
}

impl Clone for Mailbox {
    fn clone(&self) -> Mailbox {
        // SAFETY: live.
        unsafe { declared::mailbox_incref(self.0.as_ptr()) };
        Mailbox(self.0)
    }
}

impl Drop for Mailbox {
    fn drop(&mut self) {
        // SAFETY: live, and its count is this handle's.
        unsafe { declared::mailbox_destroy(self.0.as_ptr()) };
    }
}

impl fmt::Debug for Mailbox {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "Mailbox({} letters)", self.len())
    }
}

fn checked(code: declared::drystone_status) -> Result<(), Status> {
    if code == 0 { Ok(()) } else { Err(Status::from_code(code)) }
}

#[cfg(feature = "drystone")]
mod crates {
    use core::ptr::NonNull;

    use super::Blob;

    impl From<drystone::Blob> for Blob {
        fn from(blob: drystone::Blob) -> Blob {
            Blob(blob.into_raw().cast())
        }
    }

    impl From<Blob> for drystone::Blob {
        fn from(blob: Blob) -> drystone::Blob {
            let pointer: NonNull<super::declared::blob> = blob.0;
            core::mem::forget(blob);
            // SAFETY: in a program that has the crate, the C calls are the crate's, and the pointer came from its `into_raw`.
            unsafe { drystone::Blob::from_raw(pointer.cast()) }
        }
    }
}
