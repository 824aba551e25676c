//! The format of heads. The head of small letters contains them. The head of a large letter describes its parts,
//! which were stored before.
//!
//! ```text
//! "DSP" 1    4 bytes
//! form       4 bytes  0: letters inside; 1: one letter in parts (numbers are little-endian)
//! number     8 bytes  of the head, per office and address; grows
//! form 0:    4 bytes  how many letters; of each 4 bytes, its length, and the letter
//! form 1:    8 bytes  how many bytes the letter has; 4 bytes, how many each part but the last; 4 bytes, which attempt
//! ```

use crate::Status;

const MAGIC: [u8; 4] = *b"DSP\x01";
const INSIDE: u32 = 0;
const IN_PARTS: u32 = 1;
/// The bytes of a head with letters inside, before them.
pub(crate) const FRONT: usize = 20;
/// The bytes before each letter inside.
pub(crate) const FRONT_OF_LETTER: usize = 4;

#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Head<'a> {
    pub(crate) number: u64,
    pub(crate) body: Body<'a>,
}

#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Body<'a> {
    Inside(Vec<&'a [u8]>),
    InParts { total: u64, part_bytes: u32, attempt: u32 },
}

impl<'a> Head<'a> {
    /// Reads a head, which is not trusted. `Malformed`, `NoMemory`.
    pub(crate) fn read(bytes: &'a [u8]) -> Result<Head<'a>, Status> {
        let mut rest = Rest(bytes);
        if rest.array::<4>()? != MAGIC {
            return Err(Status::Malformed);
        }
        let (form, number) = (rest.u32()?, rest.u64()?);
        let body = match form {
            INSIDE => {
                let count = rest.u32()? as usize;
                if count == 0 || count > rest.0.len() / FRONT_OF_LETTER {
                    return Err(Status::Malformed);
                }
                let mut letters = Vec::new();
                letters.try_reserve_exact(count)?;
                for _ in 0..count {
                    let length = rest.u32()? as usize;
                    letters.push(rest.bytes(length)?);
                }
                Body::Inside(letters)
            }
            IN_PARTS => {
                let (total, part_bytes, attempt) = (rest.u64()?, rest.u32()?, rest.u32()?);
                if total == 0 || part_bytes == 0 || count_of(total, part_bytes).is_none() {
                    return Err(Status::Malformed);
                }
                Body::InParts { total, part_bytes, attempt }
            }
            _ => return Err(Status::Malformed),
        };
        if rest.0.is_empty() { Ok(Head { number, body }) } else { Err(Status::Malformed) }
    }
}

/// How many parts a letter has; `None` when there would be too many.
pub(crate) fn count_of(total: u64, part_bytes: u32) -> Option<u32> {
    u32::try_from(total.div_ceil(u64::from(part_bytes))).ok()
}

/// Starts a head for letters inside; [`add`] adds them.
pub(crate) fn for_letters(number: u64) -> Vec<u8> {
    let mut head = start(INSIDE, number);
    head.extend_from_slice(&0_u32.to_le_bytes());
    head
}

/// Adds a letter of less than 4 GiB to a head of [`for_letters`].
pub(crate) fn add(head: &mut Vec<u8>, length: u32, letter: &[u8]) {
    if let Some(count) = head.get_mut(FRONT - 4..FRONT)
        && let Ok(old) = count.try_into().map(u32::from_le_bytes)
    {
        count.copy_from_slice(&(old + 1).to_le_bytes());
    }
    head.extend_from_slice(&length.to_le_bytes());
    head.extend_from_slice(letter);
}

pub(crate) fn in_parts(number: u64, total: u64, part_bytes: u32, attempt: u32) -> Vec<u8> {
    let mut head = start(IN_PARTS, number);
    head.extend_from_slice(&total.to_le_bytes());
    head.extend_from_slice(&part_bytes.to_le_bytes());
    head.extend_from_slice(&attempt.to_le_bytes());
    head
}

fn start(form: u32, number: u64) -> Vec<u8> {
    let mut head = MAGIC.to_vec();
    head.extend_from_slice(&form.to_le_bytes());
    head.extend_from_slice(&number.to_le_bytes());
    head
}

struct Rest<'a>(&'a [u8]);

impl<'a> Rest<'a> {
    fn bytes(&mut self, count: usize) -> Result<&'a [u8], Status> {
        let (now, rest) = self.0.split_at_checked(count).ok_or(Status::Malformed)?;
        self.0 = rest;
        Ok(now)
    }

    fn array<const N: usize>(&mut self) -> Result<[u8; N], Status> {
        self.bytes(N)?.try_into().map_err(|_| Status::Malformed)
    }

    fn u32(&mut self) -> Result<u32, Status> {
        Ok(u32::from_le_bytes(self.array()?))
    }

    fn u64(&mut self) -> Result<u64, Status> {
        Ok(u64::from_le_bytes(self.array()?))
    }
}
