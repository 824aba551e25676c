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
use crate::status::Status;
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
        for form in import.forms() {
            import.form = form;
            if import.has_type(parameters, results) {
                return Ok(import);
            }
        }
        Err(Status::WrongType)
    }

    /// The two forms that it may have.
    fn forms(&self) -> [Form; 2] {
        let other = match self.operation {
            Operation::Size => Form::Long,
            Operation::Get => Form::Option,
            Operation::Keys | Operation::Values => Form::Packed,
            _ => Form::Usual,
        };
        [Form::Usual, other]
    }

    /// Whether an import of ours has this name.
    pub fn is_name(name: &[u8]) -> bool {
        Self::of_name(name, &Layout::default()).is_ok()
    }

    /// Whether these are the types that the import has.
    pub fn has_type(&self, parameters: &[ValueType], results: &[ValueType]) -> bool {
        Some(self.types()) == Types::of(parameters).zip(Types::of(results))
    }

    /// Its parameters and results.
    fn types(&self) -> (Types, Types) {
        let (key, value) = (Types::of_field(self.key), Types::of_field(self.value));
        let (nothing, map) = (Types::NONE, Types::NONE.and(I32));
        let with_value = |types: Types| if self.tags == Tags::Both { types.then(value) } else { types };
        match (self.operation, self.form) {
            (Operation::New, _) => (nothing, map),
            (Operation::Size, Form::Long) => (map, nothing.and(I64)),
            (Operation::Keys | Operation::Values, Form::Packed) => (map, nothing.and(I32).and(I32)),
            (Operation::Size | Operation::Keys | Operation::Values, _) => (map, nothing.and(I32)),
            (Operation::Get, Form::Option) => (map.then(key), nothing.and(I32)),
            (Operation::Get, _) => (map.then(key).then(value), value),
            (Operation::Contains, _) => (map.then(key), nothing.and(I32)),
            (Operation::Insert, _) => (with_value(map.then(key)), map),
            (Operation::InsertInPlace, _) => (with_value(map.then(key)), nothing),
            (Operation::Remove, _) => (map.then(key), map),
            (Operation::RemoveInPlace, _) => (map.then(key), nothing),
        }
    }

    /// It as a number, but for its layout; 0 is none.
    pub fn to_code(&self) -> u32 {
        let part = |number: u8, shift: u32| u32::from(number) << shift;
        let kind = if self.kind == Kind::Set { 2 } else { 1 };
        part(kind, 0)
            | part(self.operation as u8, 2)
            | part(self.tags as u8, 6)
            | part(self.form as u8, 8)
            | part(self.key.letter(), 16)
            | part(self.value.letter(), 24)
    }

    /// The import of such a number. `InvalidArgument` when it is none.
    pub fn from_code(code: u32, layout: &Layout) -> Result<Self, Status> {
        let part = |shift: u32, mask: u32| (code >> shift & mask) as u8;
        let kind = if part(0, 3) == 2 { Kind::Set } else { Kind::Map };
        let operation = Operation::of_number(part(2, 15)).ok_or(Status::InvalidArgument)?;
        let tags = match part(6, 3) {
            0 => Tags::None,
            1 => Tags::Key,
            2 => Tags::Value,
            _ => Tags::Both,
        };
        let form = match part(8, 3) {
            0 => Form::Usual,
            1 => Form::Long,
            2 => Form::Option,
            _ => Form::Packed,
        };
        let (key, value) = (Tag::from_letter(part(16, 255))?, Tag::from_letter(part(24, 255))?);
        let import = Import { kind, operation, key, value, tags, form, layout: *layout };
        layout.check()?;
        if import.to_code() == code { Ok(import) } else { Err(Status::InvalidArgument) }
    }
}

/// A few types, one after the other: a digit each, behind a 1.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Types(u32);

impl Types {
    const NONE: Types = Types(1);

    /// `None` when they are too many, or of a kind that no import has.
    fn of(types: &[ValueType]) -> Option<Self> {
        let fit = types.len() <= 8 && types.iter().all(|one| *one <= F64);
        fit.then(|| types.iter().fold(Self::NONE, |all, one| all.and(*one)))
    }

    /// Of a field as parameters or results.
    fn of_field(tag: Tag) -> Self {
        match tag {
            Tag::Int => Self::NONE.and(I64),
            Tag::Float => Self::NONE.and(F64),
            Tag::Text => Self::NONE.and(I32).and(I32),
            Tag::Bits => Self::NONE.and(I32),
        }
    }

    fn and(self, one: ValueType) -> Self {
        Types(self.0 << 3 | u32::from(one))
    }

    /// A field's, which are one or two, behind these.
    fn then(self, field: Types) -> Self {
        let digits = if field.0 >> 6 != 0 { 6 } else { 3 };
        Types(self.0 << digits | field.0 & !(1 << digits))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_that_are_no_imports() {
        let layout = Layout::default();
        let good = Import::find(b"map_new", &[], &[I32], &layout).expect("a name of ours").to_code();
        for code in [0, good & !3, good | 3, good | 15 << 2, good | 1 << 10, good ^ 1 << 16, u32::MAX] {
            assert_eq!(Import::from_code(code, &layout), Err(Status::InvalidArgument), "{code:#x}");
        }
    }

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
            assert_eq!(Import::from_code(import.to_code(), &Layout::default()), Ok(import));
            assert_eq!(find(&[parameters, &[I32, I32, I32]].concat(), results), Err(Status::WrongType));
            assert_eq!(find(parameters, &[results, &[I64]].concat()), Err(Status::WrongType), "{name}");
        }
    }
}
