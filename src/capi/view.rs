//! Random access to the values of messages, in C.

use core::ffi::c_char;
use core::mem::MaybeUninit;
use core::ptr::NonNull;

use super::blob_types::blob;
use super::ptr::{
    blob_borrow, blob_give, boxed_mut, bytes, bytes_mut, code, out, places_mut, reader_put, view_out,
    view_ref,
};
use super::status::drystone_status;
pub use super::wota_types::wota_view;
use super::wota_types::wota_writer;
use super::wota_types::{wota_item, wota_reader, wota_type};
use super::{attempt, required, with_writer};
use crate::pickle::pickle_from_children;
use crate::view::View;

/// The view of the value at `offset` of a message, in 64-bit words; 0 is the whole message. References, here and later,
/// are followed to their targets. The value is found from the outside in, as `wota_view_element` finds elements.
/// `message` is *live* and must stay alive as long as the view, or any view made from it, is used. Any thread.
/// INVALID_ARGUMENT for NULL, NOT_STONE, WRONG_TYPE for a stone that is not a message, OUT_OF_RANGE when no value
/// starts there.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn wota_view_of(
    message: *const blob,
    offset: usize,
    view: *mut wota_view,
) -> drystone_status {
    // SAFETY: live, and stays; an out.
    let (message, out) = unsafe { (required!(blob_borrow(message)), required!(view_out(view))) };
    out.put(attempt!(View::find(message, offset)))
}

/// The type of the value, never `WOTA_VALUE`. INVALID_ARGUMENT for NULL or memory that is not a view: this holds for
/// every `wota_view_…`. Outputs are written only on success, and may be the view itself.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn wota_view_type(view: *const wota_view, r#type: *mut wota_type) -> drystone_status {
    // SAFETY: a view; an out.
    let (view, out) = unsafe { (required!(view_ref(view)), required!(out(r#type))) };
    out.put(view.kind() as wota_type)
}

/// How many elements an array has, how many pairs a record, and 1 for a symbol that carries a value.
/// INVALID_ARGUMENT, WRONG_TYPE.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn wota_view_count(view: *const wota_view, count: *mut u64) -> drystone_status {
    // SAFETY: a view; an out.
    let (view, out) = unsafe { (required!(view_ref(view)), required!(out(count))) };
    out.put_result(view.count())
}

/// An element of an array by its index; element 0 of a private or system symbol is the value it carries.
/// INVALID_ARGUMENT, WRONG_TYPE, OUT_OF_RANGE when there is no such element.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn wota_view_element(
    view: *const wota_view,
    index: u64,
    element: *mut wota_view,
) -> drystone_status {
    // SAFETY: a view; an out.
    let (view, out) = unsafe { (required!(view_ref(view)), required!(view_out(element))) };
    view.element_then(index, |found| out.put_result(found))
}

/// The value of a record's key of `length` bytes of UTF-8; the first one of equal keys. `key` is *readable*.
/// INVALID_ARGUMENT, WRONG_TYPE, NOT_FOUND.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn wota_view_field(
    view: *const wota_view,
    key: *const c_char,
    length: usize,
    value: *mut wota_view,
) -> drystone_status {
    // SAFETY: a view; readable; an out.
    let (view, key, out) = unsafe {
        (required!(view_ref(view)), required!(bytes(key.cast(), length)), required!(view_out(value)))
    };
    view.field_then(key, |found| out.put_result(found))
}

/// A key of a record and its value, by position. INVALID_ARGUMENT, WRONG_TYPE, OUT_OF_RANGE when there is no such pair.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn wota_view_field_at(
    view: *const wota_view,
    index: u64,
    key: *mut wota_view,
    value: *mut wota_view,
) -> drystone_status {
    // SAFETY: a view; two outs.
    let (view, key_out, out) =
        unsafe { (required!(view_ref(view)), required!(view_out(key)), required!(view_out(value))) };
    let (key, value) = attempt!(view.field_at(index));
    key_out.put(key);
    out.put(value)
}

