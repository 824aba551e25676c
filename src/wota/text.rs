//! Text in words: UTF-32, two characters per word, the first one in the high half.

use super::word::{Word, Words};
use crate::allocation::Room;
use crate::lanes::{LaneSlot, narrow, narrow_sixteen, widen, widen_sixteen};
use crate::status::Status;
use crate::text::transcode;
use crate::text::utf8::{self, Codes, TextForm, Utf8Text};

/// The number of blocks of eight characters between two checks whether all were ASCII.
const AT_ONCE: usize = 64;

const NOT_ASCII_BYTES: u64 = 0x8080_8080_8080_8080;
pub(super) const NOT_ASCII: u64 = 0xFFFF_FF80_FFFF_FF80;

/// The size of the room for [`put_ascii`] in words: those of a text of that many bytes, but at least four.
#[inline(always)]
pub(super) fn ascii_room(bytes: usize) -> usize {
    bytes.div_ceil(2).max(4)
}

/// The longest text that [`put_ascii`] writes without a loop, in bytes.
pub(super) const UNLOOPED: usize = 64;

/// Writes ASCII bytes as words to the room from `at` on, where it has exactly [`ascii_room`] words. Returns false when
/// they are not all ASCII; some words may have been written in that case. `LONG` is whether they may be more than
/// [`UNLOOPED`]; without it, more are refused.
///
/// Blocks from the start and from the end overlap, so that there are few branches on the length, whose outcomes are
/// hard to predict. The last block ends in zeros when the number of bytes is odd.
#[inline(always)]
pub(super) fn put_ascii<const LONG: bool>(room: &mut Room<'_, Word>, at: usize, bytes: &[u8]) -> bool {
    let count = bytes.len();
    if cfg!(target_endian = "big") {
        return false;
    }
    if count <= 8 {
        let eight = up_to_eight(bytes);
        return room.put(at, &widen(eight)) && eight & NOT_ASCII_BYTES == 0;
    }
    let odd = count % 2;
    if count <= 16 {
        let Some((first, last)) = both_eights(bytes) else { return false };
        return room.fill(at, &widen(first), &widen(last)) && (first | last) & NOT_ASCII_BYTES == 0;
    }
    let (Some(first), Some(last)) = (bytes.first_chunk(), bytes.last_chunk()) else { return false };
    let last = widen_sixteen(&(u128::from_le_bytes(*last) >> (8 * odd)).to_le_bytes());
    if count <= 32 {
        let first = widen_sixteen(first);
        return room.fill(at, &first.0, &last.0) && first.1 | last.1 == 0;
    }
    let end = at + count.div_ceil(2);
    let mut blocks = bytes[..count - 1].as_chunks::<32>().0.iter().enumerate();
    let blocks = match (LONG, bytes.first_chunk()) {
        (true, _) => blocks.all(|(index, block)| put_thirty_two(room, at + 16 * index, block)),
        (false, Some(block)) => count <= UNLOOPED && put_thirty_two(room, at, block),
        (false, None) => false,
    };
    let Some(before) = bytes[..count - 16 + odd].last_chunk() else { return false };
    let before = widen_sixteen(before);
    blocks && last.1 == 0 && room.put(end - 16, &before.0) && room.put(end - 8, &last.0) && before.1 == 0
}

/// Writes at most sixteen ASCII bytes as words to the start of `room`. False for more and for other bytes; some words
/// may have been written in that case.
#[inline(always)]
pub(crate) fn pack_ascii(room: &mut [Word], bytes: &[u8]) -> bool {
    if cfg!(target_endian = "big") || bytes.len() > 16 {
        return false;
    }
    if let Some((first, last)) = both_eights(bytes) {
        let Some(room) = room.get_mut(..bytes.len().div_ceil(2)) else { return false };
        if let Some(place) = room.last_chunk_mut() {
            *place = widen(last);
        }
        if let Some(place) = room.first_chunk_mut() {
            *place = widen(first);
        }
        return (first | last) & NOT_ASCII_BYTES == 0;
    }
    let Some(place) = room.first_chunk_mut() else { return false };
    let eight = up_to_eight(bytes);
    *place = widen(eight);
    eight & NOT_ASCII_BYTES == 0
}

