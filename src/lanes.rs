//! Operations on eight or sixteen lanes at once: ASCII characters to and from 64-bit words of two characters, and
//! comparing words. SSE2 on x86-64, WebAssembly's vectors if the module may use them, else plain code with the same
//! results. All unsafe code for the first two is here. The character functions are for little-endian machines only.

#[path = "lanes/fetch.rs"] // Others include this file by its path.
mod fetch;

use core::mem::MaybeUninit;
use core::num::NonZeroU16;
pub(crate) use fetch::fetch;

#[cfg(not(any(target_arch = "x86_64", all(target_arch = "wasm32", target_feature = "simd128"))))]
use plain as best;
#[cfg(all(target_arch = "wasm32", target_feature = "simd128"))]
use simd128 as best;
#[cfg(target_arch = "x86_64")]
use sse2 as best;

/// Eight ASCII characters, the first in the lowest byte, as four words.
#[inline(always)]
pub(crate) fn widen(eight: u64) -> [[u8; 8]; 4] {
    best::widen(eight)
}

/// Sixteen ASCII characters as eight words. Bit *i* is set if byte *i* is non-ASCII.
#[inline(always)]
pub(crate) fn widen_sixteen(sixteen: &[u8; 16]) -> ([[u8; 8]; 8], u16) {
    best::widen_sixteen(sixteen)
}

/// The eight characters of four words as bytes, the first in the lowest byte; 255 for a character that does not fit a
/// byte. Requires code points below 2^31. Also a number that has a non-ASCII bit, in either half, if any of the
/// characters has.
#[inline(always)]
pub(crate) fn narrow(words: &[[u8; 8]; 4]) -> (u64, u64) {
    best::narrow(words)
}

/// The sixteen characters of eight words as bytes. Bit *i* is set if character *i* is non-ASCII. Requires code points
/// below 2^31.
#[inline(always)]
pub(crate) fn narrow_sixteen(words: &[[u8; 8]; 8]) -> ([u8; 16], u16) {
    best::narrow_sixteen(words)
}

/// The bytes that end a run in JSON text: quotes, backslashes and control characters. Bit *i* is set if byte *i* is
/// one.
#[inline(always)]
pub(crate) fn escapes(bytes: &[u8; 16]) -> u16 {
    best::escapes(bytes)
}

/// Memory that bytes are written to, initialised or not.
///
/// # Safety
/// It has the size of a byte, and any byte is a valid value.
pub(crate) unsafe trait LaneSlot: Copy {
    /// The slot with this byte.
    fn of(byte: u8) -> Self;
}

// SAFETY: a byte.
unsafe impl LaneSlot for u8 {
    #[inline(always)]
    fn of(byte: u8) -> Self {
        byte
    }
}

// SAFETY: a byte that may be uninitialised.
unsafe impl LaneSlot for MaybeUninit<u8> {
    #[inline(always)]
    fn of(byte: u8) -> Self {
        MaybeUninit::new(byte)
    }
}

/// The lanes of eight little-endian words that equal the wanted word where the mask has bits.
#[inline(always)]
pub(crate) fn equal(words: &[u8; 32], mask: Mask, wanted: u32) -> Lanes {
    Lanes(mask.0.equal(words, wanted))
}

/// The first of eight little-endian words that equals the wanted word where the mask has bits.
#[inline(always)]
pub(crate) fn first_equal(words: &[u8; 32], mask: Mask, wanted: u32) -> Option<u32> {
    let lanes = NonZeroU16::new(mask.0.equal(words, wanted))?;
    // SAFETY: each lane has two equal bits, so the first one that is set has an even place below 16. Twice that is where
    // the lane's word begins; any four bytes are a word.
    let word = unsafe { words.as_ptr().add(2 * lanes.trailing_zeros() as usize).cast::<[u8; 4]>().read() };
    Some(u32::from_le_bytes(word))
}

/// Whether sixteen bytes are equal.
#[inline(always)]
pub(crate) fn same(one: &[u8; 16], other: &[u8; 16]) -> bool {
    #[cfg(target_arch = "x86_64")]
    return sse2::same(one, other);
    #[cfg(not(target_arch = "x86_64"))]
    return one == other;
}

/// Highest bits of a 32-bit word, at least one, prepared once for many comparisons.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Mask(best::Mask);

