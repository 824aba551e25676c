//! An allocator that changes the very map while a call makes room in it. No call may change another key, add a key twice, or
//! lose a change and say that all is well.

use drystone::Status;
use drystone::bucket::{Flags, Key, Memory, Table, TableKind, Tag, Value, map, verify};

/// A change of the map that an allocation makes.
#[derive(Clone, Copy, Debug)]
enum Change {
    Insert(i64),
    Remove(i64),
}

/// A memory that never frees. Its first allocation after `changes` were given makes them.
struct Reentrant {
    bytes: Vec<u8>,
    flags: Flags,
    map: u32,
    changes: Vec<Change>,
    texts: Vec<Value>,
    seeds: u64,
}

impl Memory for Reentrant {
    fn bytes(&self) -> &[u8] {
        &self.bytes
    }

    fn bytes_mut(&mut self) -> &mut [u8] {
        &mut self.bytes
    }

    fn allocate(&mut self, size: u32) -> Result<u32, Status> {
        for change in std::mem::take(&mut self.changes) {
            let (map, key) = (self.map, self.key(change.key()));
            match change {
                Change::Insert(_) => map::insert_in_place(self, map, key, Value::Int(-1))?,
                Change::Remove(_) => map::remove_in_place(self, map, Key::Value(key))?,
            }
        }
        let offset = self.bytes.len() as u32;
        self.bytes.resize((offset + size.next_multiple_of(8)) as usize, 0);
        Ok(offset)
    }

    fn flags(&self) -> Flags {
        self.flags
    }

    fn seed(&mut self) -> u64 {
        self.seeds += 1;
        self.seeds
    }
}

impl Change {
    fn key(self) -> i64 {
        let (Change::Insert(key) | Change::Remove(key)) = self;
        key
    }
}

impl Reentrant {
    fn new(flags: Flags, texts: bool) -> Self {
        let mut bytes = vec![0; 16];
        let mut known = Vec::new();
        if texts {
            for number in 0..KEYS {
                let text = format!("the key {number}");
                known.push(Value::Text { pointer: bytes.len() as u32, length: text.len() as u32 });
                bytes.extend(text.into_bytes());
            }
        }
        Reentrant { bytes, flags, map: 0, changes: Vec::new(), texts: known, seeds: 0 }
    }

    fn key(&self, number: i64) -> Value {
        self.texts.get(number as usize).copied().unwrap_or(Value::Int(number))
    }

    /// The keys with their values, of those below `KEYS`; and whether the map is well formed and has no others.
    fn entries(&self, map: u32) -> (Vec<(i64, i64)>, bool) {
        let table = Table::open(&self.bytes, TableKind::Map, map).unwrap();
        let mut all = Vec::new();
        for number in 0..KEYS {
            match table.get(&Key::Value(self.key(number)), Tag::Int) {
                Ok(Value::Int(value)) => all.push((number, value)),
                Err(Status::NotFound) => {}
                other => panic!("{other:?}"),
            }
        }
        let good = verify(&self.bytes, map).is_ok() && table.keys().count() == all.len();
        let counted = table.size() == Ok(all.len() as u32);
        (all, good && counted)
    }
}

const KEYS: i64 = 20;

/// The call during which the map changes: persistent or in place, and on which key.
#[derive(Clone, Copy, Debug)]
enum Call {
    Insert(i64),
    InsertInPlace(i64),
    Remove(i64),
}

fn check(flags: Flags, texts: bool, size: i64, call: Call, changes: &[Change]) {
    let mut memory = Reentrant::new(flags, texts);
    memory.map = map::new(&mut memory).unwrap();
    let map = memory.map;
    for number in 0..size {
        let key = memory.key(number);
        map::insert_in_place(&mut memory, map, key, Value::Int(number)).unwrap();
    }
    memory.changes = changes.to_vec();
    let name = format!("{flags:?}, texts {texts}, {size} entries, {call:?} during {changes:?}");
    let result = match call {
        Call::Insert(number) => {
            let key = memory.key(number);
            map::insert(&mut memory, map, key, Value::Int(99))
        }
        Call::InsertInPlace(number) => {
            let key = memory.key(number);
            map::insert_in_place(&mut memory, map, key, Value::Int(99)).map(|()| map)
        }
        Call::Remove(number) => {
            let key = memory.key(number);
            map::remove(&mut memory, map, Key::Value(key))
        }
    };
    if !memory.changes.is_empty() {
        return; // nothing had to be allocated
    }
    let after = |call: Option<Call>| {
        let mut model: Vec<(i64, i64)> = (0..size).map(|number| (number, number)).collect();
        for change in changes {
            model.retain(|(number, _)| *number != change.key());
            if let Change::Insert(number) = change {
                model.push((*number, -1));
            }
        }
        match call {
            Some(Call::Insert(key) | Call::InsertInPlace(key)) => {
                model.retain(|(number, _)| *number != key);
                model.push((key, 99));
            }
            Some(Call::Remove(key)) => model.retain(|(number, _)| *number != key),
            None => {}
        }
        model.sort_unstable();
        (model, true)
    };
    let (changed, called) = (after(None), after(Some(call)));
    match result {
        // A version that was copied before the change is right without it.
        Ok(version) if version != map => {
            let (entries, good) = memory.entries(version);
            assert!(good, "{name}: {entries:?}");
            let mut apart: Vec<(i64, i64)> = (0..size).map(|number| (number, number)).collect();
            match call {
                Call::Insert(key) | Call::InsertInPlace(key) => {
                    apart.retain(|(number, _)| *number != key);
                    apart.push((key, 99));
                }
                Call::Remove(key) => apart.retain(|(number, _)| *number != key),
            }
            apart.sort_unstable();
            assert!(entries == called.0 || entries == apart, "{name}: {entries:?}");
        }
        Ok(_) => assert_eq!(memory.entries(map), called, "{name}"),
        Err(status) => {
            assert_eq!(status, Status::Malformed, "{name}");
            assert_eq!(memory.entries(map), changed, "{name}");
        }
    }
}

#[test]
fn an_allocator_that_changes_the_map_changes_no_other_key() {
    let mut flags = vec![Flags::default()];
    flags.push(Flags { plain: true, ..Flags::default() });
    flags.push(Flags { copy_strings: true, ..Flags::default() });
    flags.push(Flags { plain: true, copy_strings: true, ..Flags::default() });
    for flags in flags {
        for texts in [false, true] {
            for size in [3, 7, 8, 14] {
                for key in [0, 5, size - 1, size, KEYS - 1] {
                    for call in [Call::Insert(key), Call::InsertInPlace(key), Call::Remove(key)] {
                        for other in [0, 2, key, size, KEYS - 1] {
                            let (insert, remove) = (Change::Insert(other), Change::Remove(other));
                            check(flags, texts, size, call, &[remove, insert]);
                            check(flags, texts, size, call, &[Change::Remove(0), Change::Insert(key)]);
                            check(flags, texts, size, call, &[Change::Remove(0), insert]);
                        }
                    }
                }
            }
        }
    }
}
