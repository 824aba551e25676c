//! Takes letters from the proxies to the carrier.
//!
//! Each address has one head in transit at a time, so that no letter overtakes another: many small letters in one
//! head, or one large letter, whose parts go first. A head without a receipt is offered again, unchanged and under
//! the same number.

use std::sync::Arc;
use std::time::{Duration, Instant};

use crate::Status;
use crate::carrier::{CarrierError, HeadName, PART_BYTES, PartsName};
use crate::core::{Blob, Watch};
use crate::envelope::Envelope;
use crate::head::{self, FRONT, FRONT_OF_LETTER};
use crate::shared::{SenderBell, Shared, State, count};

/// The most bytes of a head with letters inside.
const MOST_INSIDE: usize = 256 * 1024;
/// The most letters in one head.
const MOST_LETTERS: usize = 4096;
const FIRST_PAUSE: Duration = Duration::from_millis(20);
const LONGEST_PAUSE: Duration = Duration::from_secs(1);
/// After this many offers to a full store the parts of a letter are discarded, because halves of two letters could
/// fill it for ever.
const PATIENCE_WHEN_FULL: u32 = 4;

pub(crate) struct Sender {
    shared: Arc<Shared>,
    routes: Vec<Route>,
    /// What other threads do while the sender looks for letters.
    #[cfg(test)]
    meanwhile: Option<fn(&Shared)>,
}

/// The letters for one address.
struct Route {
    address: Vec<u8>,
    proxy: Watch<SenderBell>,
    next_number: u64,
    offer: Option<Offer>,
    /// A letter that did not fit into the last head.
    left_over: Option<Blob>,
}

/// A head in transit.
struct Offer {
    number: u64,
    since: Instant,
    letters: Vec<Blob>,
    head: Vec<u8>,
    parts: Option<Parts>,
    full: u32,
}

struct Parts {
    envelope: Envelope,
    part_bytes: u32,
    count: u32,
    attempt: u32,
    stored: u32,
    /// The store may have lost parts: it was out of reach since the first one.
    doubted: bool,
}

impl Sender {
    pub(crate) fn new(shared: &Arc<Shared>) -> Sender {
        Sender {
            shared: Arc::clone(shared),
            routes: Vec::new(),
            #[cfg(test)]
            meanwhile: None,
        }
    }

    pub(crate) fn run(mut self) {
        let mut pause = FIRST_PAUSE;
        loop {
            let (taking, ended) = self.look();
            if ended {
                break;
            }
            if taking {
                self.take_letters();
            }
            let held = self.held();
            self.shared.change(|state| {
                state.taking = false;
                state.held = held;
            });
            if held == 0 {
                // Letters may have been returned after a fault.
                self.shared.lock().fault = None;
                self.shared.wait(None, |state| state.rung || state.ended);
                continue;
            }
            let fault = self.offer();
            let held = self.held();
            self.shared.change(|state| {
                state.held = held;
                state.fault = fault;
            });
            match fault {
                None => pause = FIRST_PAUSE,
                Some(_) => {
                    self.shared.wait(Some(pause), |state| state.ended);
                    pause = (pause * 2).min(LONGEST_PAUSE);
                }
            }
        }
        self.return_all();
    }

    /// Looks for new proxies and for letters; returns whether there are letters to take, and whether the office ends.
    fn look(&mut self) -> (bool, bool) {
        // Before anything is looked at: what comes from now on rings again.
        self.shared.lock().rung = false;
        self.adopt();
        #[cfg(test)]
        if let Some(meanwhile) = self.meanwhile.take() {
            meanwhile(&self.shared);
        }
        self.shared.change(|state| {
            // Only when there is something to take: an office without letters is always flushed.
            state.taking = state.ended || self.has_letters();
            (state.taking, state.ended)
        })
    }

    fn held(&self) -> u64 {
        let of = |route: &Route| {
            let offered = route.offer.as_ref().map_or(0, |offer| offer.letters.len());
            offered + usize::from(route.left_over.is_some())
        };
        self.routes.iter().map(of).sum::<usize>() as u64
    }

    /// Adds new proxies. One that cannot be watched is tried again next time.
    fn adopt(&mut self) {
        let new = core::mem::take(&mut self.shared.lock().new_proxies);
        for (address, proxy) in new {
            match proxy.watch(SenderBell(Arc::downgrade(&self.shared))) {
                Ok(proxy) => {
                    self.routes.push(Route { address, proxy, next_number: 1, offer: None, left_over: None });
                }
                Err(_) => self.shared.lock().new_proxies.push((address, proxy)),
            }
        }
    }

