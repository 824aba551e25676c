//! A link: how it starts, turns and ends.

use std::collections::{HashMap, VecDeque};
use std::os::fd::OwnedFd;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use super::packet::{HELLO, LONGEST_NAME, RELEASE};
use super::receive::AT_ONCE;
use super::socket::{Socket, Wanted, Watch};
use super::state::{Incoming, Link, MOST_INLINE, Packet, Proxy, copied};
use super::stones::{BorrowedStones, Lent};
use super::{Options, Statistics};
use crate::allocation::Grow;
use crate::blob::file::Descriptor;
use crate::mailbox::{self, Deadline, Mailbox, generation};
use crate::status::Status;

/// The longest sleep of a turn while something can change without an event: a stone becomes unused, or a mailbox has
/// room again.
const LOOK_AGAIN: Duration = Duration::from_millis(100);
const WAIT_FOR_ROOM: Duration = Duration::from_millis(10);
const WAIT_FOR_DESCRIPTORS: Duration = Duration::from_millis(10);
/// How often a turn looks for an answer before it sleeps: about ten microseconds.
const LOOKS: u32 = 30;

fn checked(name: &[u8]) -> Result<(), Status> {
    if name.is_empty() || name.len() > LONGEST_NAME { Err(Status::InvalidArgument) } else { Ok(()) }
}

impl Link {
    /// A link over a connected `AF_UNIX` socket of type `SOCK_SEQPACKET`. It takes the socket over, also when it fails.
    ///
    /// `InvalidArgument` for another socket; `Unsupported` when its other end is another user's, unless the options allow
    /// it; `LimitExceeded` when the process has no more descriptors; `NoMemory`.
    pub fn new(socket: OwnedFd, options: &Options) -> Result<Link, Status> {
        Self::over(socket, options)
    }

    pub(crate) fn over(socket: Descriptor, options: &Options) -> Result<Link, Status> {
        mailbox::watch_forks()?;
        let socket = Socket::new(socket, options.any_user)?;
        let watch = Watch::new(&socket)?;
        let wanted = Wanted { input: true, room: false, letters: true };
        let most_inline = MOST_INLINE.min(socket.room() / 2);
        let mut link = Link {
            socket,
            watch,
            wanted,
            generation: generation(),
            ended: false,
            options: *options,
            peer: None,
            lent: Lent::default(),
            borrowed: BorrowedStones::default(),
            proxies: Vec::new(),
            served: HashMap::new(),
            outgoing: VecDeque::new(),
            spare: Vec::new(),
            body: Vec::new(),
            most_inline,
            crowded: false,
            short: false,
            gone: false,
            incoming: Incoming::new()?,
            pending: None,
            refused_names: Vec::new(),
            sent: 0,
            received: 0,
            refused: 0,
            turns: 0,
            answer_expected: false,
            answer_first: false,
            answered: false,
            quiet: false,
            observed: AtomicBool::new(false),
        };
        let limits = options.limits;
        link.tell(HELLO, &[limits.max_stones as u64, limits.max_bytes])?;
        link.settle()?;
        Ok(link)
    }

    /// The proxy for the peer's mailbox of this name: letters posted to it go there when the link turns, in order. It
    /// is closed when the peer does not serve the name and when the link ends; letters left in it can then be taken.
    /// The same open proxy is returned each time.
    ///
    /// `InvalidArgument` for no name, or one of more than 255 bytes; `Closed`; `LimitExceeded` when the process has no more
    /// descriptors; `NoMemory`.
    pub fn mailbox(&mut self, name: &[u8]) -> Result<Mailbox, Status> {
        checked(name)?;
        self.check_open()?;
        if self.gone {
            return Err(Status::Closed);
        }
        if let Some(proxy) =
            self.proxies.iter().find(|proxy| proxy.name == name && !proxy.mailbox.is_closed())
        {
            return Ok(proxy.mailbox.clone());
        }
        let options = mailbox::Options {
            max_letters: self.options.max_letters,
            max_bytes: self.options.max_queued_bytes,
            name: &[],
        };
        let mailbox = Mailbox::with_options(&options)?;
        let descriptor = mailbox.link_descriptor()?;
        let name = copied(name)?;
        self.proxies.try_reserve(1)?;
        self.watch.add(descriptor)?;
        self.set_quiet(false);
        self.proxies.push_in_room(Proxy::new(name, mailbox.clone(), descriptor));
        Ok(mailbox)
    }

