//! Adding to vectors without a code path that ends the process when memory runs out. Not even an unreachable path is
//! compiled in, so the compiled code can be checked.

use crate::status::Status;

/// Vectors of either library.
pub(crate) trait Grow<T> {
    /// Makes room for one more item and puts it there. `NoMemory`.
    fn try_push(&mut self, item: T) -> Result<(), Status>;

    /// Puts an item where there is room. Without room nothing happens, which is the caller's error.
    fn push_in_room(&mut self, item: T);

    /// Makes room for copies of the items and puts them there. `NoMemory`.
    fn try_append(&mut self, items: &[T]) -> Result<(), Status>
    where
        T: Copy;

    /// Makes room for `count` copies of an item, puts them there and returns them. `NoMemory`.
    fn try_append_copies(&mut self, item: T, count: usize) -> Result<&mut [T], Status>
    where
        T: Copy;
}

macro_rules! grow {
    ($($vector:ty, $($parameter:ident: $bound:path)?;)*) => {$(
        impl<T $(, $parameter: $bound)?> Grow<T> for $vector {
            #[inline]
            fn try_push(&mut self, item: T) -> Result<(), Status> {
                self.try_reserve(1).map_err(|_| Status::NoMemory)?;
                self.push_in_room(item);
                Ok(())
            }

            #[inline]
            fn push_in_room(&mut self, item: T) {
                let length = self.len();
                debug_assert!(length < self.capacity());
                if let Some(place) = self.spare_capacity_mut().first_mut() {
                    place.write(item);
                    // SAFETY: there is one more item now.
                    unsafe { self.set_len(length + 1) };
                }
            }

            #[inline]
            fn try_append(&mut self, items: &[T]) -> Result<(), Status>
            where
                T: Copy,
            {
                self.try_reserve(items.len()).map_err(|_| Status::NoMemory)?;
                let length = self.len();
                if let Some(room) = self.spare_capacity_mut().get_mut(..items.len()) {
                    for (place, item) in room.iter_mut().zip(items) {
                        place.write(*item);
                    }
                    // SAFETY: there are `count` more items now.
                    unsafe { self.set_len(length + items.len()) };
                }
                Ok(())
            }

            #[inline]
            fn try_append_copies(&mut self, item: T, count: usize) -> Result<&mut [T], Status>
            where
                T: Copy,
            {
                self.try_reserve(count).map_err(|_| Status::NoMemory)?;
                let length = self.len();
                if let Some(room) = self.spare_capacity_mut().get_mut(..count) {
                    for place in room {
                        place.write(item);
                    }
                    // SAFETY: there are `count` more items now.
                    unsafe { self.set_len(length + count) };
                }
                Ok(self.get_mut(length..).unwrap_or_default())
            }
        }
    )*};
}

grow! {
    Vec<T>,;
    allocator_api2::vec::Vec<T, A>, A: allocator_api2::alloc::Allocator;
}

#[cfg(test)]
mod tests {
    use super::Grow;

    #[test]
    fn items_are_added_in_order() {
        let mut vector = Vec::new();
        for number in 0..1000_u32 {
            vector.try_push(number).unwrap();
        }
        vector.try_append(&[1000, 1001]).unwrap();
        vector.try_append(&[]).unwrap();
        assert_eq!(vector.try_append_copies(7, 3).unwrap(), [7, 7, 7]);
        assert!(vector.try_append_copies(7, 0).unwrap().is_empty());
        vector.truncate(1002);
        vector.reserve(1);
        vector.push_in_room(1002);
        assert_eq!(vector, (0..1003).collect::<Vec<_>>());
    }
}
