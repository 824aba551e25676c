//! Reading a document through with serde, without building anything, as our reader does, but by the peers' own streams.
//! Texts are copied to a buffer, numbers are added up.

use std::cell::RefCell;
use std::fmt;

use serde::de::{Deserialize, Deserializer, Error, MapAccess, SeqAccess, Visitor};

use crate::walk::LONGEST_TEXT;

thread_local! {
    static BUFFER: RefCell<[u8; LONGEST_TEXT]> = const { RefCell::new([0; LONGEST_TEXT]) };
}

/// The totals of a document.
pub(crate) struct Through(pub(crate) f64);

impl<'de> Deserialize<'de> for Through {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(Everything).map(Through)
    }
}

struct Everything;

impl<'de> Visitor<'de> for Everything {
    type Value = f64;

    fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("any value")
    }

    fn visit_bool<E: Error>(self, value: bool) -> Result<f64, E> {
        Ok(f64::from(value))
    }

    fn visit_i64<E: Error>(self, value: i64) -> Result<f64, E> {
        Ok(value as f64)
    }

    fn visit_u64<E: Error>(self, value: u64) -> Result<f64, E> {
        Ok(value as f64)
    }

    fn visit_f64<E: Error>(self, value: f64) -> Result<f64, E> {
        Ok(value)
    }

    fn visit_unit<E: Error>(self) -> Result<f64, E> {
        Ok(0.0)
    }

    fn visit_none<E: Error>(self) -> Result<f64, E> {
        Ok(0.0)
    }

    fn visit_str<E: Error>(self, text: &str) -> Result<f64, E> {
        BUFFER.with_borrow_mut(|buffer| {
            let place = buffer.get_mut(..text.len()).ok_or_else(|| E::custom("a text too long"))?;
            place.copy_from_slice(text.as_bytes());
            Ok(text.len() as f64)
        })
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut elements: A) -> Result<f64, A::Error> {
        let mut sum = 0.0;
        while let Some(Through(element)) = elements.next_element()? {
            sum += element;
        }
        Ok(sum)
    }

    fn visit_map<A: MapAccess<'de>>(self, mut pairs: A) -> Result<f64, A::Error> {
        let mut sum = 0.0;
        while let Some((Through(key), Through(value))) = pairs.next_entry()? {
            sum += key + value;
        }
        Ok(sum)
    }
}
