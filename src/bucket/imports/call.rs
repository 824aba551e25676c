//! What the imports do, on any memory.

use core::ffi::CStr;

use super::super::layout::{Slot, TableKind, at_mut, chunk};
use super::super::memory::{Memory, allocate_zeroed, rooted};
use super::super::value::{Key, Tag, Value};
use super::super::version::Bucket;
use super::super::{Table, change, in_place};
use super::layout::{GuestLayout, of_tag, write};
use super::name::ImportOperation;
use super::{Import, ResultForm};
use crate::status::Status;

/// The results of an import: up to two words; an i32 is in the lower half of one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Given {
    words: [u64; 2],
    count: usize,
}

impl Given {
    const NOTHING: Given = Given { words: [0; 2], count: 0 };

    /// The words.
    pub fn words(&self) -> &[u64] {
        self.words.get(..self.count).unwrap_or(&self.words)
    }

    fn one(word: u64) -> Self {
        Given { words: [word, 0], count: 1 }
    }

    fn word(word: u32) -> Self {
        Self::one(u64::from(word))
    }

    fn pair(first: u32, second: u32) -> Self {
        Given { words: [u64::from(first), u64::from(second)], count: 2 }
    }

    fn field(value: Value) -> Self {
        match value {
            Value::Text { pointer, length } => Self::pair(pointer, length),
            value => Self::one(value.to_bits()),
        }
    }
}

/// How WebAssembly reports an error of this kind: the text of the trap, and wasmtime's code for it.
pub fn refusal(status: Status) -> (&'static CStr, u8) {
    match status {
        Status::Malformed => (c"out of bounds memory access", 1),
        Status::WrongType => (c"indirect call type mismatch", 5),
        Status::LimitExceeded => (c"interrupt", 10),
        // The trap with which guests end themselves when they have no memory.
        _ => (c"wasm `unreachable` instruction executed", 9),
    }
}

/// Takes the parameters one by one.
struct Parameters<'a> {
    rest: core::slice::Iter<'a, u64>,
}

impl Parameters<'_> {
    fn long(&mut self) -> Result<u64, Status> {
        // Hosts compare the types when they define the import.
        self.rest.next().copied().ok_or(Status::InvalidArgument)
    }

    fn word(&mut self) -> Result<u32, Status> {
        // The bits above an i32 are not trusted.
        self.long().map(|word| word as u32)
    }

    fn value(&mut self, tag: Tag) -> Result<Value, Status> {
        Ok(match tag {
            Tag::Int | Tag::Float => Value::from_bits(tag, self.long()?),
            Tag::Text => Value::Text { pointer: self.word()?, length: self.word()? },
            Tag::Bits => Value::Bits(self.word()?),
        })
    }
}

impl Import {
    /// Calls it with its parameters, one word each. `InvalidArgument` when there are too few; otherwise the statuses of
    /// the operation and of its allocations. A failed call has changed no map.
    pub fn call(&self, memory: &mut impl Memory, parameters: &[u64]) -> Result<Given, Status> {
        let mut parameters = Parameters { rest: parameters.iter() };
        let kind = self.kind;
        if self.operation == ImportOperation::New {
            return change::create(memory, kind).map(Given::word);
        }
        let wrapper = parameters.word()?;
        match self.operation {
            ImportOperation::Size => self.open(memory, wrapper)?.size().map(Given::word),
            ImportOperation::Get => {
                let key = Key::Value(parameters.value(self.key)?);
                let found =
                    self.look_up(memory, wrapper, &key)?.map(|bits| Value::from_bits(self.value, bits));
                match found {
                    found if self.form == ResultForm::Option => option(memory, &self.layout, wrapper, found),
                    Some(found) => Ok(Given::field(found)),
                    None => parameters.value(self.value).map(Given::field),
                }
            }
            ImportOperation::Contains => {
                let key = Key::Value(parameters.value(self.key)?);
                let found = self.look_up(memory, wrapper, &key)?;
                Ok(Given::word(u32::from(found.is_some())))
            }
            ImportOperation::Insert => {
                let (key, value) = self.entry(&mut parameters)?;
                change::insert(memory, kind, wrapper, key, value).map(Given::word)
            }
            ImportOperation::InsertInPlace => {
                let (key, value) = self.entry(&mut parameters)?;
                in_place::insert(memory, kind, wrapper, key, value).map(|()| Given::NOTHING)
            }
            ImportOperation::Remove => {
                let key = Key::Value(parameters.value(self.key)?);
                change::remove(memory, kind, wrapper, key).map(Given::word)
            }
            ImportOperation::RemoveInPlace => {
                let key = Key::Value(parameters.value(self.key)?);
                in_place::remove(memory.bytes_mut(), kind, wrapper, key).map(|()| Given::NOTHING)
            }
            ImportOperation::Keys => self.array(memory, wrapper, self.key, |slot| slot.key),
            ImportOperation::Values => self.array(memory, wrapper, self.value, |slot| slot.value),
            ImportOperation::New => Err(Status::InvalidArgument),
        }
    }

