//! What the imports do, on whatever memory.

use super::names::{Import, Operation};
use crate::Status;
use crate::bucket::{Key, Kind, Memory, Table, Tag, Value, map, set, string_new};
use crate::grow::Grow;

/// A parameter or result as wasmtime passes it: 16 bytes, of which numbers take the first four or eight, little-endian.
#[derive(Clone, Copy)]
#[repr(C)]
pub(in super::super) struct Raw {
    low: [u8; 8],
    high: [u8; 8],
}

impl Raw {
    pub(in super::super) fn of(bits: u64) -> Self {
        Raw { low: bits.to_le_bytes(), high: [0; 8] }
    }

    pub(in super::super) fn word(self) -> u32 {
        // What lies above an i32 is not ours to trust.
        u64::from_le_bytes(self.low) as u32
    }

    fn long(self) -> u64 {
        u64::from_le_bytes(self.low)
    }
}

/// Takes the parameters one by one.
struct Parameters<'a> {
    rest: core::slice::Iter<'a, Raw>,
}

impl Parameters<'_> {
    fn raw(&mut self) -> Result<Raw, Status> {
        // The types were compared when the import was defined.
        self.rest.next().copied().ok_or(Status::Malformed)
    }

    fn word(&mut self) -> Result<u32, Status> {
        self.raw().map(Raw::word)
    }

    fn value(&mut self, tag: Tag) -> Result<Value, Status> {
        Ok(match tag {
            Tag::Int | Tag::Float => Value::from_bits(tag, self.raw()?.long()),
            Tag::Text => Value::Text { pointer: self.word()?, length: self.word()? },
            Tag::Bits => Value::Bits(self.word()?),
        })
    }
}

/// What an import gives back.
enum Given {
    Nothing,
    Word(u32),
    Field(Value),
}

/// Runs an import: its parameters are in `raw`, and its results then. After an error they mean nothing.
pub(super) fn run(import: &Import, memory: &mut impl Memory, raw: &mut [Raw]) -> Result<(), Status> {
    let given = given(import, memory, &mut Parameters { rest: raw.iter() })?;
    let (first, second) = match given {
        Given::Nothing => return Ok(()),
        Given::Word(word) => (u64::from(word), None),
        Given::Field(Value::Text { pointer, length }) => (u64::from(pointer), Some(u64::from(length))),
        Given::Field(value) => (value.to_bits(), None),
    };
    for (place, bits) in raw.iter_mut().zip([Some(first), second].into_iter().flatten()) {
        *place = Raw::of(bits);
    }
    Ok(())
}

fn given(
    import: &Import,
    memory: &mut impl Memory,
    parameters: &mut Parameters<'_>,
) -> Result<Given, Status> {
    let is_set = import.kind == Kind::Set;
    if import.operation == Operation::New {
        let made = if is_set { set::new(memory) } else { map::new(memory) };
        return made.map(Given::Word);
    }
    let wrapper = parameters.word()?;
    match import.operation {
        Operation::Size => open(memory, import, wrapper)?.size().map(Given::Word),
        Operation::Get => {
            let key = parameters.value(import.key)?;
            match open(memory, import, wrapper)?.get(&Key::Value(key), import.value) {
                Err(Status::NotFound) => parameters.value(import.value).map(Given::Field),
                found => found.map(Given::Field),
            }
        }
        Operation::Contains => {
            let key = parameters.value(import.key)?;
            let contains = open(memory, import, wrapper)?.contains(&Key::Value(key))?;
            Ok(Given::Word(u32::from(contains)))
        }
        Operation::Insert if is_set => {
            let element = parameters.value(import.key)?;
            set::add(memory, wrapper, element).map(Given::Word)
        }
        Operation::Insert => {
            let (key, value) = (parameters.value(import.key)?, parameters.value(import.value)?);
            map::insert(memory, wrapper, key, value).map(Given::Word)
        }
        Operation::InsertInPlace if is_set => {
            let element = parameters.value(import.key)?;
            set::add_in_place(memory, wrapper, element).map(|()| Given::Nothing)
        }
        Operation::InsertInPlace => {
            let (key, value) = (parameters.value(import.key)?, parameters.value(import.value)?);
            map::insert_in_place(memory, wrapper, key, value).map(|()| Given::Nothing)
        }
        Operation::Remove => {
            let key = Key::Value(parameters.value(import.key)?);
            let made =
                if is_set { set::remove(memory, wrapper, key) } else { map::remove(memory, wrapper, key) };
            made.map(Given::Word)
        }
        Operation::RemoveInPlace => {
            let key = Key::Value(parameters.value(import.key)?);
            let done = if is_set {
                set::remove_in_place(memory, wrapper, key)
            } else {
                map::remove_in_place(memory, wrapper, key)
            };
            done.map(|()| Given::Nothing)
        }
        Operation::Keys => {
            let array = array(&open(memory, import, wrapper)?, |table| table.keys())?;
            keep_array(memory, wrapper, &array).map(Given::Word)
        }
        Operation::Values => {
            let array = array(&open(memory, import, wrapper)?, |table| table.values())?;
            keep_array(memory, wrapper, &array).map(Given::Word)
        }
        Operation::New => Err(Status::InvalidArgument),
    }
}

