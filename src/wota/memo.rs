//! Remembered results by position in messages, so that nothing is visited twice.

use core::ptr::NonNull;

use crate::allocation::Grow;
use crate::blob::RawBlob;
use crate::status::Status;

/// A blob, an offset in it, and how the value there is used.
pub(super) type MemoKey = (NonNull<RawBlob>, usize, u8);

/// A hash table. Its size is a power of two and it is at most half full, so a key is near its home. Homes depend on
/// addresses, which are unknown outside.
pub(super) struct Memo<V> {
    places: Vec<Option<(MemoKey, V)>>,
    used: usize,
}

impl<V> Default for Memo<V> {
    fn default() -> Self {
        Memo { places: Vec::new(), used: 0 }
    }
}

impl<V: Copy> Memo<V> {
    pub(super) fn get(&self, key: &MemoKey) -> Option<V> {
        match self.places.get(self.place(key)?) {
            Some(Some((_, value))) => Some(*value),
            _ => None,
        }
    }

    /// Sets the value of a key. `NoMemory`.
    pub(super) fn insert(&mut self, key: MemoKey, value: V) -> Result<(), Status> {
        if 2 * self.used >= self.places.len() {
            let mut larger = Memo::default();
            let size = (2 * self.places.len()).max(16);
            larger.places.try_reserve_exact(size)?;
            (0..size).for_each(|_| larger.places.push_in_room(None));
            self.places.drain(..).flatten().for_each(|(key, value)| larger.put(key, value));
            *self = larger;
        }
        self.put(key, value);
        Ok(())
    }

    fn put(&mut self, key: MemoKey, value: V) {
        if let Some(place) = self.place(&key) {
            self.used += usize::from(self.places[place].is_none());
            self.places[place] = Some((key, value));
        }
    }

    /// The place of the key, or the place for it; `None` in an empty table.
    fn place(&self, key: &MemoKey) -> Option<usize> {
        let mask = self.places.len().checked_sub(1)?;
        let mixed = (key.0.addr().get() as u64).wrapping_mul(0x9E37_79B9_7F4A_7C15) ^ key.1 as u64;
        let mut place = (mixed.wrapping_mul(0x2436_3F84_D188_5A31) >> 32) as usize & mask;
        while let Some((there, _)) = &self.places[place]
            && there != key
        {
            place = (place + 1) & mask;
        }
        Some(place)
    }
}