    fn open<'a>(&self, memory: &'a impl Memory, wrapper: u32) -> Result<Table<'a>, Status> {
        Table::open(memory.bytes(), self.kind, wrapper)
    }

    /// The entry to insert; a set's slots have 0 as values.
    fn entry(&self, parameters: &mut Parameters<'_>) -> Result<(Value, Value), Status> {
        let key = parameters.value(self.key)?;
        Ok((key, if self.kind == TableKind::Set { Value::Bits(0) } else { parameters.value(self.value)? }))
    }

    /// The field of a key's value; `None` when the key is not there.
    #[inline(never)]
    fn look_up(&self, memory: &impl Memory, wrapper: u32, key: &Key<'_>) -> Result<Option<u64>, Status> {
        match self.open(memory, wrapper)?.field(key) {
            Err(Status::NotFound) => Ok(None),
            found => found.map(Some),
        }
    }

    /// An array in a block of its own. The strings in it are reached through the map, which is rooted.
    fn array(
        &self,
        memory: &mut impl Memory,
        wrapper: u32,
        tag: Tag,
        field: impl Fn(&Slot) -> u64,
    ) -> Result<Given, Status> {
        let count = self.open(memory, wrapper)?.size()?;
        let packed = self.form == ResultForm::Packed;
        if packed && count == 0 {
            return Ok(Given::pair(0, 0));
        }
        let header = self.layout.array.header;
        let (header_size, stride) = match packed {
            true => (0, of_tag(&self.layout.packed, tag)),
            false => (header.size, of_tag(&self.layout.array.strides, tag)),
        };
        let size = u64::from(stride) * u64::from(count) + u64::from(header_size);
        let size = u32::try_from(size).map_err(|_| Status::LimitExceeded)?;
        let block = rooted(memory, [wrapper], |memory| allocate_zeroed(memory, size as usize))?;
        // The allocator may have run any code of the guest.
        let filled =
            Bucket::of(memory.bytes(), wrapper, self.kind).map(|bucket| bucket.shape).and_then(|shape| {
                let bytes = memory.bytes_mut();
                if !packed {
                    put(bytes, block.saturating_add(header.offset), &count.to_le_bytes(), 4);
                }
                let (mut at, end) = (block.saturating_add(header_size), block.saturating_add(size));
                for number in 0..shape.view {
                    if at >= end {
                        break;
                    }
                    let slot = Slot::load(chunk(bytes, shape.slot_at(number))?);
                    if slot.is_live() {
                        put(bytes, at, &field(&slot).to_le_bytes(), stride as usize);
                        at = at.saturating_add(stride);
                    }
                }
                // The header's count does not match the slots.
                if at >= end { Ok(()) } else { Err(Status::Malformed) }
            });
        match filled {
            Ok(()) if packed => Ok(Given::pair(block, count)),
            Ok(()) => Ok(Given::word(block)),
            Err(status) => {
                memory.discard(block);
                Err(status)
            }
        }
    }
}

/// Stores the first bytes of a field in the memory, if they fit.
fn put(window: &mut [u8], position: u32, field: &[u8], width: usize) {
    write(at_mut(window, position as usize).unwrap_or_default(), 0, field, width);
}

