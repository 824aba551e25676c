//! Iterations that continue while their map changes: the heap keeps a list of them, and updates their positions when
//! slots are renumbered.

use super::super::layout::Wrapper;
use super::super::memory::Memory;
use super::super::table::{Cursor, Table};
use super::super::version::Bucket;
use super::{Heap, TABLE};
use crate::allocation::Grow;
use crate::status::Status;

/// All iterations.
#[derive(Default)]
pub(super) struct Walks {
    walks: Vec<Walk>,
    /// The number of iterations that have not ended.
    alive: usize,
}

#[derive(Clone, Copy)]
struct Walk {
    /// The wrapper of the map or set; 0 after it was freed.
    map: u32,
    cursor: Cursor,
    ended: bool,
}

impl Walks {
    fn of(&mut self, map: u32) -> impl Iterator<Item = &mut Walk> {
        self.walks.iter_mut().filter(move |walk| walk.map == map && !walk.ended)
    }

    fn find(&mut self, walk: u32) -> Result<&mut Walk, Status> {
        let walk = (walk as usize).checked_sub(1).and_then(|number| self.walks.get_mut(number));
        walk.filter(|walk| !walk.ended).ok_or(Status::InvalidArgument)
    }

    /// Called when the wrapper is freed.
    pub(super) fn forget(&mut self, map: u32) {
        self.of(map).for_each(|walk| walk.map = 0);
    }

    /// Called when the map was cleared.
    pub(super) fn rewind(&mut self, map: u32) {
        self.of(map).for_each(|walk| walk.cursor = 0);
    }
}

impl Heap {
    /// Begins an iteration over a map or set of this heap, which continues while that changes. It must be ended; its
    /// number is not 0. `InvalidArgument` when it is not a map or set, `NoMemory`.
    pub fn walk_begin(&mut self, map: u32) -> Result<u32, Status> {
        self.block(map, TABLE)?;
        Wrapper::load(self.bytes(), map)?;
        let walk = Walk { map, cursor: 0, ended: false };
        let Walks { walks, alive } = &mut self.walks;
        let number = if *alive < walks.len() { walks.iter().position(|walk| walk.ended) } else { None };
        match number.and_then(|number| walks.get_mut(number)) {
            Some(place) => *place = walk,
            None => walks.try_push(walk)?,
        }
        *alive += 1;
        Ok(number.unwrap_or(walks.len() - 1) as u32 + 1)
    }

    /// The next entry as two raw fields; `None` at the end, and when the map was released. `InvalidArgument` for an
    /// unknown iteration, `Malformed`.
    pub fn walk_next(&mut self, walk: u32) -> Result<Option<(u64, u64)>, Status> {
        let Walk { map, mut cursor, .. } = *self.walks.find(walk)?;
        if map == 0 {
            return Ok(None);
        }
        let kind = Wrapper::load(self.bytes(), map)?.kind;
        let next = Table::open(self.bytes(), kind, map)?.next(&mut cursor)?;
        self.walks.find(walk)?.cursor = cursor;
        Ok(next)
    }

    /// Ends an iteration. `InvalidArgument` for an unknown one.
    pub fn walk_end(&mut self, walk: u32) -> Result<(), Status> {
        self.walks.find(walk)?.ended = true;
        self.walks.alive -= 1;
        while self.walks.walks.last().is_some_and(|walk| walk.ended) {
            self.walks.walks.pop();
        }
        Ok(())
    }

    /// The map's live slots, except one, are about to be renumbered from 0: updates the positions of its iterations.
    pub(super) fn move_walks(&mut self, map: u32, without: Option<u32>) {
        if self.walks.alive == 0 {
            return;
        }
        let mut walks = core::mem::take(&mut self.walks);
        if let Ok(wrapper) = Wrapper::load(self.bytes(), map)
            && let Ok(bucket) = Bucket::open(self.bytes(), wrapper)
        {
            for walk in walks.of(map) {
                let passed = bucket.live().take_while(|(number, _)| *number < walk.cursor);
                walk.cursor = passed.filter(|(number, _)| Some(*number) != without).count() as u32;
            }
        }
        self.walks = walks;
    }
}
