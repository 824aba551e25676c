//! Posting a letter, at once or when there is room.

use std::time::Duration;

use super::bell::Deadline;
use super::queue::Lane;
use super::{MOST_BYTES, Mailbox, NotPosted, Ready, Shared};
use crate::blob::Blob;
use crate::status::Status;

impl Mailbox {
    #[inline]
    pub(super) fn post_in(&self, letter: Blob, lane: Lane, count_refusal: bool) -> Result<(), NotPosted> {
        let queue = &self.shared.queue;
        let bytes = (letter.kept_bytes() as u64).min(MOST_BYTES);
        let Ok(mut inbox) = queue.lock_inbox_patiently() else {
            return Err(NotPosted { status: Status::Closed, letter });
        };
        let put = match queue.admit(&mut inbox, bytes) {
            Ok(()) => queue.put(&mut inbox, letter, bytes, lane),
            Err(status) => Err((status, letter)),
        };
        let turned = match put {
            Ok(turned) => turned,
            Err((status, letter)) => {
                inbox.refused += u64::from(count_refusal || status != Status::LimitExceeded);
                return Err(NotPosted { status, letter });
            }
        };
        let ready = if turned { inbox.calls_if_any().and_then(|calls| calls.begin()) } else { None };
        let wake = inbox.waiting != 0;
        if wake {
            inbox.waiting -= 1;
            queue.arrived.strike();
        }
        drop(inbox);
        if wake {
            queue.arrived.wake_one();
        }
        if turned {
            self.tell(ready);
        }
        Ok(())
    }

    #[cold]
    fn tell(&self, ready: Option<Ready>) {
        // The function may drop the handle that this call was made through.
        let kept = self.clone();
        kept.shared.settle();
        if let Some(ready) = ready {
            kept.shared.call(ready);
        }
    }

    #[inline]
    pub(super) fn wait_and_post(&self, letter: Blob, timeout: Option<Duration>) -> Result<(), NotPosted> {
        match self.post_in(letter, Lane::Ordinary, false) {
            Err(NotPosted { status: Status::LimitExceeded, letter }) => self.post_later(letter, timeout),
            outcome => outcome,
        }
    }

    #[cold]
    fn post_later(&self, mut letter: Blob, timeout: Option<Duration>) -> Result<(), NotPosted> {
        let wait = self.shared.queue.could_hold((letter.kept_bytes() as u64).min(MOST_BYTES));
        let deadline = Deadline::after(timeout);
        loop {
            let (true, Ok(left)) = (wait, deadline.left()) else {
                return self.post_in(letter, Lane::Ordinary, true);
            };
            self.shared.look_for_room();
            letter = match self.post_in(letter, Lane::Ordinary, false) {
                Err(NotPosted { status: Status::LimitExceeded, letter }) => letter,
                outcome => return outcome,
            };
            let Ok(number) = self.shared.queue.wait_for_room() else {
                return Err(NotPosted { status: Status::Closed, letter });
            };
            let outcome = self.post_in(letter, Lane::Ordinary, false);
            let slept = matches!(outcome, Err(NotPosted { status: Status::LimitExceeded, .. }));
            if slept {
                self.shared.queue.changed.wait(number, left);
            }
            self.shared.queue.stop_waiting_for_room();
            letter = match outcome {
                Err(NotPosted { letter, .. }) if slept => letter,
                outcome => return outcome,
            };
            // There is room now, unless another poster was faster.
            letter = match self.post_in(letter, Lane::Ordinary, false) {
                Err(NotPosted { status: Status::LimitExceeded, letter }) => letter,
                outcome => return outcome,
            };
        }
    }
}

impl Shared {
    /// If there is room soon, no taker need wake this thread.
    fn look_for_room(&self) {
        let removed = self.queue.totals().1;
        self.queue.lookout_for_room.look_for_a_while(|| self.queue.totals().1 - removed);
    }
}
