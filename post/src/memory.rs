//! A carrier in the process, for tests: a store that several offices share, with a network's faults on demand.

use std::collections::{BTreeMap, HashMap, HashSet, VecDeque};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use crate::Status;
use crate::carrier::{Arrival, Carrier, CarrierError, HeadName, PartsName};
use crate::envelope::LetterChunk;

/// What the carriers of one process share.
#[derive(Clone, Debug, Default)]
pub struct MemoryStore(Arc<Store>);

#[derive(Debug, Default)]
struct Store {
    state: Mutex<Contents>,
    changed: Condvar,
}

#[derive(Debug, Default)]
struct Contents {
    heads: HashMap<Vec<u8>, VecDeque<Stored>>,
    known: HashSet<HeadName>,
    parts: HashMap<PartsName, BTreeMap<u32, Vec<u8>>>,
    used: u64,
    capacity: Option<u64>,
    cut: bool,
    /// Cuts all carriers off when this many parts more are stored.
    cut_after_parts: Option<u32>,
    /// Carriers that can no longer reach it.
    cut_off: Vec<u64>,
    lost_receipts: u32,
    part_publications: u64,
    tokens: u64,
    carriers: u64,
}

#[derive(Debug)]
struct Stored {
    office: u64,
    bytes: Vec<u8>,
    /// Which delivery, and whose.
    out: Option<(u64, u64)>,
}

impl MemoryStore {
    /// An empty store with this capacity in bytes; `None` for no bound.
    pub fn new(capacity: Option<u64>) -> MemoryStore {
        let store = MemoryStore::default();
        store.lock().capacity = capacity;
        store
    }

    /// A carrier to the store.
    pub fn carrier(&self) -> MemoryCarrier {
        let mut state = self.lock();
        state.carriers += 1;
        MemoryCarrier {
            store: self.clone(),
            own: state.carriers,
            served: Mutex::default(),
            ended: Mutex::default(),
        }
    }

    /// Cuts all carriers off from the store, or connects them again.
    pub fn cut(&self, cut: bool) {
        self.lock().cut = cut;
        self.0.changed.notify_all();
    }

    /// Cuts all carriers off after this many parts more, at least one.
    pub fn cut_after_parts(&self, count: u32) {
        self.lock().cut_after_parts = Some(count);
    }

    /// Cuts these carriers off for good; they are numbered from 1 in the order they were made.
    pub fn cut_off(&self, carriers: &[u64]) {
        self.lock().cut_off = carriers.to_vec();
    }

    /// The store keeps the next publications, this many, but their receipts are lost.
    pub fn lose_receipts(&self, count: u32) {
        self.lock().lost_receipts = count;
    }

    /// Delivers again what is not acknowledged, as if nothing had been heard from the receivers for long.
    pub fn hand_out_again(&self) {
        self.lock().heads.values_mut().flatten().for_each(|stored| stored.out = None);
        self.0.changed.notify_all();
    }

    /// Forgets which heads it knows, as after the window for duplicates.
    pub fn forget(&self) {
        self.lock().known.clear();
    }

    /// Loses all parts, as when the stream is purged.
    pub fn lose_parts(&self) {
        let mut state = self.lock();
        let lost: usize = state.parts.values().flat_map(BTreeMap::values).map(Vec::len).sum();
        state.used -= lost as u64;
        state.parts.clear();
    }

    /// How many bytes it holds.
    pub fn used(&self) -> u64 {
        self.lock().used
    }

    /// How many parts were published, including those that were already stored.
    pub fn part_publications(&self) -> u64 {
        self.lock().part_publications
    }

    /// The heads that wait for a receiver at the address.
    pub fn heads(&self, address: &[u8]) -> Vec<Vec<u8>> {
        let state = self.lock();
        let heads = state.heads.get(address);
        heads.map_or_else(Vec::new, |heads| heads.iter().map(|stored| stored.bytes.clone()).collect())
    }

