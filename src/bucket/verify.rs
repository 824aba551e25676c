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
    let mut live = 0u32;
    for number in 0..shape.capacity {
        match bucket.slot(number)?.occupancy() {
            0 => {}
            LIVE if shape.form != Form::Indexed || number < shape.used => live = live.wrapping_add(1),
            _ => return Err(Status::Malformed),
        }
    }
    if live != shape.count {
        return Err(Status::Malformed);
    }
    bucket.size()?;
    if shape.form == Form::Indexed { index(&bucket) } else { Ok(()) }
}

/// Every slot that was used has one entry: there are as many as slots, none beyond them, and the sum of their numbers
/// and of the squares is that of all numbers.
fn index(bucket: &Bucket<'_>) -> Result<(), Status> {
    let used = u64::from(bucket.shape.used);
    let (mut count, mut sum, mut squares) = (0u64, 0u64, 0u128);
    for number in numbers(bucket) {
        let number = u64::from(number?);
        if number >= used {
            return Err(Status::Malformed);
        }
        count = count.wrapping_add(1);
        sum = sum.wrapping_add(number);
        squares = squares.wrapping_add(u128::from(number) * u128::from(number));
    }
    let last = used.saturating_sub(1);
    let all = u128::from(last) * u128::from(used) * (2 * u128::from(last) + 1) / 6;
    let good = count == used && sum == last * used / 2 && squares == all;
    if good { Ok(()) } else { Err(Status::Malformed) }
}
