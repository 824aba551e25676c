//! A refused call on a heap keeps nothing: at whichever allocation it fails, the heap and every map in it are unchanged.

use drystone::Status;
use drystone::bucket::{Flags, Heap, Key, Memory, Table, TableKind, Value, map, set, string_new, verify};

/// A heap whose n-th allocation fails.
struct Refusing {
    heap: Heap,
    flags: Flags,
    left: usize,
}

impl Memory for Refusing {
    fn bytes(&self) -> &[u8] {
        self.heap.bytes()
    }

    fn bytes_mut(&mut self) -> &mut [u8] {
        self.heap.bytes_mut()
    }

    fn allocate(&mut self, size: u32) -> Result<u32, Status> {
        self.left = self.left.checked_sub(1).ok_or(Status::NoMemory)?;
        self.heap.allocate(size)
    }

    fn flags(&self) -> Flags {
        Flags { zeroed: true, ..self.flags }
    }

    fn seed(&mut self) -> u64 {
        self.heap.seed()
    }

    fn keep(&mut self, offset: u32) {
        self.heap.keep(offset);
    }

    fn discard(&mut self, offset: u32) {
        self.heap.discard(offset);
    }

    fn settle(&mut self, offset: u32) {
        self.heap.settle(offset);
    }

    fn begin_building(&mut self) {
        self.heap.begin_building();
    }

    fn end_building(&mut self, built: bool) {
        self.heap.end_building(built);
    }
}

/// The state before a call.
struct Before {
    memory: Refusing,
    /// Maps of integers and of texts (small, full, with an index), and a set.
    tables: Vec<(TableKind, u32)>,
    texts: Vec<Value>,
}

fn before(flags: Flags) -> Before {
    let mut memory = Refusing { heap: Heap::new(0, 0).unwrap(), flags, left: usize::MAX };
    let texts: Vec<Value> =
        (0..40).map(|number| memory.heap.string(format!("the text {number}").as_bytes()).unwrap()).collect();
    let mut tables = vec![(TableKind::Map, map::new(&mut memory).unwrap())];
    for count in [3, 8, 14, 20] {
        let entries = (0..count).map(|key: i32| Ok((Value::Int(key.into()), texts[key as usize])));
        tables.push((TableKind::Map, map::from_entries(&mut memory, entries).unwrap()));
        let entries = texts[..count as usize].iter().map(|text| Ok((*text, *text)));
        tables.push((TableKind::Map, map::from_entries(&mut memory, entries).unwrap()));
    }
    tables.push((
        TableKind::Set,
        set::from_elements(&mut memory, texts[..8].iter().map(|text| Ok(*text))).unwrap(),
    ));
    Before { memory, tables, texts }
}

/// The entries of all maps, and the heap's bytes in use.
fn state(before: &Before) -> (usize, Vec<Vec<u64>>) {
    let bytes = before.memory.bytes();
    let entries = before.tables.iter().map(|(kind, table)| {
        verify(bytes, *table).unwrap();
        let table = Table::open(bytes, *kind, *table).unwrap();
        table.keys().chain(table.values()).collect()
    });
    (before.memory.heap.used(), entries.collect())
}

/// Every call that allocates, on the table of that number: 0 if it makes no new one.
fn call(before: &mut Before, operation: usize, table: usize) -> Result<bool, Status> {
    let (kind, table) = before.tables[table];
    let Before { memory, texts, .. } = before;
    let (new, old) = (texts[39], texts[1]);
    let is_map = kind == TableKind::Map;
    match operation {
        0 => map::new(memory).map(|_| true),
        1 => set::new(memory).map(|_| true),
        2 => string_new(memory, b"a new text").map(|_| true),
        3 if is_map => map::insert(memory, table, new, new).map(|_| true),
        4 if is_map => map::insert(memory, table, old, new).map(|_| true),
        5 if is_map => map::insert(memory, table, Value::Int(1), new).map(|_| true),
        6 if is_map => map::remove(memory, table, Key::Text(b"the text 1")).map(|_| true),
        7 if is_map => map::remove(memory, table, Key::Value(Value::Int(1))).map(|_| true),
        8 if is_map => map::insert_in_place(memory, table, new, new).map(|()| true),
        9 if is_map => map::insert_in_place(memory, table, old, new).map(|()| true),
        10 if !is_map => set::add(memory, table, new).map(|_| true),
        11 if !is_map => set::add_in_place(memory, table, new).map(|()| true),
        12 if !is_map => set::remove(memory, table, Key::Value(old)).map(|_| true),
        13 => map::from_entries(memory, texts.iter().map(|text| Ok((*text, *text)))).map(|_| true),
        14 => set::from_elements(memory, texts[..5].iter().map(|text| Ok(*text))).map(|_| true),
        _ => Ok(false),
    }
}

