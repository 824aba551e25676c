//! Random scripts of one thread, compared with a simple model after each step: order, refusals and statistics.

mod common;
#[path = "common/generate.rs"]
mod generate;

use std::collections::VecDeque;
use std::time::Duration;

use drystone::mailbox::{Options, Statistics};
use drystone::{Blob, Mailbox, Status};
use generate::cases;
use proptest::collection::vec;
use proptest::prelude::*;

const NOW: Option<Duration> = Some(Duration::ZERO);

#[derive(Clone, Debug)]
enum Step {
    Post(usize),
    PostWait(usize),
    Urgent(usize),
    Take,
    TakeMany(usize),
    Sweep,
    Close,
}

fn step() -> impl Strategy<Value = Step> {
    prop_oneof![
        6 => (0..60_usize).prop_map(Step::Post),
        1 => (0..60_usize).prop_map(Step::PostWait),
        2 => (0..60_usize).prop_map(Step::Urgent),
        6 => Just(Step::Take),
        1 => (1..5_usize).prop_map(Step::TakeMany),
        1 => Just(Step::Sweep),
    ]
}

/// Two plain queues, with every figure counted separately.
#[derive(Default)]
struct Model {
    urgent: VecDeque<Vec<u8>>,
    ordinary: VecDeque<Vec<u8>>,
    closed: bool,
    seen: Statistics,
}

impl Model {
    fn bytes(&self) -> usize {
        self.urgent.iter().chain(&self.ordinary).map(Vec::len).sum()
    }

    fn letters(&self) -> usize {
        self.urgent.len() + self.ordinary.len()
    }

    fn post(&mut self, letter: Vec<u8>, urgent: bool, bounds: &Options<'_>) -> Result<(), Status> {
        let full = (bounds.max_letters != 0 && self.letters() == bounds.max_letters)
            || (bounds.max_bytes != 0 && (self.bytes() + letter.len()) as u64 > bounds.max_bytes);
        if self.closed || full {
            self.seen.refused += 1;
            return Err(if self.closed { Status::Closed } else { Status::LimitExceeded });
        }
        if urgent {
            self.urgent.push_back(letter)
        } else {
            self.ordinary.push_back(letter)
        }
        self.seen.posted += 1;
        self.seen.peak_letters = self.seen.peak_letters.max(self.letters() as u64);
        self.seen.peak_bytes = self.seen.peak_bytes.max(self.bytes() as u64);
        Ok(())
    }

    fn take(&mut self) -> Result<Vec<u8>, Status> {
        let letter = self.urgent.pop_front().or_else(|| self.ordinary.pop_front());
        self.seen.taken += u64::from(letter.is_some());
        letter.ok_or(if self.closed { Status::Closed } else { Status::End })
    }

    fn statistics(&self) -> Statistics {
        Statistics { letters: self.letters() as u64, bytes: self.bytes() as u64, ..self.seen }
    }
}

proptest! {
    #![proptest_config(cases(400))]

    #[test]
    fn a_mailbox_is_two_queues_with_bounds(
        steps in vec(step(), 1..120),
        close_at in 0..240_usize,
        max_letters in prop_oneof![Just(0), 1..12_usize],
        max_bytes in prop_oneof![Just(0), 1..300_u64],
    ) {
        let bounds = Options { max_letters, max_bytes, name: b"" };
        let mailbox = Mailbox::with_options(&bounds).unwrap();
        let mut model = Model::default();
        let mut serial = 0_u8;
        let mut steps = steps;
        if close_at < steps.len() {
            steps.insert(close_at, Step::Close);
        }
        for step in steps {
            match step {
                Step::Post(size) | Step::PostWait(size) | Step::Urgent(size) => {
                    serial = serial.wrapping_add(1);
                    let content = vec![serial; size];
                    let letter = Blob::from_bytes(&content).unwrap();
                    let urgent = matches!(step, Step::Urgent(_));
                    let outcome = match step {
                        Step::Post(_) => mailbox.post(letter),
                        Step::PostWait(_) => mailbox.post_wait(letter, NOW),
                        _ => mailbox.post_urgent(letter),
                    };
                    if let Err(refused) = &outcome {
                        prop_assert_eq!(refused.letter.bytes(), &content[..]);
                    }
                    let expected = model.post(content, urgent, &bounds);
                    prop_assert_eq!(outcome.map_err(|refused| refused.status), expected);
                }
                Step::Take => {
                    let taken = mailbox.take(NOW).map(|letter| letter.bytes().to_vec());
                    prop_assert_eq!(taken, model.take());
                }
                Step::TakeMany(count) => {
                    let mut letters = Vec::with_capacity(count);
                    let room = letters.capacity();
                    let taken = mailbox.take_many(&mut letters, NOW);
                    let mut expected: Vec<Vec<u8>> = Vec::new();
                    let mut first = None;
                    while expected.len() < room {
                        match model.take() {
                            Ok(letter) => expected.push(letter),
                            Err(status) => {
                                first = Some(status);
                                break;
                            }
                        }
                    }
                    match first {
                        Some(status) if expected.is_empty() => prop_assert_eq!(taken, Err(status)),
                        _ => prop_assert_eq!(taken, Ok(expected.len())),
                    }
                    let letters: Vec<_> = letters.iter().map(|letter| letter.bytes().to_vec()).collect();
                    prop_assert_eq!(letters, expected);
                }
                Step::Sweep => {
                    prop_assert_eq!(mailbox.sweep(), model.letters());
                    model.seen.swept += model.letters() as u64;
                    model.urgent.clear();
                    model.ordinary.clear();
                }
                Step::Close => {
                    mailbox.close();
                    model.closed = true;
                }
            }
            prop_assert_eq!(mailbox.statistics().unwrap(), model.statistics());
            prop_assert_eq!(mailbox.len(), model.letters());
        }
    }
}
