//! Blobs, messages and maps for JavaScript, in the module's own memory: the functions that `bindings/web/*.js` calls.
//!
//! JavaScript refers to blobs by numbers. Input and output are in buffers whose addresses it asks for before each use,
//! because the memory may grow. A result below 0 is a status.

mod blobs;
mod maps;
mod messages;
mod views;

use core::cell::UnsafeCell;

use drystone::bucket::Heap;
use drystone::wota::Writer;
use drystone::{Blob, Status};

use drystone_web_tape::Decoded;

/// The whole state; one thread uses it.
#[derive(Default)]
pub(crate) struct State {
    /// Bytes from JavaScript.
    pub(crate) input: Vec<u8>,
    /// The texts and the items of a tape to encode.
    pub(crate) text: Vec<u8>,
    pub(crate) tape: Vec<u64>,
    /// Numbers, of blobs and others, in and out.
    pub(crate) list: Vec<u32>,
    /// Keys, values and other numbers of a map's calls, in and out.
    pub(crate) fields: [u64; 4],
    pub(crate) writer: Writer,
    pub(crate) decoded: Decoded,
    blobs: Vec<Option<Blob>>,
    /// Whether a blob is a placeholder for one in JavaScript.
    placeholders: Vec<bool>,
    free: Vec<u32>,
    pub(crate) heap: Option<Heap>,
    pub(crate) heap_limit: u32,
}

impl State {
    /// A number for the blob.
    pub(crate) fn put(&mut self, blob: Blob) -> i32 {
        match self.free.pop() {
            Some(number) => {
                if let Some(place) = self.blobs.get_mut(number as usize) {
                    *place = Some(blob);
                }
                self.set_placeholder(number, false);
                number as i32
            }
            None => {
                self.blobs.push(Some(blob));
                self.placeholders.push(false);
                self.blobs.len() as i32 - 1
            }
        }
    }

    pub(crate) fn set_placeholder(&mut self, number: u32, is_placeholder: bool) {
        if let Some(place) = self.placeholders.get_mut(number as usize) {
            *place = is_placeholder;
        }
    }

    /// Whether it is a placeholder for a blob in JavaScript.
    pub(crate) fn is_placeholder(&self, number: u32) -> bool {
        self.placeholders.get(number as usize).copied().unwrap_or(false)
    }

    pub(crate) fn blob(&self, number: u32) -> Result<&Blob, Status> {
        self.blobs.get(number as usize).and_then(Option::as_ref).ok_or(Status::InvalidArgument)
    }

    pub(crate) fn blob_mut(&mut self, number: u32) -> Result<&mut Blob, Status> {
        self.blobs.get_mut(number as usize).and_then(Option::as_mut).ok_or(Status::InvalidArgument)
    }

    fn take(&mut self, number: u32) -> Option<Blob> {
        let blob = self.blobs.get_mut(number as usize)?.take()?;
        self.free.push(number);
        Some(blob)
    }

    /// The first bytes of the input.
    pub(crate) fn given(&self, count: u32) -> Result<&[u8], Status> {
        self.input.get(..count as usize).ok_or(Status::InvalidArgument)
    }
}

/// The state, and whether a call is using it.
struct Cell {
    taken: core::cell::Cell<bool>,
    state: UnsafeCell<Option<State>>,
}

// SAFETY: the module has one thread.
unsafe impl Sync for Cell {}

static CELL: Cell = Cell { taken: core::cell::Cell::new(false), state: UnsafeCell::new(None) };

/// Takes the state for a call.
#[inline(never)]
fn take() -> &'static mut State {
    // No call runs JavaScript, so calls do not nest.
    assert!(!CELL.taken.replace(true));
    // SAFETY: there is one thread, and the flag shows that no other call uses the state.
    unsafe { (*CELL.state.get()).get_or_insert_default() }
}

/// Runs a call.
pub(crate) fn with<T>(run: impl FnOnce(&mut State) -> T) -> T {
    let result = run(take());
    CELL.taken.set(false);
    result
}

/// Runs a call that returns a blob: the result is its number, or a status.
pub(crate) fn blob_from(run: impl FnOnce(&mut State) -> Result<Blob, Status>) -> i32 {
    with(|state| match run(state) {
        Ok(blob) => state.put(blob),
        Err(status) => -status.code(),
    })
}

/// Runs a call that returns a number, or a status.
pub(crate) fn number_from(run: impl FnOnce(&mut State) -> Result<i32, Status>) -> i32 {
    with(|state| run(state).unwrap_or_else(|status| -status.code()))
}

/// Room for this many items; those that are there stay. 0 when there is no memory.
fn room<T: Copy + Default>(buffer: &mut Vec<T>, count: u32) -> *mut T {
    let count = count as usize;
    if buffer.len() < count {
        if buffer.try_reserve(count - buffer.len()).is_err() {
            return core::ptr::null_mut();
        }
        buffer.resize(count, T::default());
    }
    buffer.as_mut_ptr()
}

/// The address of the input, with room for this many bytes.
#[unsafe(no_mangle)]
pub extern "C" fn input_room(count: u32) -> *mut u8 {
    with(|state| room(&mut state.input, count))
}

/// The address of the tape's texts, with room for this many bytes; those that are there stay.
#[unsafe(no_mangle)]
pub extern "C" fn text_room(count: u32) -> *mut u8 {
    with(|state| room(&mut state.text, count))
}

/// The address of the tape, with room for this many items; those that are there stay.
#[unsafe(no_mangle)]
pub extern "C" fn tape_room(count: u32) -> *mut u64 {
    with(|state| room(&mut state.tape, count))
}

/// The address of the list, with room for this many numbers.
#[unsafe(no_mangle)]
pub extern "C" fn list_room(count: u32) -> *mut u32 {
    with(|state| room(&mut state.list, count))
}

/// The address of the fields of map calls: four of 64 bits.
#[unsafe(no_mangle)]
pub extern "C" fn fields_room() -> *mut u64 {
    with(|state| state.fields.as_mut_ptr())
}

/// Frees large buffers.
#[unsafe(no_mangle)]
pub extern "C" fn trim() {
    const KEEPS: usize = 1 << 24;
    with(|state| {
        state.writer = Writer::new();
        if state.input.capacity() > KEEPS {
            state.input = Vec::new();
        }
        if state.text.capacity() > KEEPS {
            state.text = Vec::new();
        }
        if state.tape.capacity() > KEEPS {
            state.tape = Vec::new();
        }
        if state.decoded.tape.capacity() > KEEPS || state.decoded.text.capacity() > KEEPS {
            state.decoded = Decoded::default();
        }
    });
}