/// The first eight of eight to sixteen bytes, the first the lowest, and the last eight; `None` for fewer. When the
/// number of bytes is odd, the latter are seven and a zero, so that they start at an even character.
#[inline(always)]
fn both_eights(bytes: &[u8]) -> Option<(u64, u64)> {
    let (first, last) = (bytes.first_chunk()?, bytes.last_chunk()?);
    Some((u64::from_le_bytes(*first), u64::from_le_bytes(*last) >> (8 * (bytes.len() % 2))))
}

/// Puts the words of 32 bytes; false when they are not all ASCII.
#[inline(always)]
fn put_thirty_two(room: &mut Room<'_, Word>, at: usize, bytes: &[u8; 32]) -> bool {
    let [first, second] = bytes.as_chunks::<16>().0 else { return false };
    let (first, second) = (widen_sixteen(first), widen_sixteen(second));
    room.put(at, &first.0) && room.put(at + 8, &second.0) && first.1 | second.1 == 0
}

/// At most eight bytes, the first the lowest.
#[inline(always)]
fn up_to_eight(bytes: &[u8]) -> u64 {
    let count = bytes.len();
    if let (Some(low), Some(high)) = (bytes.first_chunk::<4>(), bytes.last_chunk::<4>()) {
        let (low, high) = (u32::from_le_bytes(*low), u32::from_le_bytes(*high));
        return u64::from(low) | u64::from(high) << (8 * (count - 4));
    }
    let [first, ..] = bytes else { return 0 };
    let (middle, last) = (count / 2, count - 1);
    u64::from(*first) | u64::from(bytes[middle]) << (8 * middle) | u64::from(bytes[last]) << (8 * last)
}

/// The words of at most eight bytes that are ASCII, then zeros; `None` for other bytes.
#[inline(always)]
pub(super) fn short_ascii(bytes: &[u8]) -> Option<[Word; 4]> {
    if cfg!(target_endian = "big") || bytes.len() > 8 {
        return None;
    }
    let eight = up_to_eight(bytes);
    (eight & NOT_ASCII_BYTES == 0).then(|| widen(eight))
}

/// The number of words of a text of that many bytes, and those after it that may be overwritten.
#[inline]
pub(super) fn room_of_text(bytes: usize) -> usize {
    bytes.div_ceil(2) + transcode::SPARE
}

/// Writes any text as words to the start of `room`, which has [`room_of_text`] words; returns the number of
/// characters. `Malformed`; some words may have been written in that case.
pub(super) fn put_other(room: &mut [Word], bytes: &[u8]) -> Result<usize, Status> {
    if let Some((read, characters)) = transcode::decode(bytes, room)
        && let Ok(rest) = core::str::from_utf8(&bytes[read..])
    {
        return Ok(put_more(room, characters, rest.chars().map(u32::from)));
    }
    Utf8Text::check(bytes)?;
    Ok(put_codes(room, Codes(bytes)))
}

/// Adds characters to the `characters` that `room` has already; returns their number. If that is odd, the first new one
/// goes into the second half of the last word.
fn put_more(room: &mut [Word], characters: usize, mut codes: impl Iterator<Item = u32>) -> usize {
    let whole = characters / 2;
    if characters.is_multiple_of(2) {
        return characters + put_codes(&mut room[whole..], codes);
    }
    let next = codes.next();
    if let Some(word) = room.get_mut(whole) {
        *word = pack((u64::from_ne_bytes(*word) >> 32) as u32, next.unwrap_or(0));
    }
    match next {
        Some(_) => characters + 1 + put_codes(&mut room[whole + 1..], codes),
        None => characters,
    }
}

pub(super) fn put_codes(room: &mut [Word], mut codes: impl Iterator<Item = u32>) -> usize {
    let mut characters = 0;
    for place in room {
        let Some(first) = codes.next() else { return characters };
        let Some(second) = codes.next() else {
            *place = pack(first, 0);
            return characters + 1;
        };
        *place = pack(first, second);
        characters += 2;
    }
    characters
}

