//! Explains a fault that the library found: what was expected at its offset, and what is there.

use drystone::wota::Fault;
use drystone::{Limits, Status};

use crate::allowed::{depth_allowed, words_allowed};
use crate::failure::{Failure, Trouble};
use crate::format::Format;
use crate::input::resources;
use crate::json_fault;
use crate::walk::{Broken, Form, Item, Nota, Walk, What, Wota, counted};

/// The failure of the named input.
pub(crate) fn failure(name: &str, bytes: &[u8], format: Format, limits: &Limits, fault: Fault) -> Failure {
    match fault.status {
        Status::NoMemory => resources(name, fault.status),
        _ => Failure::Faulty(name.to_string(), trouble(bytes, format, limits, fault)),
    }
}

/// What is wrong, in words.
pub(crate) fn trouble(bytes: &[u8], format: Format, limits: &Limits, fault: Fault) -> Trouble {
    let (offset, broken) = match format.dialect() {
        Some(_) if (bytes.len() / 8) as u64 > limits.max_words => {
            let found = counted((bytes.len() / 8) as u64, "word");
            (fault.offset, Broken::new(words_allowed(limits), found))
        }
        Some(dialect) => (fault.offset, at(Walk::new(Wota::new(bytes, dialect)), limits, fault)),
        None if format == Format::Nota => (fault.offset, at(Walk::new(Nota::new(bytes)), limits, fault)),
        None => json_fault::explain(bytes, limits, fault),
    };
    Trouble { offset, unit: format.unit(), expected: broken.expected, found: broken.found }
}

/// Walks to the fault and looks at what is there.
fn at<F: Form>(mut walk: Walk<F>, limits: &Limits, fault: Fault) -> Broken {
    loop {
        let offset = walk.offset();
        match walk.step() {
            Ok(Some(_)) if offset < fault.offset => {}
            Err(broken) if offset == fault.offset => return broken,
            Ok(Some(item)) if offset == fault.offset => return good_alone(&item, limits, fault.status),
            _ => return unexplained(fault.status),
        }
    }
}

/// The fault of a value that is invalid by itself.
fn good_alone(item: &Item, limits: &Limits, status: Status) -> Broken {
    match &item.what {
        What::Text(text) if item.key && status == Status::Malformed => {
            Broken::new("a key that the record does not have yet", format!("{} again", text.shown()))
        }
        _ if status != Status::LimitExceeded => unexplained(status),
        what if what.is_container() && item.depth as u64 >= u64::from(limits.max_depth) => {
            Broken::new(depth_allowed(limits.max_depth.into()), "one more")
        }
        _ => Broken::new(words_allowed(limits), "more"),
    }
}

/// Only if the library checks more than [`Walk`] does.
fn unexplained(status: Status) -> Broken {
    Broken::new("a value that follows the rules of the format", format!("one that does not ({status})"))
}

#[cfg(test)]
mod tests {
    use super::*;

    const EVERYTHING: &str = include_str!("../tests/everything.json");

    /// Every fault that one changed byte or an early end causes has its own explanation.
    #[test]
    fn no_fault_stays_unexplained() {
        let limits = Limits { max_depth: 7, max_words: 200 };
        let message = Format::Json.decode(EVERYTHING.as_bytes(), &limits).unwrap();
        for format in [Format::Wota, Format::WotaDec64, Format::Nota, Format::Json] {
            let good = format.encode(&message, false, true).unwrap();
            let good = good.bytes();
            let mut faults = 0;
            let mut look = |bytes: &[u8]| {
                let decoded = format.decode(bytes, &limits).map(|_| ());
                assert_eq!(decoded.map_err(|fault| fault.status), {
                    let validated = format.validate(bytes, &limits);
                    validated.map_err(|fault| fault.status)
                });
                let Err(fault) = decoded else { return };
                faults += 1;
                let told = trouble(bytes, format, &limits, fault);
                assert_ne!(told.expected, unexplained(fault.status).expected, "{fault:?} {bytes:X?}");
                assert!(told.offset <= bytes.len(), "{told}");
            };
            for end in 0..good.len() {
                look(&good[..end]);
            }
            for at in 0..good.len() {
                for flip in [1, 2, 4, 8, 16, 32, 64, 128, 0xFF] {
                    let mut bytes = good.to_vec();
                    bytes[at] ^= flip;
                    look(&bytes);
                }
            }
            assert!(faults > good.len(), "{faults}");
        }
    }
}
