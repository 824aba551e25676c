//! How texts are shown: their length, and their beginning.

/// The most bytes of a text that are shown.
const SHOWN: usize = 60;

/// The description of a text.
#[derive(Debug, Default)]
pub(crate) struct Text {
    pub(crate) characters: u64,
    /// How many bytes of UTF-8 it is; a lone surrogate has three.
    pub(crate) bytes: u64,
    /// Whether it has a lone surrogate.
    pub(crate) lone: bool,
    beginning: Vec<u8>,
    /// The character before, when it was the first half of a pair.
    high: bool,
}

impl Text {
    /// Adds a character; if it is invalid, returns what was expected.
    pub(crate) fn push(&mut self, code: u64) -> Result<(), &'static str> {
        let low = (0xDC00..0xE000).contains(&code);
        if low && self.high {
            return Err("one character instead of two halves of a surrogate pair");
        }
        self.high = (0xD800..0xDC00).contains(&code);
        self.lone |= low || self.high;
        let code = u32::try_from(code).ok().filter(|code| *code <= 0x10_FFFF);
        let code = code.ok_or("a character, at most 10FFFF")?;
        let mut buffer = [0; 4];
        let utf8 = match char::from_u32(code) {
            Some(character) => character.encode_utf8(&mut buffer).as_bytes(),
            None => {
                buffer = [0xED, 0x80 | (code >> 6 & 0x3F) as u8, 0x80 | (code & 0x3F) as u8, 0];
                &buffer[..3]
            }
        };
        let room = SHOWN.saturating_sub(self.beginning.len()).min(utf8.len());
        self.beginning.extend_from_slice(&utf8[..room]);
        self.characters += 1;
        self.bytes += utf8.len() as u64;
        Ok(())
    }

    /// Its beginning, in quotes.
    pub(crate) fn shown(&self) -> String {
        let rest = if self.bytes as usize > SHOWN { "…" } else { "" };
        format!("{:?}{rest}", String::from_utf8_lossy(&self.beginning))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lengths_and_lone_surrogates_are_seen() {
        let mut text = Text::default();
        for code in [0x61, 0xE9, 0x6C34, 0x1F4A9, 0xDC00] {
            text.push(code).unwrap();
        }
        assert_eq!((text.characters, text.bytes, text.lone), (5, 13, true));
        assert!(text.shown().starts_with("\"aé水\u{1F4A9}"), "{}", text.shown());
        assert!(text.push(0x110000).is_err());
        assert!(text.push(0xD800).is_ok() && text.push(0xDC00).is_err());
    }
}
