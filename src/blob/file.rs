//! Memory files: anonymous files of the kernel that several processes can map. Once sealed, nobody can change or
//! shorten them.

#[cfg(all(target_os = "linux", not(loom)))]
pub(crate) use linux::*;
#[cfg(not(all(target_os = "linux", not(loom))))]
pub(crate) use none::*;

/// A file of this process and the address where it is mapped from its start.
pub(super) struct Mapped {
    pub(super) data: core::ptr::NonNull<u8>,
    /// How many bytes of the file are mapped.
    pub(super) capacity: usize,
    pub(super) descriptor: i32,
}

#[cfg(all(target_os = "linux", not(loom)))]
mod linux {
    use core::ffi::c_void;
    use core::mem::MaybeUninit;
    use core::ptr::{self, NonNull};
    use std::os::fd::{AsRawFd, BorrowedFd, FromRawFd, IntoRawFd, OwnedFd};

    use super::Mapped;
    use crate::status::Status;

    /// The owner of a descriptor.
    pub(crate) type Descriptor = OwnedFd;

    /// The required seals: nobody can shorten, lengthen or change the file.
    const SEALS: i32 = libc::F_SEAL_SHRINK | libc::F_SEAL_GROW | libc::F_SEAL_WRITE;

    /// The status of the call that has just failed.
    fn failed() -> Status {
        match std::io::Error::last_os_error().raw_os_error() {
            Some(libc::EMFILE | libc::ENFILE) => Status::LimitExceeded,
            Some(libc::EBADF | libc::EINVAL) => Status::InvalidArgument,
            Some(libc::EBUSY) => Status::Busy,
            Some(libc::ENOSYS | libc::EACCES | libc::EPERM) => Status::Unsupported,
            _ => Status::NoMemory,
        }
    }

    fn checked(outcome: i32) -> Result<i32, Status> {
        if outcome < 0 { Err(failed()) } else { Ok(outcome) }
    }

    fn offset(bytes: usize) -> Result<libc::off_t, Status> {
        libc::off_t::try_from(bytes).map_err(|_| Status::NoMemory)
    }

    fn page() -> usize {
        // SAFETY: only returns a number.
        usize::try_from(unsafe { libc::sysconf(libc::_SC_PAGESIZE) }).unwrap_or(4096)
    }

    /// The size in bytes of the pages that this many bytes take.
    fn pages(bytes: usize) -> Result<usize, Status> {
        bytes.checked_next_multiple_of(page()).ok_or(Status::NoMemory)
    }

    /// A new, empty file.
    fn create() -> Result<OwnedFd, Status> {
        let flags = libc::MFD_CLOEXEC | libc::MFD_ALLOW_SEALING;
        let name = c"drystone".as_ptr();
        // SAFETY: the name is a text; only makes a descriptor.
        let mut descriptor = unsafe { libc::memfd_create(name, flags | libc::MFD_NOEXEC_SEAL) };
        if descriptor < 0 && std::io::Error::last_os_error().raw_os_error() == Some(libc::EINVAL) {
            // Kernels before 6.3 do not know the flag.
            // SAFETY: as above.
            descriptor = unsafe { libc::memfd_create(name, flags) };
        }
        let descriptor = checked(descriptor)?;
        // SAFETY: it was made here, and nobody else has it.
        Ok(unsafe { OwnedFd::from_raw_fd(descriptor) })
    }

    /// Maps bytes of a file, starting at a page boundary.
    fn map(
        at: *mut u8,
        size: usize,
        protection: i32,
        flags: i32,
        descriptor: BorrowedFd<'_>,
        from: usize,
    ) -> Result<NonNull<u8>, Status> {
        let from = offset(from)?;
        // SAFETY: a new mapping; one at a fixed place replaces one of the caller's of this size.
        let mapped = unsafe { libc::mmap(at.cast(), size, protection, flags, descriptor.as_raw_fd(), from) };
        if mapped == libc::MAP_FAILED {
            Err(failed())
        } else {
            NonNull::new(mapped.cast()).ok_or(Status::NoMemory)
        }
    }

