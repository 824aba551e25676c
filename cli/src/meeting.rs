//! How processes of one host find each other by name: sockets in the kernel's abstract name space, which leave no
//! files.

#[cfg(target_os = "linux")]
pub(crate) use linux::{Listener, connect};
#[cfg(not(target_os = "linux"))]
pub(crate) use none::{Listener, connect};

#[cfg(target_os = "linux")]
mod linux {
    use std::io;
    use std::os::fd::OwnedFd;
    use std::time::Duration;

    use drystone::link::{Link, Options};
    use rustix::net::sockopt::{Timeout, set_socket_timeout};
    use rustix::net::{
        AddressFamily, SocketAddrUnix, SocketFlags, SocketType, accept_with, bind, connect as connect_to,
        listen, socket_with,
    };

    /// Each user has separate names.
    fn address(name: &str) -> io::Result<SocketAddrUnix> {
        let user = rustix::process::geteuid().as_raw();
        Ok(SocketAddrUnix::new_abstract_name(format!("drystone/{user}/{name}").as_bytes())?)
    }

    fn socket() -> io::Result<OwnedFd> {
        Ok(socket_with(AddressFamily::UNIX, SocketType::SEQPACKET, SocketFlags::CLOEXEC, None)?)
    }

    fn link(socket: OwnedFd) -> io::Result<Link> {
        Link::new(socket, &Options::default()).map_err(io::Error::other)
    }

    /// Peers that connect by a name.
    pub(crate) struct Listener(OwnedFd);

    impl Listener {
        pub(crate) fn new(name: &str) -> io::Result<Listener> {
            let socket = socket()?;
            bind(&socket, &address(name)?)?;
            listen(&socket, 64)?;
            Ok(Listener(socket))
        }

        /// The link to the next peer; other users are refused.
        pub(crate) fn next(&self) -> io::Result<io::Result<Link>> {
            loop {
                match accept_with(&self.0, SocketFlags::CLOEXEC) {
                    Ok(socket) => return Ok(link(socket)),
                    Err(rustix::io::Errno::INTR | rustix::io::Errno::CONNABORTED) => {}
                    Err(error) => return Err(error.into()),
                }
            }
        }
    }

    /// A link to the process that serves the name.
    ///
    /// Waits when more peers than the kernel queues are not accepted yet. A socket knows no timeout of zero.
    pub(crate) fn connect(name: &str, timeout: Duration) -> io::Result<Link> {
        let socket = socket()?;
        set_socket_timeout(
            &socket,
            Timeout::Send,
            Some(timeout.clamp(Duration::from_millis(1), Duration::from_secs(86_400))),
        )?;
        connect_to(&socket, &address(name)?).map_err(|error| match error {
            rustix::io::Errno::AGAIN => io::ErrorKind::TimedOut.into(),
            error => io::Error::from(error),
        })?;
        link(socket)
    }
}

#[cfg(not(target_os = "linux"))]
mod none {
    use std::io::{Error, ErrorKind, Result};
    use std::time::Duration;

    use drystone::link::Link;

    pub(crate) struct Listener;

    impl Listener {
        pub(crate) fn new(_: &str) -> Result<Listener> {
            Err(Error::from(ErrorKind::Unsupported))
        }

        pub(crate) fn next(&self) -> Result<Result<Link>> {
            Err(Error::from(ErrorKind::Unsupported))
        }
    }

    pub(crate) fn connect(_: &str, _: Duration) -> Result<Link> {
        Err(Error::from(ErrorKind::Unsupported))
    }
}
