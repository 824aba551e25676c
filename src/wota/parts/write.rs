//! From a message to its parts.

use super::super::header::message_words;
use super::super::memo::Memo;
use super::super::word::Dialect;
use super::{HEAD, Parts, STONE};
use crate::allocation::Grow;
use crate::blob::Blob;
use crate::status::Status;

/// The words of a message of up to this many bits are always in part 0: they are mostly structure.
const SMALL_MESSAGE: usize = 32 * 1024 * 8;

/// A held thing.
struct PartEntry<'a> {
    blob: &'a Blob,
    /// The dialect, if it is a message.
    dialect: Option<Dialect>,
    /// The part that has its bytes.
    part: usize,
}

/// A thing whose held blobs are being visited.
struct WalkedBlob<'a> {
    blob: &'a Blob,
    next: usize,
}

/// The parts of a message. Stones and held messages of fewer bits than `inline_below_bits` are copied into part 0; the
/// others are parts, with a new count each. The message's own words are in part 0 when they are at most 32 KiB,
/// otherwise also a part. Keys are not compared here: parts with two equal keys in a record are refused when a message
/// is made from them.
///
/// `NotStone`; `WrongType` when it is not a message; `NoMemory`.
pub fn to_parts(message: &Blob, inline_below_bits: usize) -> Result<Parts, Status> {
    message_words(message)?;
    let (mut things, numbers) = sorted(message)?;
    let mut parts = Vec::new();
    // Part 0 is made last.
    let mut size = 2_usize;
    let mut part = 0;
    for (number, thing) in things.iter_mut().enumerate() {
        let bits = thing.blob.length_bits();
        let below = if number == 0 { inline_below_bits.max(SMALL_MESSAGE + 1) } else { inline_below_bits };
        if bits < below {
            size = size.checked_add(bits.div_ceil(64)).ok_or(Status::NoMemory)?;
        } else {
            part += 1;
            thing.part = part;
        }
        let table = thing.dialect.map_or(0, |_| 1 + thing.blob.held().len());
        size = size.checked_add(2 + table).ok_or(Status::NoMemory)?;
    }
    let mut words = Blob::zeroed(size.checked_mul(64).ok_or(Status::NoMemory)?)?;
    put(&things, &numbers, words.bytes_mut()?);
    words.make_stone();
    parts.try_push(words)?;
    for thing in things.iter().filter(|thing| thing.part != 0) {
        parts.try_push(portable(thing)?)?;
    }
    Ok(Parts(parts))
}

/// Everything that the message holds, holders before held, and their numbers.
fn sorted(message: &Blob) -> Result<(Vec<PartEntry<'_>>, Memo<usize>), Status> {
    // Blobs that were found have an entry before they have a number.
    let mut numbers = Memo::default();
    let mut things = Vec::new();
    let mut open = Vec::new();
    let mut now = Some(message);
    loop {
        if let Some(blob) = now.take() {
            numbers.insert(key(blob), usize::MAX)?;
            open.try_push(WalkedBlob { blob, next: 0 })?;
        }
        let Some(walk) = open.last_mut() else { break };
        let dialect = message_words(walk.blob).ok().map(|(.., dialect)| dialect);
        // What a slice holds is not part of the message.
        let held = if dialect.is_some() { walk.blob.held() } else { &[] };
        match held.get(walk.next) {
            Some(inner) => {
                walk.next += 1;
                now = numbers.get(&key(inner)).is_none().then_some(inner);
            }
            None => {
                things.try_push(PartEntry { blob: walk.blob, dialect, part: 0 })?;
                open.pop();
            }
        }
    }
    things.reverse();
    for (number, thing) in things.iter().enumerate() {
        numbers.insert(key(thing.blob), number)?;
    }
    Ok((things, numbers))
}

fn key(blob: &Blob) -> super::super::memo::MemoKey {
    (blob.as_raw(), 0, 0)
}

/// The things of a message by number, as a dump refers to them.
pub(crate) struct Things<'a>(Vec<PartEntry<'a>>, Memo<usize>);

impl<'a> Things<'a> {
    /// Finds the things. `NoMemory`.
    pub(crate) fn of(message: &'a Blob) -> Result<Self, Status> {
        let (things, numbers) = sorted(message)?;
        Ok(Things(things, numbers))
    }

    /// The messages among them, with their numbers; the message itself is number 0.
    pub(crate) fn messages(&self) -> impl Iterator<Item = (usize, &'a Blob)> {
        self.0
            .iter()
            .enumerate()
            .filter(|(_, thing)| thing.dialect.is_some())
            .map(|(number, thing)| (number, thing.blob))
    }

    /// The number of a held blob.
    pub(crate) fn number(&self, held: &Blob) -> usize {
        self.1.get(&key(held)).unwrap_or(0)
    }
}

/// Writes part 0 to a target of exactly its size.
fn put(things: &[PartEntry<'_>], numbers: &Memo<usize>, target: &mut [u8]) {
    let mut places = target.as_chunks_mut::<8>().0.iter_mut();
    let mut put = |word: u64| {
        if let Some(place) = places.next() {
            *place = word.to_le_bytes();
        }
    };
    put(HEAD);
    put(things.len() as u64);
    for thing in things {
        put((thing.part as u64) << 8 | thing.dialect.map_or(STONE, |dialect| dialect as u64));
        put(thing.blob.length_bits() as u64);
        if thing.dialect.is_some() {
            put(thing.blob.held().len() as u64);
            thing.blob.held().iter().for_each(|held| put(numbers.get(&key(held)).unwrap_or(0) as u64));
        }
    }
    for thing in things.iter().filter(|thing| thing.part == 0) {
        if thing.dialect.is_some() {
            thing.blob.bytes().as_chunks::<8>().0.iter().for_each(|word| put(u64::from_ne_bytes(*word)));
        } else {
            // A word of a blob has the first byte as the most significant one.
            thing.blob.for_each_word(|word| put(word.swap_bytes()));
        }
    }
}

/// The thing in portable form: words of messages are little-endian.
fn portable(thing: &PartEntry<'_>) -> Result<Blob, Status> {
    if thing.dialect.is_none() || cfg!(target_endian = "little") {
        return Ok(thing.blob.clone());
    }
    let mut copy = Blob::zeroed(thing.blob.length_bits())?;
    for (to, from) in
        copy.bytes_mut()?.as_chunks_mut::<8>().0.iter_mut().zip(thing.blob.bytes().as_chunks::<8>().0)
    {
        *to = u64::from_ne_bytes(*from).to_le_bytes();
    }
    copy.make_stone();
    Ok(copy)
}
