//! The documents that are written and read: generated from a seed, the same on every machine, in the tree of every
//! contender.

use rmpv::Value;

/// A small generator of numbers that look random (the mixing function of SplitMix64).
struct Dice(u64);

impl Dice {
    fn roll(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mixed = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        let mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        mixed ^ (mixed >> 31)
    }

    /// A number from `low` to `high`, inclusive.
    fn between(&mut self, low: u64, high: u64) -> u64 {
        low + self.roll() % (high - low + 1)
    }

    fn one_of<'a>(&mut self, from: &[&'a str]) -> &'a str {
        from[self.between(0, from.len() as u64 - 1) as usize]
    }
}

const KEYS: [&str; 24] = [
    "id",
    "name",
    "kind",
    "title",
    "owner",
    "created_at",
    "updated_at",
    "status",
    "count",
    "price",
    "size",
    "tags",
    "path",
    "parent",
    "visible",
    "notes",
    "latitude",
    "longitude",
    "email",
    "version",
    "score",
    "width",
    "height",
    "description",
];

const WORDS: [&str; 20] = [
    "stone", "river", "message", "actor", "quiet", "green", "window", "seven", "harbour", "letter", "north",
    "copper", "ladder", "winter", "a", "of", "the", "and", "to", "under",
];

const FOREIGN: [&str; 6] = ["Straße", "café", "東京都", "Привет", "naïve façade", "\u{1F4A9} emoji"];

/// One document in every format that a contender reads or writes.
pub(crate) struct Document {
    pub(crate) tree: Value,
    pub(crate) json_tree: serde_json::Value,
    pub(crate) cbor_tree: ciborium::Value,
    pub(crate) sonic_tree: sonic_rs::Value,
    pub(crate) json: Vec<u8>,
    pub(crate) msgpack: Vec<u8>,
    pub(crate) cbor: Vec<u8>,
}

impl Document {
    /// An array of records whose JSON takes about that many bytes.
    pub(crate) fn of_about(json_bytes: usize) -> Document {
        let mut dice = Dice(20_260_101);
        let mut records = Vec::new();
        let mut size = 0;
        while size < json_bytes {
            let record = record(&mut dice, 0);
            size += serde_json::to_vec(&record).map_or(0, |json| json.len() + 1);
            records.push(record);
        }
        Document::from_tree(Value::Array(records))
    }

    /// A record as an actor sends it.
    pub(crate) fn message() -> Document {
        let tree = Value::Map(vec![
            ("type".into(), "position_changed".into()),
            ("sender".into(), "actor-1f3a9c".into()),
            ("sequence".into(), 184_467.into()),
            ("x".into(), 1024.5.into()),
            ("y".into(), (-3.25).into()),
            ("urgent".into(), true.into()),
            ("reply_to".into(), Value::Nil),
            ("tags".into(), Value::Array(vec!["map".into(), "layer two".into(), 7.into()])),
            ("note".into(), "the quiet harbour under the north window".into()),
        ]);
        Document::from_tree(tree)
    }

    fn from_tree(tree: Value) -> Document {
        let json_tree = serde_json::to_value(&tree).expect("a tree of JSON's types");
        let json = serde_json::to_vec(&json_tree).expect("a tree of JSON's types");
        let cbor_tree = ciborium::Value::serialized(&tree).expect("a tree of JSON's types");
        let mut cbor = Vec::new();
        ciborium::into_writer(&cbor_tree, &mut cbor).expect("memory takes everything");
        Document {
            sonic_tree: sonic_rs::from_slice(&json).expect("it was just written"),
            msgpack: rmp_serde::to_vec(&tree).expect("a tree of JSON's types"),
            tree,
            json_tree,
            cbor_tree,
            json,
            cbor,
        }
    }
}

fn record(dice: &mut Dice, depth: u64) -> Value {
    let pairs = dice.between(5, 12) as usize;
    // The keys of a record are different: a run of the list from a random position.
    let from = dice.between(0, KEYS.len() as u64 - 1) as usize;
    let keys = (0..pairs).map(|index| KEYS[(from + index) % KEYS.len()]);
    Value::Map(keys.map(|key| (key.into(), value(dice, depth))).collect())
}

fn value(dice: &mut Dice, depth: u64) -> Value {
    match dice.between(0, 99) {
        0..=44 => text(dice).into(),
        45..=62 => integer(dice).into(),
        63..=74 => ((dice.between(0, 2_000_000) as f64 - 1e6) / 128.0 + 0.001).into(),
        75..=81 => (dice.roll().is_multiple_of(2)).into(),
        82..=87 => Value::Nil,
        88..=95 => {
            let depth = depth + 1;
            Value::Array((0..dice.between(0, 6)).map(|_| element(dice, depth)).collect())
        }
        _ => element(dice, depth),
    }
}

/// An element of an array: a record while there is depth left, otherwise a short value.
fn element(dice: &mut Dice, depth: u64) -> Value {
    match dice.between(0, 3) {
        0 if depth < 3 => record(dice, depth + 1),
        1 => text(dice).into(),
        _ => integer(dice).into(),
    }
}

fn integer(dice: &mut Dice) -> i64 {
    let magnitude = dice.roll() >> (64 - dice.between(1, 50));
    if dice.roll().is_multiple_of(4) { -(magnitude as i64) } else { magnitude as i64 }
}

fn text(dice: &mut Dice) -> String {
    let mut words = vec![dice.one_of(&WORDS)];
    for _ in 1..dice.between(1, 9) {
        words.push(dice.one_of(&WORDS));
    }
    if dice.between(0, 9) == 0 {
        words.push(dice.one_of(&FOREIGN));
    }
    words.join(" ")
}
