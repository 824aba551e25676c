//! Messages as streams of Python's `pickle` format and back, compared with the simplest code that reads and writes such
//! streams.

mod common;
#[path = "common/generate.rs"]
mod generate;

use common::{Tree, native_words};
use drystone::pickle::{message_from_pickle, pickle_from_children, pickle_from_message};
use drystone::view::View;
use drystone::wota::{Dialect, INTEGER_MAX, Symbol, Writer, from_bytes, to_bytes};
use drystone::{Blob, Limits, Status, convert};
use generate::{cases, tree};
use proptest::prelude::*;

/// An item on the stack of a reader.
#[derive(Clone)]
enum Pushed {
    Tree(Tree),
    Mark,
    Bytes(Vec<u8>),
    Tuple(Vec<Pushed>),
    /// The class of a symbol that carries a value.
    Class(i64),
}

/// Reads a stream of the library; `held` are the message's stones.
struct Machine<'a> {
    rest: &'a [u8],
    held: &'a [Tree],
    stack: Vec<Pushed>,
    memo: Vec<Pushed>,
}

impl Machine<'_> {
    fn take(&mut self, count: usize) -> Vec<u8> {
        let (taken, rest) = self.rest.split_at(count);
        self.rest = rest;
        taken.to_vec()
    }

    fn number(&mut self, count: usize) -> i64 {
        let taken = self.take(count);
        let fill = if taken[count - 1] >= 0x80 && count > 2 { 0xFF } else { 0 };
        let mut word = [fill; 8];
        word[..count].copy_from_slice(&taken);
        i64::from_le_bytes(word)
    }

    fn push(&mut self, tree: Tree) {
        self.stack.push(Pushed::Tree(tree));
    }

    fn pop(&mut self) -> Pushed {
        self.stack.pop().unwrap()
    }

    fn popped_tree(&mut self) -> Tree {
        let Pushed::Tree(tree) = self.pop() else { panic!("no value") };
        tree
    }

    fn down_to_mark(&mut self) -> Vec<Tree> {
        let mark = self.stack.iter().rposition(|pushed| matches!(pushed, Pushed::Mark)).unwrap();
        let values = self.stack.split_off(mark + 1).into_iter().map(|pushed| match pushed {
            Pushed::Tree(tree) => tree,
            _ => panic!("no value"),
        });
        let values = values.collect();
        self.stack.pop();
        values
    }

    fn run(mut self) -> Tree {
        loop {
            match self.take(1)[0] {
                0x80 => assert_eq!(self.take(1), [4]),
                0x95 => assert_eq!(self.number(8) as usize, self.rest.len()),
                b'N' => self.push(Tree::Symbol(Symbol::Null)),
                0x88 => self.push(Tree::Symbol(Symbol::True)),
                0x89 => self.push(Tree::Symbol(Symbol::False)),
                b'K' => {
                    let value = i64::from(self.take(1)[0]);
                    self.push(Tree::Integer(value));
                }
                b'J' => {
                    let value = self.number(4);
                    self.push(Tree::Integer(value));
                }
                0x8A => {
                    let count = usize::from(self.take(1)[0]);
                    let value = self.number(count);
                    self.push(Tree::Integer(value));
                }
                b'G' => {
                    let bits = u64::from_be_bytes(self.take(8).try_into().unwrap());
                    self.push(Tree::Float(bits));
                }
                op @ (0x8C | 0x8D) => {
                    let count =
                        if op == 0x8C { usize::from(self.take(1)[0]) } else { self.number(8) as usize };
                    let utf8 = self.take(count);
                    self.push(Tree::Text(utf8));
                }
                0x8E => {
                    let count = self.number(8) as usize;
                    let bytes = self.take(count);
                    self.stack.push(Pushed::Bytes(bytes));
                }
                b']' => self.push(Tree::Array(Vec::new())),
                b'}' => self.push(Tree::Record(Vec::new())),
                b'(' => self.stack.push(Pushed::Mark),
                b'e' => {
                    let elements = self.down_to_mark();
                    assert_eq!(self.popped_tree(), Tree::Array(Vec::new()));
                    self.push(Tree::Array(elements));
                }
                b'u' => {
                    let pairs = self.down_to_mark();
                    let pair = |pair: &[Tree]| match pair {
                        [Tree::Text(key), value] => (key.clone(), value.clone()),
                        _ => panic!("a key is not a text"),
                    };
                    let pairs = pairs.chunks(2).map(pair).collect();
                    assert_eq!(self.popped_tree(), Tree::Record(Vec::new()));
                    self.push(Tree::Record(pairs));
                }
                op @ (0x85 | 0x86) => {
                    let values = self.stack.split_off(self.stack.len() - usize::from(op - 0x84));
                    self.stack.push(Pushed::Tuple(values));
                }
                0x94 => self.memo.push(self.stack.last().unwrap().clone()),
                b'h' => {
                    let number = usize::from(self.take(1)[0]);
                    self.stack.push(self.memo[number].clone());
                }
                b'j' => {
                    let number = self.number(4) as usize;
                    self.stack.push(self.memo[number].clone());
                }
                b'Q' => {
                    let pushed = match self.pop() {
                        Pushed::Tree(Tree::Integer(code)) if code < 0 => Pushed::Class(code),
                        Pushed::Tree(Tree::Integer(number)) => {
                            Pushed::Tree(self.held[number as usize].clone())
                        }
                        Pushed::Tuple(pair) => {
                            let [Pushed::Bytes(bytes), Pushed::Tree(Tree::Integer(count))] = pair.as_slice()
                            else {
                                panic!("no blob")
                            };
                            Pushed::Tree(Tree::Bits(common::bits_of(bytes, *count as usize)))
                        }
                        _ => panic!("no persistent ID"),
                    };
                    self.stack.push(pushed);
                }
                b'R' => {
                    let Pushed::Tuple(arguments) = self.pop() else { panic!("no arguments") };
                    let [Pushed::Tree(value)] = arguments.as_slice() else { panic!("not one argument") };
                    let value = Box::new(value.clone());
                    let tree = match self.pop() {
                        Pushed::Class(-8) => Tree::Private(value),
                        Pushed::Class(-9) => Tree::System(value),
                        _ => panic!("no class"),
                    };
                    self.push(tree);
                }
                b'.' => {
                    assert!(self.rest.is_empty() && self.stack.len() == 1);
                    return self.popped_tree();
                }
                op => panic!("operation {op:#x}"),
            }
        }
    }
}

