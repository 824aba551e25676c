//! Reading texts.

use core::hint::select_unpredictable;

use super::super::layout::Layout;
use super::super::packed::Packed;
use super::super::text::{self, get_ascii, get_ascii_in_sixteens};
use super::super::word::Word;
use super::Reader;
use crate::lanes::LaneSlot;
use crate::status::Status;
use crate::value::Kind;

/// A number, a symbol without a value, or a text: see [`Reader::leaf_in`].
pub(crate) struct Leaf<'t, T> {
    /// The number of its kind.
    pub(crate) kind: i32,
    pub(crate) is_text: bool,
    /// The integer, the bits of the double, or the code of the symbol.
    pub(crate) bits: u64,
    /// The number of characters of a text, else 0.
    pub(crate) characters: usize,
    /// The memory that a text was written to.
    pub(crate) target: &'t mut [[T; 16]],
    pub(crate) written: Result<(), usize>,
}

impl<'a, L: Layout> Reader<'a, L> {
    /// The number of bytes of UTF-8 of the text here. Does not move.
    pub fn text_length(&self) -> Result<usize, Status> {
        Ok(self.packed()?.0.length())
    }

    /// A number of bytes that is enough for the text here in any case. Does not move.
    pub(crate) fn text_room(&self) -> Result<usize, Status> {
        let head = self.expect(Kind::Text)?;
        usize::try_from(head.field).ok().and_then(|count| count.checked_mul(4)).ok_or(Status::Malformed)
    }

    /// Writes a text of a message to the start of `buffer` if it is ASCII, and moves past it; returns the number of
    /// bytes. May also overwrite up to 16 bytes after the text. Returns `None` and does not move for other texts, and
    /// for ASCII texts close to the end of the message or of the buffer.
    #[inline(always)]
    pub fn ascii(&mut self, buffer: &mut [u8]) -> Result<Option<usize>, Status> {
        let blocks = buffer.as_chunks_mut().0;
        let (_, characters, written) = self.ascii_in::<1, u8>(|_| Some(blocks))?;
        Ok(written.is_ok().then_some(characters))
    }

    /// Writes a text of a message of one to eight characters that are ASCII to the start of `buffer`, and moves after
    /// it; returns how many bytes. `None`, and nothing has moved, for other texts, and for some at the end of the
    /// message.
    #[inline(always)]
    pub(crate) fn text_of_eight(&mut self, buffer: &mut [u8]) -> Option<usize> {
        let here = self.words.raw().get(self.position..self.position.wrapping_add(5))?;
        let [head, words @ ..] = here.first_chunk::<5>()?;
        let count = L::text(self.words.load(head)).filter(|count| (1..=8).contains(count))? as usize;
        if !text::get_eight_ascii(words, buffer.get_mut(..count)?) {
            return None;
        }
        self.position += (count + 3) / 2;
        Some(count)
    }

    /// Writes the text to the start of `buffer`; returns the number of bytes. `OutOfRange` when the buffer is too
    /// small; it may have been written to in that case.
    #[inline(always)]
    pub fn text(&mut self, buffer: &mut [u8]) -> Result<usize, Status> {
        if let Some((first, rest)) = self.words.raw().get(self.position..).and_then(<[_]>::split_first)
            && let Some(characters) = L::text(self.words.load(first))
            && characters <= text::SHORT as u64
            && let Some(target) = buffer.get_mut(..characters as usize)
            && text::get_short_ascii(rest, target)
        {
            self.position += 1 + characters.div_ceil(2) as usize;
            return Ok(characters as usize);
        }
        self.any_text(buffer)
    }

    /// As [`Reader::text`], but the bytes of the buffer after the text may be overwritten. Faster, when up to 64 bytes
    /// follow the text there.
    #[inline(always)]
    pub fn text_in_blocks(&mut self, buffer: &mut [u8]) -> Result<usize, Status> {
        let is_short = self.word().and_then(L::text).is_some_and(|count| count <= 16);
        let blocks = buffer.as_chunks_mut().0;
        let (_, count, written) = if is_short {
            self.ascii_in::<1, u8>(|_| Some(blocks))?
        } else {
            // Their number of blocks would be hard to predict.
            self.ascii_in::<4, u8>(|_| Some(blocks))?
        };
        match written {
            Ok(()) => Ok(count),
            Err(written) => self.rest_of_text(buffer, written),
        }
    }

    #[inline(never)]
    fn rest_of_text(&mut self, buffer: &mut [u8], written: usize) -> Result<usize, Status> {
        self.text_from(buffer, written)
    }

    #[inline(never)]
    fn any_text(&mut self, buffer: &mut [u8]) -> Result<usize, Status> {
        let head = self.expect(Kind::Text)?;
        let payload = self.payload(head)?;
        if let Ok(count) = usize::try_from(head.field)
            && let Some(target) = buffer.get_mut(..count)
            && get_ascii(payload, target)
        {
            self.position += 1 + payload.len();
            return Ok(count);
        }
        self.text_from(buffer, 0)
    }