fn open<'a>(memory: &'a impl Memory, import: &Import, wrapper: u32) -> Result<Table<'a>, Status> {
    Table::open(memory.bytes(), import.kind, wrapper)
}

/// An array as guests have them: count, 0, then the fields.
fn array<'a, C: Iterator<Item = u64>>(
    table: &Table<'a>,
    column: impl FnOnce(&Table<'a>) -> C,
) -> Result<Vec<u8>, Status> {
    let size = table.size()?;
    // No larger than the bucket, which lies in the memory.
    let mut array = Vec::new();
    array.try_reserve_exact(8 * (size as usize + 1))?;
    array.try_append(&u64::from(size).to_le_bytes())?;
    for field in column(table).take(size as usize) {
        array.try_append(&field.to_le_bytes())?;
    }
    // What the header says of the bucket is not what lies in it.
    if array.len() == 8 * (size as usize + 1) { Ok(array) } else { Err(Status::Malformed) }
}

/// The array in a block of its own. The strings in it are reached through the map.
fn keep_array(memory: &mut impl Memory, wrapper: u32, array: &[u8]) -> Result<u32, Status> {
    memory.push_root(wrapper);
    let block = string_new(memory, array);
    memory.pop_roots(1);
    match block? {
        Value::Text { pointer, .. } => Ok(pointer),
        _ => Err(Status::WrongType),
    }
}

#[cfg(test)]
mod tests {
    use super::super::names::parse;
    use super::*;
    use crate::bucket::Heap;
    use crate::bucket::looked::during;

    fn call(memory: &mut Heap, name: &str, parameters: &[u64]) -> Result<[u64; 2], Status> {
        let import = parse(name.as_bytes()).expect("a name of ours");
        let mut raw = [Raw::of(0x5A5A); 5];
        for (place, bits) in raw.iter_mut().zip(parameters) {
            *place = Raw::of(*bits);
        }
        run(&import, memory, &mut raw)?;
        Ok([raw[0].long(), raw[1].long()])
    }

    #[test]
    fn imports_do_what_their_names_say() {
        let memory = &mut Heap::new(0, 1 << 20).expect("a heap");
        let dirt = 0xFFFF_FFFF_0000_0000;
        let [map, _] = call(memory, "map_new", &[]).expect("a map");
        let [map, _] = call(memory, "map_insert$ki_vs", &[map | dirt, 7, dirt | 64, dirt | 3]).expect("one");
        assert_eq!(call(memory, "map_size", &[map]).map(|given| given[0]), Ok(1));
        assert_eq!(call(memory, "map_get$ki_vs", &[map, 7, 1, 2]), Ok([64, 3]));
        assert_eq!(call(memory, "map_get$ki_vs", &[map, 8, dirt | 1, 2]), Ok([1, 2]));
        assert_eq!(call(memory, "map_contains$ki", &[map, 8]).map(|given| given[0]), Ok(0));
        let [keys, _] = call(memory, "map_keys$ki", &[map]).expect("an array");
        let array = &memory.bytes()[keys as usize..][..16];
        assert_eq!(array, [1, 0, 0, 0, 0, 0, 0, 0, 7, 0, 0, 0, 0, 0, 0, 0]);
        let [set, _] = call(memory, "set_new", &[]).expect("a set");
        call(memory, "set_add_in_place$ef", &[set, f64::NAN.to_bits()]).expect("in place");
        assert_eq!(
            call(memory, "set_contains$ef", &[set, (-f64::NAN).to_bits()]).map(|given| given[0]),
            Ok(1)
        );
        assert_eq!(call(memory, "set_size", &[map]), Err(Status::WrongType));
        assert_eq!(call(memory, "map_size", &[dirt]), Err(Status::Malformed));
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
