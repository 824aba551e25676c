//! A descriptor that is readable while letters are queued or the mailbox is closed, for event loops.

use super::short_lock::ShortLock;
use crate::status::Status;
use crate::sync::{AtomicBool, Ordering};

/// The descriptor, made on first use.
pub(super) struct Signal {
    exists: AtomicBool,
    state: ShortLock<State>,
}

#[derive(Default)]
struct State {
    pipe: Option<Pipe>,
    raised: bool,
    /// The descriptor stays as it is: nobody waits for it at the moment.
    quiet: bool,
    /// The mailbox's users have the descriptor, so it is never quiet.
    public: bool,
}

impl Signal {
    pub(super) fn new() -> Self {
        Signal { exists: AtomicBool::new(false), state: ShortLock::new(State::default()) }
    }

    /// Whether the descriptor has been made.
    #[inline]
    pub(super) fn exists(&self) -> bool {
        self.exists.load(Ordering::Relaxed)
    }

    /// The descriptor, made now if necessary. `LimitExceeded` if the process has no more descriptors; `NoMemory`;
    /// `Unsupported`; `Closed` in a child that was forked while the state was in use.
    pub(super) fn descriptor(&self, public: bool) -> Result<i32, Status> {
        let mut state = self.state.lock()?;
        state.public |= public;
        if state.pipe.as_ref().is_none_or(|pipe| !pipe.is_ours()) {
            state.pipe = Some(Pipe::new()?);
            state.raised = false;
            self.exists.store(true, Ordering::Relaxed);
        }
        state.pipe.as_ref().map(Pipe::readable).ok_or(Status::Unsupported)
    }

    /// Saves the system calls of a descriptor that nobody waits for. After `false` the caller must settle.
    #[cfg(all(target_os = "linux", not(loom)))]
    pub(super) fn set_quiet(&self, quiet: bool) {
        if let Ok(mut state) = self.state.lock() {
            state.quiet = quiet;
        }
    }

    /// Makes the descriptor readable or not, as `wanted` returns. `wanted` runs under the lock, and every change of its
    /// result is followed by a call of this, so the last call leaves the right state.
    pub(super) fn settle(&self, wanted: impl FnOnce() -> bool) {
        if !self.exists() {
            return;
        }
        let Ok(mut state) = self.state.lock() else { return };
        let wanted = wanted();
        let State { pipe: Some(pipe), raised, quiet, public } = &mut *state else { return };
        // A forked child shares its parent's descriptor, which belongs to the parent.
        if *raised != wanted && (*public || !*quiet) && pipe.is_ours() {
            pipe.set(wanted);
            *raised = wanted;
        }
    }

    /// For tests of what a thread that holds the lock does to others.
    #[cfg(all(test, unix, not(loom)))]
    pub(super) fn while_locked(&self, run: impl FnOnce()) {
        let _held = self.state.lock();
        run();
    }
}

#[cfg(all(unix, not(loom)))]
use descriptors::Pipe;
#[cfg(any(not(unix), loom))]
use none::Pipe;

#[cfg(all(unix, not(loom)))]
mod descriptors {
    use std::fs::File;
    use std::io::{Read, Write};
    use std::os::fd::{AsRawFd, FromRawFd, OwnedFd};

    use super::super::fork::generation;
    use super::Status;

    /// An eventfd, or a pipe on systems without eventfd.
    pub(super) struct Pipe {
        out: File,
        #[cfg(not(any(target_os = "linux", target_os = "android")))]
        into: File,
        generation: u32,
    }

    fn failed() -> Status {
        match std::io::Error::last_os_error().raw_os_error() {
            Some(libc::EMFILE | libc::ENFILE) => Status::LimitExceeded,
            Some(libc::ENOMEM) => Status::NoMemory,
            _ => Status::Unsupported,
        }
    }

    impl Pipe {
        #[cfg(any(target_os = "linux", target_os = "android"))]
        pub(super) fn new() -> Result<Self, Status> {
            // SAFETY: the call only makes a descriptor.
            let descriptor = unsafe { libc::eventfd(0, libc::EFD_CLOEXEC | libc::EFD_NONBLOCK) };
            if descriptor < 0 {
                return Err(failed());
            }
            // SAFETY: the descriptor was made here, and nothing else owns it.
            let out = File::from(unsafe { OwnedFd::from_raw_fd(descriptor) });
            Ok(Pipe { out, generation: generation() })
        }

