//! Takes letters from proxies to the socket.

use std::time::Duration;

use super::packet::{IN_PARTS, LETTER, REFUSED, STONE, STONE_WORDS, STONES, head, put, put_bytes};
use super::socket::{MOST_DESCRIPTORS, Sent};
use super::state::{Carried, Link, MOST_INLINE, Packet};
use super::stones::Mention;
use crate::allocation::Grow;
use crate::blob::{Blob, bytes_for};
use crate::status::Status;
use crate::wota;

/// Stones of fewer bits are copied into the packet.
const SMALL: usize = 64 * 1024 * 8;
/// The most letters that a turn takes from one proxy before it looks at the next.
const AT_ONCE: usize = 64;

/// What became of a letter.
enum Outcome {
    Queued,
    /// The peer must return stones first.
    Later,
    /// It exceeds the peer's limits.
    Never,
}

/// A stone that the peer does not have yet.
struct New {
    number: u64,
    offset: usize,
    bits: usize,
    carried: Carried,
}

impl Link {
    /// Sends queued packets; returns whether there were any.
    pub(super) fn flush(&mut self) -> Result<bool, Status> {
        let mut done = false;
        self.queue_refusals()?;
        while let Some(packet) = self.outgoing.front() {
            if self.gone {
                self.outgoing.clear();
                break;
            }
            let mut descriptors = [-1; MOST_DESCRIPTORS];
            for (place, carried) in descriptors.iter_mut().zip(&packet.carried) {
                *place = carried.descriptor();
            }
            let count = packet.carried.len().min(MOST_DESCRIPTORS);
            match self.socket.send(&packet.bytes, descriptors.get(..count).unwrap_or(&[]))? {
                Sent::All => {}
                Sent::Full => break,
                Sent::Crowded => {
                    self.crowded = true;
                    break;
                }
                Sent::Gone => {
                    self.gone = true;
                    continue;
                }
            }
            done = true;
            if let Some(mut packet) = self.outgoing.pop_front()
                && packet.bytes.capacity() > self.spare.capacity()
            {
                packet.bytes.clear();
                self.spare = packet.bytes;
            }
        }
        Ok(done)
    }

    fn queue_refusals(&mut self) -> Result<(), Status> {
        while self.outgoing.is_empty()
            && let Some(name) = self.refused_names.last()
        {
            let mut bytes = Vec::new();
            put(&mut bytes, head(REFUSED))?;
            put(&mut bytes, name.len() as u64)?;
            put_bytes(&mut bytes, name)?;
            self.outgoing.try_reserve(1)?;
            self.outgoing.push_back(Packet { bytes, carried: Vec::new() });
            self.refused_names.pop();
        }
        Ok(())
    }

    /// Takes letters from the proxies as long as the socket has room; returns whether there were any.
    pub(super) fn send_letters(&mut self) -> Result<bool, Status> {
        let mut done = false;
        let mut place = 0;
        while place < self.proxies.len() {
            for _ in 0..AT_ONCE {
                if !self.outgoing.is_empty() || self.gone {
                    return Ok(done);
                }
                let Some(proxy) = self.proxies.get_mut(place) else { return Ok(done) };
                let letter = match proxy.held.take() {
                    Some((letter, returned)) if returned == self.lent.returned => {
                        proxy.held = Some((letter, returned));
                        break;
                    }
                    Some((letter, _)) => letter,
                    None => match proxy.mailbox.take(Some(Duration::ZERO)) {
                        Ok(letter) => letter,
                        Err(Status::End) => break,
                        Err(_) => {
                            let proxy = self.proxies.swap_remove(place);
                            proxy.end(&self.watch);
                            // Another proxy is now in its place.
                            place = place.wrapping_sub(1);
                            break;
                        }
                    },
                };
                done |= self.send_letter(place, letter)?;
            }
            place = place.wrapping_add(1);
        }
        Ok(done)
    }