    /// Stores a head, which may be hostile.
    pub fn inject(&self, address: &[u8], office: u64, head: &[u8]) {
        let mut state = self.lock();
        state.used += head.len() as u64;
        let stored = Stored { office, bytes: head.to_vec(), out: None };
        state.heads.entry(address.to_vec()).or_default().push_back(stored);
        self.0.changed.notify_all();
    }

    /// Stores a part.
    pub fn inject_part(&self, name: &PartsName, index: u32, bytes: &[u8]) {
        let mut state = self.lock();
        state.used += bytes.len() as u64;
        state.parts.entry(name.clone()).or_default().insert(index, bytes.to_vec());
    }

    fn lock(&self) -> MutexGuard<'_, Contents> {
        self.0.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Contents {
    /// Whether the publication gets a receipt.
    fn receipt(&mut self) -> Result<(), CarrierError> {
        if self.lost_receipts == 0 {
            return Ok(());
        }
        self.lost_receipts -= 1;
        Err(CarrierError::Later)
    }

    fn room(&mut self, length: usize) -> Result<(), CarrierError> {
        let used = self.used + length as u64;
        if self.capacity.is_some_and(|capacity| used > capacity) {
            return Err(CarrierError::Full);
        }
        self.used = used;
        Ok(())
    }

    fn find(&mut self, arrival: &Arrival) -> Option<(&mut VecDeque<Stored>, usize)> {
        let heads = self.heads.get_mut(&arrival.address)?;
        let place = heads.iter().position(|stored| stored.out.is_some_and(|out| out.0 == arrival.token))?;
        Some((heads, place))
    }
}

/// A carrier to a [`MemoryStore`].
#[derive(Debug)]
pub struct MemoryCarrier {
    store: MemoryStore,
    own: u64,
    served: Mutex<Vec<Vec<u8>>>,
    ended: Mutex<bool>,
}

impl MemoryCarrier {
    fn served(&self) -> MutexGuard<'_, Vec<Vec<u8>>> {
        self.served.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn ended(&self) -> bool {
        *self.ended.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Carrier for MemoryCarrier {
    fn largest(&self) -> usize {
        512 * 1024
    }

    fn capacity(&self) -> Option<u64> {
        self.store.lock().capacity
    }

    fn is_reachable(&self) -> bool {
        let state = self.store.lock();
        !state.cut && !state.cut_off.contains(&self.own)
    }

    fn publish_parts(
        &self,
        name: &PartsName,
        from: u32,
        count: u32,
        part: &mut dyn FnMut(u32) -> Result<LetterChunk, Status>,
    ) -> (u32, Result<(), CarrierError>) {
        for index in from..count {
            let chunk = match part(index) {
                Ok(chunk) => chunk,
                Err(status) => return (index, Err(status.into())),
            };
            let bytes = chunk.as_ref();
            let mut state = self.store.lock();
            if state.cut {
                return (index, Err(CarrierError::Later));
            }
            state.part_publications += 1;
            state.cut_after_parts = state.cut_after_parts.map(|left| left.saturating_sub(1));
            if state.cut_after_parts == Some(0) {
                (state.cut, state.cut_after_parts) = (true, None);
            }
            if !state.parts.get(name).is_some_and(|parts| parts.contains_key(&index)) {
                if let Err(fault) = state.room(bytes.len()) {
                    return (index, Err(fault));
                }
                state.parts.entry(name.clone()).or_default().insert(index, bytes.to_vec());
            }
            if let Err(fault) = state.receipt() {
                return (index, Err(fault));
            }
        }
        (count, Ok(()))
    }

    fn has_parts(&self, name: &PartsName) -> Result<bool, CarrierError> {
        let state = self.store.lock();
        if state.cut {
            Err(CarrierError::Later)
        } else {
            Ok(state.parts.get(name).is_some_and(|parts| parts.contains_key(&0)))
        }
    }

    fn publish_heads(&self, heads: &[(HeadName, Vec<u8>)]) -> Vec<Result<(), CarrierError>> {
        let mut state = self.store.lock();
        let mut publish = |(name, bytes): &(HeadName, Vec<u8>)| {
            if state.cut {
                return Err(CarrierError::Later);
            }
            if !state.known.contains(name) {
                state.room(bytes.len())?;
                state.known.insert(name.clone());
                let stored = Stored { office: name.office, bytes: bytes.clone(), out: None };
                state.heads.entry(name.address.clone()).or_default().push_back(stored);
            }
            state.receipt()
        };
        let results = heads.iter().map(&mut publish).collect();
        self.store.0.changed.notify_all();
        results
    }

    fn discard(&self, name: &PartsName, _: u32) {
        let mut state = self.store.lock();
        if !state.cut
            && let Some(parts) = state.parts.remove(name)
        {
            state.used -= parts.values().map(|part| part.len() as u64).sum::<u64>();
        }
    }

    fn serve(&self, address: &[u8], serving: bool) -> Result<(), CarrierError> {
        self.served().retain(|served| served != address);
        if serving {
            self.served().push(address.to_vec());
        }
        self.store.0.changed.notify_all();
        Ok(())
    }

    fn fetch(&self, wait: Duration) -> Option<Arrival> {
        let deadline = Instant::now() + wait;
        let mut state = self.store.lock();
        loop {
            if self.ended() {
                return None;
            }
            state.tokens += 1;
            let token = state.tokens;
            if !state.cut && !state.cut_off.contains(&self.own) {
                for address in self.served().iter() {
                    if let Some(stored) = state.heads.get_mut(address).and_then(VecDeque::front_mut)
                        && stored.out.is_none()
                    {
                        stored.out = Some((token, self.own));
                        let (address, head) = (address.clone(), stored.bytes.clone());
                        return Some(Arrival { address, office: stored.office, head, token });
                    }
                }
            }
            let left = deadline.saturating_duration_since(Instant::now());
            if left.is_zero() {
                return None;
            }
            let waited = self.store.0.changed.wait_timeout(state, left);
            state = waited.unwrap_or_else(PoisonError::into_inner).0;
        }
    }

    fn fetch_parts(
        &self,
        name: &PartsName,
        count: u32,
        take: &mut dyn FnMut(&[u8]) -> Result<(), Status>,
    ) -> Result<(), CarrierError> {
        for index in 0..count {
            let state = self.store.lock();
            if state.cut {
                return Err(CarrierError::Later);
            }
            let part = state.parts.get(name).and_then(|parts| parts.get(&index)).cloned();
            drop(state);
            take(&part.ok_or(CarrierError::Missing)?)?;
        }
        Ok(())
    }

    fn acknowledge(&self, arrival: &Arrival) {
        let mut state = self.store.lock();
        if state.cut || state.cut_off.contains(&self.own) {
            return;
        }
        if let Some((heads, place)) = state.find(arrival)
            && let Some(stored) = heads.remove(place)
        {
            state.used -= stored.bytes.len() as u64;
        }
        self.store.0.changed.notify_all();
    }

    fn refuse(&self, arrival: &Arrival) {
        if let Some((heads, place)) = self.store.lock().find(arrival) {
            heads[place].out = None;
        }
        self.store.0.changed.notify_all();
    }

    fn extend(&self, _: &Arrival) {}

    fn interrupt(&self) {
        *self.ended.lock().unwrap_or_else(PoisonError::into_inner) = true;
        // With the store locked, so that no thread is between looking and waiting.
        drop(self.store.lock());
        self.store.0.changed.notify_all();
    }

    fn patience(&self) -> Duration {
        Duration::from_secs(10)
    }
}

impl Drop for MemoryCarrier {
    fn drop(&mut self) {
        let own = self.own;
        for stored in self.store.lock().heads.values_mut().flatten() {
            stored.out = stored.out.filter(|out| out.1 != own);
        }
        self.store.0.changed.notify_all();
    }
}
