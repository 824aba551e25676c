//! The functions that a WebAssembly guest imports for its maps and sets: which there are, and what each does to the
//! guest's memory. Every host has them from here: those for wasmtime in C, Python and Rust, and the browser's.
//!
//! An import is found by its name and its type. The name says what it does and what the fields are; where a compiler may
//! want a result in one of several ways, the type says in which. [`Layout`] describes what results are in the memory.

mod call;
mod layout;
mod name;
mod size;

pub use call::{Given, refusal};
pub use layout::{Array, Layout, Place};
pub use size::SizeHeader;

use super::layout::Kind;
use super::value::Tag;
use crate::Status;
use name::{Operation, Tags};

/// A WebAssembly type, by the number that `wasm.h` gives it.
pub type ValueType = u8;

/// `WASM_I32`
pub const I32: ValueType = 0;
/// `WASM_I64`
pub const I64: ValueType = 1;
/// `WASM_F64`
pub const F64: ValueType = 3;

/// How many parameters an import has at the most.
pub const MOST_PARAMETERS: usize = 5;

/// In which way an import gives what it gives.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Form {
    /// A value as such; an array as a block with a header.
    Usual,
    /// The size as an i64.
    Long,
    /// A value in a block of its own, which may say that there is none.
    Option,
    /// An array as the place of its first element, and how many there are.
    Packed,
}

/// An import of a guest's.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Import {
    kind: Kind,
    operation: Operation,
    /// Of the keys or elements, where the operation has one.
    key: Tag,
    /// Of the values; `b` in a set, whose slots have 0 there.
    value: Tag,
    tags: Tags,
    form: Form,
    layout: Layout,
}

impl Import {
    /// The import of a name such as `map_insert$ki_vs` that has these parameters and results. `NotFound` when the name
    /// is none of ours, `WrongType` when it has other types, `InvalidArgument` for a layout that cannot be.
    pub fn find(
        name: &[u8],
        parameters: &[ValueType],
        results: &[ValueType],
        layout: &Layout,
    ) -> Result<Self, Status> {
        let mut import = Self::of_name(name, layout)?;
        layout.check()?;
        for form in [Form::Usual, Form::Long, Form::Option, Form::Packed] {
            import.form = form;
            if import.has_type(parameters, results) {
                return Ok(import);
            }
        }
        Err(Status::WrongType)
    }

    /// Whether an import of ours has this name.
    pub fn is_name(name: &[u8]) -> bool {
        Self::of_name(name, &Layout::default()).is_ok()
    }

    /// Whether these are the types that the import has.
    pub fn has_type(&self, parameters: &[ValueType], results: &[ValueType]) -> bool {
        let (key, value) = (types(self.key), types(self.value));
        let both = self.tags == Tags::Both;
        let (expected, given): ([&[ValueType]; 3], &[ValueType]) = match (self.operation, self.form) {
            (Operation::New, Form::Usual) => ([&[], &[], &[]], &[I32]),
            (Operation::Size, Form::Long) => ([&[I32], &[], &[]], &[I64]),
            (Operation::Get, Form::Option) => ([&[I32], key, &[]], &[I32]),
            (Operation::Keys | Operation::Values, Form::Packed) => ([&[I32], &[], &[]], &[I32, I32]),
            (_, Form::Long | Form::Option | Form::Packed) => return false,
            (Operation::Size | Operation::Keys | Operation::Values, _) => ([&[I32], &[], &[]], &[I32]),
            (Operation::Get, _) => ([&[I32], key, value], value),
            (Operation::Insert, _) if both => ([&[I32], key, value], &[I32]),
            (Operation::InsertInPlace, _) if both => ([&[I32], key, value], &[]),
            (Operation::Insert | Operation::Remove | Operation::Contains, _) => ([&[I32], key, &[]], &[I32]),
            (Operation::InsertInPlace | Operation::RemoveInPlace, _) => ([&[I32], key, &[]], &[]),
        };
        parameters.iter().eq(expected.iter().copied().flatten()) && results == given
    }
}

/// The types of a field as parameters or results.
fn types(tag: Tag) -> &'static [ValueType] {
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
        let usual: [(&str, &[ValueType], &[ValueType]); 10] = [
            ("map_new", &[], &[I32]),
            ("map_insert$ki_vs", &[I32, I64, I32, I32], &[I32]),
            ("map_insert_in_place$kf_vb", &[I32, F64, I32], &[]),
            ("map_get$ks_vs", &[I32, I32, I32, I32, I32], &[I32, I32]),
            ("map_contains$kb", &[I32, I32], &[I32]),
            ("map_remove_in_place$ki", &[I32, I64], &[]),
            ("map_values$vf", &[I32], &[I32]),
            ("set_add$es", &[I32, I32, I32], &[I32]),
            ("set_add_in_place$ei", &[I32, I64], &[]),
            ("set_elements$ef", &[I32], &[I32]),
        ];
        let other: [(&str, &[ValueType], &[ValueType], Form); 6] = [
            ("map_size", &[I32], &[I64], Form::Long),
            ("set_size", &[I32], &[I64], Form::Long),
            ("map_get$ks_vs", &[I32, I32, I32], &[I32], Form::Option),
            ("map_get$ki_vb", &[I32, I64], &[I32], Form::Option),
            ("map_keys$kb", &[I32], &[I32, I32], Form::Packed),
            ("set_to_array$es", &[I32], &[I32, I32], Form::Packed),
        ];
        let usual = usual.map(|(name, parameters, results)| (name, parameters, results, Form::Usual));
        for (name, parameters, results, form) in usual.into_iter().chain(other) {
            let find = |parameters: &[_], results: &[_]| {
                Import::find(name.as_bytes(), parameters, results, &Layout::default())
            };
            let import = find(parameters, results).expect("a name of ours");
            assert!(import.form == form && import.has_type(parameters, results), "{import:?}");
            assert!(parameters.len() <= MOST_PARAMETERS);
            assert_eq!(find(&[parameters, &[I32, I32, I32]].concat(), results), Err(Status::WrongType));
            assert_eq!(find(parameters, &[results, &[I64]].concat()), Err(Status::WrongType), "{name}");
        }
    }
}
