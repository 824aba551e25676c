//! Takes letters from the carrier to the served mailboxes.
//!
//! A head is acknowledged when all its letters have been taken from their mailbox, so that a killed process loses
//! none that wait there. An office that closes takes those back that wait there, and has their heads delivered again.
//! No event tells when they are taken, so the receiver polls, frequently at first.

use std::collections::{HashMap, VecDeque};
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::{Duration, Instant};

use crate::Status;
use crate::carrier::{Arrival, CarrierError, HeadName, PartsName};
use crate::core::{Blob, Mailbox, NotPosted};
use crate::envelope::Opening;
use crate::head::{Body, Head, count_of};
use crate::shared::{Served, Shared, count};

/// How long a fetch waits.
const WAIT: Duration = Duration::from_secs(1);
/// How long a fetch waits while letters wait to be taken, or for room.
const FIRST_LOOK: Duration = Duration::from_micros(50);
const LONGEST_LOOK: Duration = Duration::from_millis(10);
/// The number of offices whose last heads are remembered.
const MOST_KNOWN: usize = 1 << 16;

pub(crate) struct Receiver {
    shared: Arc<Shared>,
    /// At most one of each address, because carriers deliver one at a time.
    pending: Vec<Pending>,
    /// The last number of each address and office, and when it arrived.
    known: HashMap<(Vec<u8>, u64), (u64, Instant)>,
}

/// A head that is not acknowledged.
struct Pending {
    arrival: Arrival,
    number: u64,
    /// The letters that are not posted yet.
    letters: VecDeque<Blob>,
    /// The mailbox that the first letters were posted to.
    started: Option<Served>,
    /// When all are posted: the mailbox, and the number of letters that had ever entered it by then.
    posted: Option<(Mailbox, u64)>,
    parts: Option<(PartsName, u32)>,
    extended: Instant,
}

impl Pending {
    /// Whether all its letters were posted, and all of them taken.
    fn is_taken(&self) -> bool {
        self.posted.as_ref().is_some_and(|(mailbox, posted)| mailbox.passed().1 >= *posted)
    }
}

/// The result for a head.
enum Outcome {
    Letters(u64, VecDeque<Blob>, Option<(PartsName, u32)>),
    /// A duplicate, with these parts.
    Known(Option<(PartsName, u32)>),
    /// It must not be delivered again.
    Ended(Status),
    Later,
}

impl Receiver {
    pub(crate) fn new(shared: &Arc<Shared>) -> Receiver {
        Receiver { shared: Arc::clone(shared), pending: Vec::new(), known: HashMap::new() }
    }

    pub(crate) fn run(mut self) {
        let mut look = FIRST_LOOK;
        while !self.shared.lock().ended {
            let before = self.pending.len();
            self.deliver();
            look = if self.pending.len() < before { FIRST_LOOK } else { (look * 2).min(LONGEST_LOOK) };
            let wait = if self.pending.is_empty() { WAIT } else { look };
            if let Some(arrival) = self.shared.carrier.fetch(wait) {
                self.arrived(arrival);
                look = FIRST_LOOK;
            }
        }
        self.close();
    }

    /// Acknowledges the heads whose letters were all taken, and has the others delivered again.
    fn close(&mut self) {
        let pending = core::mem::take(&mut self.pending);
        // Before any letter is taken back, which counts as taken.
        let (taken, left): (Vec<_>, Vec<_>) = pending.into_iter().partition(Pending::is_taken);
        taken.iter().for_each(|pending| finish(&self.shared, pending));
        for started in left.iter().filter_map(|pending| pending.started.as_ref()) {
            drop(started.take_back(&self.shared));
        }
        for pending in &left {
            // So that it is not delivered to this office again.
            let _ = self.shared.carrier.serve(&pending.arrival.address, false);
            self.shared.carrier.refuse(&pending.arrival);
        }
    }

    fn arrived(&mut self, arrival: Arrival) {
        let carrier = Arc::clone(&self.shared.carrier);
        let same = |pending: &&mut Pending| {
            let other = &pending.arrival;
            (&other.address, other.office, &other.head) == (&arrival.address, arrival.office, &arrival.head)
        };
        // Delivered again while its letters wait for room: the latest delivery is the one to acknowledge.
        if let Some(pending) = self.pending.iter_mut().find(same) {
            pending.arrival = arrival;
            return;
        }
        match self.open(&arrival) {
            Outcome::Letters(number, letters, parts) => {
                let extended = Instant::now();
                self.pending.push(Pending {
                    arrival,
                    number,
                    letters,
                    started: None,
                    posted: None,
                    parts,
                    extended,
                });
                self.deliver();
            }
            Outcome::Known(parts) => {
                count(&self.shared.tally.duplicates, 1);
                carrier.acknowledge(&arrival);
                if let Some((name, count)) = parts {
                    carrier.discard(&name, count);
                }
            }
            Outcome::Ended(status) => {
                let tally = &self.shared.tally;
                let counter = if status == Status::LimitExceeded { &tally.refused } else { &tally.malformed };
                count(counter, 1);
                carrier.acknowledge(&arrival);
            }
            Outcome::Later => carrier.refuse(&arrival),
        }
    }

