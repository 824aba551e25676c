//! Messages that refer to values of each other, and the plain trees of their values.
#![allow(dead_code, unreachable_pub, reason = "each test program uses its part")]

use drystone::wota::{Kind, Reader, Writer, to_bytes};
use drystone::{Blob, Limits, Status};
use proptest::prelude::*;

use super::common::{Tree, bits_of};

/// The next item written into a message; numbers select among the existing values.
#[derive(Clone, Debug)]
pub enum Plan {
    Integer(i64),
    Text(String),
    Array(Vec<Plan>),
    Record(Vec<Plan>),
    /// A value of an earlier message, at any position.
    Value(usize, usize),
    /// An earlier message as a stone.
    Message(usize),
    /// Bytes as a stone.
    Stone(Vec<u8>),
}

fn plan() -> impl Strategy<Value = Plan> {
    let leaf = prop_oneof![
        2 => (-9..9i64).prop_map(Plan::Integer),
        1 => "[a-cé水]{0,5}".prop_map(Plan::Text),
        4 => (0..64usize, 0..64usize).prop_map(|(message, place)| Plan::Value(message, place)),
        1 => (0..64usize).prop_map(Plan::Message),
        1 => proptest::collection::vec(any::<u8>(), 0..12).prop_map(Plan::Stone),
    ];
    leaf.prop_recursive(3, 12, 4, |inner| {
        prop_oneof![
            proptest::collection::vec(inner.clone(), 0..4).prop_map(Plan::Array),
            proptest::collection::vec(inner, 0..4).prop_map(Plan::Record),
        ]
    })
}

pub fn plans() -> impl Strategy<Value = Vec<Plan>> {
    proptest::collection::vec(plan(), 1..7)
}

/// A message and the tree of its value, with the offsets of the values in it.
pub struct Worth {
    pub message: Blob,
    pub tree: Tree,
    pub places: Vec<(usize, Tree)>,
}

/// Makes each message, which may refer to earlier ones. Those that would become too large are left out.
pub fn build(plans: &[Plan]) -> Vec<Worth> {
    let mut made: Vec<Worth> = Vec::new();
    for plan in plans {
        let mut writer = Writer::new();
        let tree = write(plan, &made, &mut writer);
        let message = writer.finish().unwrap();
        if tree.words().len() > 20_000 {
            continue;
        }
        let places = places(&message);
        made.push(Worth { message, tree, places });
    }
    made
}

fn write(plan: &Plan, made: &[Worth], writer: &mut Writer) -> Tree {
    match plan {
        Plan::Integer(value) => {
            writer.integer(*value).unwrap();
            Tree::Integer(*value)
        }
        Plan::Text(text) => {
            writer.text(text.as_bytes()).unwrap();
            Tree::Text(text.clone().into_bytes())
        }
        Plan::Array(plans) => {
            writer.array(plans.len() as u64).unwrap();
            Tree::Array(plans.iter().map(|plan| write(plan, made, writer)).collect())
        }
        Plan::Record(plans) => {
            writer.record(plans.len() as u64).unwrap();
            let pair = |(number, plan)| {
                let key = format!("key {number}").into_bytes();
                writer.text(&key).unwrap();
                (key, write(plan, made, writer))
            };
            Tree::Record(plans.iter().enumerate().map(pair).collect())
        }
        Plan::Value(message, place) if !made.is_empty() => {
            let worth = &made[message % made.len()];
            let (offset, tree) = &worth.places[place % worth.places.len()];
            writer.value(&worth.message, *offset).unwrap();
            tree.clone()
        }
        Plan::Message(message) if !made.is_empty() => {
            let worth = &made[message % made.len()];
            writer.blob(&worth.message).unwrap();
            let bytes = to_bytes(&worth.message).unwrap();
            Tree::Bits(bits_of(bytes.bytes(), bytes.length_bits()))
        }
        Plan::Value(..) | Plan::Message(_) => {
            writer.integer(0).unwrap();
            Tree::Integer(0)
        }
        Plan::Stone(bytes) => {
            let mut stone = Blob::from_bytes(bytes).unwrap();
            stone.make_stone();
            writer.blob(&stone).unwrap();
            Tree::Bits(bits_of(bytes, bytes.len() * 8))
        }
    }
}

/// The offset of every value, with its tree.
fn places(message: &Blob) -> Vec<(usize, Tree)> {
    let mut reader = Reader::new(message, &Limits::DEFAULT).unwrap();
    let mut found = Vec::new();
    loop {
        let here = reader;
        let opened = match reader.kind() {
            Ok(Kind::Array) => reader.array(),
            Ok(Kind::Record) => reader.record(),
            Ok(_) => reader.skip().map(|()| 0),
            Err(status) => {
                assert_eq!(status, Status::End);
                return found;
            }
        };
        opened.unwrap();
        found.push((here.offset(), read(here)));
    }
}

/// Like `Tree::read`, but a held message that holds something is read as its bytes.
fn read(mut reader: Reader<'_>) -> Tree {
    tree(&mut reader)
}

fn tree(reader: &mut Reader<'_>) -> Tree {
    match reader.kind().unwrap() {
        Kind::Array => {
            let count = reader.array().unwrap();
            Tree::Array((0..count).map(|_| tree(reader)).collect())
        }
        Kind::Record => {
            let pairs = reader.record().unwrap();
            let pair = |_| match tree(reader) {
                Tree::Text(key) => (key, tree(reader)),
                other => panic!("{other:?} is not a key"),
            };
            Tree::Record((0..pairs).map(pair).collect())
        }
        Kind::Value => match reader.enter().unwrap() {
            drystone::wota::AnyReader::Classic(mut inner) => tree(&mut inner),
            drystone::wota::AnyReader::Dec64(_) => panic!("of the other dialect"),
        },
        Kind::Stone => {
            let stone = reader.blob().unwrap();
            let bytes = if drystone::wota::is_message(&stone) { to_bytes(&stone).unwrap() } else { stone };
            Tree::Bits(bits_of(bytes.bytes(), bytes.length_bits()))
        }
        _ => Tree::read(reader).unwrap(),
    }
}
