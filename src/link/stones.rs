//! Records which stones the two processes have in common. Each side numbers the stones that it sent: they are *lent*.
//! The other side has *borrowed* them. When it no longer uses one, it reports that, and how often the stone had been
//! mentioned by then. The lender confirms if it has mentioned the stone exactly as often; otherwise a mention is in
//! transit, and the borrower keeps the stone.

use std::collections::HashMap;

use super::Limits;
use crate::blob::{Blob, bytes_for};
use crate::status::Status;

/// A part of a stone that both sides have.
#[derive(Clone, Copy)]
pub(super) struct Mention {
    pub(super) number: u64,
    /// Whether the peer has sent it.
    pub(super) borrowed: bool,
    pub(super) from_byte: usize,
    pub(super) bits: usize,
}

fn place(blob: &Blob) -> usize {
    blob.as_raw().addr().get()
}

fn bytes_of(blob: &Blob) -> u64 {
    bytes_for(blob.length_bits()) as u64
}

/// The part of the stone that is mentioned. `Malformed` when the stone has no such part.
fn part(stone: &Blob, mention: &Mention) -> Result<Blob, Status> {
    if mention.from_byte == 0 && mention.bits == stone.length_bits() {
        return Ok(stone.clone());
    }
    let from = mention.from_byte.checked_mul(8).ok_or(Status::Malformed)?;
    let to = from.checked_add(mention.bits).ok_or(Status::Malformed)?;
    stone
        .slice(from, to)
        .map_err(|status| if status == Status::OutOfRange { Status::Malformed } else { status })
}

struct Loan {
    /// The stone that the peer has mapped.
    stone: Blob,
    /// The stone that it is a copy of, as long as others have that.
    original: Option<Blob>,
    mentions: u64,
}

/// Our stones that the peer has, or will have when it reads the packets in transit.
#[derive(Default)]
pub(super) struct Lent {
    loans: HashMap<u64, Loan>,
    numbers: HashMap<usize, u64>,
    last: u64,
    bytes: u64,
    /// How many were returned so far.
    pub(super) returned: u64,
}

impl Lent {
    pub(super) fn len(&self) -> usize {
        self.loans.len()
    }

    pub(super) fn bytes(&self) -> u64 {
        self.bytes
    }

    /// The last number in use.
    pub(super) fn last(&self) -> u64 {
        self.last
    }

    /// The mention of a stone or part of one that the peer has.
    pub(super) fn find(&self, blob: &Blob) -> Option<Mention> {
        let mention = |number: &u64, from_byte| Mention {
            number: *number,
            borrowed: false,
            from_byte,
            bits: blob.length_bits(),
        };
        let whole = self.numbers.get(&place(blob.backing()));
        whole
            .map(|number| mention(number, blob.byte_in_backing()))
            .or_else(|| self.numbers.get(&place(blob)).map(|number| mention(number, 0)))
    }

    /// Numbers a stone. Its original is found under the number, too. `NoMemory`.
    pub(super) fn add(&mut self, stone: Blob, original: Option<Blob>) -> Result<u64, Status> {
        self.loans.try_reserve(1)?;
        self.numbers.try_reserve(1)?;
        self.last += 1;
        self.numbers.insert(place(original.as_ref().unwrap_or(&stone)), self.last);
        self.bytes += bytes_of(&stone);
        self.loans.insert(self.last, Loan { stone, original, mentions: 0 });
        Ok(self.last)
    }

    /// Takes back all numbers after this one.
    pub(super) fn rewind(&mut self, last: u64) {
        while self.last > last {
            drop(self.remove(self.last));
            self.last -= 1;
        }
    }

    fn remove(&mut self, number: u64) -> Option<Loan> {
        let loan = self.loans.remove(&number)?;
        self.bytes -= bytes_of(&loan.stone);
        let key = place(loan.original.as_ref().unwrap_or(&loan.stone));
        if self.numbers.get(&key) == Some(&number) {
            self.numbers.remove(&key);
        }
        Some(loan)
    }

    pub(super) fn count_mention(&mut self, number: u64) {
        if let Some(loan) = self.loans.get_mut(&number) {
            loan.mentions += 1;
        }
    }

    /// The peer mentions a stone that this process has lent. `Malformed`; `NoMemory`.
    pub(super) fn resolve(&self, mention: &Mention) -> Result<Blob, Status> {
        let loan = self.loans.get(&mention.number).ok_or(Status::Malformed)?;
        part(loan.original.as_ref().unwrap_or(&loan.stone), mention)
    }