impl Mask {
    #[inline(always)]
    pub(crate) fn new(bits: u32) -> Self {
        Mask(best::Mask::new(bits))
    }
}

/// The lanes of eight 64-bit words that equal the wanted word.
#[inline(always)]
pub(crate) fn equal_long(words: [&[u8; 8]; 8], wanted: u64) -> Lanes {
    Lanes(best::equal_long(words, wanted))
}

/// A set of eight lanes, in order. Each has two equal bits.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Lanes(u16);

impl Iterator for Lanes {
    type Item = usize;

    /// The index of the next lane. It is below 8, which the compiler can see.
    #[inline(always)]
    fn next(&mut self) -> Option<usize> {
        let lanes = NonZeroU16::new(self.0)?;
        let lane = lanes.trailing_zeros() as usize / 2;
        self.0 &= self.0.wrapping_sub(1);
        self.0 &= self.0.wrapping_sub(1);
        Some(lane)
    }
}

#[cfg(target_arch = "x86_64")]
mod sse2 {
    use core::arch::x86_64::*;

    /// Swaps the two 16-bit units of each pair: the first character goes to the high half.
    const SWAP: i32 = 0b10_11_00_01;

    #[inline(always)]
    pub(super) fn widen(eight: u64) -> [[u8; 8]; 4] {
        // SAFETY: every x86-64 has SSE2; two vectors are 32 bytes.
        unsafe {
            let zero = _mm_setzero_si128();
            let units = _mm_unpacklo_epi8(_mm_cvtsi64_si128(eight as i64), zero);
            let low = _mm_unpacklo_epi16(_mm_shufflelo_epi16::<SWAP>(units), zero);
            let high = _mm_unpackhi_epi16(_mm_shufflehi_epi16::<SWAP>(units), zero);
            core::mem::transmute::<[__m128i; 2], [[u8; 8]; 4]>([low, high])
        }
    }

    #[inline(always)]
    pub(super) fn widen_sixteen(sixteen: &[u8; 16]) -> ([[u8; 8]; 8], u16) {
        // SAFETY: every x86-64 has SSE2; the load is the 16 bytes, four vectors are 64 bytes.
        unsafe {
            let zero = _mm_setzero_si128();
            let bytes = _mm_loadu_si128(sixteen.as_ptr().cast());
            let high = _mm_movemask_epi8(bytes) as u16;
            let bytes = _mm_or_si128(_mm_slli_epi16::<8>(bytes), _mm_srli_epi16::<8>(bytes));
            let (low, up) = (_mm_unpacklo_epi8(bytes, zero), _mm_unpackhi_epi8(bytes, zero));
            let words = [
                _mm_unpacklo_epi16(low, zero),
                _mm_unpackhi_epi16(low, zero),
                _mm_unpacklo_epi16(up, zero),
                _mm_unpackhi_epi16(up, zero),
            ];
            (core::mem::transmute::<[__m128i; 4], [[u8; 8]; 8]>(words), high)
        }
    }

    #[inline(always)]
    pub(super) fn narrow(words: &[[u8; 8]; 4]) -> (u64, u64) {
        // SAFETY: every x86-64 has SSE2; the two loads are the 32 bytes of the words.
        unsafe {
            let place = words.as_ptr().cast::<__m128i>();
            let (low, high) = (_mm_loadu_si128(place), _mm_loadu_si128(place.add(1)));
            let any = _mm_or_si128(low, high);
            let any = _mm_or_si128(any, _mm_unpackhi_epi64(any, any));
            let units = _mm_packs_epi32(low, high);
            let units = _mm_shufflehi_epi16::<SWAP>(_mm_shufflelo_epi16::<SWAP>(units));
            (_mm_cvtsi128_si64(_mm_packus_epi16(units, units)) as u64, _mm_cvtsi128_si64(any) as u64)
        }
    }

    #[inline(always)]
    pub(super) fn narrow_sixteen(words: &[[u8; 8]; 8]) -> ([u8; 16], u16) {
        // SAFETY: every x86-64 has SSE2; the four loads are the 64 bytes of the words, a vector is sixteen bytes.
        unsafe {
            let place = words.as_ptr().cast::<__m128i>();
            let load = |index| _mm_loadu_si128(place.add(index));
            // Saturates what is too large for a unit or a byte.
            let bytes =
                _mm_packus_epi16(_mm_packs_epi32(load(0), load(1)), _mm_packs_epi32(load(2), load(3)));
            let bytes = _mm_or_si128(_mm_slli_epi16::<8>(bytes), _mm_srli_epi16::<8>(bytes));
            (core::mem::transmute::<__m128i, [u8; 16]>(bytes), _mm_movemask_epi8(bytes) as u16)
        }
    }

