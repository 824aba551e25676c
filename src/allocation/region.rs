//! A range of zeroed memory that grows up to a maximum. On Unix the addresses are reserved at the start and memory is
//! taken as it grows, so it never moves, and untouched pages cost nothing. Elsewhere growing copies.

use crate::status::Status;

#[cfg(unix)]
pub(crate) use reserved::Region;
#[cfg(not(unix))]
pub(crate) use vector::Region;

#[cfg(unix)]
mod reserved {
    use core::ptr::{self, NonNull};
    use core::slice;

    use super::Status;

    /// Regions of at least this many bytes use huge pages.
    #[cfg(target_os = "linux")]
    const HUGE_FROM: usize = 8 << 20;

    /// Its first `length` bytes may be used.
    pub(crate) struct Region {
        base: NonNull<u8>,
        length: usize,
        maximum: usize,
    }

    // SAFETY: the region is the only owner of its memory.
    unsafe impl Send for Region {}
    // SAFETY: shared, it only gives shared bytes.
    unsafe impl Sync for Region {}

    impl Region {
        /// The maximum is not 0. `NoMemory`.
        pub(crate) fn new(maximum: usize) -> Result<Self, Status> {
            let flags = libc::MAP_PRIVATE | libc::MAP_ANONYMOUS;
            // SAFETY: a new mapping at an address of the system's choice touches nothing that is there.
            let base = unsafe { libc::mmap(ptr::null_mut(), maximum, libc::PROT_NONE, flags, -1, 0) };
            if base == libc::MAP_FAILED {
                return Err(Status::NoMemory);
            }
            let base = NonNull::new(base.cast()).ok_or(Status::NoMemory)?;
            Ok(Region { base, length: 0, maximum })
        }

        /// Grows to at least this length; the new bytes are zero. `NoMemory`.
        pub(crate) fn grow(&mut self, length: usize) -> Result<(), Status> {
            if length <= self.length {
                return Ok(());
            }
            if length > self.maximum {
                return Err(Status::NoMemory);
            }
            // Protection applies to whole pages; setting it again for open pages changes nothing.
            let access = libc::PROT_READ | libc::PROT_WRITE;
            // SAFETY: the range begins at the mapping's own start and lies in it.
            if unsafe { libc::mprotect(self.base.as_ptr().cast(), length, access) } != 0 {
                return Err(Status::NoMemory);
            }
            self.use_huge_pages(length);
            self.length = length;
            Ok(())
        }

        /// Asks for huge pages for large tables, which are read at random. Small ones would take more memory than they
        /// use.
        #[cfg(target_os = "linux")]
        fn use_huge_pages(&self, length: usize) {
            if length >= HUGE_FROM {
                // SAFETY: advice on our own mapping, which changes nothing that can be read.
                unsafe { libc::madvise(self.base.as_ptr().cast(), length, libc::MADV_HUGEPAGE) };
            }
        }

        #[cfg(not(target_os = "linux"))]
        fn use_huge_pages(&self, _: usize) {}

        pub(crate) fn bytes(&self) -> &[u8] {
            // SAFETY: the first `length` bytes are mapped, readable, initialised to zero, and ours.
            unsafe { slice::from_raw_parts(self.base.as_ptr(), self.length) }
        }

        pub(crate) fn bytes_mut(&mut self) -> &mut [u8] {
            // SAFETY: as for `bytes`, writable too, and borrowed alone.
            unsafe { slice::from_raw_parts_mut(self.base.as_ptr(), self.length) }
        }
    }

    impl Drop for Region {
        fn drop(&mut self) {
            // SAFETY: the whole mapping, once.
            unsafe { libc::munmap(self.base.as_ptr().cast(), self.maximum) };
        }
    }
}

#[cfg(any(test, not(unix)))]
mod vector {
    use super::Status;

    pub(crate) struct Region {
        bytes: Vec<u8>,
        maximum: usize,
    }

    impl Region {
        pub(crate) fn new(maximum: usize) -> Result<Self, Status> {
            Ok(Region { bytes: Vec::new(), maximum })
        }

        pub(crate) fn grow(&mut self, length: usize) -> Result<(), Status> {
            let more = length.saturating_sub(self.bytes.len());
            if length > self.maximum {
                return Err(Status::NoMemory);
            }
            self.bytes.try_reserve(more)?;
            self.bytes.resize(self.bytes.len() + more, 0);
            Ok(())
        }

        pub(crate) fn bytes(&self) -> &[u8] {
            &self.bytes
        }

        pub(crate) fn bytes_mut(&mut self) -> &mut [u8] {
            &mut self.bytes
        }
    }
}

#[cfg(test)]
mod tests {
    use super::Status;

    macro_rules! both {
        ($($name:ident $region:ty;)*) => {$(
            #[test]
            fn $name() {
                let mut region = <$region>::new(1 << 20).unwrap();
                assert_eq!(region.bytes().len(), 0);
                region.grow(100).unwrap();
                region.bytes_mut()[99] = 7;
                region.grow(1 << 20).unwrap();
                assert_eq!(region.grow((1 << 20) + 1), Err(Status::NoMemory));
                region.grow(5).unwrap();
                assert_eq!(region.bytes().len(), 1 << 20);
                assert_eq!(region.bytes().iter().map(|byte| usize::from(*byte)).sum::<usize>(), 7);
                assert_eq!(region.bytes()[99], 7);
            }
        )*};
    }

    both! {
        the_region_of_this_system super::Region;
        a_region_that_copies super::vector::Region;
    }
}
