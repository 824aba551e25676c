//! Texts go into words and come back, whatever they contain, and bytes that are not text are refused.

use super::super::text::*;
use super::*;
use crate::allocation::append_in_room;
use crate::text::utf8::Utf8Text;
use crate::wota::Word;

/// The words of a text, and those after it that are written with them, and whether it is ASCII.
fn ascii_words(bytes: &[u8]) -> (Vec<Word>, bool) {
    let size = ascii_room(bytes.len());
    let mut room = Vec::with_capacity(size);
    let ascii = append_in_room(&mut room, size, |room| put_ascii::<true>(room, 0, bytes).then_some(size));
    assert!(!ascii || room.len() == size);
    let mut short = Vec::with_capacity(size);
    let put = append_in_room(&mut short, size, |room| put_ascii::<false>(room, 0, bytes).then_some(size));
    assert_eq!(put, ascii && bytes.len() <= UNLOOPED);
    assert!(!put || short == room);
    (room, ascii)
}

fn there_and_back(bytes: &[u8]) -> Result<Vec<u8>, Status> {
    let text = Utf8Text::check(bytes);
    let (mut room, ascii) = ascii_words(bytes);
    assert_eq!(ascii, bytes.is_ascii());
    if !ascii {
        room = vec![[0xAA; 8]; room_of_text(bytes.len())];
    }
    let characters = if ascii { bytes.len() } else { put_other(&mut room, bytes)? };
    room.truncate(characters.div_ceil(2));
    let words = Words::native(room.as_flattened());
    let text = text?;
    let mut packed = [[0; 8]; 8];
    let packs = pack_ascii(&mut packed, bytes);
    assert_eq!(packs, ascii && bytes.len() <= 16);
    assert!(!packs || packed[..words.len()] == *words.raw());
    let short = short_ascii(bytes);
    assert_eq!(short.is_some(), ascii && bytes.len() <= 8);
    assert!(short.is_none_or(|short| short[..words.len()] == *words.raw()));
    assert_eq!(text.characters, characters);
    assert!(matches(&text, words));
    let packed = Packed::check(words, characters)?;
    let mut back = vec![0; packed.length()];
    packed.write_to(&mut back);
    let mut plain = vec![0xAA; characters];
    assert_eq!(get_ascii(words, &mut plain), ascii);
    short_in_blocks(words, ascii, &plain);
    assert_eq!(is_ascii(words, characters as u64), ascii);
    assert!(!ascii || plain == back);
    Ok(back)
}

/// Whether the short way gives the same, whatever follows the text.
fn short_in_blocks(words: Words<'_>, ascii: bool, plain: &[u8]) {
    for after in [0, 3, 4, 7, 8] {
        let rest = [words.raw(), &[[0xFF; 8]; 8][..after]].concat();
        let mut bytes = vec![0xBB; plain.len() + 1];
        let (target, after) = bytes.split_at_mut(plain.len());
        let enough = rest.len() >= if plain.len() > 8 { 8 } else { 4 };
        let read = get_short_ascii(&rest, target);
        assert_eq!(read, ascii && enough && plain.len() <= SHORT);
        assert_eq!(after, [0xBB]);
        assert!(if read { target == plain } else { target.iter().all(|byte| *byte == 0xBB) });
    }
}

#[test]
fn every_character_and_every_lone_surrogate_survives() {
    for code in 0..=0x10_FFFF {
        let (buffer, length) = utf8::encode(code);
        let bytes = &buffer[..length];
        assert_eq!(there_and_back(bytes).as_deref(), Ok(bytes));
        if let Some(character) = char::from_u32(code) {
            assert_eq!(character.encode_utf8(&mut [0; 4]).as_bytes(), bytes);
        }
    }
}

#[test]
fn mixed_texts_survive_at_every_length() {
    let all: Vec<char> = "plain é ß 水 \u{1F4A9} end of it, odd and even".chars().collect();
    for end in 0..=all.len() {
        let text: String = all[..end].iter().collect();
        assert_eq!(there_and_back(text.as_bytes()).as_deref(), Ok(text.as_bytes()));
    }
}

#[test]
fn one_wide_character_is_seen_at_every_place_and_padding_too() {
    for length in 0..70 {
        let plain: Vec<u8> = (0..length).map(|at| b'a' + at as u8 % 26).collect();
        assert_eq!(there_and_back(&plain).as_deref(), Ok(&plain[..]));
        for at in 0..length {
            let mut wide = String::from_utf8(plain.clone()).unwrap();
            wide.replace_range(at..=at, "é");
            assert_eq!(there_and_back(wide.as_bytes()).as_deref(), Ok(wide.as_bytes()));
            let mut bad = plain.clone();
            bad[at] = 0xFF;
            assert_eq!(there_and_back(&bad), Err(Status::Malformed));
        }
        let (mut room, _) = ascii_words(&plain);
        room.truncate(length.div_ceil(2));
        if length % 2 == 1 {
            room[length / 2] = (u64::from_ne_bytes(room[length / 2]) | 1).to_ne_bytes();
            let words = Words::native(room.as_flattened());
            assert!(!get_ascii(words, &mut vec![0; length]));
            assert!(!is_ascii(words, length as u64));
            assert_eq!(Packed::check(words, length).err(), Some(Status::Malformed));
        }
    }
}

#[test]
fn bytes_that_are_not_text_are_refused() {
    for bytes in [
        &b"\xFF"[..],
        b"\x80",
        b"\xC0\x80",
        b"\xC1\xBF",
        b"\xE0\x80\x80",
        b"\xF0\x80\x80\x80",
        b"\xF4\x90\x80\x80",
        b"\xF5\x80\x80\x80",
        b"a\xC3",
        b"\xE2\x82",
        b"\xC3A",
        b"\xED\xA0\x80\xED\xB0\x80",
    ] {
        assert_eq!(there_and_back(bytes), Err(Status::Malformed), "{bytes:x?}");
    }
    let lone = b"\xED\xB0\x80\xED\xA0\x80";
    assert_eq!(there_and_back(lone).as_deref(), Ok(&lone[..]));
}