    #[inline(always)]
    pub(super) fn escapes(bytes: &[u8; 16]) -> u16 {
        // SAFETY: every x86-64 has SSE2; the load is the 16 bytes.
        unsafe {
            let bytes = _mm_loadu_si128(bytes.as_ptr().cast());
            let quotes = _mm_cmpeq_epi8(bytes, _mm_set1_epi8(b'"' as i8));
            let slashes = _mm_cmpeq_epi8(bytes, _mm_set1_epi8(b'\\' as i8));
            let controls = _mm_cmpeq_epi8(_mm_min_epu8(bytes, _mm_set1_epi8(0x1F)), bytes);
            _mm_movemask_epi8(_mm_or_si128(_mm_or_si128(quotes, slashes), controls)) as u16
        }
    }

    #[inline(always)]
    pub(super) fn equal_long(words: [&[u8; 8]; 8], wanted: u64) -> u16 {
        // SAFETY: every x86-64 has SSE2; each load is the 8 bytes of one of the words.
        unsafe {
            let wanted = _mm_set1_epi64x(wanted as i64);
            // The halves of two words.
            let two = |low: &[u8; 8], high: &[u8; 8]| {
                let low = _mm_castsi128_pd(_mm_loadl_epi64(low.as_ptr().cast()));
                let both = _mm_castpd_si128(_mm_loadh_pd(low, high.as_ptr().cast()));
                _mm_cmpeq_epi32(both, wanted)
            };
            let [a, b, c, d, e, f, g, h] = words;
            let halves =
                _mm_packs_epi16(_mm_packs_epi32(two(a, b), two(c, d)), _mm_packs_epi32(two(e, f), two(g, h)));
            let halves = _mm_movemask_epi8(halves) as u16;
            // Both halves of a lane, twice.
            (halves & halves >> 1 & 0x5555) * 3
        }
    }

    #[inline(always)]
    pub(super) fn same(one: &[u8; 16], other: &[u8; 16]) -> bool {
        // SAFETY: every x86-64 has SSE2; the loads, which need no alignment, are the 16 bytes.
        let same = unsafe {
            let (one, other) = (_mm_loadu_si128(one.as_ptr().cast()), _mm_loadu_si128(other.as_ptr().cast()));
            _mm_movemask_ps(_mm_castsi128_ps(_mm_cmpeq_epi32(one, other)))
        };
        same == 0b1111
    }

    /// The greatest difference of equal words, four times. SSE2 compares signed: the top bits are inverted.
    #[derive(Clone, Copy, Debug, Default)]
    pub(super) struct Mask([i32; 4]);

    impl Mask {
        #[inline(always)]
        pub(super) fn new(bits: u32) -> Self {
            Mask([!bits as i32 ^ i32::MIN; 4])
        }

        #[inline(always)]
        pub(super) fn equal(self, words: &[u8; 32], wanted: u32) -> u16 {
            // SAFETY: every x86-64 has SSE2; the loads, which need no alignment, are the mask and the 32 bytes of the words.
            unsafe {
                let place = words.as_ptr().cast::<__m128i>();
                let (low, high) = (_mm_loadu_si128(place), _mm_loadu_si128(place.add(1)));
                let greatest = _mm_loadu_si128(self.0.as_ptr().cast());
                let wanted = _mm_set1_epi32(wanted as i32 ^ i32::MIN);
                let low = _mm_cmpgt_epi32(_mm_xor_si128(low, wanted), greatest);
                let high = _mm_cmpgt_epi32(_mm_xor_si128(high, wanted), greatest);
                !_mm_movemask_epi8(_mm_packs_epi32(low, high)) as u16
            }
        }
    }
}

#[cfg(all(target_arch = "wasm32", target_feature = "simd128"))]
mod simd128 {
    use core::arch::wasm32::*;

