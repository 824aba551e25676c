//! System calls: packets with descriptors over a connected socket, and waiting.

use core::mem::{MaybeUninit, size_of};
use core::ptr;
use std::io::Error;
use std::os::fd::{AsRawFd, FromRawFd, OwnedFd};
use std::time::Duration;

use crate::allocation::Grow;
use crate::status::Status;

/// The most descriptors that the kernel carries in one packet.
pub(super) const MOST_DESCRIPTORS: usize = 253;

/// Room for the descriptors of one packet and the kernel's headers.
const CONTROL_WORDS: usize = (MOST_DESCRIPTORS * size_of::<i32>() + size_of::<libc::cmsghdr>()).div_ceil(8);

#[derive(Debug)]
pub(super) struct Socket(OwnedFd);

/// The result of sending a packet.
pub(super) enum Sent {
    All,
    /// The peer does not read fast enough.
    Full,
    /// This user has too many descriptors in transit; no event tells when there are fewer.
    Crowded,
    Gone,
}

/// The result of receiving.
pub(super) enum Received {
    /// A packet of this many bytes.
    Packet(usize),
    Nothing,
    /// The process has fewer free descriptors than the packet brings; it is still in the socket.
    NoDescriptors,
    Ended,
}

fn last() -> i32 {
    Error::last_os_error().raw_os_error().unwrap_or(0)
}

fn status(error: i32) -> Status {
    match error {
        libc::EMFILE | libc::ENFILE | libc::ENOSPC => Status::LimitExceeded,
        libc::ENOMEM | libc::ENOBUFS => Status::NoMemory,
        _ => Status::InvalidArgument,
    }
}

impl Socket {
    /// Takes a connected socket of type `SOCK_SEQPACKET`. Its other end must be a process of the same user, unless
    /// `any_user` is set.
    ///
    /// `InvalidArgument` for any other kind of socket; `Unsupported` for another user's process.
    pub(super) fn new(descriptor: OwnedFd, any_user: bool) -> Result<Self, Status> {
        let socket = Socket(descriptor);
        let kind = (socket.option(libc::SO_DOMAIN)?, socket.option(libc::SO_TYPE)?);
        if kind != (libc::AF_UNIX, libc::SOCK_SEQPACKET) {
            return Err(Status::InvalidArgument);
        }
        let mut name = MaybeUninit::<libc::sockaddr_un>::uninit();
        let mut length = size_of::<libc::sockaddr_un>() as libc::socklen_t;
        // SAFETY: room for a name of that length; acts on a descriptor that is there.
        if unsafe { libc::getpeername(socket.raw(), name.as_mut_ptr().cast(), &raw mut length) } != 0 {
            return Err(Status::InvalidArgument);
        }
        let peer: libc::ucred = socket.option(libc::SO_PEERCRED)?;
        // SAFETY: asks for a number.
        if !any_user && peer.uid != unsafe { libc::geteuid() } {
            return Err(Status::Unsupported);
        }
        // SAFETY: sets a flag of a descriptor that this process owns.
        unsafe { libc::fcntl(socket.raw(), libc::F_SETFD, libc::FD_CLOEXEC) };
        // Packets must carry nothing that was not sent.
        for option in [libc::SO_PASSCRED, libc::SO_PASSSEC, libc::SO_PASSPIDFD] {
            let off = 0_i32;
            let size = size_of::<i32>() as libc::socklen_t;
            // SAFETY: a number of that size; an option that the kernel does not have is refused.
            unsafe {
                libc::setsockopt(socket.raw(), libc::SOL_SOCKET, option, (&raw const off).cast(), size);
            }
        }
        Ok(socket)
    }

    fn option<T>(&self, option: i32) -> Result<T, Status> {
        let mut value = MaybeUninit::<T>::zeroed();
        let mut size = size_of::<T>() as libc::socklen_t;
        let place = value.as_mut_ptr().cast();
        // SAFETY: room for a value of that size. Those that are asked for are whole numbers, or structs of such, for which
        // zeros would do, too.
        unsafe {
            if libc::getsockopt(self.raw(), libc::SOL_SOCKET, option, place, &raw mut size) != 0 {
                return Err(Status::InvalidArgument);
            }
            Ok(value.assume_init())
        }
    }

    fn raw(&self) -> i32 {
        self.0.as_raw_fd()
    }

    /// The size in bytes that a packet can have at least, by the socket's buffer.
    pub(super) fn room(&self) -> usize {
        self.option::<i32>(libc::SO_SNDBUF).ok().and_then(|size| usize::try_from(size).ok()).unwrap_or(0) / 2
    }

