//! Any bytes as a linear memory with bucket maps, and changes to them: every call ends with a status. Then the same bytes
//! damage valid maps.
#![no_main]

use drystone::Status;
use drystone::bucket::{
    Flags, Key, Memory, Table, TableKind, Tag, Value, freeze, freeze_size, map, set, text_of, verify,
};
use libfuzzer_sys::fuzz_target;

/// New blocks are allocated at the end.
struct Window {
    bytes: Vec<u8>,
    flags: Flags,
    roots: u32,
}

const LARGEST: usize = 1 << 18;

impl Memory for Window {
    fn bytes(&self) -> &[u8] {
        &self.bytes
    }

    fn bytes_mut(&mut self) -> &mut [u8] {
        &mut self.bytes
    }

    fn allocate(&mut self, size: u32) -> Result<u32, Status> {
        let offset = self.bytes.len().next_multiple_of(8);
        let end = offset + size as usize;
        if end > LARGEST {
            return Err(Status::NoMemory);
        }
        self.bytes.resize(end, 0xDE);
        Ok(offset as u32)
    }

    fn push_root(&mut self, _: u32) {
        self.roots += 1;
    }

    fn pop_roots(&mut self, count: u32) {
        self.roots -= count;
    }

    fn flags(&self) -> Flags {
        self.flags
    }

    fn seed(&mut self) -> u64 {
        0x1234_5678_9ABC_DEF1
    }
}

const TAGS: [Tag; 4] = [Tag::Int, Tag::Float, Tag::Text, Tag::Bits];

fn number(bytes: &[u8]) -> u64 {
    bytes.iter().rev().fold(0, |number, byte| number << 8 | u64::from(*byte))
}

fn read(window: &[u8], kind: TableKind, wrapper: u32, key: &Key<'_>) {
    let good = verify(window, wrapper);
    let Ok(table) = Table::open(window, kind, wrapper) else { return };
    let (size, mut cursor, mut steps) = (table.size(), 0, 0);
    while let Ok(Some((_, value))) = table.next(&mut cursor) {
        let _ = text_of(window, Value::from_bits(Tag::Text, value));
        steps += 1;
    }
    assert_eq!(steps as usize, table.keys().count());
    if good.is_ok() {
        assert_eq!(size, Ok(steps));
    }
    assert_eq!(table.contains(key).is_ok_and(|found| found), table.get(key, Tag::Int).is_ok());
    let _ = table.contains(&Key::Text(b"text"));
    for tag in TAGS {
        if let Ok(size) = freeze_size(window, kind, wrapper, tag, Tag::Text)
            && size <= LARGEST
        {
            let _ = freeze(window, kind, wrapper, tag, Tag::Text, 7, &mut vec![0; size]);
        }
    }
}

fn change(memory: &mut Window, wrapper: u32, operation: u8, key: Value, value: Value) -> Option<u32> {
    let made = match operation {
        0 => map::insert(memory, wrapper, key, value),
        1 => map::remove(memory, wrapper, Key::Value(key)),
        2 => map::insert_in_place(memory, wrapper, key, value).map(|()| wrapper),
        3 => map::remove_in_place(memory, wrapper, Key::Value(key)).map(|()| wrapper),
        4 => map::from_entries(memory, [(key, value), (value, key), (key, key)].into_iter().map(Ok)),
        5 => set::add(memory, wrapper, key),
        6 => set::remove(memory, wrapper, Key::Value(key)),
        _ => set::add_in_place(memory, wrapper, key).map(|()| wrapper),
    };
    assert_eq!(memory.roots, 0);
    made.ok()
}

/// Four bytes select the operation, up to sixteen give its arguments.
fn run(memory: &mut Window, wrappers: &mut Vec<u32>, steps: &[u8]) {
    for step in steps.chunks(12).take(40) {
        let [operation, which, key, value, rest @ ..] = step else { return };
        let Some(wrapper) = wrappers.get(usize::from(*which) % wrappers.len().max(1)).copied() else {
            return;
        };
        let (first, second) = rest.split_at(rest.len() / 2);
        let key = Value::from_bits(TAGS[usize::from(*key) % 4], number(first));
        let value = Value::from_bits(TAGS[usize::from(*value) % 4], number(second));
        if let Some(made) = change(memory, wrapper, operation % 8, key, value) {
            wrappers.push(made);
        }
        let kind = if operation % 8 > 4 { TableKind::Set } else { TableKind::Map };
        read(&memory.bytes, kind, wrapper, &Key::Value(key));
    }
}

/// Maps and sets of every form, and their wrappers.
fn good(flags: Flags) -> (Window, Vec<u32>) {
    let mut memory = Window { bytes: vec![0; 16], flags, roots: 0 };
    let text = drystone::bucket::string_new(&mut memory, b"text").unwrap();
    let mut wrappers = vec![map::new(&mut memory).unwrap()];
    for count in [1i32, 8, 9, 40] {
        let entries = (0..count).map(|key| Ok((Value::Int(key.into()), text)));
        wrappers.push(map::from_entries(&mut memory, entries).unwrap());
    }
    wrappers.push(map::insert(&mut memory, wrappers[4], text, text).unwrap());
    let elements = (0..20).map(|element| Ok(Value::Text { pointer: 16, length: element % 5 }));
    wrappers.push(set::from_elements(&mut memory, elements).unwrap());
    (memory, wrappers)
}

fuzz_target!(|bytes: &[u8]| {
    let Some((first, bytes)) = bytes.split_first() else { return };
    let flags = Flags { plain: first & 1 != 0, copy_strings: first & 2 != 0, zeroed: false };
    let (steps, bytes) = bytes.split_at(bytes.len().min(usize::from(*first) * 2));
    let mut memory = Window { bytes: bytes.to_vec(), flags, roots: 0 };
    run(&mut memory, &mut vec![0, 4, 8, number(steps) as u32], steps);

    let (mut memory, mut wrappers) = good(flags);
    let length = memory.bytes.len();
    for damage in bytes.chunks_exact(4).take(16) {
        let at = usize::from(damage[0]) << 8 | usize::from(damage[1]);
        memory.bytes[at % length] = damage[2];
        // A whole number, such that most bytes result in a valid argument.
        let at = usize::from(damage[3]) * 4;
        if let Some(word) = memory.bytes.get_mut(at..at + 4) {
            word.copy_from_slice(&u32::from(damage[2]).wrapping_sub(1).to_le_bytes());
        }
    }
    run(&mut memory, &mut wrappers, steps);
});
