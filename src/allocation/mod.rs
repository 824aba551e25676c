//! Allocating memory without a code path that ends the process when it runs out.

mod buffer;
mod grow;
#[cfg(not(loom))]
mod region;
mod room;

use core::alloc::Layout;
use core::ptr::NonNull;

use crate::status::Status;
pub(crate) use buffer::Buffer;
pub(crate) use grow::Grow;
#[cfg(not(loom))]
pub(crate) use region::Region;
pub(crate) use room::{Room, append_block, append_in_room};

/// Moves a value to the heap. `NoMemory`.
pub(crate) fn try_box<T>(value: T) -> Result<Box<T>, Status> {
    const { assert!(size_of::<T>() != 0) };
    let layout = Layout::new::<T>();
    // SAFETY: the layout is not empty; the block is written before it becomes a box, whose allocator and
    // layout are these.
    unsafe {
        let block = NonNull::new(std::alloc::alloc(layout).cast::<T>()).ok_or(Status::NoMemory)?;
        block.write(value);
        Ok(Box::from_raw(block.as_ptr()))
    }
}
