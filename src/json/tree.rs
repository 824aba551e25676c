//! What JSON text says, before it is known how large its containers are: in an arena, which takes it all back at once.
//! Texts without escapes stay where they are in the JSON text.

use core::fmt;

use allocator_api2::vec::Vec;
use serde::de::{DeserializeSeed, Deserializer, Error, MapAccess, SeqAccess, Visitor};

use crate::Status;
use crate::arena::Arena;

pub(super) enum Tree<'a> {
    Null,
    Logical(bool),
    Number(f64),
    /// UTF-8.
    Text(&'a [u8]),
    Array(&'a [Tree<'a>]),
    Object(&'a [(&'a [u8], Tree<'a>)]),
}

/// Makes a tree in the arena. When there is no memory the error is a custom one, and the arena says so.
#[derive(Clone, Copy)]
pub(super) struct InArena<'a>(pub(super) &'a Arena);

impl<'a> InArena<'a> {
    fn push<T, E: Error>(items: &mut Vec<T, &'a Arena>, item: T) -> Result<(), E> {
        items.try_reserve(1).map_err(|_| E::custom(Status::NoMemory))?;
        items.push(item);
        Ok(())
    }

    fn copy<E: Error>(self, text: &str) -> Result<&'a [u8], E> {
        let mut copied = Vec::new_in(self.0);
        copied.try_reserve_exact(text.len()).map_err(|_| E::custom(Status::NoMemory))?;
        copied.extend_from_slice(text.as_bytes());
        Ok(copied.leak())
    }
}

impl<'de: 'a, 'a> DeserializeSeed<'de> for InArena<'a> {
    type Value = Tree<'a>;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Tree<'a>, D::Error> {
        deserializer.deserialize_any(self)
    }
}

impl<'de: 'a, 'a> Visitor<'de> for InArena<'a> {
    type Value = Tree<'a>;

    fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("a JSON value")
    }

    fn visit_unit<E>(self) -> Result<Tree<'a>, E> {
        Ok(Tree::Null)
    }

    fn visit_bool<E>(self, value: bool) -> Result<Tree<'a>, E> {
        Ok(Tree::Logical(value))
    }

    fn visit_i64<E>(self, value: i64) -> Result<Tree<'a>, E> {
        Ok(Tree::Number(value as f64))
    }

    fn visit_u64<E>(self, value: u64) -> Result<Tree<'a>, E> {
        Ok(Tree::Number(value as f64))
    }

    fn visit_f64<E>(self, value: f64) -> Result<Tree<'a>, E> {
        Ok(Tree::Number(value))
    }

    fn visit_borrowed_str<E>(self, value: &'de str) -> Result<Tree<'a>, E> {
        Ok(Tree::Text(value.as_bytes()))
    }

    fn visit_str<E: Error>(self, value: &str) -> Result<Tree<'a>, E> {
        self.copy(value).map(Tree::Text)
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut sequence: A) -> Result<Tree<'a>, A::Error> {
        let mut elements = Vec::new_in(self.0);
        while let Some(element) = sequence.next_element_seed(self)? {
            Self::push(&mut elements, element)?;
        }
        Ok(Tree::Array(elements.leak()))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Tree<'a>, A::Error> {
        let mut pairs = Vec::new_in(self.0);
        while let Some(pair) = map.next_entry_seed(Name(self), self)? {
            Self::push(&mut pairs, pair)?;
        }
        Ok(Tree::Object(pairs.leak()))
    }
}

/// The name of a pair.
struct Name<'a>(InArena<'a>);

impl<'de: 'a, 'a> DeserializeSeed<'de> for Name<'a> {
    type Value = &'a [u8];

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<&'a [u8], D::Error> {
        deserializer.deserialize_str(self)
    }
}

impl<'de: 'a, 'a> Visitor<'de> for Name<'a> {
    type Value = &'a [u8];

    fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("a name")
    }

    fn visit_borrowed_str<E>(self, value: &'de str) -> Result<&'a [u8], E> {
        Ok(value.as_bytes())
    }

    fn visit_str<E: Error>(self, value: &str) -> Result<&'a [u8], E> {
        self.0.copy(value)
    }
}
