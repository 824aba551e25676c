//! From a tree to a message. Nesting uses no stack. The writer limits the depth, so the encoding of a tree that
//! contains itself ends.

use core::mem::ManuallyDrop;
use core::ptr::NonNull;
use core::slice;

use smallvec::SmallVec;

use super::{Node, TextSlice};
use crate::blob::Blob;
use crate::status::Status;
use crate::value::{Kind, Symbol};
use crate::wota::{AnyWriter, Dialect, Layout, Writer};

/// Nodes that are still to be written.
enum Remaining<'a> {
    Values(slice::Iter<'a, Node>),
    Fields(slice::Iter<'a, TextSlice>, slice::Iter<'a, Node>),
}

/// A message of the tree: stones by reference, antestones by their bits.
///
/// `InvalidArgument` for NULL where a value is required, and for unknown types and symbols; else the writer's
/// statuses: `OutOfRange`, `Malformed`, `LimitExceeded`, `NoMemory`.
///
/// # Safety
/// All pointers of the tree are valid.
pub unsafe fn encode(root: &Node, dialect: Dialect) -> Result<Blob, Status> {
    match &mut AnyWriter::new(dialect) {
        // SAFETY: the caller's promise.
        AnyWriter::Classic(writer) => unsafe { write(root, writer) },
        // SAFETY: the caller's promise.
        AnyWriter::Dec64(writer) => unsafe { write(root, writer) },
    }
}

/// # Safety
/// As for [`encode`].
unsafe fn write<L: Layout>(root: &Node, writer: &mut Writer<L>) -> Result<Blob, Status> {
    let mut open: SmallVec<[Remaining<'_>; 32]> = SmallVec::new();
    // SAFETY: the caller's promise.
    unsafe {
        let mut next = Some(root);
        loop {
            if let Some(node) = next.take()
                && let Some(rest) = begin(node, writer)?
            {
                open.try_reserve(1)?;
                open.push(rest);
            }
            next = match open.last_mut() {
                None => return writer.finish(),
                Some(Remaining::Values(values)) => values.next(),
                Some(Remaining::Fields(keys, values)) => {
                    if let Some(key) = keys.next() {
                        writer.text(bytes(*key)?)?;
                    }
                    values.next()
                }
            };
            if next.is_none() {
                open.pop();
            }
        }
    }
}

/// Writes a value without its inner values, and returns those.
///
/// # Safety
/// As for [`encode`].
unsafe fn begin<'a, L: Layout>(
    node: &'a Node,
    writer: &mut Writer<L>,
) -> Result<Option<Remaining<'a>>, Status> {
    const INTEGER: i32 = Kind::Integer as i32;
    const FLOAT: i32 = Kind::Float as i32;
    const TEXT: i32 = Kind::Text as i32;
    const ARRAY: i32 = Kind::Array as i32;
    const RECORD: i32 = Kind::Record as i32;
    const BLOB: i32 = Kind::Blob as i32;
    const SYMBOL: i32 = Kind::Symbol as i32;
    // SAFETY: the type says which field of the union is there; the caller's promise for its pointers.
    unsafe {
        match node.r#type {
            INTEGER => writer.integer(node.r#as.integer)?,
            FLOAT => writer.number(node.r#as.number)?,
            TEXT => writer.text(bytes(node.r#as.text)?)?,
            BLOB => {
                let stone = NonNull::new(node.r#as.stone).ok_or(Status::InvalidArgument)?;
                // A handle that does not drop the node's count.
                writer.blob(&ManuallyDrop::new(Blob::from_raw(stone)))?;
            }
            ARRAY => {
                let array = node.r#as.array;
                let items = items(array.items, array.count)?;
                writer.array(array.count as u64)?;
                return Ok(Some(Remaining::Values(items.iter())));
            }
            RECORD => {
                let record = node.r#as.record;
                let (keys, values) = (items(record.keys, record.count)?, items(record.values, record.count)?);
                writer.record(record.count as u64)?;
                return Ok(Some(Remaining::Fields(keys.iter(), values.iter())));
            }
            SYMBOL => {
                let carrier = node.r#as.symbol;
                let code = u64::try_from(carrier.code).map_err(|_| Status::InvalidArgument)?;
                let symbol = Symbol::from_code(code).ok_or(Status::InvalidArgument)?;
                writer.symbol(symbol)?;
                if matches!(symbol, Symbol::Private | Symbol::System) {
                    return Ok(Some(Remaining::Values(items(carrier.value, 1)?.iter())));
                }
            }
            _ => return Err(Status::InvalidArgument),
        }
    }
    Ok(None)
}

/// # Safety
/// `count` items, or NULL.
unsafe fn items<'a, T>(items: *const T, count: usize) -> Result<&'a [T], Status> {
    if count == 0 {
        return Ok(&[]);
    }
    if items.is_null() || count > isize::MAX as usize / size_of::<T>() {
        return Err(Status::InvalidArgument);
    }
    // SAFETY: the caller's promise.
    Ok(unsafe { slice::from_raw_parts(items, count) })
}

/// # Safety
/// The bytes are readable, or NULL.
unsafe fn bytes<'a>(text: TextSlice) -> Result<&'a [u8], Status> {
    // SAFETY: the caller's promise.
    unsafe { items(text.utf8.cast(), text.length) }
}
