//! The size of a block, where the guest's allocator stores it next to the block.

use super::super::layout::at;

/// A rule for the size of a block: a u32 at an offset from its start, shifted right.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SizeHeader {
    /// The offset in bytes; negative before the block.
    pub offset: i32,
    /// How many low bits of the number are not part of the size.
    pub shift: u32,
}

impl SizeHeader {
    /// The size of the block in bytes; `None` when the number lies outside the memory.
    pub fn size(self, window: &[u8], block: u32) -> Option<u32> {
        let word = at(window, block.checked_add_signed(self.offset)? as usize).ok()?.first_chunk()?;
        u32::from_le_bytes(*word).checked_shr(self.shift)
    }
}

#[cfg(test)]
mod tests {
    use super::SizeHeader;

    #[test]
    fn a_size_before_the_block() {
        let window = [0, 0, 0, 0, 0x31, 0, 0, 0, 1, 2, 3];
        let rule = SizeHeader { offset: -4, shift: 1 };
        assert_eq!(rule.size(&window, 8), Some(24));
        for outside in [0, 3, 13, u32::MAX] {
            assert_eq!(rule.size(&window, outside), None);
        }
        assert_eq!(SizeHeader { offset: -4, shift: 32 }.size(&window, 8), None);
        assert_eq!(SizeHeader { offset: 4, shift: 0 }.size(&window, u32::MAX), None);
    }
}
