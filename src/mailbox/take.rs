//! Taking a letter that is queued, or one that arrives in time.

use std::time::Duration;

use super::Shared;
use super::bell::Deadline;
use super::letters::Letter;
use super::queue::{Found, Front};
use super::short_lock::Held;
use crate::blob::Blob;
use crate::status::Status;

impl Shared {
    #[inline]
    pub(super) fn take(&self, timeout: Option<Duration>) -> Result<Blob, Status> {
        let mut front = self.queue.front.lock()?;
        match self.queue.next(&mut front)? {
            Found::Letter(letter) => Ok(self.taken(front, letter)),
            Found::Closed => Err(Status::Closed),
            Found::Nothing(_) if timeout == Some(Duration::ZERO) => Err(Status::End),
            Found::Nothing(_) => {
                drop(front);
                self.take_later(timeout)
            }
        }
    }

    #[cold]
    fn take_later(&self, timeout: Option<Duration>) -> Result<Blob, Status> {
        // Only before the first sleep: a woken thread has a letter.
        self.look_for_letters();
        let deadline = Deadline::after(timeout);
        let mut left = timeout;
        loop {
            let mut front = self.queue.front.lock()?;
            let number = match self.queue.next_or_wait(&mut front)? {
                Found::Letter(letter) => return Ok(self.taken(front, letter)),
                Found::Closed => return Err(Status::Closed),
                Found::Nothing(number) => number,
            };
            drop(front);
            let woken = self.queue.arrived.wait(number, left);
            let mut inbox = self.queue.inbox.lock()?;
            let struck = self.queue.arrived.number() != number;
            inbox.count_awake(struck);
            if woken && !struck {
                // The kernel woke this thread instead of one that the bell was struck for earlier: all threads must
                // look again.
                self.queue.arrived.strike();
            }
            drop(inbox);
            if woken && !struck {
                self.queue.arrived.wake_all();
            }
            // Before the clock is read, which takes time.
            let mut front = self.queue.front.lock()?;
            match self.queue.next(&mut front)? {
                Found::Letter(letter) => return Ok(self.taken(front, letter)),
                Found::Closed => return Err(Status::Closed),
                Found::Nothing(_) => drop(front),
            }
            left = deadline.left().map_err(|()| Status::End)?;
        }
    }

    /// If a letter comes soon, its poster need not wake this thread.
    fn look_for_letters(&self) {
        self.queue.lookout_for_letters.look_for_a_while(|| self.queue.len());
    }

    #[inline]
    fn taken(&self, front: Held<'_, Front>, letter: Letter) -> Blob {
        drop(front);
        self.settle_after_removal();
        letter.blob
    }
}

#[cfg(all(test, not(loom)))]
mod tests {
    use super::*;
    use crate::mailbox::Mailbox;

    #[test]
    fn takers_that_wait_in_vain_are_not_counted_any_more() {
        let mailbox = Mailbox::new(0).unwrap();
        for _ in 0..10 {
            std::thread::scope(|scope| {
                for _ in 0..8 {
                    scope.spawn(|| mailbox.take(Some(Duration::from_millis(20))));
                }
                std::thread::sleep(Duration::from_millis(10));
                // Strikes the bell for all that sleep, although only one of them will take it.
                mailbox.post(Blob::zeroed(64).unwrap()).unwrap();
            });
            assert_eq!(mailbox.shared.queue.inbox.lock().unwrap().waiting, 0);
        }
    }
}
