//! Runs of bits in byte slices, most significant bit first. Eight bytes at a time where it can be.

/// Copies the `count` bits of `source` that start at bit `from` to the start of `target`, and zeroes what
/// remains of the last byte. `target` has exactly the bytes that hold `count` bits.
pub(super) fn copy(target: &mut [u8], source: &[u8], from: usize, count: usize) {
    let shift = from % 8;
    let source = &source[from / 8..];
    if shift == 0 {
        target.copy_from_slice(&source[..target.len()]);
    } else {
        let mut done = 0;
        for (eight, window) in target.chunks_exact_mut(8).zip(source.windows(9).step_by(8)) {
            let mut word = [0; 8];
            word.copy_from_slice(&window[..8]);
            let word = u64::from_be_bytes(word) << shift | u64::from(window[8]) >> (8 - shift);
            eight.copy_from_slice(&word.to_be_bytes());
            done += 8;
        }
        for index in done..target.len() {
            let next = source.get(index + 1).copied().unwrap_or(0);
            target[index] = source[index] << shift | next >> (8 - shift);
        }
    }
    clear_tail(target, count);
}

/// Zeroes what lies behind the last of `count` bits in the last byte.
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
        }
    }

    #[test]
    fn bits_behind_the_end_do_not_count() {
        assert!(equal(&[0xF0, 0x8F], &[0xF0, 0x80], 9));
        assert!(!equal(&[0xF0, 0x8F], &[0xF0, 0x00], 9));
        assert!(!equal(&[0xF0, 0x8F], &[0xF1, 0x8F], 9));
        assert!(equal(&[], &[], 0));
    }
}
