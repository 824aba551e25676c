//! A turn's letters: held until the turn has ended well, then posted in order; dropped when it has not.

use super::Mailbox;
use crate::allocation::Grow;
use crate::blob::Blob;
use crate::status::Status;

/// Letters and the mailboxes they are for. Dropping it drops them.
#[derive(Debug, Default)]
pub struct Outbox {
    letters: Vec<(Mailbox, Blob)>,
}

impl Outbox {
    /// An empty one; nothing is allocated yet.
    pub fn new() -> Self {
        Self::default()
    }

    /// Holds a letter. `NoMemory`, and the letter is the caller's again.
    pub fn post(&mut self, mailbox: &Mailbox, letter: Blob) -> Result<(), super::NotPosted> {
        if self.letters.try_reserve(1).is_err() {
            return Err(super::NotPosted { status: Status::NoMemory, letter });
        }
        self.letters.push_in_room((mailbox.clone(), letter));
        Ok(())
    }

    /// How many letters it holds.
    pub fn len(&self) -> usize {
        self.letters.len()
    }

    /// Whether it holds none.
    pub fn is_empty(&self) -> bool {
        self.letters.is_empty()
    }

    /// Posts all letters in the order they came, and is empty again. What a mailbox refuses is dropped; how many those
    /// were.
    pub fn commit(&mut self) -> usize {
        post_all(self.take())
    }

    /// The letters; it is empty again.
    pub(crate) fn take(&mut self) -> Vec<(Mailbox, Blob)> {
        core::mem::take(&mut self.letters)
    }

    /// Drops all letters, and is empty again.
    pub fn discard(&mut self) {
        drop(self.take());
    }
}

/// See [`Outbox::commit`]. What posting calls, and dropping, may use the outbox that the letters were in: nothing borrows
/// it meanwhile.
pub(crate) fn post_all(letters: Vec<(Mailbox, Blob)>) -> usize {
    letters.into_iter().map(|(mailbox, letter)| mailbox.post(letter)).filter(Result::is_err).count()
}