    /// # Safety
    /// This many bytes from the address on are a mapping, or a part of one, that nobody uses again.
    unsafe fn unmap(data: NonNull<u8>, size: usize) {
        // SAFETY: the caller's promise.
        unsafe { libc::munmap(data.as_ptr().cast(), size) };
    }

    /// Checks that files of this process may have this many bytes. Lengthening one further would end the process with
    /// SIGXFSZ.
    fn check_size(bytes: usize) -> Result<(), Status> {
        let mut limit = MaybeUninit::<libc::rlimit>::uninit();
        // SAFETY: the result has room, and is written when the call succeeds.
        let most = unsafe {
            checked(libc::getrlimit(libc::RLIMIT_FSIZE, limit.as_mut_ptr()))?;
            limit.assume_init().rlim_cur
        };
        if most != libc::RLIM_INFINITY && bytes as u64 > most { Err(Status::NoMemory) } else { Ok(()) }
    }

    /// Allocates memory for all bytes of the file up to `size`. Otherwise a write would end the process when memory
    /// runs out.
    fn lengthen(descriptor: BorrowedFd<'_>, old: usize, size: usize) -> Result<(), Status> {
        check_size(size)?;
        let (from, count) = (offset(old)?, offset(size - old)?);
        loop {
            // SAFETY: acts on a file of this process.
            match unsafe { libc::fallocate(descriptor.as_raw_fd(), 0, from, count) } {
                0 => return Ok(()),
                _ if std::io::Error::last_os_error().raw_os_error() == Some(libc::EINTR) => {}
                _ => return Err(failed()),
            }
        }
    }

    /// A new writable file of zeros with room for this many bytes.
    pub(in super::super) fn new(bytes: usize) -> Result<Mapped, Status> {
        let capacity = pages(bytes.max(1))?;
        let descriptor = create()?;
        lengthen(borrowed(&descriptor), 0, capacity)?;
        let both = libc::PROT_READ | libc::PROT_WRITE;
        let data = map(ptr::null_mut(), capacity, both, libc::MAP_SHARED, borrowed(&descriptor), 0)?;
        Ok(Mapped { data, capacity, descriptor: descriptor.into_raw_fd() })
    }