    /// The peer no longer uses a stone that it has seen mentioned this often; returns whether it may forget the
    /// stone. `Malformed`.
    pub(super) fn check_release(&self, number: u64, mentions: u64) -> Result<bool, Status> {
        let loan = self.loans.get(&number).ok_or(Status::Malformed)?;
        if mentions > loan.mentions { Err(Status::Malformed) } else { Ok(mentions == loan.mentions) }
    }

    /// Ends the loan.
    pub(super) fn release(&mut self, number: u64) {
        self.returned += 1;
        drop(self.remove(number));
    }

    /// Drops originals that only this table has; their copies stay.
    pub(super) fn sweep(&mut self) {
        for (number, loan) in &mut self.loans {
            let Some(original) = loan.original.take_if(|original| original.reference_count() == 1) else {
                continue;
            };
            self.numbers.remove(&place(&original));
            // Without memory the copy is not found later, and the stone would be sent again.
            if self.numbers.try_reserve(1).is_ok() {
                self.numbers.insert(place(&loan.stone), *number);
            }
        }
    }
}

struct Debt {
    stone: Blob,
    mentions: u64,
    /// The peer has been told.
    released: bool,
}

/// The peer's stones that this process has.
#[derive(Default)]
pub(super) struct BorrowedStones {
    debts: HashMap<u64, Debt>,
    numbers: HashMap<usize, u64>,
    last: u64,
    bytes: u64,
}

impl BorrowedStones {
    pub(super) fn len(&self) -> usize {
        self.debts.len()
    }

    pub(super) fn bytes(&self) -> u64 {
        self.bytes
    }

    /// The mention of a stone or part of one that is the peer's.
    pub(super) fn find(&self, blob: &Blob) -> Option<Mention> {
        let number = *self.numbers.get(&place(blob.backing()))?;
        let debt = self.debts.get(&number)?;
        (!debt.released).then(|| Mention {
            number,
            borrowed: true,
            from_byte: blob.byte_in_backing(),
            bits: blob.length_bits(),
        })
    }

    /// Checks that one more stone may come. `Malformed` for a number out of order, `LimitExceeded`.
    pub(super) fn admit(&self, number: u64, bits: usize, limits: &Limits) -> Result<(), Status> {
        if number != self.last + 1 {
            return Err(Status::Malformed);
        }
        let bytes = self.bytes.saturating_add(bytes_for(bits) as u64);
        if self.len() >= limits.max_stones || bytes > limits.max_bytes {
            return Err(Status::LimitExceeded);
        }
        Ok(())
    }

    /// `NoMemory`.
    pub(super) fn add(&mut self, number: u64, stone: Blob) -> Result<(), Status> {
        self.debts.try_reserve(1)?;
        self.numbers.try_reserve(1)?;
        self.last = number;
        self.bytes += bytes_of(&stone);
        self.numbers.insert(place(&stone), number);
        self.debts.insert(number, Debt { stone, mentions: 0, released: false });
        Ok(())
    }

    pub(super) fn count_mention(&mut self, number: u64) {
        if let Some(debt) = self.debts.get_mut(&number) {
            debt.mentions += 1;
            debt.released = false;
        }
    }

    /// The peer mentions a stone that it has sent. `Malformed`; `NoMemory`.
    pub(super) fn resolve(&self, mention: &Mention) -> Result<Blob, Status> {
        part(&self.debts.get(&mention.number).ok_or(Status::Malformed)?.stone, mention)
    }

    /// The peer confirms that a stone is forgotten. `Malformed` without a report.
    pub(super) fn forget(&mut self, number: u64) -> Result<(), Status> {
        if !self.debts.get(&number).is_some_and(|debt| debt.released) {
            return Err(Status::Malformed);
        }
        if let Some(debt) = self.debts.remove(&number) {
            self.bytes -= bytes_of(&debt.stone);
            self.numbers.remove(&place(&debt.stone));
        }
        Ok(())
    }

    /// Reports each stone that only this table has, once; stops when a report fails.
    pub(super) fn sweep(
        &mut self,
        mut tell: impl FnMut(u64, u64) -> Result<(), Status>,
    ) -> Result<(), Status> {
        for (number, debt) in &mut self.debts {
            if !debt.released && debt.mentions != 0 && debt.stone.reference_count() == 1 {
                tell(*number, debt.mentions)?;
                debt.released = true;
            }
        }
        Ok(())
    }
}