    /// Delivers the peer's letters to this name into the mailbox, of which the link keeps a handle. A name that is
    /// already served gets this mailbox instead, also for a letter that waits for room in the earlier one.
    ///
    /// `InvalidArgument` for no name, or one of more than 255 bytes; `Closed`; `NoMemory`.
    pub fn serve(&mut self, name: &[u8], mailbox: &Mailbox) -> Result<(), Status> {
        checked(name)?;
        self.check_open()?;
        self.served.try_reserve(1)?;
        let before = self.served.insert(copied(name)?, mailbox.clone());
        // A letter that waits for room in the earlier mailbox would hold up all others, if nobody takes from it any more.
        if let (Some(before), Some((waits_for, _))) = (before, &mut self.pending)
            && waits_for.is_same(&before)
            && !self.served.values().any(|served| served.is_same(&before))
        {
            *waits_for = mailbox.clone();
        }
        Ok(())
    }

    /// Readable while a turn has something to do. It belongs to the link: do not read, write or close it.
    pub fn descriptor(&self) -> i32 {
        if !self.observed.swap(true, Ordering::Relaxed) {
            self.proxies.iter().for_each(|proxy| proxy.mailbox.set_quiet(false));
        }
        self.watch.descriptor()
    }

    /// Delivers what the peer has sent to the served mailboxes, and sends the letters of the proxies. Waits for
    /// something to do up to `timeout`; `None` waits without end.
    ///
    /// `End` when there was nothing to do in time; `Closed` when the peer has gone and everything it sent was
    /// delivered; `Busy` when a served mailbox is full, after at most 10 ms: nothing more is read until its letters are
    /// taken. `Malformed` or `LimitExceeded` when the peer broke a rule or exceeded a limit, which ends the link.
    /// `NoMemory`, or `LimitExceeded` when the process has no more descriptors to send with, or fewer than the next
    /// packet brings (253 at most): nothing is lost, and the next turn tries again.
    pub fn turn(&mut self, timeout: Option<Duration>) -> Result<(), Status> {
        self.check_open()?;
        let deadline = Deadline::after(timeout);
        // After an answer nothing has come yet.
        if core::mem::take(&mut self.answered) && timeout != Some(Duration::ZERO) && self.look()? {
            return Ok(());
        }
        loop {
            let outcome = self.step(AT_ONCE);
            self.settle()?;
            if outcome? {
                self.answer_expected = true;
                return Ok(());
            }
            // First release unused stones: the peer may wait for them.
            let swept = self.sweep();
            self.settle()?;
            if swept? {
                return Ok(());
            }
            let Ok(left) = deadline.left() else {
                return Err(match (self.pending.is_some(), self.short) {
                    (true, _) => Status::Busy,
                    (false, true) => Status::LimitExceeded,
                    (false, false) => Status::End,
                });
            };
            let at_most = |most: Duration| Some(left.map_or(most, |left| left.min(most)));
            if let Some((mailbox, letter)) = self.pending.take() {
                let outcome = self.wait_and_deliver(&mailbox, letter, at_most(WAIT_FOR_ROOM));
                self.settle()?;
                return outcome;
            }
            if self.short {
                std::thread::sleep(at_most(WAIT_FOR_DESCRIPTORS).unwrap_or_default());
                return Err(Status::LimitExceeded);
            }
            if self.crowded {
                std::thread::sleep(at_most(Duration::from_millis(1)).unwrap_or_default());
                continue;
            }
            // Polling for an answer that comes soon is cheaper than being woken.
            let looks = if core::mem::take(&mut self.answer_expected) { LOOKS } else { 0 };
            for _ in 0..looks {
                if self.look()? {
                    return Ok(());
                }
            }
            self.set_quiet(false);
            self.watch.wait(if self.borrowed.len() != 0 { at_most(LOOK_AGAIN) } else { left });
        }
    }

    /// Looks for an answer after letting another process of this processor run; returns whether there was anything.
    fn look(&mut self) -> Result<bool, Status> {
        std::thread::yield_now();
        let outcome = self.step(1);
        if outcome != Ok(false) {
            (self.answer_expected, self.answer_first) = (true, true);
            self.set_quiet(true);
            self.settle()?;
        }
        outcome
    }

