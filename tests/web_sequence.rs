//! Random calls of a guest's imports result in the same bytes here as in JavaScript: `bindings/web/tests/cases/sequence.mjs`
//! makes the same calls, and both compare with `bindings/web/tests/digests.json`.

use drystone::Status;
use drystone::bucket::imports::{F64, GuestLayout, I32, I64, Import};
use drystone::bucket::{Flags, Memory};

const SIZE: usize = 1 << 22;
const FIRST: u32 = 1024;
/// The block of the core in JavaScript, which is the first one.
const SCRATCH: u32 = 32768 + 512;

/// A memory whose blocks are never freed.
struct Linear {
    bytes: Vec<u8>,
    top: u32,
    plain: bool,
    seeds: u64,
}

impl Linear {
    fn alloc(&mut self, size: u32) -> u32 {
        let block = self.top;
        self.top = (block + size + 15) & !15;
        block
    }
}

impl Memory for Linear {
    fn bytes(&self) -> &[u8] {
        &self.bytes
    }

    fn bytes_mut(&mut self) -> &mut [u8] {
        &mut self.bytes
    }

    fn allocate(&mut self, size: u32) -> Result<u32, Status> {
        Ok(self.alloc(size))
    }

    fn flags(&self) -> Flags {
        Flags { plain: self.plain, ..Flags::default() }
    }

    fn seed(&mut self) -> u64 {
        self.seeds += 1;
        self.seeds
    }
}

struct Guest(Linear);

impl Guest {
    fn call(&mut self, name: &str, types: &str, results: &str, parameters: &[u64]) -> u64 {
        let kinds = |types: &str| {
            types
                .bytes()
                .map(|kind| match kind {
                    b'i' => I32,
                    b'f' => F64,
                    _ => I64,
                })
                .collect::<Vec<_>>()
        };
        let import =
            Import::find(name.as_bytes(), &kinds(types), &kinds(results), &GuestLayout::default()).unwrap();
        let given = import.call(&mut self.0, parameters).unwrap();
        given.words().first().copied().unwrap_or(0)
    }

    fn text(&mut self, text: &str) -> (u64, u64) {
        let block = self.0.alloc(text.len().max(1) as u32);
        self.0.bytes[block as usize..][..text.len()].copy_from_slice(text.as_bytes());
        (block.into(), text.len() as u64)
    }
}

fn run(seed: u64, plain: bool) -> u32 {
    let mut guest = Guest(Linear { bytes: vec![0; SIZE], top: FIRST, plain, seeds: 0 });
    guest.0.alloc(SCRATCH);
    let start = guest.0.top as usize;
    let mut state = seed;
    let mut chance = |below: u64| {
        state = state * 48271 % 0x7fff_ffff;
        state % below
    };
    let mut numbers = guest.call("map_new", "", "i", &[]);
    let mut names = guest.call("map_new", "", "i", &[]);
    let mut versions = vec![numbers];
    for _ in 0..600 {
        let (key, value) = (chance(90), chance(1000));
        match chance(8) {
            0 | 1 => numbers = guest.call("map_insert$ki_vi", "ill", "i", &[numbers, key, value]),
            2 => numbers = guest.call("map_remove$ki", "il", "i", &[numbers, key]),
            3 => {
                guest.call("map_insert_in_place$ki_vi", "ill", "", &[numbers, key, value]);
                versions.clear();
            }
            4 => {
                guest.call("map_remove_in_place$ki", "il", "", &[numbers, key]);
                versions.clear();
            }
            5 => {
                let (text, length) = guest.text(&format!("key {}", key % 40));
                names = guest.call("map_insert$ks_vi", "iiil", "i", &[names, text, length, value]);
            }
            6 => {
                let (text, length) = guest.text(&format!("key {}", key % 40));
                names = guest.call("map_remove$ks", "iii", "i", &[names, text, length]);
            }
            _ => {
                versions.push(numbers);
                numbers = versions[chance(versions.len() as u64) as usize];
            }
        }
    }
    guest.call("map_keys$ki", "i", "ii", &[numbers]);
    let bytes = &guest.0.bytes[start..guest.0.top as usize];
    bytes.iter().fold(0x811c_9dc5, |hash: u32, byte| (hash ^ u32::from(*byte)).wrapping_mul(0x0100_0193))
}

#[test]
fn random_calls_leave_the_bytes_that_javascript_leaves() {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/bindings/web/tests/digests.json");
    let digests: Vec<_> = (1..=48_u64)
        .map(|number| {
            let (seed, plain) = (number * 7919, number % 3 == 0);
            format!("{{ \"seed\": {seed}, \"plain\": {plain}, \"digest\": {} }}", run(seed, plain))
        })
        .collect();
    let text = format!("[\n  {}\n]\n", digests.join(",\n  "));
    if std::env::var_os("DRYSTONE_WRITE_DIGESTS").is_some() {
        std::fs::write(path, &text).unwrap();
    }
    assert_eq!(
        std::fs::read_to_string(path).unwrap(),
        text,
        "DRYSTONE_WRITE_DIGESTS=1 writes what is so now"
    );
}
