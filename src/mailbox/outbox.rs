//! The letters of a turn: held until the turn has ended well, then posted in order; dropped if it has not.

use super::Mailbox;
use crate::allocation::Grow;
use crate::blob::Blob;
use crate::status::Status;

/// Letters and the mailboxes that they are for. Dropping the outbox drops the letters.
#[derive(Debug, Default)]
pub struct Outbox {
    letters: Vec<(Mailbox, Blob)>,
}

impl Outbox {
    /// An empty outbox. Does not allocate.
    pub fn new() -> Self {
        Self::default()
    }

    /// Holds a letter for a mailbox. `NoMemory`, with the letter.
    pub fn post(&mut self, mailbox: &Mailbox, letter: Blob) -> Result<(), super::NotPosted> {
        if self.letters.try_reserve(1).is_err() {
            return Err(super::NotPosted { status: Status::NoMemory, letter });
        }
        self.letters.push_in_room((mailbox.clone(), letter));
        Ok(())
    }

    /// How many letters are held.
    pub fn len(&self) -> usize {
        self.letters.len()
    }

    /// Whether no letter is held.
    pub fn is_empty(&self) -> bool {
        self.letters.is_empty()
    }

    /// Posts all letters in the order they were added, which leaves the outbox empty. Refused letters are dropped;
    /// returns how many.
    pub fn commit(&mut self) -> usize {
        post_all(self.take())
    }

    /// Takes the letters out, which leaves the outbox empty.
    pub(crate) fn take(&mut self) -> Vec<(Mailbox, Blob)> {
        core::mem::take(&mut self.letters)
    }

    /// Drops all letters, which leaves the outbox empty.
    pub fn discard(&mut self) {
        drop(self.take());
    }
}

/// See [`Outbox::commit`]. Posting and dropping letters may call functions that use the outbox that the letters were
/// in, so it is not borrowed meanwhile.
pub(crate) fn post_all(letters: Vec<(Mailbox, Blob)>) -> usize {
    letters.into_iter().map(|(mailbox, letter)| mailbox.post(letter)).filter(Result::is_err).count()
}
