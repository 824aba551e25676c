//! How a guest stores optional values and arrays in its memory.

use super::super::value::{Tag, Value};
use crate::status::Status;

/// The maximum size in bytes of an optional value's block, a header and an element.
pub(super) const LARGEST: usize = 64;

/// A block, and the position of a field in it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct BlockField {
    /// The size of the block in bytes.
    pub size: u32,
    /// The offset of the field in bytes.
    pub offset: u32,
}

/// An array in a block of its own: a header that has the count, then the elements.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Array {
    /// The header, and where the count (u32) lies in it.
    pub header: BlockField,
    /// Bytes from one element to the next, for the tags i, f, s, b.
    pub strides: [u32; 4],
}

/// How a guest stores optional values and arrays in its memory. Everything else in the blocks is 0. Numbers are
/// little-endian.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct GuestLayout {
    /// The block that means no value, and where the tag (u32) lies in all these blocks. With a size of 0 there is no
    /// such block, and no value is the pointer 0.
    pub none: BlockField,
    /// The tag of no value.
    pub none_tag: u32,
    /// The tag of a value.
    pub some_tag: u32,
    /// The block of a value, and where the value lies in it, for the tags i, f, s, b.
    pub some: [BlockField; 4],
    /// An array in one block.
    pub array: Array,
    /// Bytes from one element to the next in an array without a header, for the tags i, f, s, b.
    pub packed: [u32; 4],
}

impl Default for GuestLayout {
    /// An option is its tag (0 or 1), then the value, at its own alignment. An array is its count (u32), 0 (u32), and
    /// fields of 64 bits; one without a header has fields of 64 bits, or of 32 with the tag b.
    fn default() -> Self {
        let (long, text) = (BlockField { size: 16, offset: 8 }, BlockField { size: 12, offset: 4 });
        GuestLayout {
            none: BlockField { size: 4, offset: 0 },
            none_tag: 0,
            some_tag: 1,
            some: [long, long, text, BlockField { size: 8, offset: 4 }],
            array: Array { header: BlockField { size: 8, offset: 0 }, strides: [8; 4] },
            packed: [8, 8, 8, 4],
        }
    }
}

/// The index of a tag, from 0 to 3.
pub(super) fn of_tag<T: Copy>(four: &[T; 4], tag: Tag) -> T {
    let [int, float, text, bits] = *four;
    match tag {
        Tag::Int => int,
        Tag::Float => float,
        Tag::Text => text,
        Tag::Bits => bits,
    }
}

/// An optional value's block.
pub(super) struct OptionBlock {
    pub(super) bytes: [u8; LARGEST],
    pub(super) size: usize,
}

impl GuestLayout {
    /// `InvalidArgument` when a field does not lie in its block, or a block is larger than 64 bytes.
    pub(super) fn check(&self) -> Result<(), Status> {
        let lies_in =
            |size: u32, offset: u32, width: u32| offset.checked_add(width).is_some_and(|end| end <= size);
        let is_small = |size: u32| size as usize <= LARGEST;
        let widths = [8, 8, 8, 4];
        let mut good = self.none_tag != self.some_tag
            && (self.none.size == 0 || lies_in(self.none.size, self.none.offset, 4))
            && is_small(self.none.size)
            && lies_in(self.array.header.size, self.array.header.offset, 4)
            && is_small(self.array.header.size);
        for (some, width) in self.some.iter().zip(widths) {
            good &= lies_in(some.size, some.offset, width) && lies_in(some.size, self.none.offset, 4);
            // The tag and the value do not overlap.
            good &=
                lies_in(some.offset, self.none.offset, 4) || lies_in(self.none.offset, some.offset, width);
            good &= is_small(some.size);
        }
        for strides in [self.array.strides, self.packed] {
            let [int, float, text, bits] = strides;
            good &= [int, float, text].iter().all(|stride| *stride >= 8 && is_small(*stride));
            good &= bits >= 1 && is_small(bits);
        }
        if good { Ok(()) } else { Err(Status::InvalidArgument) }
    }

    /// The content of an optional value's block; without a size there is no block.
    pub(super) fn option(&self, value: Option<Value>) -> OptionBlock {
        let mut bytes = [0; LARGEST];
        let (size, tag) = match value {
            None => (self.none.size, self.none_tag),
            Some(value) => {
                let place = of_tag(&self.some, value.tag());
                let field = value.to_bits().to_le_bytes();
                let width = if value.tag() == Tag::Bits { 4 } else { 8 };
                write(&mut bytes, place.offset, &field, width);
                (place.size, self.some_tag)
            }
        };
        write(&mut bytes, self.none.offset, &tag.to_le_bytes(), 4);
        OptionBlock { bytes, size: size as usize }
    }
}

/// Stores the first bytes of a field, if they fit.
pub(super) fn write(bytes: &mut [u8], offset: u32, field: &[u8], width: usize) {
    let room = bytes.get_mut(offset as usize..).unwrap_or_default();
    for (place, byte) in room.iter_mut().zip(field).take(width) {
        *place = *byte;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn options_lie_as_they_are_described() {
        let layout = GuestLayout::default();
        let block = |value| {
            let block = layout.option(value);
            block.bytes[..block.size].to_vec()
        };
        assert_eq!(block(None), [0; 4]);
        assert_eq!(
            block(Some(Value::Int(-2))),
            [1, 0, 0, 0, 0, 0, 0, 0, 254, 255, 255, 255, 255, 255, 255, 255]
        );
        assert_eq!(block(Some(Value::Text { pointer: 5, length: 6 })), [1, 0, 0, 0, 5, 0, 0, 0, 6, 0, 0, 0]);
        assert_eq!(block(Some(Value::Bits(7))), [1, 0, 0, 0, 7, 0, 0, 0]);
        let value_first = BlockField { size: 12, offset: 0 };
        let other = GuestLayout {
            none: BlockField { size: 12, offset: 8 },
            some: [value_first; 4],
            some_tag: 9,
            ..layout
        };
        other.check().expect("a tag after the value");
        assert_eq!(other.option(Some(Value::Int(3))).bytes[..12], [3, 0, 0, 0, 0, 0, 0, 0, 9, 0, 0, 0]);
        assert_eq!(GuestLayout { none: BlockField { size: 0, offset: 0 }, ..layout }.option(None).size, 0);
    }

    #[test]
    fn what_does_not_lie_in_its_block_is_refused() {
        let good = GuestLayout::default();
        let place = |size, offset| BlockField { size, offset };
        let array = |header| GuestLayout { array: Array { header, ..good.array }, ..good };
        for (number, layout) in [
            GuestLayout { none: place(4, 1), ..good },
            GuestLayout { none: place(4, u32::MAX), ..good },
            GuestLayout { none: place(65, 0), ..good },
            GuestLayout { none_tag: 1, ..good },
            GuestLayout { some: [place(16, 9); 4], ..good },
            GuestLayout { some: [place(12, 3); 4], ..good },
            GuestLayout { some: [place(68, 8); 4], ..good },
            GuestLayout { some: [place(u32::MAX, u32::MAX - 3); 4], ..good },
            array(place(3, 0)),
            array(place(8, 5)),
            array(place(68, 0)),
            GuestLayout { packed: [8, 4, 8, 4], ..good },
            GuestLayout { packed: [8, 8, 8, 0], ..good },
            GuestLayout { packed: [8, 8, 65, 4], ..good },
        ]
        .into_iter()
        .enumerate()
        {
            assert_eq!(layout.check(), Err(Status::InvalidArgument), "{number}");
        }
    }
}