/// Writes the characters of the words to `target`, one byte each; `target` has exactly as many bytes as there are
/// characters. Returns false when they are not all ASCII or the padding is not zero; bytes may have been written in
/// that case.
#[inline(always)]
pub(super) fn get_ascii(words: Words<'_>, target: &mut [u8]) -> bool {
    if cfg!(target_endian = "big") {
        return false;
    }
    let raw = words.raw();
    let count = target.len();
    let odd = count % 2;
    let mut union;
    if let Some(tail) = raw.last_chunk::<4>() {
        let (bytes, any) = narrow(tail);
        union = any;
        // Two blocks of four bytes. For an odd number of characters they overlap by one byte.
        if let Some(place) = target[2 * (raw.len() - 4)..].first_chunk_mut::<4>() {
            *place = (bytes as u32).to_le_bytes();
        }
        if let Some(place) = target.last_chunk_mut::<4>() {
            *place = ((bytes >> (32 - 8 * odd)) as u32).to_le_bytes();
        }
        let places = target.as_chunks_mut::<8>().0.chunks_mut(AT_ONCE);
        for (fours, places) in raw.as_chunks::<4>().0.chunks(AT_ONCE).zip(places) {
            for (four, place) in fours.iter().zip(places) {
                let (bytes, any) = narrow(four);
                union |= any;
                *place = bytes.to_le_bytes();
            }
            if union & NOT_ASCII != 0 {
                return false;
            }
        }
    } else {
        let word = |index: usize| raw.get(index).map_or(0, |word| u64::from_ne_bytes(*word));
        let (first, second, third) = (word(0), word(1), word(2));
        union = first | second | third;
        let pair = |word: u64| (word >> 32 | word << 8) & 0xFFFF;
        let bytes = pair(first) | pair(second) << 16 | pair(third) << 32;
        if count >= 2 {
            for at in [0, (count - 2) / 2, count - 2] {
                if let Some(place) = target[at..].first_chunk_mut::<2>() {
                    *place = ((bytes >> (8 * at)) as u16).to_le_bytes();
                }
            }
        } else if let Some(place) = target.first_mut() {
            *place = bytes as u8;
        }
    }
    union & NOT_ASCII == 0 && (odd == 0 || padding_is_zero(words))
}

/// The longest text that [`get_short_ascii`] reads.
pub(super) const SHORT: usize = 16;

/// Writes a text of at most [`SHORT`] characters; `target` has exactly as many bytes as there are characters. `words`
/// are those of a checked message from the text's first one on, to the end of the message. Returns false and writes
/// nothing when not all characters are ASCII, or when the text is too close to the end of the message: the words are
/// read in blocks. There is no loop, and nothing after the text is written.
#[inline(always)]
pub(super) fn get_short_ascii(words: &[Word], target: &mut [u8]) -> bool {
    let count = target.len();
    if cfg!(target_endian = "big") || count > SHORT {
        return false;
    }
    if count > 8 {
        let Some(eight) = words.first_chunk() else { return false };
        let (bytes, high) = narrow_sixteen(eight);
        if u32::from(high) & ((1 << count) - 1) != 0 {
            return false;
        }
        let bytes = u128::from_le_bytes(bytes);
        let last = (bytes >> (8 * (count - 8))) as u64;
        put_ends(target, (bytes as u64).to_le_bytes(), last.to_le_bytes());
        return true;
    }
    words.first_chunk().is_some_and(|four| get_eight_ascii(four, target))
}

/// The same for at most eight characters.
#[inline(always)]
pub(super) fn get_eight_ascii(words: &[Word; 4], target: &mut [u8]) -> bool {
    let count = target.len();
    if cfg!(target_endian = "big") || count > 8 {
        return false;
    }
    // The high bit of each byte says whether the character is non-ASCII.
    let (bytes, _) = narrow(words);
    if bytes & NOT_ASCII_BYTES & !(u64::MAX << (4 * count) << (4 * count)) != 0 {
        return false;
    }
    if count >= 4 {
        let last = (bytes >> (8 * (count - 4))) as u32;
        put_ends(target, (bytes as u32).to_le_bytes(), last.to_le_bytes());
    } else if count >= 2 {
        let last = (bytes >> (8 * (count - 2))) as u16;
        put_ends(target, (bytes as u16).to_le_bytes(), last.to_le_bytes());
    } else if let Some(place) = target.first_mut() {
        *place = bytes as u8;
    }
    true
}

/// Writes `first` to the start and `last` to the end of the target. They may overlap.
#[inline(always)]
fn put_ends<const SIZE: usize>(target: &mut [u8], first: [u8; SIZE], last: [u8; SIZE]) {
    if let Some(place) = target.first_chunk_mut() {
        *place = first;
    }
    if let Some(place) = target.last_chunk_mut() {
        *place = last;
    }
}

