//! `src/bucket` without the rest of the library, without the standard library, and without an allocator, as it
//! runs inside a browser. `cargo xtask test` compiles it and checks the undefined symbols of the object: there must be
//! no panic among them.
#![no_std]
#![allow(dead_code)]

#[path = "../../src/bucket/mod.rs"]
mod bucket;
#[path = "../../src/lanes.rs"]
mod lanes;
#[path = "../../src/status.rs"]
mod status;

use bucket::imports::{BlockField, GuestLayout, Import, SizeHeader, refusal};
use bucket::{Flags, Key, Memory, Table, TableKind, Tag, Value, map, set};
pub(crate) use status::Status;

/// A window in which others allocate.
struct Window<'a> {
    bytes: &'a mut [u8],
    next: u32,
    flags: Flags,
}

impl Memory for Window<'_> {
    fn bytes(&self) -> &[u8] {
        self.bytes
    }

    fn bytes_mut(&mut self) -> &mut [u8] {
        self.bytes
    }

    fn allocate(&mut self, size: u32) -> Result<u32, Status> {
        let block = self.next;
        self.next = block.wrapping_add(size);
        Ok(block)
    }

    fn usable_size(&mut self, offset: u32, asked: u32) -> u32 {
        offset ^ asked
    }

    fn flags(&self) -> Flags {
        self.flags
    }

    fn seed(&mut self) -> u64 {
        u64::from(self.next)
    }
}

#[panic_handler]
fn panic(_: &core::panic::PanicInfo<'_>) -> ! {
    loop {}
}

fn key(kind: u8, bits: u64) -> Value {
    Value::from_bits(Tag::from_letter(kind).unwrap_or(Tag::Int), bits)
}

/// Makes every call, on whatever the memory contains.
#[unsafe(no_mangle)]
pub fn every_call(bytes: &mut [u8], map: u32, kinds: [u8; 2], bits: [u64; 2], flags: u8, stone: &mut [u8]) -> u64 {
    let flags = Flags { plain: flags & 1 != 0, copy_strings: flags & 2 != 0, zeroed: flags & 4 != 0 };
    let mut memory = Window { bytes, next: bits[1] as u32, flags };
    let (key, value) = (key(kinds[0], bits[0]), key(kinds[1], bits[1]));
    let mut sum = 0u64;
    let mut note = |result: Result<u32, Status>| sum = sum.wrapping_add(u64::from(result.is_ok()));
    note(map::new(&mut memory));
    note(map::insert(&mut memory, map, key, value));
    note(map::insert_in_place(&mut memory, map, key, value).map(|()| 0));
    note(map::remove(&mut memory, map, Key::Value(key)));
    note(map::remove_in_place(&mut memory, map, Key::Value(key)).map(|()| 0));
    note(map::from_entries(&mut memory, [Ok((key, value)), Ok((value, key))].into_iter()));
    note(set::new(&mut memory));
    note(set::add(&mut memory, map, key));
    note(set::add_in_place(&mut memory, map, key).map(|()| 0));
    note(set::remove(&mut memory, map, Key::Text(b"text")));
    note(set::remove_in_place(&mut memory, map, Key::Value(key)).map(|()| 0));
    note(set::from_elements(&mut memory, [Ok(key), Ok(value)].into_iter()));
    note(bucket::string_new(&mut memory, b"a text of some length").map(|_| 0));
    note(bucket::verify(memory.bytes(), map).map(|()| 0));
    if let Ok(table) = Table::open(memory.bytes(), TableKind::Map, map) {
        note(table.size());
        note(table.get(&Key::Value(key), Tag::Int).map(|_| 0));
        note(table.contains(&Key::Text(b"key")).map(u32::from));
        let mut cursor = bits[0] as u32;
        note(table.next(&mut cursor).map(|_| 0));
        note(Ok(table.keys().chain(table.values()).fold(0, |sum, field| sum ^ field as u32)));
        note(bucket::text_of(memory.bytes(), value).map(|text| text.len() as u32));
    }
    let place = BlockField { size: bits[0] as u32, offset: bits[1] as u32 };
    let layout = GuestLayout { none: place, some: [place; 4], ..GuestLayout::default() };
    let rule = SizeHeader { offset: map as i32, shift: bits[0] as u32 };
    note(rule.size(memory.bytes(), map).ok_or(Status::NotFound));
    note(Import::find(stone, &kinds, &kinds, &layout).and_then(|import| {
        let given = import.call(&mut memory, &bits).map(|given| given.words().len() as u32);
        given.map_err(|status| if refusal(status).1 == 1 { status } else { Status::End })
    }));
    let tags = (key.tag(), value.tag());
    note(bucket::freeze_size(memory.bytes(), TableKind::Map, map, tags.0, tags.1).map(|size| size as u32));
    note(bucket::freeze(memory.bytes(), TableKind::Map, map, tags.0, tags.1, bits[0], stone).map(|()| 0));
    note(bucket::frozen(stone).map(|found| found.wrapper));
    sum
}
