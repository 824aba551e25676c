//! From a stream to a message, in two passes. The first pass finds how many values each container has, and where
//! containers begin that come after their values (tuples). The second pass writes.

use super::operation::{Leaf, Operation, Operations};
use crate::allocation::Grow;
use crate::blob::Blob;
use crate::status::Status;
use crate::value::sort::sort;
use crate::value::{Limits, Symbol};
use crate::wota::{AnyReader, Fault, Writer, check_message};

/// A message (classic) of a stream of plain values: None, bool, int, float, str, bytes, bytearray, list, tuple, dict.
/// The fault's offset is in bytes.
///
/// `Truncated`; `Malformed`, also for equal keys and for a key that is not a str; `OutOfRange` for an integer of more
/// than 56 bits; `Unsupported` for other types, and for an object that occurs twice; `LimitExceeded`; `NoMemory`.
pub fn message_from_pickle(bytes: &[u8], limits: &Limits) -> Result<Blob, Fault> {
    let mut operations = Operations::new(bytes);
    let mut outline = Outline::default();
    let fault = |operations: &Operations<'_>, status| Fault { status, offset: operations.position };
    outline.read(&mut operations).map_err(|status| fault(&operations, status))?;
    let mut operations = Operations::new(bytes);
    let message = write(&mut operations, &outline.containers, limits);
    message.map_err(|status| fault(&operations, status))
}

/// A container: where it begins (of several at the same position the outermost is recorded last), and what it contains.
struct OutlinedContainer {
    start: usize,
    number: usize,
    count: u64,
    is_record: bool,
}

/// A value on the stack of a reader of the stream.
#[derive(Clone, Copy)]
struct Pushed {
    start: usize,
    /// The number of the container, if it is one.
    container: Option<usize>,
}

/// The result of the first pass.
#[derive(Default)]
struct Outline {
    containers: Vec<OutlinedContainer>,
    stack: Vec<Pushed>,
    marks: Vec<usize>,
}

impl Outline {
    /// Reads the whole stream. On failure the next operation is the one at fault.
    fn read(&mut self, operations: &mut Operations<'_>) -> Result<(), Status> {
        let mut in_order = true;
        loop {
            let start = operations.position;
            let operation = operations.next()?;
            let outcome = match operation {
                Operation::Nothing => Ok(()),
                Operation::Leaf(_) => self.stack.try_push(Pushed { start, container: None }),
                Operation::Empty(is_record) => self.open(start, 0, is_record),
                Operation::Mark => self.marks.try_push(self.stack.len()),
                Operation::Append(all) => self.fill(if all { None } else { Some(1) }, false),
                Operation::Set(all) => self.fill(if all { None } else { Some(2) }, true),
                Operation::Tuple(count) => {
                    in_order = false;
                    self.tuple(start, count)
                }
                Operation::Stop
                    if self.stack.len() == 1 && self.marks.is_empty() && operations.is_at_end() =>
                {
                    break;
                }
                Operation::Stop => Err(Status::Malformed),
            };
            if let Err(status) = outcome {
                operations.position = start;
                return Err(status);
            }
        }
        if !in_order {
            sort(&mut self.containers, |one, other| {
                one.start.cmp(&other.start).then(other.number.cmp(&one.number))
            });
        }
        Ok(())
    }

    fn open(&mut self, start: usize, count: u64, is_record: bool) -> Result<(), Status> {
        let number = self.containers.len();
        self.containers.try_push(OutlinedContainer { start, number, count, is_record })?;
        self.stack.try_push(Pushed { start, container: Some(number) })
    }

    /// Takes values off the stack, `count` or all down to the mark. Returns how many, and where the first one begins.
    fn take(&mut self, count: Option<usize>) -> Result<(usize, Option<usize>), Status> {
        let bottom = match count {
            Some(count) => self.stack.len().checked_sub(count).ok_or(Status::Malformed)?,
            None => self.marks.pop().ok_or(Status::Malformed)?,
        };
        if self.marks.last().is_some_and(|mark| bottom < *mark) {
            return Err(Status::Malformed);
        }
        let taken = self.stack.len().checked_sub(bottom).ok_or(Status::Malformed)?;
        let first = self.stack.get(bottom).map(|pushed| pushed.start);
        self.stack.truncate(bottom);
        Ok((taken, first))
    }

    fn fill(&mut self, count: Option<usize>, is_record: bool) -> Result<(), Status> {
        let (taken, _) = self.take(count)?;
        let container = self.stack.last().and_then(|pushed| pushed.container);
        let container =
            container.and_then(|number| self.containers.get_mut(number)).ok_or(Status::Malformed)?;
        if container.is_record != is_record || is_record && !taken.is_multiple_of(2) {
            return Err(Status::Malformed);
        }
        container.count += if is_record { taken / 2 } else { taken } as u64;
        Ok(())
    }

    fn tuple(&mut self, here: usize, count: Option<usize>) -> Result<(), Status> {
        let (taken, first) = self.take(count)?;
        self.open(first.unwrap_or(here), taken as u64, false)
    }
}

/// Writes the values in the order of the stream, each container before the first value that begins at its position.
fn write(
    operations: &mut Operations<'_>,
    containers: &[OutlinedContainer],
    limits: &Limits,
) -> Result<Blob, Status> {
    let mut writer = Writer::new();
    let mut containers = containers.iter().peekable();
    loop {
        let start = operations.position;
        while let Some(container) = containers.next_if(|container| container.start == start) {
            match container.is_record {
                true => writer.record(container.count)?,
                false => writer.array(container.count)?,
            }
        }
        let written = match operations.next()? {
            Operation::Leaf(leaf) => put(&mut writer, leaf),
            Operation::Stop => break,
            _ => Ok(()),
        };
        if let Err(status) = written {
            operations.position = start;
            return Err(status);
        }
    }
    let message = writer.finish()?;
    AnyReader::new(&message, limits)?;
    check_message(&message)?;
    Ok(message)
}

#[inline]
fn put(writer: &mut Writer, leaf: Leaf<'_>) -> Result<(), Status> {
    match leaf {
        Leaf::None => writer.symbol(Symbol::Null),
        Leaf::Bool(value) => writer.symbol(if value { Symbol::True } else { Symbol::False }),
        Leaf::Integer(value) => writer.integer(value),
        Leaf::Float(value) => writer.number(value),
        Leaf::Text(utf8) => writer.text(utf8),
        Leaf::Bytes(bytes) => writer.bits(bytes, bytes.len().checked_mul(8).ok_or(Status::OutOfRange)?),
    }
}
