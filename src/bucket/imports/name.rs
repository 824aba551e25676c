//! The names of imports: an operation, then `$` and the tags of its fields.

use super::super::layout::TableKind;
use super::super::value::Tag;
use super::{GuestLayout, Import, ResultForm};
use crate::status::Status;

/// What an import does.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum ImportOperation {
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

impl ImportOperation {
    /// The operation of a number that `as u8` returns.
    pub(super) fn of_number(number: u8) -> Option<Self> {
        Some(match number {
            0 => ImportOperation::New,
            1 => ImportOperation::Size,
            2 => ImportOperation::Get,
            3 => ImportOperation::Contains,
            4 => ImportOperation::Insert,
            5 => ImportOperation::InsertInPlace,
            6 => ImportOperation::Remove,
            7 => ImportOperation::RemoveInPlace,
            8 => ImportOperation::Keys,
            9 => ImportOperation::Values,
            _ => return None,
        })
    }
}

/// What follows the `$` in a name: the letters before the tags.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Tags {
    None,
    Key,
    Value,
    Both,
}

/// The part of a name before its tags. Comparisons, not a table: in a browser the code has no data of its own.
fn operation(base: &[u8]) -> Option<(TableKind, ImportOperation, Tags)> {
    use ImportOperation::*;
    Some(match base {
        b"map_new" => (TableKind::Map, New, Tags::None),
        b"map_size" => (TableKind::Map, Size, Tags::None),
        b"map_get" => (TableKind::Map, Get, Tags::Both),
        b"map_contains" => (TableKind::Map, Contains, Tags::Key),
        b"map_insert" => (TableKind::Map, Insert, Tags::Both),
        b"map_insert_in_place" => (TableKind::Map, InsertInPlace, Tags::Both),
        b"map_remove" => (TableKind::Map, Remove, Tags::Key),
        b"map_remove_in_place" => (TableKind::Map, RemoveInPlace, Tags::Key),
        b"map_keys" => (TableKind::Map, Keys, Tags::Key),
        b"map_values" => (TableKind::Map, Values, Tags::Value),
        b"set_new" => (TableKind::Set, New, Tags::None),
        b"set_size" => (TableKind::Set, Size, Tags::None),
        b"set_contains" => (TableKind::Set, Contains, Tags::Key),
        b"set_add" => (TableKind::Set, Insert, Tags::Key),
        b"set_add_in_place" => (TableKind::Set, InsertInPlace, Tags::Key),
        b"set_remove" => (TableKind::Set, Remove, Tags::Key),
        b"set_remove_in_place" => (TableKind::Set, RemoveInPlace, Tags::Key),
        b"set_elements" | b"set_to_array" => (TableKind::Set, Keys, Tags::Key),
        _ => return None,
    })
}

impl Import {
    /// The import of a name, in its usual form. `NotFound` for an unknown name.
    pub(super) fn of_name(name: &[u8], layout: &GuestLayout) -> Result<Self, Status> {
        parse(name, layout).ok_or(Status::NotFound)
    }
}

fn parse(name: &[u8], layout: &GuestLayout) -> Option<Import> {
    let mut parts = name.splitn(2, |letter| *letter == b'$');
    let (base, suffix) = (parts.next()?, parts.next());
    let (kind, operation, tags) = operation(base)?;
    let key_letter = if kind == TableKind::Set { b'e' } else { b'k' };
    let nothing = Tag::Bits;
    let (key, value) = match (tags, suffix) {
        (Tags::None, None) => (nothing, nothing),
        (Tags::Key, Some([letter, key])) if *letter == key_letter => (tag(*key)?, nothing),
        (Tags::Value, Some([b'v', value])) => (nothing, tag(*value)?),
        (Tags::Both, Some([b'k', key, b'_', b'v', value])) => (tag(*key)?, tag(*value)?),
        _ => return None,
    };
    Some(Import { kind, operation, key, value, tags, form: ResultForm::Usual, layout: *layout })
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
            assert_eq!(Import::of_name(name, &GuestLayout::default()), Err(Status::NotFound), "{name:?}");
        }
    }
}
