//! UTF-8 to words of two characters and back, many characters at once, on processors with AVX2, which is detected at
//! run time. Elsewhere these functions do nothing, and the caller's own loop does all the work. All unsafe code for
//! this is here.
//!
//! Decoding treats every byte as if it were the last one of a character: it and the three bytes before it give a
//! code, and a shuffle drops the codes of bytes that are not last. The check is that of Keiser and Lemire,
//! "Validating UTF-8 in less than one instruction per byte". Encoding gives every character four bytes, and a shuffle
//! drops the surplus ones, as simdutf does.

use crate::lanes::LaneSlot;

/// The number of words after those of the text that decoding may overwrite.
pub(crate) const SPARE: usize = 8;
/// Shorter texts, in characters, are not encoded here.
pub(crate) const ENCODED: usize = 8;

/// Decodes the characters at the start of `bytes` to the start of `room`, as far as there is room for as many
/// characters as a block has bytes; returns the number of bytes read and of characters. `None` when a block is not
/// UTF-8. With an odd number of characters, the last one is in the high half of its word, and the caller writes the
/// other half. Some words after the last one are overwritten.
#[inline]
pub(crate) fn decode(bytes: &[u8], room: &mut [[u8; 8]]) -> Option<(usize, usize)> {
    #[cfg(target_arch = "x86_64")]
    if std::arch::is_x86_feature_detected!("avx2") && std::arch::is_x86_feature_detected!("popcnt") {
        // SAFETY: the processor has what the function asks for.
        return unsafe { avx2::decode(bytes, room) };
    }
    let _ = (bytes, room);
    Some((0, 0))
}

/// Encodes the characters of the words to the start of `target`, as far as whole blocks go and there is spare room;
/// returns the number of characters, which is even, and of bytes. Some bytes after the last one are overwritten.
/// Invalid characters give arbitrary bytes.
#[inline]
pub(crate) fn encode<T: LaneSlot>(words: &[[u8; 8]], target: &mut [T]) -> (usize, usize) {
    #[cfg(target_arch = "x86_64")]
    if std::arch::is_x86_feature_detected!("avx2") {
        // SAFETY: the processor has what the function asks for; slots are bytes, and any byte may be put there.
        return unsafe { avx2::encode(words, target.as_mut_ptr().cast(), target.len()) };
    }
    let _ = (words, target);
    (0, 0)
}

#[cfg(target_arch = "x86_64")]
mod avx2 {
    use core::arch::x86_64::*;

    /// Swaps the two 32-bit units of each pair: the first character is the high half of a word.
    const SWAP: i32 = 0b10_11_00_01;

    /// For each set of four lanes: the indices of the bytes of those lanes, in order.
    const KEPT: [[u8; 16]; 16] = {
        let mut table = [[0; 16]; 16];
        let mut set = 0;
        while set < 16 {
            let (mut lane, mut place) = (0, 0);
            while lane < 4 {
                if set >> lane & 1 == 1 {
                    let mut byte = 0;
                    while byte < 4 {
                        table[set][place] = 4 * lane + byte;
                        place += 1;
                        byte += 1;
                    }
                }
                lane += 1;
            }
            set += 1;
        }
        table
    };

    /// For the number of bytes of the characters in four lanes, each less one (the low bits of the four numbers, then
    /// the high bits): the indices of that many last bytes of each lane, in order; and their total.
    const LENGTHS: ([[u8; 16]; 256], [u8; 256]) = {
        let (mut table, mut sizes) = ([[0; 16]; 256], [0; 256]);
        let mut set = 0;
        while set < 256 {
            let (mut lane, mut place) = (0, 0);
            while lane < 4 {
                let mut byte = 3 - (set >> lane & 1) - 2 * (set >> (4 + lane) & 1);
                while byte < 4 {
                    table[set][place] = (4 * lane + byte) as u8;
                    place += 1;
                    byte += 1;
                }
                lane += 1;
            }
            sizes[set] = place as u8;
            set += 1;
        }
        (table, sizes)
    };

