//! The names of imports: what one asks for, and which WebAssembly types go with it.

use crate::bucket::{Kind, Tag};

/// A WebAssembly type, by wasmtime's number.
pub(in super::super) type ValueKind = u8;

pub(in super::super) const I32: ValueKind = 0;
const I64: ValueKind = 1;
const F64: ValueKind = 3;

/// What an import does.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Operation {
    New,
    Size,
    Get,
    Contains,
    Insert,
    InsertInPlace,
    Remove,
    RemoveInPlace,
    Keys,
    Values,
}

/// What follows the `$` in a name: the letters before the tags.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Tags {
    None,
    Key,
    Value,
    Both,
}

/// An import of ours.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in super::super) struct Import {
    pub(super) kind: Kind,
    pub(super) operation: Operation,
    /// Of the keys or elements, where the operation has one.
    pub(super) key: Tag,
    /// Of the values; `b` in a set, whose slots have 0 there.
    pub(super) value: Tag,
    tags: Tags,
}

const NAMES: [(&[u8], Kind, Operation, Tags); 18] = [
    (b"map_new", Kind::Map, Operation::New, Tags::None),
    (b"map_size", Kind::Map, Operation::Size, Tags::None),
    (b"map_get", Kind::Map, Operation::Get, Tags::Both),
    (b"map_contains", Kind::Map, Operation::Contains, Tags::Key),
    (b"map_insert", Kind::Map, Operation::Insert, Tags::Both),
    (b"map_insert_in_place", Kind::Map, Operation::InsertInPlace, Tags::Both),
    (b"map_remove", Kind::Map, Operation::Remove, Tags::Key),
    (b"map_remove_in_place", Kind::Map, Operation::RemoveInPlace, Tags::Key),
    (b"map_keys", Kind::Map, Operation::Keys, Tags::Key),
    (b"map_values", Kind::Map, Operation::Values, Tags::Value),
    (b"set_new", Kind::Set, Operation::New, Tags::None),
    (b"set_size", Kind::Set, Operation::Size, Tags::None),
    (b"set_contains", Kind::Set, Operation::Contains, Tags::Key),
    (b"set_add", Kind::Set, Operation::Insert, Tags::Key),
    (b"set_add_in_place", Kind::Set, Operation::InsertInPlace, Tags::Key),
    (b"set_remove", Kind::Set, Operation::Remove, Tags::Key),
    (b"set_remove_in_place", Kind::Set, Operation::RemoveInPlace, Tags::Key),
    (b"set_elements", Kind::Set, Operation::Keys, Tags::Key),
];

/// The import of a name; `None` when it is none of ours.
pub(super) fn parse(name: &[u8]) -> Option<Import> {
    let mut parts = name.splitn(2, |letter| *letter == b'$');
    let (base, suffix) = (parts.next()?, parts.next());
    let (_, kind, operation, tags) = *NAMES.iter().find(|(known, ..)| *known == base)?;
    let key_letter = if kind == Kind::Set { b'e' } else { b'k' };
    let nothing = Tag::Bits;
    let (key, value) = match (tags, suffix) {
        (Tags::None, None) => (nothing, nothing),
        (Tags::Key, Some([letter, key])) if *letter == key_letter => (tag(*key)?, nothing),
        (Tags::Value, Some([b'v', value])) => (nothing, tag(*value)?),
        (Tags::Both, Some([b'k', key, b'_', b'v', value])) => (tag(*key)?, tag(*value)?),
        _ => return None,
    };
    Some(Import { kind, operation, key, value, tags })
}

fn tag(letter: u8) -> Option<Tag> {
    Tag::from_letter(letter).ok()
}

impl Import {
    /// Whether these are the types that the import has.
    pub(in super::super) fn has_type(&self, parameters: &[ValueKind], results: &[ValueKind]) -> bool {
        let (key, value) = (kinds(self.key), kinds(self.value));
        let both = self.tags == Tags::Both;
        let (expected, given): ([&[ValueKind]; 3], &[ValueKind]) = match self.operation {
            Operation::New => ([&[], &[], &[]], &[I32]),
            Operation::Size | Operation::Keys | Operation::Values => ([&[I32], &[], &[]], &[I32]),
            Operation::Get => ([&[I32], key, value], value),
            Operation::Insert if both => ([&[I32], key, value], &[I32]),
            Operation::InsertInPlace if both => ([&[I32], key, value], &[]),
            Operation::Insert | Operation::Remove | Operation::Contains => ([&[I32], key, &[]], &[I32]),
            Operation::InsertInPlace | Operation::RemoveInPlace => ([&[I32], key, &[]], &[]),
        };
        parameters.iter().eq(expected.iter().copied().flatten()) && results == given
    }
}

/// The types of a field as parameters or results.
fn kinds(tag: Tag) -> &'static [ValueKind] {
    match tag {
        Tag::Int => &[I64],
        Tag::Float => &[F64],
        Tag::Text => &[I32, I32],
        Tag::Bits => &[I32],
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_say_what_they_take_and_give() {
        for (name, parameters, results) in [
            (&b"map_new"[..], &[][..], &[I32][..]),
            (b"map_insert$ki_vs", &[I32, I64, I32, I32], &[I32]),
            (b"map_insert_in_place$kf_vb", &[I32, F64, I32], &[]),
            (b"map_get$ks_vs", &[I32, I32, I32, I32, I32], &[I32, I32]),
            (b"map_contains$kb", &[I32, I32], &[I32]),
            (b"map_remove_in_place$ki", &[I32, I64], &[]),
            (b"map_values$vf", &[I32], &[I32]),
            (b"set_add$es", &[I32, I32, I32], &[I32]),
            (b"set_add_in_place$ei", &[I32, I64], &[]),
            (b"set_elements$ef", &[I32], &[I32]),
        ] {
            let import = parse(name).expect("a name of ours");
            assert!(import.has_type(parameters, results), "{import:?}");
            assert!(!import.has_type(&[parameters, &[I32]].concat(), results), "{import:?}");
            assert!(!import.has_type(parameters, &[results, &[I64]].concat()), "{import:?}");
        }
    }

    #[test]
    fn other_names_are_not_ours() {
        for name in [
            &b""[..],
            b"map",
            b"map_new$",
            b"map_new$ki",
            b"map_size$ki",
            b"map_insert",
            b"map_insert$",
            b"map_insert$ki",
            b"map_insert$vi_ki",
            b"map_insert$ki_vx",
            b"map_insert$ki_vi_",
            b"map_insert$ei_vi",
            b"map_get$ki-vi",
            b"map_values$ki",
            b"set_add$ki",
            b"set_get$ei",
            b"set_values$ei",
            b"Map_new",
            b"map_contains$ki$",
        ] {
            assert_eq!(parse(name), None, "{name:?}");
        }
    }
}
