//! The process-wide table of named mailboxes. It holds no counts: a mailbox is freed, with its letters, when the last
//! actor drops its handle.

use std::collections::HashMap;

use super::queue::Bounds;
use super::short_lock::{Held, ShortLock};
use super::{Mailbox, Shared, fork};
use crate::counting::WeakPtr;
use crate::status::Status;

type NameTable = HashMap<Vec<u8>, WeakPtr<Shared>>;

/// `None` while there are no names.
static TABLE: ShortLock<Option<NameTable>> = ShortLock::new(None);

/// A child that was forked while another thread held the table starts with an empty one.
fn table() -> Held<'static, Option<NameTable>> {
    TABLE.lock_or_replace(|| None)
}

fn known(table: &Option<NameTable>, name: &[u8]) -> Option<Mailbox> {
    let weak = table.as_ref()?.get(name)?;
    // SAFETY: a mailbox's `retire` takes it out of the table under the lock that is held here.
    unsafe { weak.upgrade() }.map(|shared| Mailbox { shared })
}

/// See [`Mailbox::find`].
pub(super) fn find(name: &[u8]) -> Result<Mailbox, Status> {
    if name.is_empty() {
        return Err(Status::InvalidArgument);
    }
    fork::watch()?;
    known(&table(), name).ok_or(Status::NotFound)
}

/// See [`Mailbox::open`].
pub(super) fn open(name: &[u8], bounds: Bounds) -> Result<Mailbox, Status> {
    if name.is_empty() {
        return Err(Status::InvalidArgument);
    }
    fork::watch()?;
    let mut table = table();
    match known(&table, name) {
        Some(mailbox) => Ok(mailbox),
        None => enter(&mut table, name, bounds),
    }
}

/// A new mailbox of this name. `Busy` if there is an open one.
pub(super) fn make(name: &[u8], bounds: Bounds) -> Result<Mailbox, Status> {
    fork::watch()?;
    let mut table = table();
    let Some(found) = known(&table, name) else { return enter(&mut table, name, bounds) };
    // This may be the last handle by now, and dropping the last one locks the table.
    drop(table);
    drop(found);
    Err(Status::Busy)
}

fn enter(table: &mut Option<NameTable>, name: &[u8], bounds: Bounds) -> Result<Mailbox, Status> {
    // Everything that can fail comes before the handle is made: dropping a handle under this lock would wait for the
    // lock.
    let table = table.get_or_insert_default();
    table.try_reserve(1)?;
    let mut key = Vec::new();
    key.try_reserve_exact(name.len())?;
    key.extend_from_slice(name);
    let mailbox = Mailbox::make(bounds, name)?;
    table.insert(key, mailbox.shared.downgrade());
    Ok(mailbox)
}

/// Removes the mailbox, unless another one has the name by now.
pub(super) fn forget(name: &[u8], weak: WeakPtr<Shared>) {
    let mut held = table();
    let Some(table) = held.as_mut() else { return };
    if table.get(name).is_some_and(|known| *known == weak) {
        table.remove(name);
        if table.is_empty() {
            // A program that has closed all its mailboxes has freed all their memory.
            *held = None;
        }
    }
}

/// For tests of what a thread that holds the table does to others.
#[cfg(all(test, unix))]
pub(super) fn while_locked(run: impl FnOnce()) {
    let _held = table();
    run();
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::mailbox::Options;

    #[test]
    fn a_name_finds_the_same_mailbox_until_it_is_closed_or_dropped() {
        let one = Mailbox::open(b"registry test", 1).unwrap();
        let other = Mailbox::open(b"registry test", 0).unwrap();
        other.post(crate::blob::Blob::zeroed(8).unwrap()).unwrap();
        assert_eq!(one.len(), 1);
        one.close();
        let fresh = Mailbox::open(b"registry test", 0).unwrap();
        assert!(fresh.is_empty());
        drop((one, other));
        assert!(find(b"registry test").is_ok());
        drop(fresh);
        assert_eq!(find(b"registry test").err(), Some(Status::NotFound));
    }

    #[test]
    fn opening_finding_and_dropping_from_many_threads_never_finds_a_dead_one() {
        let name = b"registry race";
        let named = Options { name, ..Options::default() };
        std::thread::scope(|scope| {
            for _ in 0..4 {
                scope.spawn(|| {
                    for round in 0..8000 {
                        let opened = match round % 3 {
                            0 => Mailbox::open(name, 0),
                            1 => Mailbox::with_options(&named),
                            _ => Mailbox::find(name),
                        };
                        let Ok(mailbox) = opened else { continue };
                        mailbox.post(crate::blob::Blob::zeroed(8).unwrap()).unwrap();
                        drop(mailbox.take(Some(core::time::Duration::ZERO)));
                    }
                });
            }
        });
        assert_eq!(find(name).err(), Some(Status::NotFound));
    }
}
