//! Takes packets from the socket, and letters to mailboxes. Packets are not trusted.

use std::time::Duration;

use super::Limits;
use super::packet::{
    ANNOUNCE, FORGET, HELLO, IN_PARTS, LETTER, LONGEST_NAME, REFUSED, RELEASE, Rest, STONE, STONES,
};
use super::socket::Received;
use super::state::{Incoming, Link, copied};
use super::stones::Mention;
use crate::allocation::Grow;
use crate::blob::Blob;
use crate::mailbox::{Mailbox, NotPosted};
use crate::status::Status;
use crate::wota;

/// The most packets that are read before letters are sent again.
pub(super) const AT_ONCE: usize = 64;
/// The most names at a time for which the peer is told that they are not served.
const MOST_REFUSED_NAMES: usize = 64;

/// A letter and the name it is for.
struct IncomingLetter<'a> {
    name: &'a [u8],
    /// The letter; or why it is invalid.
    letter: Result<Blob, Status>,
}

impl Link {
    /// Reads and processes packets, this many at most; returns whether there were any. `NoMemory` and `Busy` lose nothing; every other
    /// status ends the link: `Closed` when the peer has ended it.
    pub(super) fn receive(&mut self, most: usize) -> Result<bool, Status> {
        if let Some((mailbox, letter)) = self.pending.take() {
            self.deliver(&mailbox, letter)?;
            if self.pending.is_some() {
                return Ok(false);
            }
        }
        let mut done = false;
        for _ in 0..most {
            if self.incoming.length == 0 {
                let Incoming { buffer, descriptors, announced, .. } = &mut self.incoming;
                match self.socket.receive(buffer, descriptors, *announced)? {
                    Received::Packet(length) => self.incoming.length = length,
                    Received::Nothing => break,
                    Received::NoDescriptors => {
                        self.short = true;
                        break;
                    }
                    // The next turn reports the end: this one has delivered something.
                    Received::Ended if done => {
                        self.gone = true;
                        break;
                    }
                    Received::Ended => return Err(Status::Closed),
                }
            }
            // It announces the next one, if any.
            self.incoming.announced = false;
            self.take_up()?;
            self.incoming.clear();
            done = true;
            if self.pending.is_some() {
                break;
            }
        }
        Ok(done)
    }

    /// Processes the packet. After `NoMemory` it can be repeated.
    fn take_up(&mut self) -> Result<(), Status> {
        let buffer = core::mem::take(&mut self.incoming.buffer);
        let outcome = self.read(buffer.get(..self.incoming.length).unwrap_or(&[]));
        self.incoming.buffer = buffer;
        outcome
    }

    fn read(&mut self, packet: &[u8]) -> Result<(), Status> {
        let mut rest = Rest::new(packet);
        let kind = rest.kind()?;
        // The first packet, and no other, is HELLO.
        if (kind == HELLO) != self.peer.is_none() {
            return Err(Status::Malformed);
        }
        let carries = matches!(kind, STONES | LETTER);
        if !carries && !self.incoming.descriptors.is_empty() {
            return Err(Status::Malformed);
        }
        match kind {
            HELLO => {
                let limits = Limits {
                    max_stones: rest.number()?,
                    max_bytes: rest.word()?,
                    message: crate::value::Limits::DEFAULT,
                };
                rest.end()?;
                self.peer = Some(limits);
            }
            STONES => {
                let count = self.take_up_stones(&mut rest)?;
                rest.end()?;
                if count != self.incoming.descriptors.len() {
                    return Err(Status::Malformed);
                }
            }
            LETTER => self.take_up_letter(&mut rest)?,
            ANNOUNCE => {
                rest.end()?;
                self.incoming.announced = true;
            }
            RELEASE => {
                let (number, mentions) = (rest.word()?, rest.word()?);
                rest.end()?;
                // Room first: what has been returned to the peer cannot be reclaimed.
                self.outgoing.try_reserve(1)?;
                if self.lent.check_release(number, mentions)? {
                    self.tell(FORGET, &[number])?;
                    self.lent.release(number);
                }
            }
            FORGET => {
                let number = rest.word()?;
                rest.end()?;
                self.borrowed.forget(number)?;
            }
            REFUSED => {
                let length = rest.number()?;
                let name = rest.bytes(length)?;
                rest.end()?;
                self.proxies
                    .iter()
                    .filter(|proxy| proxy.name == name)
                    .for_each(|proxy| proxy.mailbox.close());
            }
            _ => return Err(Status::Malformed),
        }
        Ok(())
    }

