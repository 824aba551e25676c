//! Texts of every kind, decoded and encoded in blocks and one by one.

use super::*;

fn whole_texts() -> bool {
    decode(b"a", &mut [[0; 8]; 1 + SPARE]).is_some_and(|(read, _)| read == 1)
}

/// Decoded text agrees with the standard library's, whatever the bytes are.
fn check_decode(bytes: &[u8]) {
    for spare in [0, 5, SPARE] {
        check_decode_to(bytes, vec![[0xAA; 8]; bytes.len().div_ceil(2) + spare]);
    }
}

fn check_decode_to(bytes: &[u8], mut room: Vec<[u8; 8]>) {
    let decoded = decode(bytes, &mut room);
    let expected = core::str::from_utf8(bytes);
    let Some((read, count)) = decoded else {
        assert!(expected.is_err(), "{bytes:x?}");
        return;
    };
    let good = core::str::from_utf8(&bytes[..read]).unwrap_or_else(|_| panic!("{bytes:x?} {read}"));
    assert_eq!(good.chars().count(), count);
    let all = room.len() >= bytes.len().div_ceil(2) + SPARE && expected.is_ok() && whole_texts();
    assert!(!all || read == bytes.len(), "{bytes:x?} {read}");
    if let Err(error) = expected {
        // Invalid text is not decoded: the caller finds the error.
        assert!(error.valid_up_to() >= read, "{bytes:x?}");
    }
    for (index, character) in good.chars().enumerate() {
        let word = u64::from_ne_bytes(room[index / 2]);
        let half = if index % 2 == 0 { word >> 32 } else { word & 0xFFFF_FFFF };
        assert_eq!(half as u32, character as u32, "{bytes:x?} {index}");
    }
}

fn check_encode(text: &str) {
    let codes: Vec<u32> = text.chars().map(u32::from).collect();
    let (pairs, _) = codes.as_chunks::<2>();
    let words: Vec<_> =
        pairs.iter().map(|pair| (u64::from(pair[0]) << 32 | u64::from(pair[1])).to_ne_bytes()).collect();
    for room in [text.len(), text.len() + 40] {
        let mut target = vec![0xAA_u8; room];
        let (characters, used) = encode(&words, &mut target);
        assert!(characters.is_multiple_of(2) && characters <= codes.len());
        let expected: String = text.chars().take(characters).collect();
        assert_eq!(&target[..used], expected.as_bytes());
    }
}

struct Dice(u64);

impl Dice {
    fn below(&mut self, limit: usize) -> usize {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 33) as usize % limit
    }
}

const PIECES: [&str; 16] = [
    "a",
    "stone ",
    "ß",
    "é",
    "水",
    "東京都",
    "Привет",
    "\u{1F4A9}",
    "\u{7F}",
    "\u{80}",
    "\u{7FF}",
    "\u{800}",
    "\u{FFFF}",
    "\u{10000}",
    "\u{10FFFF}",
    "\u{D7FF}\u{E000}",
];

#[test]
fn mixed_text_of_every_length_and_what_is_wrong_at_every_place() {
    let mut dice = Dice(1);
    for length in 0..120 {
        for _ in 0..8 {
            let only = dice.below(2) * dice.below(PIECES.len());
            let mut text = String::new();
            while text.len() < length {
                let piece = if only > 0 { only } else { dice.below(PIECES.len()) };
                text.push_str(PIECES[piece]);
            }
            check_decode(text.as_bytes());
            check_encode(&text);
            let mut bytes = text.into_bytes();
            for _ in 0..16 {
                if bytes.is_empty() {
                    break;
                }
                let at = dice.below(bytes.len());
                let before = bytes[at];
                bytes[at] = [0x80, 0xBF, 0xC0, 0xC1, 0xC2, 0xE0, 0xED, 0xEF, 0xF0, 0xF4, 0xF5, 0xFF, 0x41]
                    [dice.below(13)];
                check_decode(&bytes);
                bytes[at] = before;
            }
            for end in bytes.len().saturating_sub(5)..bytes.len() {
                check_decode(&bytes[..end]);
            }
        }
    }
}

#[test]
fn every_sequence_of_up_to_three_bytes_and_every_start_of_four() {
    check_every_start(&[b'a'; 40], &[0, 14, 15, 16]);
    // Within and between two blocks that are decoded together.
    check_every_start("é".repeat(36).as_bytes(), &[31, 46]);
}

/// All of them at these offsets of a text.
fn check_every_start(text: &[u8], places: &[usize]) {
    let mut bytes = text.to_vec();
    for &at in places {
        for first in 0x80..=0xFF_u8 {
            for second in [0x00, 0x7F, 0x80, 0x8F, 0x90, 0x9F, 0xA0, 0xBF, 0xC0, 0xC2, 0xE0, 0xF0, 0xFF] {
                for third in [0x41, 0x80, 0xBF, 0xC2, 0xE1] {
                    for fourth in [0x41, 0x80, 0xBF, 0xF1] {
                        bytes[at..at + 4].copy_from_slice(&[first, second, third, fourth]);
                        check_decode(&bytes);
                        bytes[at..at + 4].copy_from_slice(&text[at..at + 4]);
                    }
                }
            }
        }
    }
}

#[test]
fn every_character() {
    let all: Vec<char> = (0..=0x10_FFFF).filter_map(char::from_u32).collect();
    for shift in [0, 1] {
        for some in all[shift..].chunks(1000) {
            let text: String = some.iter().collect();
            check_decode(text.as_bytes());
            check_encode(&text);
        }
    }
}