    fn has_letters(&self) -> bool {
        self.routes.iter().any(|route| route.left_over.is_some() || !route.proxy.mailbox().is_empty())
    }

    fn take_letters(&mut self) {
        let largest = self.shared.carrier.largest();
        let capacity = self.shared.carrier.capacity();
        for route in self.routes.iter_mut().filter(|route| route.offer.is_none()) {
            while let Some(letter) = route.next() {
                match route.prepare(letter, largest, capacity) {
                    Ok(()) => break,
                    Err(letter) => self.shared.give_back(letter),
                }
            }
        }
    }

    /// Offers the letters that are held; returns the last failure.
    fn offer(&mut self) -> Option<CarrierError> {
        let Sender { shared, routes, .. } = self;
        let mut fault = None;
        let mut heads = Vec::new();
        let mut ready = Vec::new();
        for (place, route) in routes.iter_mut().enumerate() {
            let Some(offer) = &mut route.offer else { continue };
            let name =
                HeadName { address: route.address.clone(), office: shared.number, number: offer.number };
            match offer.publish_parts(shared, &name) {
                Ok(()) => {
                    heads.push((name, offer.head.clone()));
                    ready.push(place);
                }
                Err(reason) => fault = route.failed(shared, reason).or(fault),
            }
        }
        if heads.is_empty() {
            return fault;
        }
        let results = shared.carrier.publish_heads(&heads);
        for (place, result) in ready.into_iter().zip(results) {
            match result {
                Ok(()) => {
                    let letters = routes[place].offer.take().map_or(0, |offer| offer.letters.len());
                    count(&shared.tally.sent, letters as u64);
                }
                Err(reason) => fault = routes[place].failed(shared, reason).or(fault),
            }
        }
        fault
    }

    /// Returns all letters, in the order they were posted.
    fn return_all(&mut self) {
        for mut route in self.routes.drain(..) {
            let offered = route.offer.take().map_or_else(Vec::new, |offer| offer.letters);
            offered.into_iter().for_each(|letter| self.shared.give_back(letter));
            while let Some(letter) = route.next() {
                self.shared.give_back(letter);
            }
        }
        self.shared.change(|state: &mut State| {
            state.taking = false;
            state.held = 0;
        });
    }
}

impl Route {
    fn next(&mut self) -> Option<Blob> {
        let letter = self.left_over.take();
        letter.or_else(|| self.proxy.mailbox().take(Some(Duration::ZERO)).ok())
    }

    /// Makes an offer of the letter, and of those after it as long as they are small. Returns the letter when it can
    /// never go: it is too large, or memory has run out.
    fn prepare(&mut self, mut letter: Blob, largest: usize, capacity: Option<u64>) -> Result<(), Blob> {
        let Ok(first) = enveloped(&mut letter) else { return Err(letter) };
        if capacity.is_some_and(|capacity| first.total() > capacity) {
            return Err(letter);
        }
        // Small enough for the store to have room sooner or later.
        let most = capacity.map_or(usize::MAX, |capacity| (capacity / 4) as usize);
        let most_inside = MOST_INSIDE.min(largest).min(most);
        if fits(FRONT, &first, most_inside) {
            return self.prepare_small(letter, first, most_inside);
        }
        let part_bytes = PART_BYTES.min(largest) as u32;
        let total = first.total();
        let Some(parts) = head::count_of(total, part_bytes) else { return Err(letter) };
        let head = head::in_parts(self.next_number, total, part_bytes, 0);
        let parts =
            Parts { envelope: first, part_bytes, count: parts, attempt: 0, stored: 0, doubted: false };
        self.put_offer(vec![letter], head, Some(parts));
        Ok(())
    }

    fn prepare_small(&mut self, first: Blob, envelope: Envelope, most_inside: usize) -> Result<(), Blob> {
        let mut head = head::for_letters(self.next_number);
        let mut letters = Vec::new();
        let mut next = Some((first, envelope));
        while let Some((letter, envelope)) = next.take() {
            let Ok(bytes) = envelope.chunk(0, most_inside) else {
                self.left_over = Some(letter);
                break;
            };
            head::add(&mut head, envelope.total() as u32, bytes.as_ref());
            letters.push(letter);
            if letters.len() == MOST_LETTERS {
                break;
            }
            let Some(mut letter) = self.next() else { break };
            match enveloped(&mut letter) {
                Ok(envelope) if fits(head.len(), &envelope, most_inside) => next = Some((letter, envelope)),
                _ => self.left_over = Some(letter),
            }
        }
        if !letters.is_empty() {
            self.put_offer(letters, head, None);
        }
        Ok(())
    }