/// As [`get_ascii`] for `count` characters of a checked message, sixteen at a time. The first `FIRST` blocks are
/// written before branching on the count. `words` and `target` may continue after the text; bytes after it are
/// overwritten. The error is the number of leading ASCII characters that were written, rounded down to an even
/// number; 0 when there are not enough words or bytes.
#[inline(always)]
pub(super) fn get_ascii_in_sixteens<const FIRST: usize, T: LaneSlot>(
    words: &[Word],
    target: &mut [[T; 16]],
    count: usize,
) -> Result<(), usize> {
    // One more than the number of full blocks.
    let (blocks, rest) = ((count / 16).saturating_add(1).max(FIRST), count % 16);
    let words = words.as_chunks::<8>().0.get(..blocks).and_then(<[_]>::split_first_chunk::<FIRST>);
    let target = target.get_mut(..blocks).and_then(<[_]>::split_first_chunk_mut::<FIRST>);
    let (Some((first, more)), Some((places, more_places))) = (words, target) else { return Err(0) };
    if cfg!(target_endian = "big") {
        return Err(0);
    }
    let mut high = 0_u64;
    for (index, (eight, place)) in first.iter().zip(places).enumerate() {
        let (bytes, bits) = narrow_sixteen(eight);
        *place = bytes.map(T::of);
        high |= u64::from(bits) << (16 * index);
    }
    let good = |high: u64| (high.trailing_zeros() as usize & !1).min(16 * FIRST);
    if more.is_empty() {
        let high = high & ((1 << count) - 1);
        return if high == 0 { Ok(()) } else { Err(good(high)) };
    }
    let (mut union, mut last) = (0, 0);
    for (eight, place) in more.iter().zip(more_places) {
        union |= last;
        let (bytes, bits) = narrow_sixteen(eight);
        *place = bytes.map(T::of);
        last = bits;
    }
    // Only the text's characters of the last block count.
    let none = high == 0 && union == 0 && u32::from(last) << (16 - rest) & 0xFFFF == 0;
    if none { Ok(()) } else { Err(good(high)) }
}

/// Writes the first `count` characters of a checked message's words to the start of `room`, if all of them are ASCII.
/// Overwrites up to sixteen bytes after them, and at least `FIRST` blocks of sixteen. Returns false also when there
/// is too little room, or when the message ends too early for that.
#[inline(always)]
pub(crate) fn narrow_ascii<const FIRST: usize>(words: Words<'_>, room: &mut [u8], count: usize) -> bool {
    get_ascii_in_sixteens::<FIRST, u8>(words.raw(), room.as_chunks_mut().0, count).is_ok()
}

/// The first `count` characters of a checked message's words, as (generalised) UTF-8 in the scratch memory, which
/// grows if necessary. `Malformed` when there are too few words; `NoMemory`.
pub(crate) fn utf8<'s>(words: Words<'_>, count: usize, scratch: &'s mut Vec<u8>) -> Result<&'s [u8], Status> {
    let size = count.checked_mul(4).ok_or(Status::NoMemory)?;
    if scratch.len() < size {
        scratch.try_reserve(size - scratch.len())?;
        scratch.resize(size, 0);
    }
    let words = words.run(0, count.div_ceil(2) as u64).ok_or(Status::Malformed)?;
    let length = put_utf8(words, count, scratch).ok_or(Status::Malformed)?;
    Ok(&scratch[..length])
}

/// Whether the words are `characters` ASCII characters with zero padding.
#[inline(always)]
pub(super) fn is_ascii(words: Words<'_>, characters: u64) -> bool {
    union(words) & NOT_ASCII == 0 && (characters.is_multiple_of(2) || padding_is_zero(words))
}

/// Whether the second half of the last word is zero.
#[inline(always)]
pub(super) fn padding_is_zero(words: Words<'_>) -> bool {
    words.iter().next_back().is_none_or(|last| last as u32 == 0)
}

/// The bitwise OR of all words, computed in blocks of four. The last block may overlap the one before, so that there
/// is no loop over single words, whose number would be hard to predict.
#[inline(always)]
pub(super) fn union(words: Words<'_>) -> u64 {
    let four = |four: &[Word; 4]| {
        let [a, b, c, d] = four.map(|word| words.load(&word));
        a | b | c | d
    };
    let raw = words.raw();
    match raw.last_chunk::<4>() {
        Some(last) => raw.as_chunks::<4>().0.iter().fold(four(last), |union, words| union | four(words)),
        None => words.iter().fold(0, |union, word| union | word),
    }
}