    // The possible errors in two adjacent bytes, one bit each.
    const TOO_SHORT: u8 = 1 << 0;
    const TOO_LONG: u8 = 1 << 1;
    const OVERLONG_3: u8 = 1 << 2;
    const TOO_LARGE: u8 = 1 << 3;
    const SURROGATE: u8 = 1 << 4;
    const OVERLONG_2: u8 = 1 << 5;
    const OVERLONG_4: u8 = 1 << 6;
    const TOO_LARGE_1000: u8 = 1 << 6;
    const TWO_CONTINUATIONS: u8 = 1 << 7;
    /// The errors about which the lower half of the first byte says nothing.
    const CARRY: u8 = TOO_SHORT | TOO_LONG | TWO_CONTINUATIONS;

    /// By the upper half of the first byte.
    const FIRST_HIGH: [u8; 16] = {
        let mut table = [TOO_LONG; 16];
        let mut at = 8;
        while at < 12 {
            table[at] = TWO_CONTINUATIONS;
            at += 1;
        }
        table[12] = TOO_SHORT | OVERLONG_2;
        table[13] = TOO_SHORT;
        table[14] = TOO_SHORT | OVERLONG_3 | SURROGATE;
        table[15] = TOO_SHORT | TOO_LARGE | TOO_LARGE_1000 | OVERLONG_4;
        table
    };

    /// By the lower half of the first byte.
    const FIRST_LOW: [u8; 16] = {
        let mut table = [CARRY | TOO_LARGE | TOO_LARGE_1000; 16];
        table[0] = CARRY | OVERLONG_2 | OVERLONG_3 | OVERLONG_4;
        table[1] = CARRY | OVERLONG_2;
        table[2] = CARRY;
        table[3] = CARRY;
        table[4] = CARRY | TOO_LARGE;
        table[13] |= SURROGATE;
        table
    };

    /// By the upper half of the second byte.
    const SECOND_HIGH: [u8; 16] = {
        let mut table = [TOO_SHORT; 16];
        let all = TOO_LONG | OVERLONG_2 | TWO_CONTINUATIONS;
        table[8] = all | OVERLONG_3 | TOO_LARGE_1000 | OVERLONG_4;
        table[9] = all | OVERLONG_3 | TOO_LARGE;
        table[10] = all | SURROGATE | TOO_LARGE;
        table[11] = table[10];
        table
    };

    const BLOCK: usize = 16;

    /// Shorter texts are not read in place: the last of two blocks must have three bytes before it.
    const SHORTEST: usize = BLOCK + 3;

    /// The number of characters that are swapped within their words at a time, while they are in the cache.
    const SWAPPED: usize = 512;

    /// The bytes of two blocks that are continuations.
    #[target_feature(enable = "avx2")]
    fn continuations(bytes: __m256i) -> __m256i {
        _mm256_cmpgt_epi8(_mm256_set1_epi8(0xC0_u8 as i8), bytes)
    }

