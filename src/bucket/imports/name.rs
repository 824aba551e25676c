//! The names of imports: an operation, then `$` and the tags of its fields.

use super::super::layout::Kind;
use super::super::value::Tag;
use super::{Form, Import, Layout};
use crate::Status;

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
pub(super) enum Tags {
    None,
    Key,
    Value,
    Both,
}

const NAMES: [(&[u8], Kind, Operation, Tags); 19] = [
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
    (b"set_to_array", Kind::Set, Operation::Keys, Tags::Key),
];

impl Import {
    /// The import of a name, in its usual form. `NotFound` when it is none of ours.
    pub(super) fn of_name(name: &[u8], layout: &Layout) -> Result<Self, Status> {
        parse(name, layout).ok_or(Status::NotFound)
    }
}

fn parse(name: &[u8], layout: &Layout) -> Option<Import> {
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
    Some(Import { kind, operation, key, value, tags, form: Form::Usual, layout: *layout })
}

fn tag(letter: u8) -> Option<Tag> {
    Tag::from_letter(letter).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

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
            assert_eq!(Import::of_name(name, &Layout::default()), Err(Status::NotFound), "{name:?}");
        }
    }
}