    fn put_offer(&mut self, letters: Vec<Blob>, head: Vec<u8>, parts: Option<Parts>) {
        let number = self.next_number;
        self.next_number += 1;
        self.offer = Some(Offer { number, since: Instant::now(), letters, head, parts, full: 0 });
    }

    /// Handles a failed offer; returns the fault when the offer is repeated.
    fn failed(&mut self, shared: &Shared, reason: CarrierError) -> Option<CarrierError> {
        let offer = self.offer.as_mut()?;
        let name = HeadName { address: self.address.clone(), office: shared.number, number: offer.number };
        let late = shared.options.give_up.is_some_and(|give_up| offer.since.elapsed() >= give_up);
        if reason == CarrierError::Full {
            count(&shared.tally.full, 1);
            offer.full += 1;
        }
        if late || reason == CarrierError::Never || shared.lock().ended {
            offer.take_parts_back(shared, &name);
            let letters = self.offer.take().map_or_else(Vec::new, |offer| offer.letters);
            letters.into_iter().for_each(|letter| shared.give_back(letter));
            return (reason != CarrierError::Never).then_some(reason);
        }
        if offer.full >= PATIENCE_WHEN_FULL {
            offer.full = 0;
            offer.take_parts_back(shared, &name);
        }
        count(&shared.tally.offered_again, offer.letters.len() as u64);
        Some(reason)
    }
}

/// Makes the letter stone, as the receiver gets it.
fn enveloped(letter: &mut Blob) -> Result<Envelope, Status> {
    letter.make_stone()?;
    Envelope::of(letter)
}

fn fits(head: usize, envelope: &Envelope, most_inside: usize) -> bool {
    (head + FRONT_OF_LETTER) as u64 + envelope.total() <= most_inside as u64
}

impl Offer {
    fn publish_parts(&mut self, shared: &Shared, head: &HeadName) -> Result<(), CarrierError> {
        let Some(parts) = &mut self.parts else { return Ok(()) };
        let Parts { envelope, part_bytes, count, attempt, stored, doubted } = parts;
        let name = PartsName { head: head.clone(), attempt: *attempt };
        let length = *part_bytes as usize;
        let mut part = |index: u32| envelope.chunk(u64::from(index) * length as u64, length);
        let (now, outcome) = shared.carrier.publish_parts(&name, *stored, *count, &mut part);
        *stored = now;
        *doubted |= outcome.is_err() && now != 0;
        outcome?;
        // The oldest part is the first that a store loses.
        if *doubted && !shared.carrier.has_parts(&name)? {
            self.take_parts_back(shared, head);
            return Err(CarrierError::Later);
        }
        // Once the head is offered, a receiver may discard the parts.
        *doubted = false;
        Ok(())
    }

    /// Discards the parts that are stored; the next offer starts from the beginning.
    fn take_parts_back(&mut self, shared: &Shared, name: &HeadName) {
        let Some(parts) = &mut self.parts else { return };
        let name = PartsName { head: name.clone(), attempt: parts.attempt };
        shared.carrier.discard(&name, parts.count);
        parts.attempt += 1;
        parts.stored = 0;
        parts.doubted = false;
        self.head = head::in_parts(self.number, parts.envelope.total(), parts.part_bytes, parts.attempt);
    }
}

#[cfg(test)]
mod tests {
    // Exports the C calls.
    use drystone as _;

    use super::*;
    use crate::memory::MemoryStore;
    use crate::shared::Options;

    /// A proxy that is made, and posted to, just after the sender looked for new proxies.
    #[test]
    fn a_proxy_that_is_made_while_the_sender_looks_is_found() {
        let carrier = Arc::new(MemoryStore::new(None).carrier());
        let shared = Arc::new(Shared::new(carrier, Options::default()));
        let mut sender = Sender::new(&shared);
        sender.meanwhile = Some(|shared| {
            shared.proxy(b"a").unwrap().post(Blob::from_bytes(b"letter").unwrap()).unwrap();
        });
        assert_eq!(sender.look(), (false, false));
        assert!(shared.lock().rung, "the sender would sleep");
        assert_eq!(sender.look(), (true, false));
    }
}