/// Whether the words are equal to the text.
pub(crate) fn matches(text: &Utf8Text<'_>, words: Words<'_>) -> bool {
    words.len() == text.characters.div_ceil(2)
        && match text.form {
            TextForm::Ascii(bytes) => {
                let (pairs, rest) = bytes.as_chunks::<2>();
                let pairs = pairs.iter().map(|pair| join(pair[0].into(), pair[1].into()));
                words.iter().eq(pairs.chain(rest.iter().map(|last| join((*last).into(), 0))))
            }
            TextForm::Utf8(utf8) => codes(words).take(text.characters).eq(utf8.chars().map(u32::from)),
            TextForm::Generalised(bytes) => codes(words).take(text.characters).eq(Codes(bytes)),
        }
}

/// The words of a text as a message has them.
pub(crate) fn words_of<'t>(text: &Utf8Text<'t>) -> impl Iterator<Item = u64> + use<'t> {
    let mut codes = text.codes();
    core::iter::from_fn(move || {
        let first = codes.next()?;
        Some(join(first, codes.next().unwrap_or(0)))
    })
}

fn join(first: u32, second: u32) -> u64 {
    u64::from(first) << 32 | u64::from(second)
}

fn pack(first: u32, second: u32) -> Word {
    join(first, second).to_ne_bytes()
}

/// The halves of the words in order, including padding.
pub(super) fn codes(words: Words<'_>) -> impl Iterator<Item = u32> {
    words.iter().flat_map(|word| [(word >> 32) as u32, word as u32])
}

/// Writes the (generalised) UTF-8 of a checked text to the start of `target`; returns the number of bytes, or `None`
/// when
/// `target` is too small.
pub(super) fn put_utf8<T: LaneSlot>(words: Words<'_>, characters: usize, target: &mut [T]) -> Option<usize> {
    let (mut at, mut left) = (0, characters);
    let mut raw = words.raw();
    if characters >= transcode::ENCODED && words.is_native() {
        let (characters, used) = transcode::encode(&raw[..characters / 2], target);
        (at, left, raw) = (used, left - characters, &raw[characters / 2..]);
    }
    let (fours, rest) = raw.as_chunks::<4>();
    for four in fours {
        let (bytes, any) = narrow(four);
        if any & NOT_ASCII == 0 && left >= 8 && cfg!(target_endian = "little") {
            *target.get_mut(at..)?.first_chunk_mut()? = bytes.to_le_bytes().map(T::of);
            (at, left) = (at + 8, left - 8);
        } else {
            (at, left) = put_words(words, four, target, at, left)?;
        }
    }
    put_words(words, rest, target, at, left).map(|(at, _)| at)
}

/// Writes the characters of `some` words to `target` from `at` on, at most `left` of them. Returns `at` and `left`
/// after that, or `None` when `target` is too small.
#[inline(always)]
fn put_words<T: LaneSlot>(
    words: Words<'_>,
    some: &[Word],
    target: &mut [T],
    mut at: usize,
    mut left: usize,
) -> Option<(usize, usize)> {
    for word in some.iter().map(|word| words.load(word)) {
        if word & NOT_ASCII == 0 && left >= 2 {
            *target.get_mut(at..)?.first_chunk_mut()? = [(word >> 32) as u8, word as u8].map(T::of);
            (at, left) = (at + 2, left - 2);
            continue;
        }
        for code in [(word >> 32) as u32, word as u32] {
            // The second half of the last word may be padding.
            if left != 0 {
                (at, left) = (at + put_code(target.get_mut(at..)?, code)?, left - 1);
            }
        }
    }
    Some((at, left))
}

/// Writes the bytes of a character; returns their number. May overwrite up to four bytes, because what follows the
/// character has not been written yet.
#[inline(always)]
fn put_code<T: LaneSlot>(rest: &mut [T], code: u32) -> Option<usize> {
    let (bytes, length) = utf8::encode(code);
    let bytes = bytes.map(T::of);
    match rest.first_chunk_mut::<4>() {
        Some(place) => *place = bytes,
        None => rest.get_mut(..length)?.copy_from_slice(&bytes[..length]),
    }
    Some(length)
}
