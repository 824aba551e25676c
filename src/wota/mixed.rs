//! Whether the kinds of the values ahead are hard to predict. A branch on a kind costs little where kinds follow a pattern,
//! as in a table, and much where they do not: there it is better to take the same steps for all kinds.

/// At how many depths records are compared with the ones before.
const DEPTHS: usize = 16;

/// The most elements of an array that are assumed to be as mixed as the values around it.
const SHORT: usize = 8;

/// A guess, from the containers that were entered so far.
#[derive(Default)]
pub(crate) struct Mixed {
    /// How the last record at each depth began; 0 before the first one.
    beginnings: [u64; DEPTHS],
    now: bool,
}

impl Mixed {
    /// Whether the next values are probably mixed.
    #[inline(always)]
    pub(crate) fn now(&self) -> bool {
        self.now
    }

    /// Enters an array. Long ones usually have values of one kind.
    #[inline(always)]
    pub(crate) fn array(&mut self, count: usize) {
        self.now &= count <= SHORT;
    }

    /// Enters a record at a depth, with the first word of its first key. Records of one type usually begin alike, and
    /// their values are of the same kinds.
    #[inline(always)]
    pub(crate) fn record(&mut self, depth: usize, key: Option<u64>, count: usize) {
        let beginning = key.unwrap_or(0) ^ (count as u64).rotate_left(32);
        let last = core::mem::replace(&mut self.beginnings[depth % DEPTHS], beginning);
        self.now = last != 0 && last != beginning;
    }
}

#[cfg(test)]
mod tests {
    use super::Mixed;

    #[test]
    fn records_that_differ_are_mixed_until_a_long_array() {
        let mut mixed = Mixed::default();
        mixed.record(1, Some(0x205), 3);
        assert!(!mixed.now());
        mixed.record(2, Some(0x305), 4);
        mixed.record(1, Some(0x205), 3);
        assert!(!mixed.now());
        mixed.record(1, Some(0x205), 4);
        assert!(mixed.now());
        mixed.array(8);
        assert!(mixed.now());
        mixed.array(9);
        assert!(!mixed.now());
        mixed.record(1, Some(0x305), 4);
        assert!(mixed.now());
        mixed.record(1, Some(0x305), 4);
        assert!(!mixed.now());
    }
}