/// Starts an iteration over all children of an array, a record or a symbol, without an index. Pass `*next` to
/// `wota_view_next` only. INVALID_ARGUMENT, WRONG_TYPE.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn wota_view_children(view: *const wota_view, next: *mut wota_view) -> drystone_status {
    // SAFETY: a view; an out.
    let (view, out) = unsafe { (required!(view_ref(view)), required!(view_out(next))) };
    out.put(attempt!(view.children()))
}

/// Writes the next child of a container to `child` and moves `next` past it; a record gives each key, then its value.
/// The values after the last child belong to the message around the container: count the children (`wota_view_count`).
/// `next` is what `wota_view_children` wrote, the view of one of the record's keys (`wota_view_field_at`), or a copy of
/// these; `child` is other memory. INVALID_ARGUMENT, END.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn wota_view_next(next: *mut wota_view, child: *mut wota_view) -> drystone_status {
    // SAFETY: a view, which is also an out; an out.
    let (view, next_out, out) =
        unsafe { (*required!(view_ref(next)), required!(view_out(next)), required!(view_out(child))) };
    let (child, after) = attempt!(view.step_over());
    next_out.put(after);
    out.put(child)
}

/// Writes the next children that are numbers, texts or symbols without a value to `items` and `text`, as
/// `wota_read_items` does, and moves `next` past them. It stops before any other child and before a text that does
/// not fit; `wota_view_next` reads those, so `*count` may be 0. `capacity` must not exceed the number of children
/// left (for a record, twice the number of pairs). `next` is as for `wota_view_next`, `items` is *writable* for
/// `capacity` items, `text` for `text_capacity` bytes. INVALID_ARGUMENT.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn wota_view_next_items(
    next: *mut wota_view,
    items: *mut wota_item,
    capacity: usize,
    text: *mut c_char,
    text_capacity: usize,
    count: *mut usize,
) -> drystone_status {
    // SAFETY: a view, which is also an out; writable, both; an out.
    let (view, next_out, items, text, out) = unsafe {
        (
            *required!(view_ref(next)),
            required!(view_out(next)),
            required!(places_mut(items, capacity)),
            required!(bytes_mut(text.cast(), text_capacity)),
            required!(out(count)),
        )
    };
    let put = |place: &mut MaybeUninit<wota_item>, item| _ = place.write(wota_item::of(item));
    let (read, after) = view.leaves(items, text, put);
    next_out.put(after);
    out.put(read)
}

/// Writes the next children of a container as a stream of one list, in the format of `wota_to_pickle`, and moves
/// `next` past them. It writes at most `capacity` children, of at most `words_each` words each and `words_all` words
/// in total. It also stops before a child that contains a blob, a reference, a symbol that carries a value, or a
/// record with duplicate keys: read that child with `wota_view_next`. So `*count`, the number of children written,
/// may be 0. `capacity` must not exceed the number of children left (for a record, twice the number of pairs). `next`
/// is as for `wota_view_next`. The caller owns the count in `*pickle`. INVALID_ARGUMENT, NO_MEMORY.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn wota_view_next_pickle(
    next: *mut wota_view,
    capacity: u64,
    words_each: usize,
    words_all: usize,
    pickle: *mut *mut blob,
    count: *mut u64,
) -> drystone_status {
    // SAFETY: a view, which is also an out; two outs.
    let (view, next_out, pickle, out) = unsafe {
        (*required!(view_ref(next)), required!(view_out(next)), required!(out(pickle)), required!(out(count)))
    };
    let (stream, written, after) = attempt!(pickle_from_children(view, capacity, words_each, words_all));
    next_out.put(after);
    pickle.put(blob_give(stream));
    out.put(written)
}

/// An integer. INVALID_ARGUMENT; WRONG_TYPE for anything else, including a float.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn wota_view_integer(view: *const wota_view, value: *mut i64) -> drystone_status {
    // SAFETY: a view; an out.
    let (view, out) = unsafe { (required!(view_ref(view)), required!(out(value))) };
    out.put_result(view.integer())
}