    /// Counts, and what the link holds.
    pub fn statistics(&self) -> Statistics {
        Statistics {
            sent: self.sent,
            received: self.received,
            refused: self.refused,
            waiting: self.outgoing.len() as u64,
            lent_stones: self.lent.len() as u64,
            lent_bytes: self.lent.bytes(),
            borrowed_stones: self.borrowed.len() as u64,
            borrowed_bytes: self.borrowed.bytes(),
        }
    }

    /// Spares the proxies' descriptors while turns find what there is without waiting for an event.
    fn set_quiet(&mut self, quiet: bool) {
        if quiet != self.quiet && !(quiet && self.observed.load(Ordering::Relaxed)) {
            self.proxies.iter().for_each(|proxy| proxy.mailbox.set_quiet(quiet));
            self.quiet = quiet;
        }
    }

    /// A child of `fork` must not use its parent's link.
    fn check_open(&self) -> Result<(), Status> {
        if self.ended || self.generation != generation() { Err(Status::Closed) } else { Ok(()) }
    }

    /// Does everything that needs no waiting, and reads this many packets at most; returns whether there was anything.
    fn step(&mut self, packets: usize) -> Result<bool, Status> {
        self.crowded = false;
        self.short = false;
        let mut done = self.flush()?;
        if core::mem::take(&mut self.answer_first)
            && self.peer.is_some()
            && !self.gone
            && self.send_letters()?
        {
            self.answered = true;
            return Ok(true);
        }
        match self.receive(packets) {
            Ok(received) => done |= received,
            // Nothing is lost by these: the next turn goes on from there.
            Err(status @ (Status::NoMemory | Status::Busy)) => return Err(status),
            Err(status) => {
                self.finish();
                return Err(status);
            }
        }
        // A sweep takes time linear in the number of stones, so it runs once in proportionally many turns, and before
        // sleeping.
        self.turns += 1;
        if self.turns > (self.borrowed.len() + self.lent.len()) / 16 {
            self.turns = 0;
            done |= self.sweep()?;
        }
        if self.gone {
            self.end_proxies();
        } else if self.peer.is_some() {
            done |= self.send_letters()?;
        }
        // Sends what the steps above have queued.
        Ok(self.flush()? || done)
    }

    /// Tells the peer which of its stones are no longer used; returns whether there were any.
    fn sweep(&mut self) -> Result<bool, Status> {
        self.lent.sweep();
        if self.gone || !self.outgoing.is_empty() {
            return Ok(false);
        }
        let Link { borrowed, outgoing, .. } = self;
        borrowed.sweep(|number, mentions| Packet::control(outgoing, RELEASE, &[number, mentions]))?;
        self.flush()
    }

    /// Makes the descriptor readable for exactly the events that a turn can use.
    fn settle(&mut self) -> Result<(), Status> {
        let wanted = Wanted {
            input: self.pending.is_none(),
            room: !self.outgoing.is_empty() && !self.gone && !self.crowded,
            letters: self.outgoing.is_empty() && self.peer.is_some(),
        };
        if wanted != self.wanted && !self.ended {
            self.watch.set(&self.socket, wanted)?;
            self.wanted = wanted;
        }
        Ok(())
    }

    fn end_proxies(&mut self) {
        let Link { proxies, watch, .. } = self;
        proxies.drain(..).for_each(|proxy| proxy.end(watch));
    }

    /// Ends the link, here and for the peer.
    fn finish(&mut self) {
        self.ended = true;
        self.socket.end();
        // The descriptor is readable from now on, as the socket has ended.
        let _ = self.watch.set(&self.socket, Wanted { input: true, room: false, letters: false });
        self.end_proxies();
        self.served.clear();
        self.outgoing.clear();
        self.pending = None;
        self.incoming.clear();
        self.lent = Lent::default();
        self.borrowed = BorrowedStones::default();
    }
}

impl Drop for Link {
    fn drop(&mut self) {
        // A child's copy ends silently: the link is its parent's.
        if self.check_open().is_ok() {
            self.finish();
        }
    }
}

impl core::fmt::Debug for Link {
    fn fmt(&self, formatter: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        formatter
            .debug_struct("Link")
            .field("ended", &self.ended)
            .field("statistics", &self.statistics())
            .finish()
    }
}