fn read(message: &Blob) -> Tree {
    let stream = pickle_from_message(message).unwrap();
    let held: Vec<_> = message
        .held()
        .iter()
        .map(|stone| Tree::Bits(common::bits_of(stone.bytes(), stone.length_bits())))
        .collect();
    Machine { rest: stream.bytes(), held: &held, stack: Vec::new(), memo: Vec::new() }.run()
}

/// A stream of a tree, with containers in one of the possible forms; `None` for a value that a stream cannot have.
fn written(tree: &Tree, way: u8, stream: &mut Vec<u8>) -> Option<()> {
    let sized = |stream: &mut Vec<u8>, ops: [u8; 3], bytes: &[u8]| {
        match way % 3 {
            0 if bytes.len() < 256 => stream.extend([ops[0], bytes.len() as u8]),
            1 => {
                stream.push(ops[1]);
                stream.extend((bytes.len() as u32).to_le_bytes());
            }
            _ => {
                stream.push(ops[2]);
                stream.extend((bytes.len() as u64).to_le_bytes());
            }
        }
        stream.extend(bytes);
        stream.extend(if way.is_multiple_of(2) { &[0x94][..] } else { &[] });
    };
    match tree {
        Tree::Integer(value @ 0..=255) if way.is_multiple_of(2) => stream.extend([b'K', *value as u8]),
        Tree::Integer(value @ 0..=65535) if way.is_multiple_of(2) => {
            stream.push(b'M');
            stream.extend((*value as u16).to_le_bytes());
        }
        Tree::Integer(value) if way % 4 < 2 && i32::try_from(*value).is_ok() => {
            stream.push(b'J');
            stream.extend((*value as i32).to_le_bytes());
        }
        Tree::Integer(value) => {
            stream.extend([0x8A, 8]);
            stream.extend(value.to_le_bytes());
        }
        Tree::Float(bits) => {
            stream.push(b'G');
            stream.extend(bits.to_be_bytes());
        }
        Tree::Text(utf8) => sized(stream, [0x8C, b'X', 0x8D], utf8),
        Tree::Bits(bits) if bits.len() % 8 == 0 => {
            sized(stream, [b'C', b'B', if way < 4 { 0x8E } else { 0x96 }], &common::bytes_of(bits));
        }
        Tree::Symbol(symbol) => stream.push(match symbol {
            Symbol::Null => b'N',
            Symbol::True => 0x88,
            _ => 0x89,
        }),
        Tree::Array(elements) => match (way % 5, elements.len()) {
            (0, 0) => stream.push(b')'),
            (0, count @ 1..=3) => {
                elements.iter().try_for_each(|element| written(element, way / 2, stream))?;
                stream.push(0x84 + count as u8);
            }
            (0 | 1, 1..) => {
                stream.push(b'(');
                elements.iter().try_for_each(|element| written(element, way / 2, stream))?;
                stream.push(b't');
            }
            (2, _) => {
                stream.push(b']');
                for element in elements {
                    written(element, way.wrapping_add(1), stream)?;
                    stream.push(b'a');
                }
            }
            _ => {
                stream.push(b']');
                for batch in elements.chunks(3) {
                    stream.push(b'(');
                    batch.iter().try_for_each(|element| written(element, way.wrapping_add(3), stream))?;
                    stream.push(b'e');
                }
            }
        },
        Tree::Record(pairs) => {
            stream.push(b'}');
            let pair = |(key, value): &(Vec<u8>, Tree), stream: &mut Vec<u8>| {
                written(&Tree::Text(key.clone()), way, stream)?;
                written(value, way.wrapping_add(1), stream)
            };
            for batch in pairs.chunks(if way.is_multiple_of(2) { 1 } else { 4 }) {
                if way.is_multiple_of(2) {
                    pair(&batch[0], stream)?;
                    stream.push(b's');
                    continue;
                }
                stream.push(b'(');
                batch.iter().try_for_each(|each| pair(each, stream))?;
                stream.push(b'u');
            }
        }
        Tree::Bits(_) | Tree::Private(_) | Tree::System(_) => return None,
    }
    Some(())
}