    #[target_feature(enable = "avx2,popcnt")]
    pub(super) fn decode(bytes: &[u8], room: &mut [[u8; 8]]) -> Option<(usize, usize)> {
        let units = 2 * room.len();
        // A short text is copied, with zeros before and after it.
        let mut copy = [0; 4 * BLOCK];
        let (source, readable) = if bytes.len() < SHORTEST {
            copy[BLOCK..][..bytes.len()].copy_from_slice(bytes);
            (copy[BLOCK..].as_ptr(), 2 * BLOCK + 1)
        } else {
            (bytes.as_ptr(), bytes.len())
        };
        let target = room.as_mut_ptr().cast::<u32>();
        let (mut at, mut count, mut swapped) = (0, 0, 0);
        // The end of the decoded characters.
        let mut whole = 0;
        // SAFETY: tables are sixteen bytes an entry.
        let table = |entries: &[u8; 16]| unsafe { _mm_loadu_si128(entries.as_ptr().cast()) };
        let for_both = |entries| _mm256_broadcastsi128_si256(table(entries));
        let (first_high, first_low, second_high) =
            (for_both(&FIRST_HIGH), for_both(&FIRST_LOW), for_both(&SECOND_HIGH));
        let nibble = _mm256_set1_epi8(0x0F);
        let mut wrong = _mm256_setzero_si256();
        if ends_early(bytes) {
            wrong = _mm256_set1_epi8(1);
        }
        // Room for as many characters as a block has bytes.
        while at < bytes.len() && count + BLOCK <= units {
            // The last block overlaps the one before.
            let from = at.min(readable - BLOCK);
            // Two blocks at a time, where the second one is not the last and there is room.
            let two = at > 0 && at + 2 * BLOCK < readable && count + 2 * BLOCK <= units;
            // SAFETY: the bytes of the block can be read, those of another block before it if it is not the first one,
            // and one more byte after it if it is not the last one; the same of two blocks.
            let (b0, next, b1, b2, b3) = unsafe {
                if two {
                    let load = |place: usize| _mm256_loadu_si256(source.add(place).cast());
                    (load(from), load(from + 1), load(from - 1), load(from - 2), load(from - 3))
                } else {
                    let load = |place: usize| _mm_loadu_si128(source.add(place).cast());
                    let b0 = load(from);
                    let next = if from + BLOCK < readable { load(from + 1) } else { _mm_srli_si128::<1>(b0) };
                    let (b1, b2, b3) = if from == 0 {
                        (_mm_slli_si128::<1>(b0), _mm_slli_si128::<2>(b0), _mm_slli_si128::<3>(b0))
                    } else {
                        (load(from - 1), load(from - 2), load(from - 3))
                    };
                    // Zeros are no error, and not written.
                    let alone = |block| _mm256_zextsi128_si256(block);
                    (alone(b0), alone(next), alone(b1), alone(b2), alone(b3))
                }
            };
            let others = _mm256_movemask_epi8(_mm256_or_si256(b0, b3)) as u32;
            // A second block of ASCII is left for the next turn.
            let size = if others >> BLOCK == 0 { BLOCK } else { 2 * BLOCK };
            if from == at && others as u16 == 0 {
                let b0 = _mm256_castsi256_si128(b0);
                let own = (bytes.len() - at).min(BLOCK);
                // SAFETY: there is room for sixteen characters.
                unsafe {
                    let place = target.add(count);
                    let zero = _mm_setzero_si128();
                    let put = |index: usize, codes| _mm_storeu_si128(place.add(4 * index).cast(), codes);
                    let bytes = if swapped == count {
                        _mm_or_si128(_mm_slli_epi16::<8>(b0), _mm_srli_epi16::<8>(b0))
                    } else {
                        b0
                    };
                    let (low, high) = (_mm_unpacklo_epi8(bytes, zero), _mm_unpackhi_epi8(bytes, zero));
                    put(0, _mm_unpacklo_epi16(low, zero));
                    put(1, _mm_unpackhi_epi16(low, zero));
                    put(2, _mm_unpacklo_epi16(high, zero));
                    put(3, _mm_unpackhi_epi16(high, zero));
                }
                if swapped == count {
                    // A zero follows an odd last character.
                    swapped += own.next_multiple_of(2);
                }
                count += own;
                whole = at + own;
                at += BLOCK;
            } else {
                let high = |bytes| _mm256_and_si256(_mm256_srli_epi16::<4>(bytes), nibble);
                let special = _mm256_and_si256(
                    _mm256_and_si256(
                        _mm256_shuffle_epi8(first_high, high(b1)),
                        _mm256_shuffle_epi8(first_low, _mm256_and_si256(b1, nibble)),
                    ),
                    _mm256_shuffle_epi8(second_high, high(b0)),
                );
                // The third and the fourth byte of a character, which make two continuations in a row valid.
                let third = _mm256_subs_epu8(b2, _mm256_set1_epi8(0x60));
                let fourth = _mm256_subs_epu8(b3, _mm256_set1_epi8(0x70));
                let later = _mm256_and_si256(_mm256_or_si256(third, fourth), _mm256_set1_epi8(0x80_u8 as i8));
                wrong = _mm256_or_si256(wrong, _mm256_xor_si256(later, special));

                let c2 = continuations(b2);
                let m1 = continuations(b0);
                let m2 = _mm256_and_si256(m1, continuations(b1));
                let m3 = _mm256_and_si256(m2, c2);
                let p0 = _mm256_and_si256(b0, _mm256_set1_epi8(0x7F));
                let p1 = _mm256_and_si256(_mm256_and_si256(b1, m1), _mm256_set1_epi8(0x3F));
                let kept = _mm256_or_si256(nibble, _mm256_and_si256(c2, _mm256_set1_epi8(0x30)));
                let p2 = _mm256_and_si256(_mm256_and_si256(b2, m2), kept);
                let p3 = _mm256_and_si256(_mm256_and_si256(b3, m3), _mm256_set1_epi8(0x07));
                let (six, twelve) = (_mm256_set1_epi16(0x4001), _mm256_set1_epi32(0x1000_0001));
                let codes_of = |low, high| {
                    let (low, high) = (_mm256_maddubs_epi16(low, six), _mm256_maddubs_epi16(high, six));
                    [
                        _mm256_madd_epi16(_mm256_unpacklo_epi16(low, high), twelve),
                        _mm256_madd_epi16(_mm256_unpackhi_epi16(low, high), twelve),
                    ]
                };
                // Of each block, four characters each.
                let [codes_0, codes_1] = codes_of(_mm256_unpacklo_epi8(p0, p1), _mm256_unpacklo_epi8(p2, p3));
                let [codes_2, codes_3] = codes_of(_mm256_unpackhi_epi8(p0, p1), _mm256_unpackhi_epi8(p2, p3));
                let codes = [codes_0, codes_1, codes_2, codes_3];
                // Those of the bytes that are not in a block before, nor after the text.
                let last = u64::MAX << (bytes.len() - from).min(size);
                let own = (u32::MAX << (at - from)) & !last as u32;
                let ends = !_mm256_movemask_epi8(continuations(next)) as u32 & own;
                let mut place = count;
                let mut put = |codes, ends: u32| {
                    let kept = ends as usize & 0xF;
                    // SAFETY: at most sixteen characters a block are written.
                    unsafe {
                        let codes = _mm_shuffle_epi8(codes, table(&KEPT[kept]));
                        _mm_storeu_si128(target.add(place).cast(), codes);
                    }
                    place += kept.count_ones() as usize;
                };
                for (quarter, codes) in codes.into_iter().enumerate() {
                    put(_mm256_castsi256_si128(codes), ends >> (4 * quarter));
                }
                if size > BLOCK {
                    for (quarter, codes) in codes.into_iter().enumerate() {
                        put(_mm256_extracti128_si256::<1>(codes), ends >> (BLOCK + 4 * quarter));
                    }
                }
                count = place;
                whole = if ends == 0 { whole } else { from + 32 - ends.leading_zeros() as usize };
                at += size;
            }
            if count.saturating_sub(swapped) >= SWAPPED {
                // SAFETY: this many characters are written.
                swapped = unsafe { swap(target, swapped, count) };
            }
        }
        if _mm256_testz_si256(wrong, wrong) == 0 {
            return None;
        }
        // In a block that was not read, the byte after a last character without all its bytes would have been an error.
        if at < bytes.len() && whole > 0 && !bytes[whole - 1].is_ascii() {
            let start = bytes[..whole].iter().rposition(|byte| byte & 0xC0 != 0x80).unwrap_or(0);
            (whole, count) = (start, count - 1);
        }
        // SAFETY: as above; the neighbour of an odd last one is in the same word.
        unsafe { swap(target, swapped, count.next_multiple_of(2)) };
        Some((whole, count))
    }