#[test]
fn each_allocation_of_each_call_may_fail() {
    let mut failures = 0;
    for (plain, copy_strings) in [(false, false), (true, false), (false, true), (true, true)] {
        let flags = Flags { plain, copy_strings, zeroed: false };
        for operation in 0..15 {
            for table in 0..10 {
                for left in 0.. {
                    let mut before = before(flags);
                    let as_it_was = state(&before);
                    before.memory.left = left;
                    let done = call(&mut before, operation, table);
                    if done.is_ok() {
                        break;
                    }
                    assert_eq!(done, Err(Status::NoMemory));
                    assert_eq!(state(&before), as_it_was, "{operation} {table} {left} {flags:?}");
                    failures += 1;
                }
            }
        }
    }
    assert!(failures > 500, "{failures}");
}

#[test]
fn entries_that_are_refused_leave_nothing() {
    for copy_strings in [false, true] {
        let mut before = before(Flags { copy_strings, ..Flags::default() });
        let as_it_was = state(&before);
        let texts = before.texts.clone();
        let outside = Value::Text { pointer: u32::MAX - 8, length: 30 };
        let refusals = [(Value::Int(1), Status::InvalidArgument), (outside, Status::Malformed)];
        for (last, status) in refusals {
            let entries = texts.iter().copied().chain([last]).collect::<Vec<_>>();
            let made = set::from_elements(&mut before.memory, entries.iter().map(|key| Ok(*key)));
            assert_eq!(made, Err(status));
            assert_eq!(state(&before), as_it_was);
        }
        let made = map::from_entries(&mut before.memory, LongerThanItSays { next: 0, length: 9 });
        assert_eq!(made, Err(Status::LimitExceeded));
        assert_eq!(state(&before), as_it_was);
    }
}

/// Without the check, the entry of the last slot of the bucket, which has all bits when those of its key's hash are set,
/// would be mistaken for a tombstone.
#[derive(Clone)]
struct LongerThanItSays {
    next: i64,
    length: usize,
}

impl Iterator for LongerThanItSays {
    type Item = Result<(Value, Value), Status>;

    fn next(&mut self) -> Option<Self::Item> {
        self.next += 1;
        (self.next <= 40).then_some(Ok((Value::Int(self.next), Value::Int(0))))
    }
}

impl ExactSizeIterator for LongerThanItSays {
    fn len(&self) -> usize {
        self.length
    }
}

#[cfg(feature = "json")]
mod json {
    use drystone::json::bucket_from_json;

    use super::*;

    const TEXT: &str = r#"{"a":["text",{"b":[1,2,3],"b":"again"},[],{}],"a longer key, of many bytes":{"d":"e","":[[[""]]]}}"#;

    #[test]
    fn each_allocation_of_a_text_may_fail() {
        for (plain, copy_strings) in [(false, false), (true, true)] {
            let mut before = before(Flags { plain, copy_strings, zeroed: false });
            let as_it_was = state(&before);
            for left in 0.. {
                before.memory.left = left;
                match bucket_from_json(&mut before.memory, TEXT.as_bytes()) {
                    Ok(_) => {
                        assert!(left > 20, "{left}");
                        break;
                    }
                    Err(fault) => assert_eq!(fault.status, Status::NoMemory),
                }
                assert_eq!(state(&before), as_it_was, "{left}");
            }
        }
    }

    #[test]
    fn each_text_that_is_refused_leaves_nothing() {
        let mut heap = Heap::new(0, 1 << 16).unwrap();
        let large = format!("[{}1]", r#"{"a":"b"},"#.repeat(1000));
        let deep = format!("{}{}", "[".repeat(121), "]".repeat(121));
        let rest = format!("[{TEXT},]");
        let texts = [(&large, Status::NoMemory), (&deep, Status::LimitExceeded), (&rest, Status::Malformed)];
        for _ in 0..3 {
            for (text, status) in texts {
                assert_eq!(
                    bucket_from_json(&mut heap, text.as_bytes()).map_err(|fault| fault.status),
                    Err(status)
                );
                assert_eq!(heap.used(), 0);
            }
            for end in 1..TEXT.len() {
                assert!(bucket_from_json(&mut heap, &TEXT.as_bytes()[..end]).is_err());
                assert_eq!(heap.used(), 0);
            }
        }
    }
}