    /// Takes the packet's new stones, each once however often this is called; returns how many there are.
    fn take_up_stones(&mut self, rest: &mut Rest<'_>) -> Result<usize, Status> {
        let count = rest.number()?;
        if count > self.incoming.descriptors.len() {
            return Err(Status::Malformed);
        }
        for place in 0..count {
            let (number, offset, bits) = (rest.word()?, rest.number()?, rest.number()?);
            if place < self.incoming.taken_up {
                continue;
            }
            let limits = &self.options.limits;
            self.borrowed.admit(number, bits, limits)?;
            let file = self.incoming.descriptors.get(place).ok_or(Status::Malformed)?;
            let stone = Blob::of_file(file, offset, bits, limits.max_bytes).map_err(broken)?;
            self.borrowed.add(number, stone)?;
            self.incoming.taken_up += 1;
        }
        Ok(count)
    }

    fn take_up_letter(&mut self, rest: &mut Rest<'_>) -> Result<(), Status> {
        let count = self.take_up_stones(rest)?;
        let size = rest.word()?;
        let length = usize::try_from(size >> 1).map_err(|_| Status::Malformed)?;
        let in_file = size & 1 != 0;
        if self.incoming.descriptors.len() != count + usize::from(in_file) {
            return Err(Status::Malformed);
        }
        if length as u64 > self.options.limits.max_bytes {
            return Err(Status::LimitExceeded);
        }
        if in_file {
            rest.end()?;
            let bits = length.checked_mul(8).ok_or(Status::Malformed)?;
            let file = self.incoming.descriptors.get(count).ok_or(Status::Malformed)?;
            let body = Blob::of_file(file, 0, bits, self.options.limits.max_bytes).map_err(broken)?;
            self.take_up_body(body.bytes(), Some(&body))
        } else {
            let body = rest.all();
            if body.len() != length {
                return Err(Status::Malformed);
            }
            self.take_up_body(body, None)
        }
    }

    fn take_up_body(&mut self, bytes: &[u8], file: Option<&Blob>) -> Result<(), Status> {
        let mut rest = Rest::new(bytes);
        let first = rest.number()?;
        let (length, form) = (first >> 8, first as u64 & 0xFF);
        let (count, inline_bits) = (rest.number()?, rest.number()?);
        if length == 0 || length > LONGEST_NAME || count > bytes.len() / 24 {
            return Err(Status::Malformed);
        }
        let mut mentions: Vec<Mention> = Vec::new();
        let mut blobs: Vec<Blob> = Vec::new();
        mentions.try_reserve_exact(count)?;
        // The inline bits are the first part.
        blobs.try_reserve_exact(count + 1)?;
        for _ in 0..count {
            let (number, from_byte, bits) = (rest.word()?, rest.number()?, rest.number()?);
            // The sender's own stones are borrowed here.
            let mention = Mention { number: number >> 1, borrowed: number & 1 == 0, from_byte, bits };
            mentions.push_in_room(mention);
        }
        let name = rest.bytes(length)?;
        let inline_at = rest.at();
        let inline = rest.bytes(crate::blob::bytes_for(inline_bits))?;
        rest.end()?;
        if form == IN_PARTS || count == 0 {
            blobs.push_in_room(inline_stone(inline, inline_bits, file, inline_at)?);
        }
        for mention in &mentions {
            let found =
                if mention.borrowed { self.borrowed.resolve(mention) } else { self.lent.resolve(mention) };
            blobs.push_in_room(found?);
        }
        let letter = match form {
            IN_PARTS => match wota::from_parts(&blobs, &self.options.limits.message) {
                Err(Status::NoMemory) => return Err(Status::NoMemory),
                other => other,
            },
            STONE if blobs.len() == 1 && (count == 0 || inline_bits == 0) => {
                blobs.pop().ok_or(Status::Malformed)
            }
            _ => return Err(Status::Malformed),
        };
        drop(blobs);
        // From here on nothing that would be repeated can fail.
        mentions
            .iter()
            .filter(|mention| mention.borrowed)
            .for_each(|mention| self.borrowed.count_mention(mention.number));
        self.hand_over(IncomingLetter { name, letter })
    }

