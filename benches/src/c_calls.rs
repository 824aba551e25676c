//! The exported C functions as a C program calls them, with owners around the pointers. Every status is checked, as a
//! careful caller does.

use std::ptr;

use drystone::capi::blob::{
    blob, blob_destroy, blob_from_bytes, blob_incref, blob_length_bits, blob_make_stone, blob_new,
};
use drystone::capi::mailbox::{mailbox_destroy, mailbox_new, mailbox_post, mailbox_post_wait, mailbox_take};
use drystone::capi::mailbox_types::mailbox;
use drystone::capi::status::{DRYSTONE_OK, drystone_status};
use drystone::capi::view::{wota_view, wota_view_element, wota_view_field, wota_view_of};
use drystone::capi::wota_read::{
    wota_find, wota_read_array, wota_read_blob, wota_read_number, wota_read_record, wota_read_symbol,
    wota_read_text, wota_read_type, wota_reader_init,
};
use drystone::capi::wota_types::{wota_reader, wota_type};
use drystone::capi::wota_write::{
    wota_write_array, wota_write_blob, wota_write_integer, wota_write_number, wota_write_record,
    wota_write_symbol, wota_write_text, wota_writer, wota_writer_finish, wota_writer_free, wota_writer_new,
};

#[inline(always)]
pub(crate) fn done(status: drystone_status) {
    assert!(status == DRYSTONE_OK, "status {status}");
}

/// One count on a blob.
pub(crate) struct CBlob(*mut blob);

// SAFETY: blobs may be counted, posted and dropped on any thread.
unsafe impl Send for CBlob {}
// SAFETY: as above.
unsafe impl Sync for CBlob {}

impl CBlob {
    #[inline(always)]
    pub(crate) fn zeroed(bytes: usize) -> CBlob {
        let blob = blob_new(bytes * 8);
        assert!(!blob.is_null());
        CBlob(blob)
    }

    #[inline(always)]
    pub(crate) fn of(bytes: &[u8]) -> CBlob {
        // SAFETY: readable.
        let blob = unsafe { blob_from_bytes(bytes.as_ptr(), bytes.len()) };
        assert!(!blob.is_null());
        CBlob(blob)
    }

    pub(crate) fn stone(bytes: usize) -> CBlob {
        let blob = CBlob::zeroed(bytes);
        // SAFETY: live, and nobody else has it.
        done(unsafe { blob_make_stone(blob.0) });
        blob
    }

    /// The length in bytes.
    pub(crate) fn size(&self) -> usize {
        // SAFETY: live.
        unsafe { blob_length_bits(self.0) / 8 }
    }

    /// The owner of a count that a call returned.
    #[inline(always)]
    pub(crate) fn owning(blob: *mut blob) -> CBlob {
        assert!(!blob.is_null());
        CBlob(blob)
    }

    /// The pointer, for a call that borrows it.
    #[inline(always)]
    pub(crate) fn pointer(&self) -> *mut blob {
        self.0
    }

    /// Takes a count and drops it.
    #[inline(always)]
    pub(crate) fn count_up_and_down(&self) {
        // SAFETY: live; the dropped count is the one just taken.
        unsafe {
            blob_incref(self.0);
            blob_destroy(std::hint::black_box(self.0));
        }
    }
}

impl Drop for CBlob {
    #[inline(always)]
    fn drop(&mut self) {
        // SAFETY: the owner's count, not used again.
        unsafe { blob_destroy(self.0) }
    }
}

/// A writer.
pub(crate) struct CWriter(*mut wota_writer);

impl CWriter {
    pub(crate) fn new() -> CWriter {
        let mut writer = ptr::null_mut();
        // SAFETY: an out.
        done(unsafe { wota_writer_new(0, &mut writer) });
        CWriter(writer)
    }

    /// For calls in C.
    pub(crate) fn pointer(&self) -> *mut wota_writer {
        self.0
    }

    #[inline(always)]
    pub(crate) fn integer(&mut self, value: i64) {
        // SAFETY: live.
        done(unsafe { wota_write_integer(self.0, value) });
    }

    #[inline(always)]
    pub(crate) fn number(&mut self, value: f64) {
        // SAFETY: live.
        done(unsafe { wota_write_number(self.0, value) });
    }

    #[inline(always)]
    pub(crate) fn text(&mut self, text: &[u8]) {
        // SAFETY: live; readable.
        done(unsafe { wota_write_text(self.0, text.as_ptr().cast(), text.len()) });
    }

    #[inline(always)]
    pub(crate) fn array(&mut self, count: u64) {
        // SAFETY: live.
        done(unsafe { wota_write_array(self.0, count) });
    }

    #[inline(always)]
    pub(crate) fn record(&mut self, pairs: u64) {
        // SAFETY: live.
        done(unsafe { wota_write_record(self.0, pairs) });
    }

    #[inline(always)]
    pub(crate) fn symbol(&mut self, symbol: i32) {
        // SAFETY: live.
        done(unsafe { wota_write_symbol(self.0, symbol) });
    }

    #[inline(always)]
    pub(crate) fn blob(&mut self, blob: &CBlob) {
        // SAFETY: live, both.
        done(unsafe { wota_write_blob(self.0, blob.0) });
    }

    #[inline(always)]
    pub(crate) fn finish(&mut self) -> CBlob {
        let mut message = ptr::null_mut();
        // SAFETY: live; an out.
        done(unsafe { wota_writer_finish(self.0, &mut message) });
        CBlob(message)
    }
}

impl Drop for CWriter {
    fn drop(&mut self) {
        // SAFETY: live, not used again.
        unsafe { wota_writer_free(self.0) }
    }
}

