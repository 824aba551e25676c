//! From parts of any origin to a message.

use super::super::header::{REFERS, message_words};
use super::super::layout::{Classic, Dec64Words, Layout};
use super::super::validate::{Reference, Referents, check_as};
use super::super::word::{Dialect, Words};
use super::{HEAD, STONE};
use crate::allocation::Grow;
use crate::blob::{Blob, bytes_for};
use crate::status::Status;
use crate::value::Limits;

/// The description of a thing in part 0.
struct Description<'a> {
    dialect: Option<Dialect>,
    /// The part that has its bytes: its own, or part 0.
    part: Option<&'a Blob>,
    bits: usize,
    /// For a message, the numbers of the things that it holds.
    held: Words<'a>,
    /// Its bytes, if they are in part 0.
    bytes: &'a [u8],
    /// Whether an earlier thing holds it.
    mentioned: bool,
}

/// The target of a reference: the thing, and the offset in it.
type Referred = (usize, usize);

/// A message from its parts, which are stones and stay the caller's. The content is checked completely. Only messages'
/// words and things inside part 0 are copied. `max_words` bounds the words of all messages together.
///
/// `NotStone`; `Truncated` when part 0 ends too early; `Malformed` for all other invalid parts, including missing and
/// surplus ones; `LimitExceeded`; `NoMemory`.
pub fn from_parts(parts: &[Blob], limits: &Limits) -> Result<Blob, Status> {
    let (first, others) = parts.split_first().ok_or(Status::Malformed)?;
    if parts.iter().any(|part| !part.is_stone()) {
        return Err(Status::NotStone);
    }
    let things = read(first, others)?;
    let mut words = 0_u64;
    for thing in things.iter().filter(|thing| thing.dialect.is_some()) {
        words = words.saturating_add(thing.bits as u64 / 64);
    }
    if words > limits.max_words {
        return Err(Status::LimitExceeded);
    }
    let mut referred: Vec<Referred> = Vec::new();
    // Held things come later, so the last things are made first.
    let mut made: Vec<Blob> = Vec::new();
    made.try_reserve_exact(things.len())?;
    let number_of = |thing: usize| things.len() - 1 - thing;
    for thing in things.iter().rev() {
        let mut held = Vec::new();
        held.try_reserve_exact(thing.held.len())?;
        for number in thing.held.iter() {
            held.push_in_room(made.get(number_of(number as usize)).ok_or(Status::Malformed)?.clone());
        }
        let blob = match thing.dialect {
            Some(dialect) => message(thing, dialect, held, &mut referred, limits)?,
            None => stone(thing)?,
        };
        made.push_in_room(blob);
    }
    referred.sort_unstable();
    let mut rest = &referred[..];
    while let Some((thing, _)) = rest.first() {
        let (these, others) = rest.split_at(rest.partition_point(|(other, _)| other == thing));
        rest = others;
        let message = made.get(number_of(*thing)).ok_or(Status::Malformed)?;
        let (words, _, dialect) = message_words(message)?;
        let good = match dialect {
            Dialect::Classic => all_start::<Classic>(words, these),
            Dialect::Dec64 => all_start::<Dec64Words>(words, these),
        };
        if !good {
            return Err(Status::Malformed);
        }
    }
    made.pop().ok_or(Status::Malformed)
}

/// Reads part 0, and checks what can be checked without the content of the things.
fn read<'a>(first: &'a Blob, others: &'a [Blob]) -> Result<Vec<Description<'a>>, Status> {
    let (words, ragged) = Words::little_endian(first.bytes());
    if ragged || !first.length_bits().is_multiple_of(64) {
        return Err(Status::Malformed);
    }
    let mut rest = WordCursor { words, at: 0 };
    if rest.word()? != HEAD {
        return Err(Status::Malformed);
    }
    let count = rest.number()?;
    // Each has at least two words.
    if count > words.len() / 2 {
        return Err(Status::Truncated);
    }
    let mut things: Vec<Description<'a>> = Vec::new();
    things.try_reserve_exact(count)?;
    let mut unused = others.iter();
    for thing in 0..count {
        let (kind, bits) = (rest.word()?, rest.number()?);
        let dialect = match kind & 0xFF {
            STONE => None,
            kind => Some(Dialect::of_message(kind as u8).ok_or(Status::Malformed)?),
        };
        let part = match kind >> 8 {
            0 => None,
            // Parts are numbered in order.
            part if part == (others.len() - unused.len()) as u64 + 1 => {
                Some(unused.next().ok_or(Status::Malformed)?)
            }
            _ => return Err(Status::Malformed),
        };
        let mut held = Words::of_words(&[]);
        if dialect.is_some() {
            let size = rest.word()?;
            held = rest.run(size)?;
        }
        let later = thing as u64 + 1..count as u64;
        // Only later things, so nothing holds itself.
        if part.is_some_and(|part| part.length_bits() != bits)
            || (dialect.is_some() && !bits.is_multiple_of(64))
            || held.iter().any(|number| !later.contains(&number))
        {
            return Err(Status::Malformed);
        }
        things.push_in_room(Description { dialect, part, bits, held, bytes: &[], mentioned: thing == 0 });
    }
    if unused.next().is_some() || things.first().is_none_or(|message| message.dialect.is_none()) {
        return Err(Status::Malformed);
    }
    for thing in 0..count {
        let held = things[thing].held;
        held.iter().for_each(|number| things[number as usize].mentioned = true);
        let Description { part: None, bits, mentioned: true, .. } = things[thing] else {
            if things[thing].mentioned {
                continue;
            }
            return Err(Status::Malformed);
        };
        let image = rest.run(bits.div_ceil(64) as u64)?.image();
        let (bytes, filling) = image.split_at(bytes_for(bits));
        let used = bits % 8;
        let padding = if used == 0 { 0 } else { bytes.last().map_or(0, |last| last << used) };
        if padding != 0 || filling.iter().any(|byte| *byte != 0) {
            return Err(Status::Malformed);
        }
        things[thing].bytes = bytes;
    }
    if rest.at != words.len() { Err(Status::Malformed) } else { Ok(things) }
}