    /// Whether the last character lacks bytes.
    fn ends_early(bytes: &[u8]) -> bool {
        let lacks = |(at, byte): (usize, &u8)| *byte >= [0xC0, 0xE0, 0xF0][at];
        bytes.iter().rev().take(3).enumerate().any(lacks)
    }

    /// Swaps the characters of each word, from the even number `from` on; returns the number up to which that was
    /// done.
    ///
    /// # Safety
    /// There are words for `to` characters.
    #[target_feature(enable = "avx2")]
    unsafe fn swap(target: *mut u32, from: usize, to: usize) -> usize {
        let mut at = from;
        while at + 8 <= to {
            // SAFETY: the caller's promise.
            unsafe {
                let place = target.add(at).cast();
                _mm256_storeu_si256(place, _mm256_shuffle_epi32::<SWAP>(_mm256_loadu_si256(place)));
            }
            at += 8;
        }
        while at + 2 <= to {
            // SAFETY: the caller's promise.
            unsafe {
                let place = target.add(at).cast::<u64>();
                place.write_unaligned(place.read_unaligned().rotate_left(32));
            }
            at += 2;
        }
        at
    }

    /// # Safety
    /// There are `room` bytes to write at `target`.
    #[target_feature(enable = "avx2")]
    pub(super) unsafe fn encode(words: &[[u8; 8]], target: *mut u8, room: usize) -> (usize, usize) {
        let (blocks, _) = words.as_chunks::<4>();
        let (mut characters, mut used) = (0, 0);
        let set = |number: u32| _mm256_set1_epi32(number as i32);
        let and = |one, other| _mm256_and_si256(one, other);
        for block in blocks {
            // Two stores of sixteen bytes, the second at most sixteen after the first.
            if used + 32 > room {
                break;
            }
            // SAFETY: the block is 32 bytes.
            let codes = unsafe { _mm256_loadu_si256(block.as_ptr().cast()) };
            let codes = _mm256_shuffle_epi32::<SWAP>(codes);
            let two = _mm256_cmpgt_epi32(codes, set(0x7F));
            if _mm256_testz_si256(two, two) == 1 {
                let halves = (_mm256_castsi256_si128(codes), _mm256_extracti128_si256::<1>(codes));
                let bytes = _mm_packus_epi16(_mm_packus_epi32(halves.0, halves.1), _mm_setzero_si128());
                // SAFETY: there is room for 32 bytes.
                unsafe { _mm_storel_epi64(target.add(used).cast(), bytes) };
                (characters, used) = (characters + 8, used + 8);
                continue;
            }
            let three = _mm256_cmpgt_epi32(codes, set(0x7FF));
            let four = _mm256_cmpgt_epi32(codes, set(0xFFFF));
            // Six bits per byte, the last ones in the highest byte. A character of one byte has seven.
            let last = _mm256_or_si256(set(0x3F), _mm256_andnot_si256(two, set(0x40)));
            let sixes = [
                _mm256_slli_epi32::<24>(and(codes, last)),
                _mm256_slli_epi32::<10>(and(codes, set(0xFC0))),
                _mm256_srli_epi32::<4>(and(codes, set(0x3_F000))),
                _mm256_srli_epi32::<18>(codes),
            ];
            let sixes =
                _mm256_or_si256(_mm256_or_si256(sixes[0], sixes[1]), _mm256_or_si256(sixes[2], sixes[3]));
            // The marker bits of the bytes. For each further byte of a character, XOR turns the marker of the shorter
            // character's first byte into that of a continuation.
            let marks = _mm256_xor_si256(
                _mm256_xor_si256(and(two, set(0x80C0_0000)), and(three, set(0x0040_E000))),
                and(four, set(0x0000_60F0)),
            );
            let bytes = _mm256_or_si256(sixes, marks);
            let odd = _mm256_xor_si256(_mm256_xor_si256(two, three), four);
            let odd = _mm256_movemask_ps(_mm256_castsi256_ps(odd)) as usize;
            let many = _mm256_movemask_ps(_mm256_castsi256_ps(three)) as usize;
            let lengths = [odd & 0xF | (many & 0xF) << 4, odd >> 4 | many & 0xF0];
            let halves = [_mm256_castsi256_si128(bytes), _mm256_extracti128_si256::<1>(bytes)];
            for (half, lengths) in halves.into_iter().zip(lengths) {
                // SAFETY: a table's entry is sixteen bytes, and there is room for two times sixteen.
                unsafe {
                    let kept = _mm_loadu_si128(LENGTHS.0[lengths].as_ptr().cast());
                    _mm_storeu_si128(target.add(used).cast(), _mm_shuffle_epi8(half, kept));
                }
                used += usize::from(LENGTHS.1[lengths]);
            }
            characters += 8;
        }
        (characters, used)
    }
}

#[cfg(all(test, not(loom)))]
mod tests;