/// A reader on the stack.
pub(crate) struct CReader(wota_reader);

impl CReader {
    /// Starts at the beginning of the message, which the caller keeps longer than the reader.
    #[inline(always)]
    pub(crate) fn new(message: &CBlob) -> CReader {
        // The value that is returned, so that it is made in its place, as in C, and not copied from another one.
        let mut reader = CReader(wota_reader { reserved: [0; 12] });
        // SAFETY: a live message; NULL for the default limits.
        done(unsafe { wota_reader_init(&mut reader.0, message.0, ptr::null()) });
        reader
    }

    #[inline(always)]
    pub(crate) fn kind(&mut self) -> wota_type {
        let mut kind = 0;
        // SAFETY: a reader; an out.
        done(unsafe { wota_read_type(&mut self.0, &mut kind) });
        kind
    }

    #[inline(always)]
    pub(crate) fn number(&mut self) -> f64 {
        let mut value = 0.0;
        // SAFETY: a reader; an out.
        done(unsafe { wota_read_number(&mut self.0, &mut value) });
        value
    }

    #[inline(always)]
    pub(crate) fn symbol(&mut self) -> i32 {
        let mut symbol = 0;
        // SAFETY: a reader; an out.
        done(unsafe { wota_read_symbol(&mut self.0, &mut symbol) });
        symbol
    }

    #[inline(always)]
    pub(crate) fn text(&mut self, buffer: &mut [u8]) -> usize {
        let mut length = 0;
        // SAFETY: a reader; writable; an out.
        done(unsafe { wota_read_text(&mut self.0, buffer.as_mut_ptr().cast(), buffer.len(), &mut length) });
        length
    }

    #[inline(always)]
    pub(crate) fn array(&mut self) -> u64 {
        let mut count = 0;
        // SAFETY: a reader; an out.
        done(unsafe { wota_read_array(&mut self.0, &mut count) });
        count
    }

    #[inline(always)]
    pub(crate) fn record(&mut self) -> u64 {
        let mut pairs = 0;
        // SAFETY: a reader; an out.
        done(unsafe { wota_read_record(&mut self.0, &mut pairs) });
        pairs
    }

    #[inline(always)]
    pub(crate) fn blob(&mut self) -> CBlob {
        let mut blob = ptr::null_mut();
        // SAFETY: a reader; an out.
        done(unsafe { wota_read_blob(&mut self.0, &mut blob) });
        CBlob(blob)
    }

    #[inline(always)]
    pub(crate) fn find(&mut self, key: &[u8]) {
        // SAFETY: a reader; readable.
        done(unsafe { wota_find(&mut self.0, key.as_ptr().cast(), key.len()) });
    }
}

/// One count on a mailbox.
pub(crate) struct CMailbox(*mut mailbox);

// SAFETY: mailboxes may be used and dropped from any thread.
unsafe impl Send for CMailbox {}
// SAFETY: as above.
unsafe impl Sync for CMailbox {}

impl CMailbox {
    pub(crate) fn new(capacity: usize) -> CMailbox {
        let mut mailbox = ptr::null_mut();
        // SAFETY: an out.
        done(unsafe { mailbox_new(capacity, &mut mailbox) });
        CMailbox(mailbox)
    }

    /// For calls in C.
    pub(crate) fn pointer(&self) -> *mut mailbox {
        self.0
    }

    #[inline(always)]
    pub(crate) fn post(&self, letter: CBlob) {
        let letter = std::mem::ManuallyDrop::new(letter);
        // SAFETY: live, both; the count goes to the mailbox.
        done(unsafe { mailbox_post(self.0, letter.0) });
    }

    /// Like `post`, but waits for room.
    #[inline(always)]
    pub(crate) fn post_wait(&self, letter: CBlob) {
        let letter = std::mem::ManuallyDrop::new(letter);
        // SAFETY: live, both; the count goes to the mailbox.
        done(unsafe { mailbox_post_wait(self.0, letter.0, -1) });
    }

    /// The oldest letter; waits up to that many milliseconds, or for ever if negative.
    #[inline(always)]
    pub(crate) fn take(&self, timeout_ms: i64) -> CBlob {
        let mut letter = ptr::null_mut();
        // SAFETY: live; an out.
        done(unsafe { mailbox_take(self.0, timeout_ms, &mut letter) });
        CBlob(letter)
    }
}

impl Drop for CMailbox {
    fn drop(&mut self) {
        // SAFETY: the owner's count, not used again.
        unsafe { mailbox_destroy(self.0) }
    }
}

/// A view of a value, as a C struct.
pub(crate) struct CView(wota_view);

impl CView {
    /// The caller keeps the message as long as the view is used.
    pub(crate) fn of(message: &drystone::Blob) -> CView {
        let mut view = CView::none();
        let counted = message.clone().into_raw();
        // SAFETY: live; an out. The count is dropped again, as the caller has one.
        unsafe {
            done(wota_view_of(counted.as_ptr().cast(), 0, &mut view.0));
            drop(drystone::Blob::from_raw(counted));
        }
        view
    }

    #[inline(always)]
    pub(crate) fn none() -> CView {
        CView(wota_view { reserved: [0; 6] })
    }

    #[inline(always)]
    pub(crate) fn field(&self, key: &[u8], value: &mut CView) {
        // SAFETY: a view; readable; an out.
        done(unsafe { wota_view_field(&self.0, key.as_ptr().cast(), key.len(), &mut value.0) });
    }

    #[inline(always)]
    pub(crate) fn element(&self, number: u64, element: &mut CView) {
        // SAFETY: a view; an out.
        done(unsafe { wota_view_element(&self.0, number, &mut element.0) });
    }
}
