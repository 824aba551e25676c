//! A whole structure, looked at slot by slot and entry by entry.

use super::index::numbers;
use super::layout::{Bucket, Form, LIVE, Wrapper};
use crate::Status;

/// Whether a map or set is as this library, or somebody who knows the plain layout, makes it: its bucket lies in the
/// memory, the counts are right, every live slot is in the index once, and nothing else is. What keys and values point
/// at is not looked at, as nothing says which of them are strings. Time and memory: linear, none.
/// `WrongType` when it is a decimal, `Malformed`.
pub fn verify(window: &[u8], wrapper: u32) -> Result<(), Status> {
    let bucket = Bucket::open(window, Wrapper::load(window, wrapper)?)?;
    let shape = bucket.shape;
    let (mut live, mut own) = (Numbers::default(), 0u32);
    for number in 0..shape.capacity {
        match bucket.slot(number)?.occupancy {
            0 => {}
            LIVE if shape.form != Form::Indexed || number < shape.used => {
                live.add(number);
                own = own.wrapping_add(u32::from(number < shape.view));
            }
            _ => return Err(Status::Malformed),
        }
    }
    // The size is reckoned from the count: it is wrong when a slot behind this version was emptied in place.
    if live.count != u64::from(shape.count) || own != bucket.size()? {
        return Err(Status::Malformed);
    }
    if shape.form == Form::Indexed { index(&bucket, &live) } else { Ok(()) }
}

/// Every live slot has one entry, and every slot that was used but is not has left one.
fn index(bucket: &Bucket<'_>, live: &Numbers) -> Result<(), Status> {
    let (mut entries, mut left) = (Numbers::default(), 0u64);
    for number in numbers(bucket) {
        match number? {
            Some(number) => entries.add(number),
            None => left = left.wrapping_add(1),
        }
    }
    let used = entries.count.wrapping_add(left);
    if entries == *live && used == u64::from(bucket.shape.used) { Ok(()) } else { Err(Status::Malformed) }
}

/// Some slots, as far as their number, the sum of their numbers and that of the squares tell them from others.
#[derive(Clone, Copy, Default, PartialEq, Eq)]
struct Numbers {
    count: u64,
    sum: u64,
    squares: u128,
}

impl Numbers {
    fn add(&mut self, number: u32) {
        self.count = self.count.wrapping_add(1);
        self.sum = self.sum.wrapping_add(u64::from(number));
        self.squares = self.squares.wrapping_add(u128::from(number) * u128::from(number));
    }
}
