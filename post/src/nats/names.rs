//! Subjects, and the names of consumers.
//!
//! ```text
//! PREFIX.h.ADDRESS.OFFICE                          heads
//! PREFIX.p.ADDRESS.OFFICE.NUMBER.ATTEMPT.INDEX     parts
//! ```
//!
//! Letters, digits, `-` and `_` of an address stay as they are; every other byte becomes `=` and two hexadecimal
//! digits.

use std::fmt::Write;

use crate::carrier::{HeadName, PartsName};

/// The names that one carrier uses.
#[derive(Clone, Debug)]
pub(super) struct Names {
    pub(super) stream: String,
    pub(super) prefix: String,
}

impl Names {
    /// The subject of the stream's requests in the store's interface.
    pub(super) fn request(&self, what: &str) -> String {
        format!("$JS.API.{what}.{}", self.stream)
    }

    pub(super) fn everything(&self) -> String {
        format!("{}.>", self.prefix)
    }

    pub(super) fn head(&self, name: &HeadName) -> String {
        format!("{}.h.{}.{:016x}", self.prefix, token(&name.address), name.office)
    }

    /// Identifies a head, so that it is stored once.
    pub(super) fn head_identity(&self, name: &HeadName) -> String {
        format!("{:016x}.{}.{}", name.office, token(&name.address), name.number)
    }

    pub(super) fn heads(&self, address: &[u8]) -> String {
        format!("{}.h.{}.*", self.prefix, token(address))
    }

    pub(super) fn part(&self, name: &PartsName, index: u32) -> String {
        let PartsName { head, attempt } = name;
        let (address, office, number) = (token(&head.address), head.office, head.number);
        format!("{}.p.{address}.{office:016x}.{number}.{attempt}.{index}", self.prefix)
    }

    pub(super) fn all_parts(&self, name: &PartsName) -> String {
        let PartsName { head, attempt } = name;
        let (address, office, number) = (token(&head.address), head.office, head.number);
        format!("{}.p.{address}.{office:016x}.{number}.{attempt}.*", self.prefix)
    }

    pub(super) fn consumer(&self, address: &[u8]) -> String {
        format!("at-{}", token(address))
    }
}

/// The office in a head's subject; 0 when the subject is not an office's.
pub(super) fn office_of(subject: &str) -> u64 {
    let last = subject.rsplit('.').next().unwrap_or("");
    u64::from_str_radix(last, 16).unwrap_or(0)
}

fn token(address: &[u8]) -> String {
    let mut token = String::new();
    for byte in address {
        match byte {
            b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'-' | b'_' => token.push(char::from(*byte)),
            _ => drop(write!(token, "={byte:02x}")),
        }
    }
    token
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_are_one_word_and_differ() {
        let mut seen = std::collections::HashSet::new();
        for byte in 0..=255_u8 {
            let token = token(&[byte, b'a']);
            assert!(!token.contains(['.', '*', '>', ' ', '/', '\\']) && token.is_ascii());
            assert!(seen.insert(token));
        }
    }

    #[test]
    fn the_office_is_in_the_subject() {
        let names = Names { stream: "S".to_owned(), prefix: "a.b".to_owned() };
        let name = HeadName { address: b"x.y".to_vec(), office: 0xFEDC_BA98, number: 3 };
        assert_eq!(names.head(&name), "a.b.h.x=2ey.00000000fedcba98");
        assert_eq!(office_of(&names.head(&name)), name.office);
        assert_eq!(office_of("a.b.h.x.nobody"), 0);
    }
}