    fn borrowed(descriptor: &OwnedFd) -> BorrowedFd<'_> {
        std::os::fd::AsFd::as_fd(descriptor)
    }

    /// # Safety
    /// A mapped file that is not closed while the result is used.
    unsafe fn descriptor_of<'a>(file: &Mapped) -> BorrowedFd<'a> {
        // SAFETY: the caller's promise.
        unsafe { BorrowedFd::borrow_raw(file.descriptor) }
    }

    /// Makes room for more bytes; the mapping may move. On failure nothing has changed.
    ///
    /// # Safety
    /// The file belongs to this process, is mapped writable, and nobody else uses it.
    pub(in super::super) unsafe fn grow(file: &mut Mapped, bytes: usize) -> Result<(), Status> {
        let capacity = pages(bytes)?;
        // SAFETY: the caller's promise. The old mapping is gone when there is a new one.
        unsafe {
            let descriptor = descriptor_of(file);
            let moved = lengthen(descriptor, file.capacity, capacity).and_then(|()| {
                let old = file.data.as_ptr().cast();
                let moved = libc::mremap(old, file.capacity, capacity, libc::MREMAP_MAYMOVE);
                if moved == libc::MAP_FAILED { Err(failed()) } else { Ok(moved) }
            });
            match moved.map(|moved| NonNull::new(moved.cast())) {
                Ok(Some(data)) => {
                    file.data = data;
                    file.capacity = capacity;
                    Ok(())
                }
                outcome => {
                    libc::ftruncate(file.descriptor, offset(file.capacity)?);
                    Err(outcome.err().unwrap_or(Status::NoMemory))
                }
            }
        }
    }

    /// Truncates the file to this many bytes and seals it. The bytes stay where they are and become read-only. `Busy`
    /// when another process can write to the file; the bytes are read-only even then.
    ///
    /// # Safety
    /// As for [`grow`]; others may read the bytes meanwhile.
    pub(in super::super) unsafe fn seal(file: &mut Mapped, bytes: usize) -> Result<(), Status> {
        let bytes = bytes.max(1);
        let size = pages(bytes)?;
        // SAFETY: the caller's promise. Only pages after the bytes are unmapped; the new mapping over the bytes has the
        // same content.
        unsafe {
            let descriptor = descriptor_of(file);
            checked(libc::ftruncate(file.descriptor, offset(bytes)?))?;
            if size < file.capacity {
                unmap(file.data.add(size), file.capacity - size);
                file.capacity = size;
            }
            let flags = libc::MAP_FIXED | libc::MAP_PRIVATE;
            map(file.data.as_ptr(), size, libc::PROT_READ, flags, descriptor, 0)?;
            checked(libc::fcntl(file.descriptor, libc::F_ADD_SEALS, SEALS))?;
        }
        Ok(())
    }

    /// # Safety
    /// The file belongs to this process, and neither it nor its mapping is used again.
    pub(in super::super) unsafe fn free(file: &Mapped) {
        // SAFETY: the caller's promise.
        unsafe {
            unmap(file.data, file.capacity);
            libc::close(file.descriptor);
        }
    }

    /// A sealed file with a copy of these bytes.
    pub(in super::super) fn copied(bytes: &[u8]) -> Result<OwnedFd, Status> {
        // An empty file cannot be mapped.
        let mut rest = if bytes.is_empty() { &[0][..] } else { bytes };
        check_size(rest.len())?;
        let descriptor = create()?;
        while !rest.is_empty() {
            // SAFETY: that many bytes are readable; the file belongs to this process.
            let count = unsafe { libc::write(descriptor.as_raw_fd(), rest.as_ptr().cast(), rest.len()) };
            match usize::try_from(count) {
                Ok(count) if count != 0 => rest = rest.get(count..).unwrap_or(&[]),
                Err(_) if std::io::Error::last_os_error().raw_os_error() == Some(libc::EINTR) => {}
                _ => return Err(Status::NoMemory),
            }
        }
        // SAFETY: acts on a file of this process.
        checked(unsafe { libc::fcntl(descriptor.as_raw_fd(), libc::F_ADD_SEALS, SEALS) })?;
        Ok(descriptor)
    }

    /// Checks that the file is safe to map and has this many bytes after the offset: it must be sealed, in ordinary
    /// pages of the kernel's memory, and have no holes.
    ///
    /// `InvalidArgument` for an invalid descriptor; `NotStone` when it is not a memory file, or not sealed;
    /// `OutOfRange`; `Malformed` for holes, because reading them would take memory.
    pub(in super::super) fn check(
        descriptor: BorrowedFd<'_>,
        byte_offset: usize,
        bytes: usize,
    ) -> Result<(), Status> {
        let descriptor = descriptor.as_raw_fd();
        let mut about = MaybeUninit::<libc::stat>::uninit();
        let mut system = MaybeUninit::<libc::statfs>::uninit();
        // SAFETY: queries a descriptor; the results have room, and are written when the calls succeed.
        let (seals, about, system) = unsafe {
            checked(libc::fstat(descriptor, about.as_mut_ptr()))?;
            checked(libc::fstatfs(descriptor, system.as_mut_ptr()))?;
            (libc::fcntl(descriptor, libc::F_GET_SEALS), about.assume_init(), system.assume_init())
        };
        // Pages of other sizes can be missing even when the file is sealed; reading them would end the process.
        let of_memory = system.f_type as u64 == libc::TMPFS_MAGIC as u64;
        if seals < 0 || seals & SEALS != SEALS || about.st_mode & libc::S_IFMT != libc::S_IFREG || !of_memory
        {
            return Err(Status::NotStone);
        }
        let size = u64::try_from(about.st_size).map_err(|_| Status::OutOfRange)?;
        let end = byte_offset.checked_add(bytes).ok_or(Status::OutOfRange)?;
        if end as u64 > size {
            return Err(Status::OutOfRange);
        }
        let there = u64::try_from(about.st_blocks).unwrap_or(0).saturating_mul(512);
        if there < size { Err(Status::Malformed) } else { Ok(()) }
    }

    /// Maps bytes of a checked, sealed file of another process. Also returns the size of the mapping in bytes, from the
    /// start of the first byte's page.
    pub(in super::super) fn view(
        descriptor: BorrowedFd<'_>,
        byte_offset: usize,
        bytes: usize,
    ) -> Result<(NonNull<u8>, usize), Status> {
        let before = byte_offset % page();
        let size = bytes.checked_add(before).ok_or(Status::OutOfRange)?;
        let start = byte_offset - before;
        let start = map(ptr::null_mut(), size, libc::PROT_READ, libc::MAP_PRIVATE, descriptor, start)?;
        // SAFETY: inside the mapping.
        Ok((unsafe { start.add(before) }, size))
    }

    /// Ends a [`view`]; `size` is the size that it returned. A [`Release`](crate::blob::Release).
    pub(in super::super) unsafe extern "C" fn end_view(size: *mut c_void, data: *mut u8, _: usize) {
        let mask = !(page() - 1);
        if let Some(start) = NonNull::new(data.map_addr(|address| address & mask)) {
            // SAFETY: the view's mapping, which is not used again.
            unsafe { unmap(start, size.addr()) };
        }
    }

    /// Another descriptor of the file.
    pub(in super::super) fn duplicate(descriptor: i32) -> Result<OwnedFd, Status> {
        // SAFETY: only makes a descriptor.
        let made = checked(unsafe { libc::fcntl(descriptor, libc::F_DUPFD_CLOEXEC, 0) })?;
        // SAFETY: it was made here, and nobody else has it.
        Ok(unsafe { OwnedFd::from_raw_fd(made) })
    }

    /// # Safety
    /// The descriptor belongs to the caller, if it is valid.
    pub(crate) unsafe fn own(descriptor: i32) -> Result<Descriptor, Status> {
        // SAFETY: checks whether it is valid; the caller owns it.
        unsafe {
            if descriptor < 0 || libc::fcntl(descriptor, libc::F_GETFD) < 0 {
                return Err(Status::InvalidArgument);
            }
            Ok(OwnedFd::from_raw_fd(descriptor))
        }
    }

    /// The number, which must be closed by the caller.
    pub(crate) fn give(descriptor: Descriptor) -> i32 {
        descriptor.into_raw_fd()
    }
}