    fn open(&self, arrival: &Arrival) -> Outcome {
        let head = match Head::read(&arrival.head) {
            Ok(head) => head,
            Err(Status::NoMemory) => return Outcome::Later,
            Err(status) => return Outcome::Ended(status),
        };
        let key = (arrival.address.clone(), arrival.office);
        let name = HeadName { address: key.0.clone(), office: key.1, number: head.number };
        let parts = match head.body {
            Body::Inside(_) => None,
            Body::InParts { total, part_bytes, attempt } => {
                let Some(count) = count_of(total, part_bytes) else {
                    return Outcome::Ended(Status::Malformed);
                };
                Some((PartsName { head: name, attempt }, count))
            }
        };
        if self.known.get(&key).is_some_and(|(last, _)| head.number <= *last) {
            return Outcome::Known(parts);
        }
        let mut letters = VecDeque::new();
        let outcome = match (&head.body, &parts) {
            (Body::Inside(inside), _) => self.open_inside(inside, &mut letters),
            (Body::InParts { total, .. }, Some((name, count))) => {
                self.open_parts(arrival, name, *count, *total).map(|letter| letters.push_back(letter))
            }
            (Body::InParts { .. }, None) => Err(CarrierError::Ended(Status::Malformed)),
        };
        match outcome {
            Ok(()) => Outcome::Letters(head.number, letters, parts),
            Err(CarrierError::Later | CarrierError::Full | CarrierError::Ended(Status::NoMemory)) => {
                Outcome::Later
            }
            Err(fault) => {
                if let Some((name, count)) = parts {
                    self.shared.carrier.discard(&name, count);
                }
                match fault {
                    CarrierError::Ended(status) => Outcome::Ended(status),
                    _ => Outcome::Ended(Status::Malformed),
                }
            }
        }
    }

    /// Delivers the letters of a head. One that breaks a rule does not affect the others.
    fn open_inside(&self, inside: &[&[u8]], letters: &mut VecDeque<Blob>) -> Result<(), CarrierError> {
        let limits = &self.shared.options.limits;
        let (mut malformed, mut refused) = (0, 0);
        for bytes in inside {
            let opened = Opening::new(bytes.len() as u64, limits).and_then(|mut opening| {
                opening.take(bytes)?;
                opening.finish()
            });
            match opened {
                Ok(letter) => letters.push_back(letter),
                Err(Status::NoMemory) => return Err(CarrierError::Later),
                Err(Status::LimitExceeded) => refused += 1,
                Err(_) => malformed += 1,
            }
        }
        count(&self.shared.tally.malformed, malformed);
        count(&self.shared.tally.refused, refused);
        Ok(())
    }

    fn open_parts(
        &self,
        arrival: &Arrival,
        name: &PartsName,
        count: u32,
        total: u64,
    ) -> Result<Blob, CarrierError> {
        let carrier = &self.shared.carrier;
        let mut opening = Opening::new(total, &self.shared.options.limits)?;
        let often = carrier.patience() / 3;
        let mut extended = Instant::now();
        carrier.fetch_parts(name, count, &mut |bytes| {
            if extended.elapsed() > often {
                carrier.extend(arrival);
                extended = Instant::now();
            }
            opening.take(bytes)
        })?;
        Ok(opening.finish()?)
    }

    /// Continues with pending heads, as far as the mailboxes have room.
    fn deliver(&mut self) {
        let mut waiting: Vec<Pending> = Vec::new();
        for mut pending in core::mem::take(&mut self.pending) {
            // A later letter for an address does not overtake.
            let behind = waiting.iter().any(|other| other.arrival.address == pending.arrival.address);
            if behind || !self.delivered(&mut pending) {
                if pending.extended.elapsed() > self.shared.carrier.patience() / 3 {
                    self.shared.carrier.extend(&pending.arrival);
                    pending.extended = Instant::now();
                }
                waiting.push(pending);
            }
        }
        self.pending = waiting;
    }

    /// Whether the head is finished.
    fn delivered(&mut self, pending: &mut Pending) -> bool {
        let served = self.shared.lock().served.get(&pending.arrival.address).cloned();
        if let Some(served) = &served
            && !self.moved(pending, served)
        {
            self.shared.carrier.refuse(&pending.arrival);
            return true;
        }
        if pending.posted.is_none() {
            let Some(into @ Served { mailbox, .. }) = &served else {
                self.shared.carrier.refuse(&pending.arrival);
                return true;
            };
            match self.post(pending, into) {
                Ok(true) => {}
                Ok(false) => return false,
                // Its owner has closed it: other offices may serve the address.
                Err(Status::Closed) => {
                    stop_serving(&self.shared, &pending.arrival.address, mailbox);
                    self.shared.carrier.refuse(&pending.arrival);
                    return true;
                }
                Err(_) => return false,
            }
            pending.posted = Some((mailbox.clone(), mailbox.passed().0));
            self.remember(pending);
        }
        let taken = pending.is_taken();
        if taken {
            finish(&self.shared, pending);
        }
        taken
    }