    #[inline(always)]
    pub(super) fn widen(eight: u64) -> [[u8; 8]; 4] {
        let (bytes, zero) = (u64x2(eight, 0), u64x2(0, 0));
        let low = u8x16_shuffle::<1, 16, 16, 16, 0, 16, 16, 16, 3, 16, 16, 16, 2, 16, 16, 16>(bytes, zero);
        let high = u8x16_shuffle::<5, 16, 16, 16, 4, 16, 16, 16, 7, 16, 16, 16, 6, 16, 16, 16>(bytes, zero);
        // SAFETY: two vectors are 32 bytes.
        unsafe { core::mem::transmute::<[v128; 2], [[u8; 8]; 4]>([low, high]) }
    }

    #[inline(always)]
    pub(super) fn widen_sixteen(sixteen: &[u8; 16]) -> ([[u8; 8]; 8], u16) {
        // SAFETY: the load, which needs no alignment, is the 16 bytes.
        let (bytes, zero) = (unsafe { v128_load(sixteen.as_ptr().cast()) }, u64x2(0, 0));
        let words = [
            u8x16_shuffle::<1, 16, 16, 16, 0, 16, 16, 16, 3, 16, 16, 16, 2, 16, 16, 16>(bytes, zero),
            u8x16_shuffle::<5, 16, 16, 16, 4, 16, 16, 16, 7, 16, 16, 16, 6, 16, 16, 16>(bytes, zero),
            u8x16_shuffle::<9, 16, 16, 16, 8, 16, 16, 16, 11, 16, 16, 16, 10, 16, 16, 16>(bytes, zero),
            u8x16_shuffle::<13, 16, 16, 16, 12, 16, 16, 16, 15, 16, 16, 16, 14, 16, 16, 16>(bytes, zero),
        ];
        // SAFETY: four vectors are 64 bytes.
        (unsafe { core::mem::transmute::<[v128; 4], [[u8; 8]; 8]>(words) }, u8x16_bitmask(bytes))
    }

    /// Two of the words.
    #[inline(always)]
    fn load(words: &[[u8; 8]; 2]) -> v128 {
        // SAFETY: the load, which needs no alignment, is the 16 bytes of the words.
        unsafe { v128_load(words.as_ptr().cast()) }
    }

    #[inline(always)]
    pub(super) fn narrow(words: &[[u8; 8]; 4]) -> (u64, u64) {
        let [low, high] = [0, 2].map(|at| load(&[words[at], words[at + 1]]));
        let any = v128_or(low, high);
        let units = i16x8_narrow_i32x4(low, high);
        let bytes = u8x16_narrow_i16x8(units, units);
        let bytes = u8x16_shuffle::<1, 0, 3, 2, 5, 4, 7, 6, 0, 0, 0, 0, 0, 0, 0, 0>(bytes, bytes);
        (u64x2_extract_lane::<0>(bytes), u64x2_extract_lane::<0>(any) | u64x2_extract_lane::<1>(any))
    }

    #[inline(always)]
    pub(super) fn narrow_sixteen(words: &[[u8; 8]; 8]) -> ([u8; 16], u16) {
        let [a, b, c, d] = [0, 2, 4, 6].map(|at| load(&[words[at], words[at + 1]]));
        // Saturates what is too large for a unit or a byte.
        let bytes = u8x16_narrow_i16x8(i16x8_narrow_i32x4(a, b), i16x8_narrow_i32x4(c, d));
        let bytes = u8x16_shuffle::<1, 0, 3, 2, 5, 4, 7, 6, 9, 8, 11, 10, 13, 12, 15, 14>(bytes, bytes);
        // SAFETY: a vector is sixteen bytes.
        (unsafe { core::mem::transmute::<v128, [u8; 16]>(bytes) }, u8x16_bitmask(bytes))
    }

    #[inline(always)]
    pub(super) fn escapes(bytes: &[u8; 16]) -> u16 {
        // SAFETY: the load, which needs no alignment, is the 16 bytes.
        let bytes = unsafe { v128_load(bytes.as_ptr().cast()) };
        let quotes = v128_or(u8x16_eq(bytes, u8x16_splat(b'"')), u8x16_eq(bytes, u8x16_splat(b'\\')));
        u8x16_bitmask(v128_or(quotes, u8x16_lt(bytes, u8x16_splat(0x20))))
    }

