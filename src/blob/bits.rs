//! Runs of bits in bytes, most significant bit first. Processes eight bytes at a time where possible.

use core::mem::MaybeUninit;

/// Copies the `count` bits of `source` that start at bit `from` to the start of `target`, and zeroes the rest of the
/// last byte. `target` has exactly the bytes that hold `count` bits.
pub(super) fn copy(target: &mut [u8], source: &[u8], from: usize, count: usize) {
    // SAFETY: initialised bytes are a special case of bytes that may not be, and `copy_to` writes only
    // initialised ones.
    let target = unsafe { &mut *(core::ptr::from_mut(target) as *mut [MaybeUninit<u8>]) };
    copy_to(target, source, from, count);
}

/// As [`copy`], to memory that need not be initialised and is so afterwards.
pub(super) fn copy_to(target: &mut [MaybeUninit<u8>], source: &[u8], from: usize, count: usize) {
    let shift = from % 8;
    let source = &source[from / 8..];
    if shift == 0 {
        // SAFETY: the layouts are the same, and what is read is initialised.
        let source = unsafe { &*(core::ptr::from_ref(source) as *const [MaybeUninit<u8>]) };
        target.copy_from_slice(&source[..target.len()]);
    } else {
        let mut done = 0;
        for (eight, window) in target.chunks_exact_mut(8).zip(source.windows(9).step_by(8)) {
            let mut word = [0; 8];
            word.copy_from_slice(&window[..8]);
            let word = u64::from_be_bytes(word) << shift | u64::from(window[8]) >> (8 - shift);
            eight.copy_from_slice(&word.to_be_bytes().map(MaybeUninit::new));
            done += 8;
        }
        for index in done..target.len() {
            let next = source.get(index + 1).copied().unwrap_or(0);
            target[index].write(source[index] << shift | next >> (8 - shift));
        }
    }
    if !count.is_multiple_of(8)
        && let Some(last) = target.last_mut()
    {
        // SAFETY: every byte of the target has been written above.
        let byte = unsafe { last.assume_init() };
        last.write(byte & tail_mask(count));
    }
}

/// Zeroes the bits of the last byte after the last of `count` bits.
pub(super) fn clear_tail(bytes: &mut [u8], count: usize) {
    if !count.is_multiple_of(8)
        && let Some(last) = bytes.last_mut()
    {
        *last &= tail_mask(count);
    }
}

/// Whether the first `count` bits are the same. Both slices have exactly the bytes that hold them.
pub(super) fn equal(one: &[u8], other: &[u8], count: usize) -> bool {
    if count.is_multiple_of(8) {
        return one == other;
    }
    match (one.split_last(), other.split_last()) {
        (Some((last, one)), Some((other_last, other))) => {
            one == other && (last ^ other_last) & tail_mask(count) == 0
        }
        _ => false,
    }
}

/// The 64 bits from bit `from`, the first the most significant; bits beyond the end of the slice are zero.
#[inline]
pub(super) fn window(bytes: &[u8], from: usize) -> u64 {
    let (start, shift) = (from / 8, from % 8);
    match bytes.get(start..).and_then(|rest| rest.first_chunk::<9>()) {
        Some(nine) => window_of(nine, shift),
        None => window_at_end(bytes.get(start..).unwrap_or_default(), shift),
    }
}

#[inline(always)]
fn window_of(nine: &[u8; 9], shift: usize) -> u64 {
    let mut word = [0; 8];
    word.copy_from_slice(&nine[..8]);
    // A byte in a word shifted by 8 is 0, which is right when no bits are missing.
    u64::from_be_bytes(word) << shift | u64::from(nine[8]) >> (8 - shift)
}

#[inline(never)]
fn window_at_end(rest: &[u8], shift: usize) -> u64 {
    let mut nine = [0; 9];
    nine[..rest.len()].copy_from_slice(rest);
    window_of(&nine, shift)
}

/// The bits of the last byte that belong to a run of `count`, which does not end on a byte.
fn tail_mask(count: usize) -> u8 {
    !(0xFF >> (count % 8))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::blob::bytes_for;

    fn bit(bytes: &[u8], index: usize) -> bool {
        bytes[index / 8] >> (7 - index % 8) & 1 == 1
    }

    #[test]
    fn every_offset_and_length_copies_bit_by_bit() {
        let source: Vec<u8> = (0..40u32).map(|n| (n.wrapping_mul(2_654_435_761) >> 13) as u8).collect();
        for from in 0..80 {
            for count in 0..=source.len() * 8 - from {
                let mut target = vec![0xAA; bytes_for(count)];
                copy(&mut target, &source, from, count);
                for index in 0..count {
                    assert_eq!(bit(&target, index), bit(&source, from + index), "{from} {count} {index}");
                }
                for index in count..target.len() * 8 {
                    assert!(!bit(&target, index));
                }
            }
            let word = window(&source, from);
            for index in 0..64 {
                let expected = from + index < source.len() * 8 && bit(&source, from + index);
                assert_eq!(word >> (63 - index) & 1 == 1, expected);
            }
        }
        for short in 0..9 {
            assert_eq!(
                window(&[0xFF; 9][..short], 0),
                !(u64::MAX.checked_shr(8 * short as u32).unwrap_or(0))
            );
        }
        assert_eq!(window(&[1, 2], 100), 0);
    }

    #[test]
    fn bits_behind_the_end_do_not_count() {
        assert!(equal(&[0xF0, 0x8F], &[0xF0, 0x80], 9));
        assert!(!equal(&[0xF0, 0x8F], &[0xF0, 0x00], 9));
        assert!(!equal(&[0xF0, 0x8F], &[0xF1, 0x8F], 9));
        assert!(equal(&[], &[], 0));
    }
}