    fn hand_over(&mut self, letter: IncomingLetter<'_>) -> Result<(), Status> {
        let mailbox = self.served.get(letter.name).cloned();
        match (letter.letter, mailbox) {
            (Ok(blob), Some(mailbox)) => {
                if self.deliver_or_keep(&mailbox, blob) == Some(Status::Closed) {
                    self.served.remove(letter.name);
                    self.note_refused(letter.name);
                }
            }
            (Ok(_), None) => {
                self.refused += 1;
                self.note_refused(letter.name);
            }
            (Err(_), _) => self.refused += 1,
        }
        Ok(())
    }

    /// Notes a name for the peer, which is told when there is room; without memory, at the next letter.
    fn note_refused(&mut self, name: &[u8]) {
        if self.refused_names.len() < MOST_REFUSED_NAMES
            && !self.refused_names.iter().any(|refused| refused == name)
            && let Ok(name) = copied(name)
        {
            let _ = self.refused_names.try_push(name);
        }
    }

    /// Posts a letter that was kept.
    fn deliver(&mut self, mailbox: &Mailbox, letter: Blob) -> Result<(), Status> {
        match self.deliver_or_keep(mailbox, letter) {
            Some(Status::NoMemory) => Err(Status::NoMemory),
            _ => Ok(()),
        }
    }

    /// Posts a letter, or keeps it when there may be room later; returns why it was not posted.
    fn deliver_or_keep(&mut self, mailbox: &Mailbox, letter: Blob) -> Option<Status> {
        let outcome = mailbox.post(letter);
        self.note_delivery(mailbox, outcome)
    }

    fn note_delivery(&mut self, mailbox: &Mailbox, outcome: Result<(), NotPosted>) -> Option<Status> {
        let Err(NotPosted { status, letter }) = outcome else {
            self.received += 1;
            return None;
        };
        let later = match status {
            Status::LimitExceeded => mailbox.could_hold(&letter),
            Status::NoMemory => true,
            _ => false,
        };
        if later {
            self.pending = Some((mailbox.clone(), letter));
        } else {
            self.refused += 1;
        }
        Some(status)
    }

    /// Waits until the mailbox has room for the letter. `Busy` when it has none in time; `NoMemory`.
    pub(super) fn wait_and_deliver(
        &mut self,
        mailbox: &Mailbox,
        letter: Blob,
        time: Option<Duration>,
    ) -> Result<(), Status> {
        let outcome = mailbox.post_wait(letter, time);
        match self.note_delivery(mailbox, outcome) {
            Some(Status::NoMemory) => Err(Status::NoMemory),
            _ if self.pending.is_some() => Err(Status::Busy),
            _ => Ok(()),
        }
    }
}

/// The status for a refused file: everything is the peer's fault except what depends on this process.
fn broken(status: Status) -> Status {
    match status {
        Status::NoMemory | Status::LimitExceeded => status,
        _ => Status::Malformed,
    }
}

/// The inline bits of a body, as a stone; when the body is in a file, as a slice of it.
fn inline_stone(bytes: &[u8], bits: usize, file: Option<&Blob>, at: usize) -> Result<Blob, Status> {
    if let Some(file) = file {
        return file.slice(at * 8, at * 8 + bits);
    }
    let mut stone = Blob::zeroed(bits)?;
    stone.bytes_mut()?.copy_from_slice(bytes);
    stone.make_stone();
    Ok(stone)
}