    /// Writes the text of a message here as ASCII and moves past it. `room` takes the number of characters and
    /// returns the memory, in blocks of sixteen: at least `FIRST` blocks, and one more than the characters fill.
    /// Blocks are written whole, so bytes after the text are overwritten.
    ///
    /// Returns the memory, the number of characters, and an error when the text is not ASCII, is too close to the end
    /// of the message, or has too little memory. The error is the number of characters that were written, and the
    /// reader does not move.
    #[inline(always)]
    #[allow(clippy::type_complexity)]
    pub(crate) fn ascii_in<'t, const FIRST: usize, T: LaneSlot>(
        &mut self,
        room: impl FnOnce(usize) -> Option<&'t mut [[T; 16]]>,
    ) -> Result<(Option<&'t mut [[T; 16]]>, usize, Result<(), usize>), Status> {
        let here = self.words.raw().get(self.position..).unwrap_or(&[]);
        let (word, words) = here.split_first().ok_or(Status::End)?;
        let Some(count) = L::text(self.words.load(word)) else {
            return self.expect(Kind::Text).and(Err(Status::WrongType));
        };
        let count = usize::try_from(count).map_err(|_| Status::Malformed)?;
        let mut target = room(count);
        let written = match &mut target {
            Some(target) => get_ascii_in_sixteens::<FIRST, T>(words, target, count),
            None => Err(0),
        };
        if written.is_ok() {
            self.position += 1 + count.saturating_add(1) / 2;
        }
        Ok((target, count, written))
    }

    /// Reads a number, a symbol without a value or a text of a plain layout here, without a branch on which of them it is.
    /// A text is read as by [`Reader::ascii_in`]; `room` gets the number 0 for other values. `None` for other values and
    /// layouts. The reader moves if the leaf was written.
    #[inline(always)]
    pub(crate) fn leaf_in<'t, const FIRST: usize, T: LaneSlot>(
        &mut self,
        room: impl FnOnce(usize) -> Option<&'t mut [[T; 16]]>,
    ) -> Option<Leaf<'t, T>> {
        if !L::PLAIN {
            return None;
        }
        let (word, words) = self.words.raw().get(self.position..)?.split_first()?;
        let word = self.words.load(word);
        let payload = L::leaf(word)?;
        let kind = word & 0xF;
        let is_text = kind == Kind::Text as u64;
        let characters = usize::try_from(select_unpredictable(is_text, word >> 8, 0)).ok()?;
        let target = room(characters)?;
        let written = get_ascii_in_sixteens::<FIRST, T>(words, target, characters);
        let next = words.first().map_or(0, |next| self.words.load(next));
        let bits = select_unpredictable(kind == Kind::Float as u64, next, (word as i64 >> 8) as u64);
        if written.is_ok() {
            self.position += 1 + payload as usize;
        }
        Some(Leaf { kind: kind as i32, is_text, bits, characters, target, written })
    }

    /// Writes the text here and moves past it. `room` takes the number of bytes and returns the memory.
    pub(crate) fn text_in<'t>(
        &mut self,
        room: impl FnOnce(usize) -> Result<&'t mut [u8], Status>,
    ) -> Result<&'t mut [u8], Status> {
        let (packed, words) = self.packed()?;
        let target = room(packed.length())?;
        packed.write_to(target);
        self.position += 1 + words;
        Ok(target)
    }

    /// Writes the text of a message here, of which the first `written` characters, all ASCII, are in the buffer
    /// already, and moves past it; returns the number of bytes of the whole text. `OutOfRange` when the buffer is too
    /// small; four bytes for each character are enough.
    pub(crate) fn text_from<T: LaneSlot>(
        &mut self,
        buffer: &mut [T],
        written: usize,
    ) -> Result<usize, Status> {
        let head = self.expect(Kind::Text)?;
        let payload = self.payload(head)?;
        let rest =
            payload.run(written / 2, (payload.len() - written / 2) as u64).ok_or(Status::OutOfRange)?;
        let characters = usize::try_from(head.field).map_err(|_| Status::Malformed)? - written;
        let target = buffer.get_mut(written..).ok_or(Status::OutOfRange)?;
        let length = text::put_utf8(rest, characters, target).ok_or(Status::OutOfRange)?;
        self.position += 1 + payload.len();
        Ok(written + length)
    }

    /// The text as a string. `OutOfRange` for a lone surrogate, which a `String` cannot hold; `NoMemory`.
    pub fn string(&mut self) -> Result<String, Status> {
        let start = *self;
        let head = self.expect(Kind::Text)?;
        let payload = self.payload(head)?;
        // As many bytes as characters: the exact size for ASCII.
        let characters = usize::try_from(head.field).map_err(|_| Status::Malformed)?;
        let mut bytes = Vec::new();
        bytes.try_reserve_exact(characters)?;
        bytes.resize(characters, 0);
        if get_ascii(payload, &mut bytes) {
            self.position += 1 + payload.len();
        } else {
            let length = self.text_length()?;
            bytes.try_reserve_exact(length - characters)?;
            bytes.resize(length, 0);
            self.text_from(&mut bytes, 0)?;
        }
        String::from_utf8(bytes).map_err(|_| {
            *self = start;
            Status::OutOfRange
        })
    }

    /// The text here, checked, and its number of words.
    #[inline]
    fn packed(&self) -> Result<(Packed<'a>, usize), Status> {
        let head = self.expect(Kind::Text)?;
        let payload = self.payload(head)?;
        Ok((Packed::check(payload, head.field as usize)?, payload.len()))
    }

    /// The text here: the number of characters, and their words as they are in memory. Does not move.
    #[inline]
    pub(crate) fn packed_text(&self) -> Result<(u64, &'a [Word]), Status> {
        let head = self.expect(Kind::Text)?;
        Ok((head.field, self.payload(head)?.raw()))
    }
}
