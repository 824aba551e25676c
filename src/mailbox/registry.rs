//! The process-wide table of named mailboxes. It knows places and counts nothing, so a mailbox goes, and
//! its letters are swept, when the last actor that has it open goes.

use std::collections::HashMap;
use std::sync::{LazyLock, Mutex, MutexGuard, PoisonError};

use super::{Mailbox, Shared};
use crate::Status;
use crate::counted::Place;

type Table = HashMap<Vec<u8>, Place<Shared>>;

static TABLE: LazyLock<Mutex<Table>> = LazyLock::new(Mutex::default);

fn table() -> MutexGuard<'static, Table> {
    TABLE.lock().unwrap_or_else(PoisonError::into_inner)
}

fn copy(name: &[u8]) -> Result<Vec<u8>, Status> {
    let mut copy = Vec::new();
    copy.try_reserve_exact(name.len())?;
    copy.extend_from_slice(name);
    Ok(copy)
}

/// See [`Mailbox::open`].
pub(super) fn open(name: &[u8], capacity: usize) -> Result<Mailbox, Status> {
    if name.is_empty() {
        return Err(Status::InvalidArgument);
    }
    let mut table = table();
    if let Some(place) = table.get(name) {
        // SAFETY: a mailbox's `retire` takes its place out of the table under the lock that is held here.
        if let Some(shared) = unsafe { place.handle_if_alive() } {
            return Ok(Mailbox { shared });
        }
    }
    // Everything that can fail comes before the handle: dropping one under this lock would wait for it.
    table.try_reserve(1)?;
    let key = copy(name)?;
    let mailbox = Mailbox::with_name(capacity, copy(name)?)?;
    table.insert(key, mailbox.shared.place());
    Ok(mailbox)
}

/// Takes the place out, unless the name is somebody else's by now.
pub(super) fn forget(name: &[u8], place: Place<Shared>) {
    let mut table = table();
    if table.get(name).is_some_and(|known| *known == place) {
        table.remove(name);
        if table.is_empty() {
            // A program that has closed all its mailboxes has given all memory back.
            table.shrink_to_fit();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_finds_the_same_mailbox_until_it_is_closed_or_dropped() {
        let one = Mailbox::open(b"registry test", 1).unwrap();
        let other = Mailbox::open(b"registry test", 0).unwrap();
        other.post(crate::Blob::zeroed(8).unwrap()).unwrap();
        assert_eq!(one.len(), 1);
        one.close();
        let fresh = Mailbox::open(b"registry test", 0).unwrap();
        assert!(fresh.is_empty());
        drop((one, other));
        assert!(table().contains_key(&b"registry test"[..]));
        drop(fresh);
        assert!(!table().contains_key(&b"registry test"[..]));
    }

    #[test]
    fn opening_and_dropping_from_many_threads_never_finds_a_dead_one() {
        std::thread::scope(|scope| {
            for _ in 0..4 {
                scope.spawn(|| {
                    for _ in 0..2000 {
                        let mailbox = Mailbox::open(b"registry race", 0).unwrap();
                        mailbox.post(crate::Blob::zeroed(8).unwrap()).unwrap();
                    }
                });
            }
        });
        assert!(!table().contains_key(&b"registry race"[..]));
    }
}