/// An optional value in a block of its own.
fn option(
    memory: &mut impl Memory,
    layout: &GuestLayout,
    wrapper: u32,
    value: Option<Value>,
) -> Result<Given, Status> {
    let option = layout.option(value);
    if option.size == 0 {
        return Ok(Given::word(0));
    }
    let roots = [wrapper, value.map_or(0, |value| value.block())];
    let block = rooted(memory, roots, |memory| allocate_zeroed(memory, option.size))?;
    put(memory.bytes_mut(), block, &option.bytes, option.size);
    Ok(Given::word(block))
}

#[cfg(all(test, not(loom)))]
mod tests {
    use super::*;
    use crate::bucket::looked::during;
    use crate::bucket::{Heap, map};

    fn call_as(
        memory: &mut Heap,
        form: ResultForm,
        name: &str,
        parameters: &[u64],
    ) -> Result<Vec<u64>, Status> {
        let mut import = Import::of_name(name.as_bytes(), &GuestLayout::default()).expect("a name of ours");
        import.form = form;
        import.call(memory, parameters).map(|given| given.words().to_vec())
    }

    fn call(memory: &mut Heap, name: &str, parameters: &[u64]) -> Result<Vec<u64>, Status> {
        call_as(memory, ResultForm::Usual, name, parameters)
    }

    #[test]
    fn imports_do_what_their_names_say() {
        let memory = &mut Heap::new(0, 1 << 20).expect("a heap");
        let dirt = 0xFFFF_FFFF_0000_0000;
        let map = call(memory, "map_new", &[]).expect("a map")[0];
        let map = call(memory, "map_insert$ki_vs", &[map | dirt, 7, dirt | 64, dirt | 3]).expect("one")[0];
        assert_eq!(call(memory, "map_size", &[map]), Ok(vec![1]));
        assert_eq!(call(memory, "map_get$ki_vs", &[map, 7, 1, 2]), Ok(vec![64, 3]));
        assert_eq!(call(memory, "map_get$ki_vs", &[map, 8, dirt | 1, 2]), Ok(vec![1, 2]));
        assert_eq!(call(memory, "map_contains$ki", &[map, 8]), Ok(vec![0]));
        let keys = call(memory, "map_keys$ki", &[map]).expect("an array")[0];
        let array = &memory.bytes()[keys as usize..][..16];
        assert_eq!(array, [1, 0, 0, 0, 0, 0, 0, 0, 7, 0, 0, 0, 0, 0, 0, 0]);
        let set = call(memory, "set_new", &[]).expect("a set")[0];
        assert_eq!(call(memory, "set_add_in_place$ef", &[set, f64::NAN.to_bits()]), Ok(vec![]));
        assert_eq!(call(memory, "set_contains$ef", &[set, (-f64::NAN).to_bits()]), Ok(vec![1]));
        assert_eq!(call(memory, "set_size", &[map]), Err(Status::WrongType));
        assert_eq!(call(memory, "map_size", &[dirt]), Err(Status::Malformed));
        assert_eq!(call(memory, "map_size", &[]), Err(Status::InvalidArgument));
        assert_eq!(call(memory, "map_contains$ks", &[map, 1]), Err(Status::InvalidArgument));
    }

    #[test]
    fn optional_values_and_packed_arrays_are_blocks() {
        let memory = &mut Heap::new(0, 1 << 20).expect("a heap");
        let map = call(memory, "map_new", &[]).expect("a map")[0];
        assert_eq!(call_as(memory, ResultForm::Packed, "map_keys$ki", &[map]), Ok(vec![0, 0]));
        for (key, value) in [(5, 50), (3, 30), (4, 40)] {
            call(memory, "map_insert_in_place$ki_vb", &[map, key, value]).expect("room");
        }
        call(memory, "map_remove_in_place$ki", &[map, 3]).expect("it is there");
        let words = |memory: &Heap, at: u64, count: usize| -> Vec<u32> {
            let bytes = &memory.bytes()[at as usize..][..4 * count];
            bytes.as_chunks().0.iter().map(|word| u32::from_le_bytes(*word)).collect()
        };
        let some = call_as(memory, ResultForm::Option, "map_get$ki_vb", &[map, 4]).expect("an option")[0];
        assert_eq!(words(memory, some, 2), [1, 40]);
        let none = call_as(memory, ResultForm::Option, "map_get$ki_vb", &[map, 3]).expect("an option")[0];
        assert_eq!(words(memory, none, 1), [0]);
        let keys = call_as(memory, ResultForm::Packed, "map_keys$ki", &[map]).expect("an array");
        assert_eq!((words(memory, keys[0], 4), keys[1]), (vec![5, 0, 4, 0], 2));
        let values = call_as(memory, ResultForm::Packed, "map_values$vb", &[map]).expect("an array");
        assert_eq!((words(memory, values[0], 2), values[1]), (vec![50, 40], 2));
    }