#[cfg(not(all(target_os = "linux", not(loom))))]
#[allow(dead_code, reason = "only links use it, and this system has none")]
mod none {
    use core::ffi::c_void;
    use core::ptr::NonNull;

    use super::Mapped;
    use crate::status::Status;

    /// Not on this system.
    #[derive(Debug)]
    pub(crate) struct Descriptor(());

    impl Descriptor {
        pub(crate) fn as_fd(&self) -> Borrowed {
            Borrowed(())
        }
    }

    #[derive(Clone, Copy)]
    pub(crate) struct Borrowed(());

    pub(in super::super) fn new(_: usize) -> Result<Mapped, Status> {
        Err(Status::Unsupported)
    }

    pub(in super::super) unsafe fn grow(_: &mut Mapped, _: usize) -> Result<(), Status> {
        Err(Status::Unsupported)
    }

    pub(in super::super) unsafe fn seal(_: &mut Mapped, _: usize) -> Result<(), Status> {
        Err(Status::Unsupported)
    }

    pub(in super::super) unsafe fn free(_: &Mapped) {}

    pub(in super::super) fn copied(_: &[u8]) -> Result<Descriptor, Status> {
        Err(Status::Unsupported)
    }

    pub(in super::super) fn check(_: Borrowed, _: usize, _: usize) -> Result<(), Status> {
        Err(Status::Unsupported)
    }

    pub(in super::super) fn view(_: Borrowed, _: usize, _: usize) -> Result<(NonNull<u8>, usize), Status> {
        Err(Status::Unsupported)
    }

    pub(in super::super) unsafe extern "C" fn end_view(_: *mut c_void, _: *mut u8, _: usize) {}

    pub(in super::super) fn duplicate(_: i32) -> Result<Descriptor, Status> {
        Err(Status::Unsupported)
    }

    pub(crate) unsafe fn own(_: i32) -> Result<Descriptor, Status> {
        Err(Status::Unsupported)
    }

    pub(crate) fn give(_: Descriptor) -> i32 {
        -1
    }
}