    #[inline(always)]
    pub(super) fn equal_long(words: [&[u8; 8]; 8], wanted: u64) -> u16 {
        let wanted = u64x2_splat(wanted);
        let two = |low: &[u8; 8], high: &[u8; 8]| {
            u64x2_eq(u64x2(u64::from_le_bytes(*low), u64::from_le_bytes(*high)), wanted)
        };
        let [a, b, c, d, e, f, g, h] = words;
        let low = i16x8_narrow_i32x4(two(a, b), two(c, d));
        let high = i16x8_narrow_i32x4(two(e, f), two(g, h));
        u8x16_bitmask(i8x16_narrow_i16x8(low, high))
    }

    /// One word: loading all four from memory makes a module larger.
    #[derive(Clone, Copy, Debug, Default)]
    pub(super) struct Mask(u32);

    impl Mask {
        #[inline(always)]
        pub(super) fn new(bits: u32) -> Self {
            Mask(bits)
        }

        #[inline(always)]
        pub(super) fn equal(self, words: &[u8; 32], wanted: u32) -> u16 {
            let place = words.as_ptr().cast::<v128>();
            // SAFETY: the two loads, which need no alignment, are the 32 bytes of the words.
            let (low, high) = unsafe { (v128_load(place), v128_load(place.add(1))) };
            let mask = u32x4_splat(self.0);
            let wanted = v128_and(u32x4_splat(wanted), mask);
            let low = u32x4_eq(v128_and(low, mask), wanted);
            let high = u32x4_eq(v128_and(high, mask), wanted);
            u8x16_bitmask(i16x8_narrow_i32x4(low, high))
        }
    }
}

#[cfg(any(test, not(any(target_arch = "x86_64", all(target_arch = "wasm32", target_feature = "simd128")))))]
mod plain {
    pub(super) fn widen(eight: u64) -> [[u8; 8]; 4] {
        core::array::from_fn(|index| {
            let pair = eight >> (16 * index);
            ((pair & 0xFF) << 32 | pair >> 8 & 0xFF).to_ne_bytes()
        })
    }

    pub(super) fn widen_sixteen(sixteen: &[u8; 16]) -> ([[u8; 8]; 8], u16) {
        let high = sixteen.iter().rev().fold(0, |high, byte| high << 1 | u16::from(byte >> 7));
        let word =
            |index| (u64::from(sixteen[2 * index]) << 32 | u64::from(sixteen[2 * index + 1])).to_ne_bytes();
        (core::array::from_fn(word), high)
    }

    pub(super) fn narrow(words: &[[u8; 8]; 4]) -> (u64, u64) {
        let words = words.map(u64::from_ne_bytes);
        let pair = |word: u64| (word >> 32).min(0xFF) | (word & 0xFFFF_FFFF).min(0xFF) << 8;
        let bytes = words.iter().rev().fold(0, |bytes, word| bytes << 16 | pair(*word));
        (bytes, words.iter().fold(0, |any, word| any | word))
    }

    pub(super) fn narrow_sixteen(words: &[[u8; 8]; 8]) -> ([u8; 16], u16) {
        let (mut bytes, mut high) = ([0; 16], 0);
        for (index, (word, place)) in words.iter().zip(bytes.as_chunks_mut::<2>().0).enumerate() {
            let word = u64::from_ne_bytes(*word);
            *place = [(word >> 32).min(0xFF) as u8, (word & 0xFFFF_FFFF).min(0xFF) as u8];
            high |= u16::from(place[0] >> 7 | place[1] >> 7 << 1) << (2 * index);
        }
        (bytes, high)
    }

    pub(super) fn escapes(bytes: &[u8; 16]) -> u16 {
        let escape = |byte: &u8| u16::from(matches!(byte, b'"' | b'\\' | 0..=0x1F));
        bytes.iter().rev().fold(0, |bits, byte| bits << 1 | escape(byte))
    }

    pub(super) fn equal_long(words: [&[u8; 8]; 8], wanted: u64) -> u16 {
        let equal = |word: &[u8; 8]| u16::from(u64::from_le_bytes(*word) == wanted);
        words.iter().rev().fold(0, |bits, word| (bits << 2) | (equal(word) * 0b11))
    }

    #[derive(Clone, Copy, Debug, Default)]
    pub(super) struct Mask(u32);

    impl Mask {
        pub(super) fn new(bits: u32) -> Self {
            Mask(bits)
        }