fn is_plain(tree: &Tree) -> bool {
    match tree {
        Tree::Array(values) => values.iter().all(is_plain),
        Tree::Record(pairs) => pairs.iter().all(|(_, value)| is_plain(value)),
        Tree::Bits(_) | Tree::Private(_) | Tree::System(_) => false,
        _ => true,
    }
}

proptest! {
    #![proptest_config(cases(400))]

    #[test]
    fn a_message_is_written_as_its_value(tree in tree(), by_reference: bool) {
        let message = tree.message(by_reference).unwrap();
        prop_assert_eq!(read(&message), tree);
        if let Ok(other) = convert::transcode(&message, Dialect::Dec64, false) {
            // DEC64 has no -0.
            let back = convert::transcode(&other, Dialect::Classic, false).unwrap();
            prop_assert_eq!(read(&other), read(&back));
        }
    }

    #[test]
    fn children_are_written_until_one_is_large_or_not_plain(
        values in prop::collection::vec(tree(), 0..8), by_reference: bool, each in 0..60_usize, all in 0..200_usize,
    ) {
        let message = Tree::Array(values.clone()).message(by_reference).unwrap();
        let mut room = all;
        let expected = values.iter().take_while(|tree| {
            let words = tree.message(by_reference).unwrap().bytes().len() / 8;
            let fits = words <= each.min(room) && is_plain(tree);
            room -= if fits { words } else { 0 };
            fits
        });
        let expected: Vec<_> = expected.cloned().collect();
        if values.is_empty() {
            return Ok(());
        }
        let first = View::new(&message).unwrap().element(0).unwrap();
        let (stream, count, after) = pickle_from_children(first, values.len() as u64, each, all).unwrap();
        prop_assert_eq!(count as usize, expected.len());
        let words: usize = expected.iter().map(|tree| tree.words().len()).sum();
        prop_assert_eq!(after.place().1, 1 + words);
        let tree = Machine { rest: stream.bytes(), held: &[], stack: Vec::new(), memo: Vec::new() }.run();
        prop_assert_eq!(tree, Tree::Array(expected));
    }

    #[test]
    fn a_stream_is_read_as_its_value(tree in tree(), way: u8) {
        let mut stream = vec![0x80, 5, 0x95, 0, 0, 0, 0, 0, 0, 0, 0];
        if written(&tree, way, &mut stream).is_some() {
            stream.push(b'.');
            let message = message_from_pickle(&stream, &Limits::DEFAULT).unwrap();
            prop_assert_eq!(native_words(&message), tree.words());
            for length in 0..stream.len() {
                let fault = message_from_pickle(&stream[..length], &Limits::DEFAULT).unwrap_err();
                prop_assert_eq!(fault.status, Status::Truncated);
            }
        }
    }

    #[test]
    fn reading_any_stream_terminates(stream in prop::collection::vec(prop::sample::select(&b"N\x88K\x01Ja]})(taesu\x85\x86\x87.\x8C\x00\x01h\x94"[..]), 0..30)) {
        match message_from_pickle(&stream, &Limits::DEFAULT) {
            Ok(message) => {
                let bytes = to_bytes(&message).unwrap();
                prop_assert_eq!(from_bytes(bytes.bytes(), Dialect::Classic, &Limits::DEFAULT).unwrap(), message);
            }
            Err(fault) => prop_assert!(fault.offset <= stream.len()),
        }
    }
}