        #[cfg(not(any(target_os = "linux", target_os = "android")))]
        pub(super) fn new() -> Result<Self, Status> {
            let mut ends = [-1; 2];
            // SAFETY: room for the two descriptors.
            if unsafe { libc::pipe(ends.as_mut_ptr()) } != 0 {
                return Err(failed());
            }
            // SAFETY: the descriptors were made here, and nothing else owns them.
            let [out, into] = ends.map(|end| File::from(unsafe { OwnedFd::from_raw_fd(end) }));
            for end in ends {
                // SAFETY: sets flags of a descriptor that this function owns.
                let set = unsafe {
                    libc::fcntl(end, libc::F_SETFD, libc::FD_CLOEXEC) != -1
                        && libc::fcntl(end, libc::F_SETFL, libc::O_NONBLOCK) != -1
                };
                if !set {
                    return Err(failed());
                }
            }
            Ok(Pipe { out, into, generation: generation() })
        }

        pub(super) fn readable(&self) -> i32 {
            self.out.as_raw_fd()
        }

        pub(super) fn is_ours(&self) -> bool {
            self.generation == generation()
        }

        #[cfg(any(target_os = "linux", target_os = "android"))]
        fn into(&self) -> &File {
            &self.out
        }

        #[cfg(not(any(target_os = "linux", target_os = "android")))]
        fn into(&self) -> &File {
            &self.into
        }

        /// Writes eight bytes, or reads what was written.
        pub(super) fn set(&self, raised: bool) {
            loop {
                let done = if raised {
                    self.into().write(&1_u64.to_ne_bytes())
                } else {
                    (&self.out).read(&mut [0; 8])
                };
                match done {
                    Err(error) if error.kind() == std::io::ErrorKind::Interrupted => {}
                    // A pipe has room for one write, and a raised one has something to read.
                    _ => return,
                }
            }
        }
    }
}

#[cfg(any(not(unix), loom))]
mod none {
    use super::Status;

    /// Other systems have no such descriptor. For loom's models of raising and lowering it there is a flag.
    pub(super) struct Pipe(#[cfg(loom)] loom::sync::atomic::AtomicBool);

    impl Pipe {
        #[cfg(loom)]
        pub(super) fn new() -> Result<Self, Status> {
            Ok(Pipe(loom::sync::atomic::AtomicBool::new(false)))
        }

        #[cfg(not(loom))]
        pub(super) fn new() -> Result<Self, Status> {
            Err(Status::Unsupported)
        }

        #[cfg(loom)]
        pub(super) fn readable(&self) -> i32 {
            self.0.load(loom::sync::atomic::Ordering::SeqCst).into()
        }

        #[cfg(not(loom))]
        pub(super) fn readable(&self) -> i32 {
            -1
        }

        pub(super) fn is_ours(&self) -> bool {
            true
        }

        #[cfg_attr(not(loom), allow(unused_variables, reason = "there is no descriptor to set"))]
        pub(super) fn set(&self, raised: bool) {
            #[cfg(loom)]
            self.0.store(raised, loom::sync::atomic::Ordering::SeqCst);
        }
    }
}

#[cfg(all(test, target_os = "linux", not(loom)))]
mod tests {
    use super::*;

    fn is_readable(descriptor: i32) -> bool {
        let mut one = libc::pollfd { fd: descriptor, events: libc::POLLIN, revents: 0 };
        // SAFETY: one struct.
        unsafe { libc::poll(&raw mut one, 1, 0) == 1 }
    }

    #[test]
    fn a_quiet_descriptor_stays_as_it_is() {
        let signal = Signal::new();
        let descriptor = signal.descriptor(false).unwrap();
        for before in [false, true] {
            signal.settle(|| before);
            signal.set_quiet(true);
            signal.settle(|| !before);
            assert_eq!(is_readable(descriptor), before);
            signal.set_quiet(false);
            signal.settle(|| !before);
            assert_eq!(is_readable(descriptor), !before);
        }
    }

    #[test]
    fn a_descriptor_that_users_have_is_never_quiet() {
        let signal = Signal::new();
        let descriptor = signal.descriptor(false).unwrap();
        signal.set_quiet(true);
        assert_eq!(signal.descriptor(true), Ok(descriptor));
        signal.settle(|| true);
        assert!(is_readable(descriptor));
        // The link's own request does not change that.
        assert_eq!(signal.descriptor(false), Ok(descriptor));
        signal.settle(|| false);
        assert!(!is_readable(descriptor));
    }
}