/// An integer or a float as a double; integers beyond 2^53 are rounded to the nearest. INVALID_ARGUMENT, WRONG_TYPE.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn wota_view_number(view: *const wota_view, value: *mut f64) -> drystone_status {
    // SAFETY: a view; an out.
    let (view, out) = unsafe { (required!(view_ref(view)), required!(out(value))) };
    out.put_result(view.number())
}

/// A symbol; the value that a private or system symbol carries is its element 0. INVALID_ARGUMENT, WRONG_TYPE.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn wota_view_symbol(view: *const wota_view, symbol: *mut i32) -> drystone_status {
    // SAFETY: a view; an out.
    let (view, out) = unsafe { (required!(view_ref(view)), required!(out(symbol))) };
    out.put_result(view.symbol().map(|symbol| symbol as i32))
}

/// Writes the text to `buffer` as UTF-8 (a lone surrogate as three bytes), without a terminating zero byte, and its
/// length in bytes to `length`. A capacity of 0 asks for the length. `buffer` is *writable* for `capacity` bytes.
/// INVALID_ARGUMENT, WRONG_TYPE; OUT_OF_RANGE when the buffer is too small.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn wota_view_text(
    view: *const wota_view,
    buffer: *mut c_char,
    capacity: usize,
    length: *mut usize,
) -> drystone_status {
    // SAFETY: a view; writable; an out.
    let (view, buffer, out) = unsafe {
        (required!(view_ref(view)), required!(bytes_mut(buffer.cast(), capacity)), required!(out(length)))
    };
    out.put_result(if capacity == 0 { view.text_length() } else { view.text(buffer) })
}

/// A blob: the stone that was written, with a count added, or a new stone with the inline bits. The caller owns the
/// count in `*out`. INVALID_ARGUMENT, WRONG_TYPE, NO_MEMORY.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn wota_view_blob(view: *const wota_view, out: *mut *mut blob) -> drystone_status {
    // SAFETY: a view; an out.
    let (view, out) = unsafe { (required!(view_ref(view)), required!(self::out(out))) };
    out.put(blob_give(attempt!(view.blob())))
}

/// The message that contains the value, with a count added, and where the value starts in it, in 64-bit words. After a
/// reference it is not the message that `wota_view_of` was given. `wota_write_value` and `wota_view_of` take both. The
/// caller owns the count in `*message`. INVALID_ARGUMENT.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn wota_view_place(
    view: *const wota_view,
    message: *mut *mut blob,
    offset: *mut usize,
) -> drystone_status {
    // SAFETY: a view; two outs.
    let (view, message_out, out) =
        unsafe { (required!(view_ref(view)), required!(out(message)), required!(out(offset))) };
    let (message, offset) = view.place();
    message_out.put(blob_give(message));
    out.put(offset)
}

/// Puts a reader at the value, to read all of it in order. Read exactly one value: the values after it belong to the
/// message around it. The message must stay alive as long as the reader is used. INVALID_ARGUMENT.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn wota_view_reader(
    view: *const wota_view,
    reader: *mut wota_reader,
) -> drystone_status {
    // SAFETY: a view; an out, and the message stays.
    unsafe {
        let (view, out) = (required!(view_ref(view)), required!(NonNull::new(reader)));
        reader_put(out, view.to_reader())
    }
}

/// Writes the value of a view by reference, as `wota_write_value` does, but in constant time. `writer` is *live*.
/// Statuses: see `wota_write_integer`; INVALID_ARGUMENT also for memory that is not a view.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn wota_write_view(
    writer: *mut wota_writer,
    view: *const wota_view,
) -> drystone_status {
    // SAFETY: live; a view.
    let (writer, view) = unsafe { (required!(boxed_mut(writer)), required!(view_ref(view))) };
    with_writer!(writer, writer => code(writer.view(view)))
}