#[test]
fn values_that_are_not_plain_are_refused_with_their_offset() {
    let cases: [(&[u8], Status, usize); 21] = [
        (b"", Status::Truncated, 0),
        (b"N", Status::Truncated, 1),
        (b"N.N", Status::Malformed, 1),
        (b"NN.", Status::Malformed, 2),
        (b"(N.", Status::Malformed, 2),
        (b".", Status::Malformed, 0),
        (b"\x85.", Status::Malformed, 0),
        (b"N(\x85.", Status::Malformed, 2),
        (b"NNa.", Status::Malformed, 2),
        (b"}Na.", Status::Malformed, 2),
        (b"]NNs.", Status::Malformed, 3),
        (b"}(Nu.", Status::Malformed, 3),
        (b"}NNs.", Status::Malformed, 1),
        (b"e.", Status::Malformed, 0),
        (b"\x8C\x05abc", Status::Truncated, 0),
        (b"\x8C\x01\xFF.", Status::Malformed, 0),
        (b"\x8A\x09\x01\0\0\0\0\0\0\0\0.", Status::OutOfRange, 0),
        (b"\x8A\x08\0\0\0\0\0\0\0\x80.", Status::OutOfRange, 0),
        (b"N\x94h\0.", Status::Unsupported, 2),
        (b"cos\nsystem\n.", Status::Unsupported, 0),
        (b"}(\x8C\x01aN\x8C\x01aNu.", Status::Malformed, 12),
    ];
    for (stream, status, offset) in cases {
        let fault = message_from_pickle(stream, &Limits::DEFAULT).unwrap_err();
        assert_eq!((fault.status, fault.offset), (status, offset), "{}", stream.escape_ascii());
    }
    let deep = [vec![b'N'], vec![0x85; 513], vec![b'.']].concat();
    assert_eq!(message_from_pickle(&deep, &Limits::DEFAULT).unwrap_err().status, Status::LimitExceeded);
    message_from_pickle(&deep[1..], &Limits::DEFAULT).unwrap_err();
    let limits = Limits { max_words: 3, ..Limits::DEFAULT };
    assert_eq!(message_from_pickle(b"NNN\x87.", &limits).unwrap_err().status, Status::LimitExceeded);
    message_from_pickle(b"NN\x86.", &limits).unwrap();
}

#[test]
fn repeated_texts_are_referred_to_by_number() {
    let texts: Vec<String> = (0..700).map(|number| format!("text {number}")).collect();
    let mut writer = Writer::new();
    writer.array(2 * texts.len() as u64).unwrap();
    for text in texts.iter().flat_map(|text| [text, text]) {
        writer.text(text.as_bytes()).unwrap();
    }
    let message = writer.finish().unwrap();
    let stream = pickle_from_message(&message).unwrap();
    assert!(stream.bytes().len() < 700 * 17, "each text once, and four or five bytes");
    let expected =
        texts.iter().flat_map(|text| [text, text]).map(|text| Tree::Text(text.clone().into_bytes()));
    assert_eq!(read(&message), Tree::Array(expected.collect()));
}

#[test]
fn messages_without_a_stream_are_refused_with_a_reason() {
    let mut antestone = Blob::zeroed(64).unwrap();
    assert_eq!(pickle_from_message(&antestone).unwrap_err(), Status::NotStone);
    antestone.make_stone();
    assert_eq!(pickle_from_message(&antestone).unwrap_err(), Status::WrongType);
    let mut writer = Writer::new();
    writer.integer(INTEGER_MAX).unwrap();
    let inner = writer.finish().unwrap();
    writer.value(&inner, 0).unwrap();
    assert_eq!(pickle_from_message(&writer.finish().unwrap()).unwrap_err(), Status::WrongType);
}

#[test]
fn children_that_are_not_plain_end_the_list() {
    let mut inner = Writer::new();
    inner.array(0).unwrap();
    let inner = inner.finish().unwrap();
    let mut writer = Writer::new();
    writer.array(3).unwrap();
    writer.integer(1).unwrap();
    writer.value(&inner, 0).unwrap();
    writer.record(2).unwrap();
    for _ in 0..2 {
        writer.text(b"a").unwrap();
        writer.integer(1).unwrap();
    }
    let message = writer.finish().unwrap();
    let root = View::new(&message).unwrap();
    let (_, count, after) = pickle_from_children(root.element(0).unwrap(), 3, 100, 100).unwrap();
    assert_eq!((count, after.place().1), (1, 2), "up to the reference");
    let (_, count, after) = pickle_from_children(root.element(2).unwrap(), 1, 100, 100).unwrap();
    assert_eq!((count, after.place().1), (0, 4), "a key occurs twice");
}