    /// Sends one packet without waiting. `NoMemory`; `Malformed` when it is larger than packets can be.
    pub(super) fn send(&self, bytes: &[u8], descriptors: &[i32]) -> Result<Sent, Status> {
        let mut control = [0_u64; CONTROL_WORDS];
        let mut run = libc::iovec { iov_base: bytes.as_ptr().cast_mut().cast(), iov_len: bytes.len() };
        // SAFETY: a struct of numbers and pointers, for which zeros are valid.
        let mut message: libc::msghdr = unsafe { core::mem::zeroed() };
        message.msg_iov = &raw mut run;
        message.msg_iovlen = 1;
        if !descriptors.is_empty() {
            let size = size_of_val(descriptors);
            if descriptors.len() > MOST_DESCRIPTORS {
                return Err(Status::LimitExceeded);
            }
            message.msg_control = control.as_mut_ptr().cast();
            // SAFETY: the control data are aligned for the header and have room for it and these descriptors.
            unsafe {
                message.msg_controllen = libc::CMSG_SPACE(size as u32) as _;
                let header = libc::CMSG_FIRSTHDR(&raw const message);
                (*header).cmsg_level = libc::SOL_SOCKET;
                (*header).cmsg_type = libc::SCM_RIGHTS;
                (*header).cmsg_len = libc::CMSG_LEN(size as u32) as _;
                ptr::copy_nonoverlapping(descriptors.as_ptr().cast(), libc::CMSG_DATA(header), size);
            }
        }
        loop {
            // SAFETY: what the struct points to is there; the call only reads it.
            let sent = unsafe {
                libc::sendmsg(self.raw(), &raw const message, libc::MSG_DONTWAIT | libc::MSG_NOSIGNAL)
            };
            if sent >= 0 {
                return Ok(Sent::All);
            }
            match last() {
                libc::EINTR => {}
                libc::EAGAIN => return Ok(Sent::Full),
                libc::ETOOMANYREFS => return Ok(Sent::Crowded),
                libc::ENOMEM | libc::ENOBUFS => return Err(Status::NoMemory),
                libc::EMSGSIZE => return Err(Status::Malformed),
                _ => return Ok(Sent::Gone),
            }
        }
    }

    /// Receives the next packet without waiting, with its descriptors, for which there is room. Others are closed. An
    /// `announced` packet leaves the socket only when its descriptors are here.
    ///
    /// `Malformed` for a packet that is larger than the buffer, or has other control data than descriptors;
    /// `LimitExceeded` when the process has too few free descriptors for one that is not announced; `NoMemory`.
    pub(super) fn receive(
        &self,
        buffer: &mut [u8],
        descriptors: &mut Vec<OwnedFd>,
        announced: bool,
    ) -> Result<Received, Status> {
        let mut control = [0_u64; CONTROL_WORDS];
        let mut run = libc::iovec { iov_base: buffer.as_mut_ptr().cast(), iov_len: buffer.len() };
        // SAFETY: a struct of numbers and pointers, for which zeros are valid.
        let mut message: libc::msghdr = unsafe { core::mem::zeroed() };
        message.msg_iov = &raw mut run;
        message.msg_iovlen = 1;
        message.msg_control = control.as_mut_ptr().cast();
        message.msg_controllen = size_of_val(&control) as _;
        let flags = libc::MSG_DONTWAIT | libc::MSG_CMSG_CLOEXEC | if announced { libc::MSG_PEEK } else { 0 };
        let count = loop {
            // SAFETY: what the struct points to is there, and writable for the lengths in it.
            let count = unsafe { libc::recvmsg(self.raw(), &raw mut message, flags) };
            match usize::try_from(count) {
                Ok(count) => break count,
                Err(_) => match last() {
                    // The peer has gone. What it sent before can still be read: this error occurs once.
                    libc::EINTR | libc::ECONNRESET => {}
                    libc::EAGAIN => return Ok(Received::Nothing),
                    libc::ENOMEM | libc::ENOBUFS => return Err(Status::NoMemory),
                    _ => return Ok(Received::Ended),
                },
            }
        };
        let mut foreign = false;
        // SAFETY: the kernel wrote the control data, in whole headers, and each descriptor in it is new and ours.
        unsafe {
            let mut header = libc::CMSG_FIRSTHDR(&raw const message);
            while !header.is_null() {
                if (*header).cmsg_level == libc::SOL_SOCKET && (*header).cmsg_type == libc::SCM_RIGHTS {
                    let size = (*header).cmsg_len as usize - libc::CMSG_LEN(0) as usize;
                    for place in 0..size / size_of::<i32>() {
                        let descriptor = libc::CMSG_DATA(header).cast::<i32>().add(place).read_unaligned();
                        let owned = OwnedFd::from_raw_fd(descriptor);
                        if descriptors.len() < descriptors.capacity() {
                            descriptors.push_in_room(owned);
                        }
                    }
                } else {
                    foreign = true;
                }
                header = libc::CMSG_NXTHDR(&raw const message, header);
            }
        }
        if message.msg_flags & libc::MSG_TRUNC != 0 || foreign {
            return Err(Status::Malformed);
        }
        if message.msg_flags & libc::MSG_CTRUNC != 0 {
            descriptors.clear();
            return if announced { Ok(Received::NoDescriptors) } else { Err(Status::LimitExceeded) };
        }
        if announced {
            self.drop_packet();
        }
        // Links send no empty packets.
        Ok(if count == 0 { Received::Ended } else { Received::Packet(count) })
    }