    #[test]
    fn an_array_of_a_bucket_whose_count_lies() {
        let memory = &mut Heap::new(0, 1 << 20).expect("a heap");
        let map = call(memory, "map_new", &[]).expect("a map")[0];
        call(memory, "map_insert_in_place$ki_vi", &[map, 1, 1]).expect("room");
        // As other writers could make it: fewer live slots than the header says.
        let (at, used) = (map as usize, memory.used());
        memory.bytes_mut()[at + 4..at + 8].fill(0);
        let bucket = u32::from_le_bytes(*memory.bytes()[at + 8..].first_chunk().expect("a bucket")) as usize;
        memory.bytes_mut()[bucket + 4] = 2;
        for form in [ResultForm::Usual, ResultForm::Packed] {
            assert_eq!(call_as(memory, form, "map_keys$ki", &[map]), Err(Status::Malformed));
            assert_eq!(memory.used(), used);
        }
    }

    /// A plain map of a thousand strings of 20 000 letters that overlap, and as many others that are not in it.
    fn hostile(memory: &mut Heap) -> [u64; 3] {
        const COUNT: u32 = 1000;
        const LENGTH: u32 = 20_000;
        let letters = vec![b'a'; (LENGTH + COUNT) as usize];
        let mut string = |bytes: &[u8]| match memory.string(bytes) {
            Ok(Value::Text { pointer, .. }) => pointer,
            other => panic!("{other:?}"),
        };
        let mut stranger = letters[..LENGTH as usize].to_vec();
        stranger[LENGTH as usize - 1] = b'b';
        let (text, stranger) = (string(&letters), string(&stranger));
        let bucket = memory.allocate(8 + 20 * 1024).expect("a bucket");
        let map = map::new(memory).expect("a map");
        let mut put = |at: u32, words: &[u32]| {
            for (place, word) in memory.bytes_mut()[at as usize..].chunks_exact_mut(4).zip(words) {
                place.copy_from_slice(&word.to_le_bytes());
            }
        };
        put(map + 4, &[0, bucket]);
        put(bucket, &[1024, COUNT]);
        for number in 0..COUNT {
            put(bucket + 8 + 20 * number, &[1, text + number, LENGTH, 0, 0]);
        }
        [map, stranger, LENGTH].map(u64::from)
    }

    #[test]
    fn imports_look_at_no_more_than_a_few_times_the_memory() {
        let mut memory = Heap::new(0, 0).expect("a heap");
        let [map, stranger, length] = hostile(&mut memory);
        let imports: [(&str, &[u64]); 10] = [
            ("map_get$ks_vi", &[map, stranger, length, 0]),
            ("map_contains$ks", &[map, stranger, length]),
            ("map_insert$ks_vi", &[map, stranger, length, 0]),
            ("map_insert$ks_vi", &[map, stranger, length - 1, 0]),
            ("map_insert_in_place$ks_vi", &[map, stranger, length, 0]),
            ("map_remove$ks", &[map, stranger, length]),
            ("map_remove_in_place$ks", &[map, stranger, length]),
            ("map_keys$ks", &[map]),
            ("map_values$vi", &[map]),
            ("map_size", &[map]),
        ];
        for (name, parameters) in imports {
            let used = memory.used();
            let (called, looked) = during(|| call(&mut memory, name, parameters));
            let linear = ["map_keys$ks", "map_values$vi", "map_size"].contains(&name);
            assert_eq!(called.err(), (!linear).then_some(Status::LimitExceeded), "{name}");
            assert!(looked <= 24 * memory.bytes().len(), "{name} looked at {looked} bytes");
            assert!(linear || memory.used() == used, "{name} kept something");
        }
    }
}