    /// Sends a letter, or has its proxy keep it; returns whether it was sent.
    fn send_letter(&mut self, place: usize, mut letter: Blob) -> Result<bool, Status> {
        let last = self.lent.last();
        let outcome = as_stone(&mut letter).and_then(|()| self.queue_letter(place, &letter));
        if !matches!(outcome, Ok(Outcome::Queued)) {
            self.lent.rewind(last);
        }
        let returned = self.lent.returned;
        let held = match outcome {
            Ok(Outcome::Queued) => {
                self.sent += 1;
                None
            }
            Ok(Outcome::Never) => {
                self.refused += 1;
                None
            }
            Ok(Outcome::Later) => Some((letter, returned)),
            // It is tried again in any case.
            Err(_) => Some((letter, returned.wrapping_sub(1))),
        };
        let went = held.is_none();
        if let Some(proxy) = self.proxies.get_mut(place) {
            proxy.held = held;
            // A proxy that waits for stones to return is not watched: its letters would wake every turn.
            if went != proxy.watched {
                if went {
                    self.watch.add(proxy.descriptor)?;
                } else {
                    self.watch.remove(proxy.descriptor);
                }
                proxy.watched = went;
            }
        }
        outcome?;
        self.flush()?;
        Ok(went)
    }

    /// Numbers the letter's new stones and queues its packets. If the packets are not queued, the caller must take
    /// the numbers back.
    fn queue_letter(&mut self, place: usize, letter: &Blob) -> Result<Outcome, Status> {
        let parts = match letter.message_note().0 {
            0 => None,
            _ => Some(wota::to_parts(letter, SMALL)?),
        };
        let (form, inline, stones) = match &parts {
            Some(parts) => (IN_PARTS, parts.get(0), parts.all().get(1..).unwrap_or(&[])),
            None if letter.length_bits() < SMALL => (STONE, Some(letter), &[][..]),
            None => (STONE, None, core::slice::from_ref(letter)),
        };
        let mut new: Vec<New> = Vec::new();
        let mut mentions: Vec<Mention> = Vec::new();
        mentions.try_reserve_exact(stones.len())?;
        match self.number(stones, &mut new)? {
            Admission::Yes => {}
            Admission::Later => return Ok(Outcome::Later),
            Admission::Never => return Ok(Outcome::Never),
        }
        for stone in stones {
            let known = self.lent.find(stone).or_else(|| self.borrowed.find(stone));
            mentions.push_in_room(known.ok_or(Status::NoMemory)?);
        }
        let mut body = core::mem::take(&mut self.body);
        body.clear();
        let name = self.proxies.get(place).map_or(&[][..], |proxy| &proxy.name);
        let written = write_body(&mut body, name, form, &mentions, inline);
        let queued = written.and_then(|()| self.queue_packets(&body, new));
        // A large buffer is not kept.
        if body.capacity() <= 2 * MOST_INLINE {
            self.body = body;
        }
        queued?;
        mentions
            .iter()
            .filter(|mention| !mention.borrowed)
            .for_each(|mention| self.lent.count_mention(mention.number));
        Ok(Outcome::Queued)
    }

    /// Numbers the stones that the peer does not have: first those in files, then copies of others.
    fn number(&mut self, stones: &[Blob], new: &mut Vec<New>) -> Result<Admission, Status> {
        let Some(peer) = self.peer else { return Ok(Admission::Later) };
        let had = (self.lent.len(), self.lent.bytes());
        let fit = |link: &Link, more: &Blob| {
            let bytes = bytes_for(more.length_bits()) as u64;
            let (stones, all) = (link.lent.len() + 1, link.lent.bytes().saturating_add(bytes));
            if stones <= peer.max_stones && all <= peer.max_bytes {
                Admission::Yes
            } else if stones - had.0 <= peer.max_stones && all - had.1 <= peer.max_bytes {
                Admission::Later
            } else {
                Admission::Never
            }
        };
        for copies in [false, true] {
            for stone in stones {
                if stone.file().is_some() == copies
                    || self.lent.find(stone).or_else(|| self.borrowed.find(stone)).is_some()
                {
                    continue;
                }
                new.try_reserve(1)?;
                let whole = if copies { stone } else { stone.backing() };
                match fit(self, whole) {
                    Admission::Yes => {}
                    other => return Ok(other),
                }
                let bits = whole.length_bits();
                let (number, offset, carried) = if copies {
                    let (copy, file) = stone.copy_in_file()?;
                    (self.lent.add(copy, Some(stone.clone()))?, 0, Carried::File(file))
                } else {
                    let offset = whole.file().map_or(0, |(_, offset)| offset);
                    (self.lent.add(whole.clone(), None)?, offset, Carried::Stone(whole.clone()))
                };
                new.push_in_room(New { number, offset, bits, carried });
            }
        }
        Ok(Admission::Yes)
    }

