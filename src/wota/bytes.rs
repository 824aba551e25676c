//! Messages as bytes that may leave the process.

use super::flatten::flat;
use super::header::{dialect_of, holds_anything, message_words, refers};
use super::layout::{Classic, Dec64Words, Layout};
use super::validate::{Referents, check_as, check_message};
use super::weigh::{Scale, Stones};
use super::word::{Dialect, Words};
use crate::allocation::Grow;
use crate::blob::Blob;
use crate::status::Status;
use crate::value::{Fault, Kind, Limits};

/// The limits on exports for which the caller gives none.
pub(crate) const OUTGOING: Limits =
    Limits { max_depth: Limits::UNLIMITED.max_depth, max_words: Limits::DEFAULT.max_words };

/// A message of checked little-endian bytes. It holds no stones.
pub fn from_bytes(bytes: &[u8], dialect: Dialect, limits: &Limits) -> Result<Blob, Fault> {
    let (words, ragged) = Words::little_endian(bytes);
    let depth = check_as(dialect, words, ragged, &mut Referents::Nothing, limits)?;
    let no_memory = |status| Fault { status, offset: 0 };
    let mut held = Vec::new();
    let kind = dialect.message_kind();
    if cfg!(target_endian = "little") {
        return Blob::message(bytes, &mut held, kind, depth).map_err(no_memory);
    }
    let mut native = Vec::new();
    native.try_reserve_exact(words.len()).map_err(|_| no_memory(Status::NoMemory))?;
    native.extend(words.iter().map(u64::to_ne_bytes));
    Blob::message(native.as_flattened(), &mut held, kind, depth).map_err(no_memory)
}

/// A stone with the message as little-endian bytes, with references replaced by their values and held stones inline:
/// the form that may leave the process and that [`from_bytes`] reads. A held message that itself holds something
/// becomes a blob of the bytes that this function would make of it.
///
/// `NotStone`; `WrongType` when it is not a message; `LimitExceeded` when the result would have more than 2^32 words;
/// `OutOfRange` for another message's number that the dialect cannot represent; `Malformed` when two keys of a record
/// are equal; `NoMemory`.
pub fn to_bytes(message: &Blob) -> Result<Blob, Status> {
    let dialect = dialect_of(message)?;
    let mut scale = Scale::new(Stones::Inline, &OUTGOING);
    let weight = scale.weigh(message, dialect)?;
    let message = flat(message, &OUTGOING)?;
    check_message(&message)?;
    let bits = usize::try_from(weight.words).ok().and_then(|words| words.checked_mul(64));
    let mut blob = Blob::zeroed(bits.ok_or(Status::NoMemory)?)?;
    inline_all(message, &mut scale, blob.bytes_mut()?)?;
    blob.make_stone();
    Ok(blob)
}

/// The message without references, if its size with everything that it refers to and holds is within the limits.
///
/// Statuses: see [`to_bytes`].
pub(crate) fn outgoing(message: &Blob) -> Result<Blob, Status> {
    let dialect = dialect_of(message)?;
    if refers(message) || message.held().iter().any(holds_anything) {
        Scale::new(Stones::Inline, &OUTGOING).weigh(message, dialect)?;
    }
    flat(message, &OUTGOING)
}

/// The stone whose bits replace a held one outside the process: for a message that holds something, the bytes of its
/// value.
///
/// Statuses: see [`to_bytes`].
pub(crate) fn outgoing_stone(stone: Blob) -> Result<Blob, Status> {
    if holds_anything(&stone) { to_bytes(&stone) } else { Ok(stone) }
}

/// A message without references that is being written.
struct Putting {
    message: Blob,
    offset: usize,
    /// It is written as a blob, whose words have the first byte as the most significant one.
    swapped: bool,
}

/// Writes the words of a message without references, with its stones inline, to a target of exactly the size that the
/// scale computed. Does not recurse.
fn inline_all(message: Blob, scale: &mut Scale, target: &mut [u8]) -> Result<(), Status> {
    let mut target = target.as_chunks_mut::<8>().0.iter_mut();
    let mut put = |word: u64| {
        if let Some(place) = target.next() {
            *place = word.to_le_bytes();
        }
    };
    let mut open: Vec<Putting> = Vec::new();
    let mut now = Putting { message, offset: 0, swapped: false };
    loop {
        let inner = match dialect_of(&now.message)? {
            Dialect::Classic => inline_stones::<Classic>(&mut now, scale, &mut put)?,
            Dialect::Dec64 => inline_stones::<Dec64Words>(&mut now, scale, &mut put)?,
        };
        now = match inner {
            Some(message) => {
                let swapped = !now.swapped;
                open.try_push(now)?;
                Putting { message, offset: 0, swapped }
            }
            None => match open.pop() {
                Some(around) => around,
                None => return Ok(()),
            },
        };
    }
}

/// Writes words, one preamble after the other, up to and including the preamble of a held message that itself holds
/// something and becomes a blob; returns that message without its references.
fn inline_stones<L: Layout>(
    now: &mut Putting,
    scale: &mut Scale,
    put: &mut impl FnMut(u64),
) -> Result<Option<Blob>, Status> {
    let (words, held) = (message_words(&now.message)?.0, now.message.held());
    let swapped = now.swapped;
    let mut put = |word: u64| put(if swapped { word.swap_bytes() } else { word });
    while let Some(word) = words.get(now.offset) {
        let head = L::head(word)?;
        let payload = words.run(now.offset + 1, L::payload(head)).ok_or(Status::Malformed)?;
        now.offset += 1 + payload.len();
        let stone = payload.get(0).and_then(|index| held.get(index as usize));
        match (head.kind, stone) {
            (Kind::Stone, Some(stone)) if holds_anything(stone) => {
                let size = scale.weigh(stone, dialect_of(stone)?)?.words;
                let bits = size.checked_mul(64).filter(|bits| *bits <= L::FIELD_MAX);
                put(L::preamble(Kind::Blob, bits.ok_or(Status::OutOfRange)?));
                return flat(stone, &OUTGOING).map(Some);
            }
            (Kind::Stone, Some(stone)) => {
                put(L::preamble(Kind::Blob, head.field));
                stone.for_each_word(&mut put);
            }
            _ => {
                put(word);
                payload.iter().for_each(&mut put);
            }
        }
    }
    Ok(None)
}
