//! Checks and copies of ASCII, a block at a time. Short lengths fall into a few classes, each with two or four blocks
//! that may overlap. Loops, whose number of iterations is hard to predict, are for long ones.

use core::ops::BitOr;

const HIGH: u64 = 0x8080_8080_8080_8080;

const HIGH_BLOCK: u128 = u128::from_ne_bytes([0x80; BLOCK]);
/// The size of a block in bytes.
const BLOCK: usize = 16;

/// Masks for the first 0 to 16 bytes of a block.
const STARTS: [u128; BLOCK + 1] = {
    let mut starts = [0; BLOCK + 1];
    let mut count = 0;
    while count <= BLOCK {
        let mut bytes = [0; BLOCK];
        let mut at = 0;
        while at < count {
            bytes[at] = 0xFF;
            at += 1;
        }
        starts[count] = u128::from_ne_bytes(bytes);
        count += 1;
    }
    starts
};

/// Whether all bytes are ASCII.
#[inline(always)]
pub(crate) fn is_ascii(bytes: &[u8]) -> bool {
    starts(bytes, bytes)
}

/// Whether all `bytes`, which are the start of `rest`, are ASCII.
#[inline(always)]
pub(crate) fn starts(rest: &[u8], bytes: &[u8]) -> bool {
    if bytes.len() > BLOCK {
        return is_long_ascii(bytes);
    }
    match (rest.first_chunk::<BLOCK>(), STARTS.get(bytes.len())) {
        (Some(block), Some(mask)) => u128::from_ne_bytes(*block) & mask & HIGH_BLOCK == 0,
        _ => is_short_ascii(bytes),
    }
}

/// The bytes, which are the start of `rest`, as text if all of them are ASCII.
#[inline(always)]
pub(crate) fn text<'a>(rest: &[u8], bytes: &'a [u8]) -> Option<&'a str> {
    // SAFETY: ASCII is UTF-8, and all of the bytes were checked to be ASCII.
    starts(rest, bytes).then(|| unsafe { core::str::from_utf8_unchecked(bytes) })
}

/// For less than a block.
#[inline]
fn is_short_ascii(bytes: &[u8]) -> bool {
    if let (Some(first), Some(last)) = (bytes.first_chunk::<8>(), bytes.last_chunk::<8>()) {
        return (u64::from_ne_bytes(*first) | u64::from_ne_bytes(*last)) & HIGH == 0;
    }
    if let (Some(first), Some(last)) = (bytes.first_chunk::<4>(), bytes.last_chunk::<4>()) {
        return (u32::from_ne_bytes(*first) | u32::from_ne_bytes(*last)) & HIGH as u32 == 0;
    }
    bytes.iter().fold(0, |union, byte| union | byte) < 0x80
}

/// For a block or more.
#[inline(always)]
fn is_long_ascii(bytes: &[u8]) -> bool {
    let block = |from: usize| bytes[from..].first_chunk().map_or(0, |block| u128::from_ne_bytes(*block));
    let length = bytes.len();
    if length > 4 * BLOCK {
        return bytes.is_ascii();
    }
    let mut union = block(0) | block(length - BLOCK);
    if length > 2 * BLOCK {
        union |= block(BLOCK) | block(length - 2 * BLOCK);
    }
    union & HIGH_BLOCK == 0
}

/// Copies the bytes to `target`, which has the same length. Returns false when they are not all ASCII; some may have
/// been copied in that case.
#[inline(always)]
pub(crate) fn copy(target: &mut [u8], bytes: &[u8]) -> bool {
    let target = &mut target[..bytes.len()];
    let length = bytes.len();
    if length > 4 * BLOCK {
        target.copy_from_slice(bytes);
        bytes.is_ascii()
    } else if length >= BLOCK {
        let union = copy_four(target, bytes, length / (2 * BLOCK) * BLOCK, u128::from_ne_bytes);
        union & HIGH_BLOCK == 0
    } else if length >= 4 {
        let union = copy_four(target, bytes, length / 8 * 4, u32::from_ne_bytes);
        union & HIGH as u32 == 0
    } else if let [first, ..] = *bytes {
        // At most three bytes: the first, the middle and the last one are all of them.
        let (middle, last) = (bytes[length / 2], bytes[length - 1]);
        target[0] = first;
        target[length / 2] = middle;
        target[length - 1] = last;
        first | middle | last < 0x80
    } else {
        true
    }
}

/// Copies four blocks, which may overlap: the first and the last ones, and those that are `inner` bytes further in.
/// With this, one class of lengths does for one to four blocks. Returns the union of the blocks.
#[inline(always)]
fn copy_four<const N: usize, T: BitOr<Output = T> + Default>(
    target: &mut [u8],
    bytes: &[u8],
    inner: usize,
    number: impl Fn([u8; N]) -> T,
) -> T {
    let mut union = T::default();
    for from in [0, inner] {
        let end = bytes.len() - from;
        let (Some(first), Some(last)) = (bytes[from..].first_chunk(), bytes[..end].last_chunk()) else {
            return union;
        };
        if let Some(place) = target[from..].first_chunk_mut() {
            *place = *first;
        }
        if let Some(place) = target[..end].last_chunk_mut() {
            *place = *last;
        }
        union = union | number(*first) | number(*last);
    }
    union
}

/// How many of the next eight bytes (or fewer, at the end) precede the first non-ASCII one.
#[inline]
pub(crate) fn run(bytes: &[u8]) -> usize {
    match bytes.first_chunk::<8>() {
        Some(eight) => (u64::from_le_bytes(*eight) & HIGH).trailing_zeros() as usize / 8,
        None => bytes.iter().take_while(|byte| byte.is_ascii()).count(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_byte_beyond_ascii_is_seen_at_every_place() {
        for length in 0..100 {
            let mut bytes: Vec<u8> = (0..length).collect();
            for at in 0..=bytes.len() {
                if let Some(byte) = bytes.get_mut(at) {
                    *byte |= 0x80;
                }
                let mut target = vec![0xFF; bytes.len()];
                assert_eq!(is_ascii(&bytes), at == bytes.len(), "{length} {at}");
                for after in [0, 1, 15, 16, 40] {
                    let rest = [&bytes[..], &vec![0xFF; after]].concat();
                    let own = &rest[..bytes.len()];
                    assert_eq!(text(&rest, own), core::str::from_utf8(own).ok().filter(|own| own.is_ascii()));
                    assert_eq!(
                        starts(&rest, &rest[..bytes.len()]),
                        at == bytes.len(),
                        "{length} {at} {after}"
                    );
                }
                assert_eq!(copy(&mut target, &bytes), at == bytes.len(), "{length} {at}");
                assert!(at != bytes.len() || target == bytes);
                assert_eq!(run(&bytes), at.min(8));
                if let Some(byte) = bytes.get_mut(at) {
                    *byte &= 0x7F;
                }
            }
        }
    }
}