        pub(super) fn equal(self, words: &[u8; 32], wanted: u32) -> u16 {
            let (words, _) = words.as_chunks::<4>();
            let equal = |word: &[u8; 4]| u16::from((u32::from_le_bytes(*word) ^ wanted) & self.0 == 0);
            words.iter().rev().fold(0, |bits, word| (bits << 2) | (equal(word) * 0b11))
        }
    }
}

#[cfg(all(test, target_arch = "x86_64"))]
mod tests {
    use super::*;

    #[test]
    fn both_ways_do_the_same() {
        let mut state = 1_u64;
        for _ in 0..10_000 {
            state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
            let eight = state & 0x7F7F_7F7F_7F7F_7F7F;
            let mut one = widen(eight);
            assert_eq!(one, plain::widen(eight));
            assert_eq!(narrow(&one).0, eight);
            let mut words = [[0; 8]; 8];
            words[4..].copy_from_slice(&one);
            let (bytes, bits) = narrow_sixteen(&words);
            assert_eq!(bits, 0);
            assert_eq!(u128::from_le_bytes(bytes), u128::from(eight) << 64);
            assert_eq!(plain::narrow(&one).0, eight);
            one[state as usize % 4][(state >> 8) as usize % 8] ^= (state >> 16) as u8;
            const NOT_ASCII: u64 = 0xFFFF_FF80_FFFF_FF80;
            assert_eq!(narrow(&one).1 & NOT_ASCII != 0, plain::narrow(&one).1 & NOT_ASCII != 0);
            let lane = state as usize % 16;
            let mut text = (u128::from(state) * 0x1_0000_0001_0000_0001).to_le_bytes();
            text[lane] = [b'"', b'\\', 0x1F, 0x20, 0x7F, 0x80, 0xFF][state as usize / 16 % 7];
            assert_eq!(escapes(&text), plain::escapes(&text));
            assert_eq!(widen_sixteen(&text), plain::widen_sixteen(&text));
            for code in [0x80, 0xFF, 0x100, 0x7FFF, 0x8000, 0xD800, 0xFFFF, 0x1_0000, 0x10_FFFF, 0x7FFF_FFFF]
            {
                let mut words = words;
                let half = 4 * usize::from(lane.is_multiple_of(2));
                words[lane / 2][half..half + 4].copy_from_slice(&u32::to_ne_bytes(code));
                assert_eq!(narrow_sixteen(&words), plain::narrow_sixteen(&words));
                assert_eq!(narrow_sixteen(&words).1, 1 << lane);
                for four in words.as_chunks::<4>().0 {
                    assert_eq!(narrow(four).0, plain::narrow(four).0);
                }
            }
            let mut words = [0; 32];
            for (index, byte) in words.iter_mut().enumerate() {
                *byte = (state >> (index % 13 * 4)) as u8 & 0x81;
            }
            let wanted = u32::from_le_bytes([words[4], words[5], words[6], words[7]]);
            for mask in [1 << 31, 0xFFFF_FF00, 0xFFFF_FFF0, u32::MAX] {
                let lanes = equal(&words, Mask::new(mask), wanted);
                assert_eq!(lanes, Lanes(plain::Mask::new(mask).equal(&words, wanted)));
                let same = |lane: &usize| {
                    let word = words.as_chunks::<4>().0[*lane];
                    u32::from_le_bytes(word) & mask == wanted & mask
                };
                assert!(lanes.eq((0..8).filter(same)));
                let word = |lane: usize| u32::from_le_bytes(words.as_chunks::<4>().0[lane]);
                assert_eq!(first_equal(&words, Mask::new(mask), wanted), lanes.map(word).next());
            }
            let (one, mut other) = (text, text);
            other[lane] ^= 1 << (state % 8);
            assert!(same(&one, &one) && !same(&one, &other));
            // Words that have a half, both or neither with the wanted one in common.
            let wanted = state ^ state << 32;
            let longs: [[u8; 8]; 8] = core::array::from_fn(|lane| {
                let other = [0, 1, 1 << 32, 1 << 63][(state >> (3 * lane + 7)) as usize % 4];
                (wanted ^ other).to_le_bytes()
            });
            let lanes = equal_long(longs.each_ref(), wanted);
            assert_eq!(lanes, Lanes(plain::equal_long(longs.each_ref(), wanted)));
            assert!(lanes.eq((0..8).filter(|lane| longs[*lane] == wanted.to_le_bytes())));
        }
    }
}