/// A position in the words of part 0.
struct WordCursor<'a> {
    words: Words<'a>,
    at: usize,
}

impl<'a> WordCursor<'a> {
    fn word(&mut self) -> Result<u64, Status> {
        let word = self.words.get(self.at).ok_or(Status::Truncated)?;
        self.at += 1;
        Ok(word)
    }

    fn number(&mut self) -> Result<usize, Status> {
        usize::try_from(self.word()?).map_err(|_| Status::Malformed)
    }

    fn run(&mut self, count: u64) -> Result<Words<'a>, Status> {
        let run = self.words.run(self.at, count).ok_or(Status::Truncated)?;
        self.at += run.len();
        Ok(run)
    }
}

/// A stone, unchanged.
fn stone(thing: &Description<'_>) -> Result<Blob, Status> {
    if let Some(part) = thing.part {
        return Ok(part.clone());
    }
    let mut stone = Blob::zeroed(thing.bits)?;
    stone.bytes_mut()?.copy_from_slice(thing.bytes);
    stone.make_stone();
    Ok(stone)
}

/// A message of words that are checked here, except for the targets of its references, which are recorded.
fn message(
    thing: &Description<'_>,
    dialect: Dialect,
    mut held: Vec<Blob>,
    referred: &mut Vec<Referred>,
    limits: &Limits,
) -> Result<Blob, Status> {
    let image = thing.part.map_or(thing.bytes, |part| part.bytes());
    if let Some(part) = thing.part
        && held.is_empty()
        && part.held().is_empty()
        && message_words(part)
            .is_ok_and(|(_, depth, its)| its == dialect && usize::from(depth) <= limits.depth())
    {
        // It was checked when it was made.
        return Ok(part.clone());
    }
    let mut found: Vec<Reference> = Vec::new();
    let words = Words::little_endian(image).0;
    let depth = check_as(dialect, words, false, &mut Referents::All(&held, &mut found), limits)?;
    for reference in &found {
        let target = thing.held.get(reference.held).and_then(|number| usize::try_from(number).ok());
        referred.try_push((target.ok_or(Status::Malformed)?, reference.offset))?;
    }
    let kind = dialect.message_kind() | if found.is_empty() { 0 } else { REFERS };
    match thing.part {
        Some(part) if cfg!(target_endian = "little") && image.as_ptr().cast::<u64>().is_aligned() => {
            Blob::message_over(part, &mut held, kind, depth)
        }
        _ if cfg!(target_endian = "little") => Blob::message(image, &mut held, kind, depth),
        _ => {
            let mut native = Vec::new();
            native.try_reserve_exact(words.len())?;
            words.iter().for_each(|word| native.push_in_room(word.to_ne_bytes()));
            Blob::message(native.as_flattened(), &mut held, kind, depth)
        }
    }
}

/// Whether a value starts at each of the offsets, which are sorted.
fn all_start<L: Layout>(words: Words<'_>, referred: &[Referred]) -> bool {
    let mut at = 0;
    for (_, offset) in referred {
        while at < *offset {
            let Some(Ok(head)) = words.get(at).map(L::head) else { return false };
            let Some(payload) = words.run(at + 1, L::payload(head)) else { return false };
            at += 1 + payload.len();
        }
        if at != *offset || at >= words.len() {
            return false;
        }
    }
    true
}