    /// When another mailbox has replaced the one that letters of the head wait in, takes them back for the new one.
    /// Returns whether this was possible; otherwise the head must be delivered again.
    fn moved(&mut self, pending: &mut Pending, served: &Served) -> bool {
        let is_other = |started: &mut Served| !started.mailbox.is_same(&served.mailbox);
        if pending.is_taken() {
            return true;
        }
        let Some(old) = pending.started.take_if(is_other) else { return true };
        if pending.posted.is_none() && old.mailbox.is_empty() {
            return true;
        }
        let has_other_letters =
            self.shared.lock().served.values().any(|other| other.mailbox.is_same(&old.mailbox));
        if !has_other_letters {
            let (letters, all) = old.take_back(&self.shared);
            // They are counted again when they are posted.
            self.shared.tally.received.fetch_sub(letters.len() as u64, Ordering::Relaxed);
            letters.into_iter().rev().for_each(|letter| pending.letters.push_front(letter));
            if all {
                pending.posted = None;
                return true;
            }
        }
        if pending.posted.is_some() {
            self.forget(pending);
        }
        false
    }

    /// Posts the letters of the head; returns whether all are posted.
    fn post(&self, pending: &mut Pending, served: &Served) -> Result<bool, Status> {
        let mailbox = &served.mailbox;
        pending.started = Some(served.clone());
        while let Some(letter) = pending.letters.pop_front() {
            let Err(refused) = self.post_letter(served, letter) else { continue };
            if refused.status == Status::Closed {
                return Err(Status::Closed);
            }
            if refused.status != Status::LimitExceeded || !mailbox.is_empty() {
                pending.letters.push_front(refused.letter);
                return Ok(false);
            }
            // The mailbox was empty: it never takes this letter, or another thread was faster.
            let Err(refused) = self.post_letter(served, refused.letter) else { continue };
            if refused.status != Status::LimitExceeded || !mailbox.is_empty() {
                pending.letters.push_front(refused.letter);
                return Ok(false);
            }
            count(&self.shared.tally.refused, 1);
        }
        Ok(true)
    }

    /// Counts the letter before it can be taken: whoever has it finds it counted.
    fn post_letter(&self, served: &Served, letter: Blob) -> Result<(), NotPosted> {
        let received = &self.shared.tally.received;
        count(received, 1);
        let posted = served.mailbox.post(letter);
        match posted {
            Ok(()) => count(&served.entered, 1),
            Err(_) => drop(received.fetch_sub(1, Ordering::Relaxed)),
        }
        posted
    }

    /// Remembers the head, to recognise duplicates.
    fn remember(&mut self, pending: &Pending) {
        let key = (pending.arrival.address.clone(), pending.arrival.office);
        if self.known.len() >= MOST_KNOWN && !self.known.contains_key(&key) {
            forget_older_half(&mut self.known);
        }
        self.known.insert(key, (pending.number, Instant::now()));
    }

    /// Forgets the head, the last one of its office that was remembered.
    fn forget(&mut self, pending: &Pending) {
        let key = (pending.arrival.address.clone(), pending.arrival.office);
        match pending.number.checked_sub(1) {
            Some(before) => drop(self.known.insert(key, (before, Instant::now()))),
            None => drop(self.known.remove(&key)),
        }
    }
}

fn finish(shared: &Shared, pending: &Pending) {
    shared.carrier.acknowledge(&pending.arrival);
    if let Some((name, count)) = &pending.parts {
        shared.carrier.discard(name, *count);
    }
}

/// Stops serving the address, unless another mailbox has replaced this one.
fn stop_serving(shared: &Shared, address: &[u8], mailbox: &Mailbox) {
    let mut state = shared.lock();
    if state.served.get(address).is_some_and(|served| served.mailbox.is_same(mailbox)) {
        let served = state.served.remove(address);
        drop(state);
        drop(served);
        let _ = shared.carrier.serve(address, false);
    }
}

fn forget_older_half(known: &mut HashMap<(Vec<u8>, u64), (u64, Instant)>) {
    let mut times: Vec<Instant> = known.values().map(|(_, time)| *time).collect();
    let middle = times.len() / 2;
    let (_, middle, _) = times.select_nth_unstable(middle);
    let middle = *middle;
    known.retain(|_, (_, time)| *time > middle);
}