    /// Queues the letter's packets. Stones that do not fit into the letter's packet go ahead.
    fn queue_packets(&mut self, body: &[u8], mut new: Vec<New>) -> Result<(), Status> {
        // One descriptor is for the body.
        let most = (MOST_DESCRIPTORS - 1).min(self.most_inline / (8 * STONE_WORDS)).max(1);
        let mut packets: Vec<Packet> = Vec::new();
        while new.len() > most {
            let rest = new.split_off_in_room(most)?;
            packets.try_push(Packet::announcement()?)?;
            packets.try_push(stones_packet(Vec::new(), STONES, core::mem::replace(&mut new, rest))?)?;
        }
        let file = match body.len() + new.len() * 8 * STONE_WORDS > self.most_inline {
            true => Some(Blob::file_of(body)?),
            false => None,
        };
        let mut last = stones_packet(core::mem::take(&mut self.spare), LETTER, new)?;
        put(&mut last.bytes, (body.len() as u64) << 1 | u64::from(file.is_some()))?;
        match file {
            Some(file) => last.carried.try_push(Carried::File(file))?,
            None => last.bytes.try_append(body)?,
        }
        if !last.carried.is_empty() {
            packets.try_push(Packet::announcement()?)?;
        }
        self.outgoing.try_reserve(packets.len() + 1)?;
        packets.into_iter().for_each(|packet| self.outgoing.push_back(packet));
        self.outgoing.push_back(last);
        Ok(())
    }
}

enum Admission {
    Yes,
    Later,
    Never,
}

trait SplitOff: Sized {
    fn split_off_in_room(&mut self, at: usize) -> Result<Self, Status>;
}

impl SplitOff for Vec<New> {
    /// Like `Vec::split_off`. `NoMemory`.
    fn split_off_in_room(&mut self, at: usize) -> Result<Self, Status> {
        let mut rest = Vec::new();
        rest.try_reserve_exact(self.len().saturating_sub(at))?;
        self.drain(at.min(self.len())..).for_each(|item| rest.push_in_room(item));
        Ok(rest)
    }
}

fn stones_packet(mut bytes: Vec<u8>, kind: u64, new: Vec<New>) -> Result<Packet, Status> {
    let mut carried = Vec::new();
    // And one more for the body.
    carried.try_reserve_exact(if new.is_empty() { 0 } else { new.len() + 1 })?;
    put(&mut bytes, head(kind))?;
    put(&mut bytes, new.len() as u64)?;
    for stone in new {
        put(&mut bytes, stone.number)?;
        put(&mut bytes, stone.offset as u64)?;
        put(&mut bytes, stone.bits as u64)?;
        carried.push_in_room(stone.carried);
    }
    Ok(Packet { bytes, carried })
}

fn write_body(
    body: &mut Vec<u8>,
    name: &[u8],
    form: u64,
    mentions: &[Mention],
    inline: Option<&Blob>,
) -> Result<(), Status> {
    put(body, (name.len() as u64) << 8 | form)?;
    put(body, mentions.len() as u64)?;
    put(body, inline.map_or(0, |inline| inline.length_bits()) as u64)?;
    for mention in mentions {
        put(body, mention.number << 1 | u64::from(mention.borrowed))?;
        put(body, mention.from_byte as u64)?;
        put(body, mention.bits as u64)?;
    }
    put_bytes(body, name)?;
    put_bytes(body, inline.map_or(&[], |inline| inline.bytes()))
}

/// Makes a letter stone; an antestone that others count, too, is copied. `NoMemory`.
fn as_stone(letter: &mut Blob) -> Result<(), Status> {
    if !letter.is_stone() {
        if letter.reference_count() != 1 {
            *letter = letter.copy_range(0, letter.length_bits())?;
        }
        letter.make_stone();
    }
    Ok(())
}