    /// Drops the next packet, which was read.
    fn drop_packet(&self) {
        // SAFETY: receives nothing; acts on a descriptor that this process owns.
        while unsafe { libc::recv(self.raw(), ptr::null_mut(), 0, libc::MSG_DONTWAIT) } < 0
            && matches!(last(), libc::EINTR | libc::ECONNRESET)
        {}
    }

    /// Ends the connection for both sides, whichever processes have descriptors of it; sent packets can still be
    /// read.
    pub(super) fn end(&self) {
        // SAFETY: acts on a descriptor that this process owns.
        unsafe { libc::shutdown(self.raw(), libc::SHUT_RDWR) };
    }
}

/// What a turn waits for: the socket, and mailboxes, which can be left out for a while.
#[derive(Debug)]
pub(super) struct Watch {
    all: OwnedFd,
    mailboxes: OwnedFd,
}

/// The events that are wanted.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) struct Wanted {
    /// Packets, or the socket's end.
    pub(super) input: bool,
    /// Room for packets.
    pub(super) room: bool,
    /// Letters in the mailboxes.
    pub(super) letters: bool,
}

fn epoll() -> Result<OwnedFd, Status> {
    // SAFETY: makes a descriptor, nothing else.
    let made = unsafe { libc::epoll_create1(libc::EPOLL_CLOEXEC) };
    if made < 0 {
        return Err(status(last()));
    }
    // SAFETY: it was made here, and nobody else has it.
    Ok(unsafe { OwnedFd::from_raw_fd(made) })
}

fn control(epoll: &OwnedFd, operation: i32, descriptor: i32, events: i32) -> Result<(), Status> {
    let mut event = libc::epoll_event { events: events as u32, u64: 0 };
    // SAFETY: the struct is there during the call; a descriptor that is none is refused.
    match unsafe { libc::epoll_ctl(epoll.as_raw_fd(), operation, descriptor, &raw mut event) } {
        0 => Ok(()),
        _ => Err(status(last())),
    }
}

impl Watch {
    /// Watches the socket's input, and mailboxes that are added.
    pub(super) fn new(socket: &Socket) -> Result<Self, Status> {
        let watch = Watch { all: epoll()?, mailboxes: epoll()? };
        control(&watch.all, libc::EPOLL_CTL_ADD, socket.raw(), libc::EPOLLIN)?;
        control(&watch.all, libc::EPOLL_CTL_ADD, watch.mailboxes.as_raw_fd(), libc::EPOLLIN)?;
        Ok(watch)
    }

    pub(super) fn set(&self, socket: &Socket, wanted: Wanted) -> Result<(), Status> {
        let input = if wanted.input { libc::EPOLLIN } else { 0 };
        let room = if wanted.room { libc::EPOLLOUT } else { 0 };
        let letters = if wanted.letters { libc::EPOLLIN } else { 0 };
        control(&self.all, libc::EPOLL_CTL_MOD, socket.raw(), input | room)?;
        control(&self.all, libc::EPOLL_CTL_MOD, self.mailboxes.as_raw_fd(), letters)
    }

    pub(super) fn add(&self, mailbox: i32) -> Result<(), Status> {
        control(&self.mailboxes, libc::EPOLL_CTL_ADD, mailbox, libc::EPOLLIN)
    }

    pub(super) fn remove(&self, mailbox: i32) {
        // A missing one is not watched anyway.
        let _ = control(&self.mailboxes, libc::EPOLL_CTL_DEL, mailbox, 0);
    }

    /// Readable when there is something to do.
    pub(super) fn descriptor(&self) -> i32 {
        self.all.as_raw_fd()
    }

    /// Waits until there is, at most for this time.
    pub(super) fn wait(&self, time: Option<Duration>) {
        let mut event = libc::epoll_event { events: 0, u64: 0 };
        // Rounded up: a shorter wait would be repeated.
        let milliseconds =
            time.map_or(-1, |time| i32::try_from(time.as_nanos().div_ceil(1_000_000)).unwrap_or(i32::MAX));
        // SAFETY: room for the one event.
        unsafe { libc::epoll_wait(self.all.as_raw_fd(), &raw mut event, 1, milliseconds) };
    }
}
