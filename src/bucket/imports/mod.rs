//! The functions that a WebAssembly guest imports for its maps and sets, and what each does to the guest's memory. All
//! hosts share this code: those for wasmtime in C, Python and Rust, and the one for browsers.
//!
//! An import is found by its name and its type. The name gives the operation and the tags of the fields. Where a result
//! can be returned in several ways, the type selects one. [`GuestLayout`] describes results that are stored in memory.

mod call;
mod layout;
mod name;
mod size;

pub use call::{Given, refusal};
pub use layout::{Array, BlockField, GuestLayout};
pub use size::SizeHeader;

use super::layout::TableKind;
use super::value::Tag;
use crate::status::Status;
use name::{ImportOperation, Tags};

/// A WebAssembly type, by the number that `wasm.h` gives it.
pub type ValueType = u8;

/// `WASM_I32`
pub const I32: ValueType = 0;
/// `WASM_I64`
pub const I64: ValueType = 1;
/// `WASM_F64`
pub const F64: ValueType = 3;

/// The maximum number of parameters of an import.
pub const MOST_PARAMETERS: usize = 5;

/// How an import returns its result.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum ResultForm {
    /// A plain value; an array as a block with a header.
    Usual,
    /// The size as an i64.
    Long,
    /// An optional value in a block of its own.
    Option,
    /// An array as a pointer to its first element and a count.
    Packed,
}

/// An import of a guest.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Import {
    kind: TableKind,
    operation: ImportOperation,
    /// The tag of the keys or elements, if the operation has one.
    key: Tag,
    /// The tag of the values; `b` in a set, whose slots have the value 0.
    value: Tag,
    tags: Tags,
    form: ResultForm,
    layout: GuestLayout,
}

impl Import {
    /// The import of a name such as `map_insert$ki_vs` that has these parameters and results. `NotFound` for an unknown
    /// name, `WrongType` when the import has other types, `InvalidArgument` for an invalid layout.
    pub fn find(
        name: &[u8],
        parameters: &[ValueType],
        results: &[ValueType],
        layout: &GuestLayout,
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

    /// The two forms that its result may have.
    fn forms(&self) -> [ResultForm; 2] {
        let other = match self.operation {
            ImportOperation::Size => ResultForm::Long,
            ImportOperation::Get => ResultForm::Option,
            ImportOperation::Keys | ImportOperation::Values => ResultForm::Packed,
            _ => ResultForm::Usual,
        };
        [ResultForm::Usual, other]
    }

    /// Whether an import has this name.
    pub fn is_name(name: &[u8]) -> bool {
        Self::of_name(name, &GuestLayout::default()).is_ok()
    }

    /// Whether these are the types that the import has.
    pub fn has_type(&self, parameters: &[ValueType], results: &[ValueType]) -> bool {
        Some(self.types()) == ParameterTypes::of(parameters).zip(ParameterTypes::of(results))
    }

    /// Its parameters and results.
    fn types(&self) -> (ParameterTypes, ParameterTypes) {
        let (key, value) = (ParameterTypes::of_field(self.key), ParameterTypes::of_field(self.value));
        let (nothing, map) = (ParameterTypes::NONE, ParameterTypes::NONE.and(I32));
        let with_value =
            |types: ParameterTypes| if self.tags == Tags::Both { types.then(value) } else { types };
        match (self.operation, self.form) {
            (ImportOperation::New, _) => (nothing, map),
            (ImportOperation::Size, ResultForm::Long) => (map, nothing.and(I64)),
            (ImportOperation::Keys | ImportOperation::Values, ResultForm::Packed) => {
                (map, nothing.and(I32).and(I32))
            }
            (ImportOperation::Size | ImportOperation::Keys | ImportOperation::Values, _) => {
                (map, nothing.and(I32))
            }
            (ImportOperation::Get, ResultForm::Option) => (map.then(key), nothing.and(I32)),
            (ImportOperation::Get, _) => (map.then(key).then(value), value),
            (ImportOperation::Contains, _) => (map.then(key), nothing.and(I32)),
            (ImportOperation::Insert, _) => (with_value(map.then(key)), map),
            (ImportOperation::InsertInPlace, _) => (with_value(map.then(key)), nothing),
            (ImportOperation::Remove, _) => (map.then(key), map),
            (ImportOperation::RemoveInPlace, _) => (map.then(key), nothing),
        }
    }

    /// The kind of table, if the import only looks up an integer and returns the value unchanged.
    pub fn looks_up_integers(&self) -> Option<TableKind> {
        let looks_up = matches!(self.operation, ImportOperation::Get | ImportOperation::Contains);
        (looks_up && self.key == Tag::Int && self.form == ResultForm::Usual).then_some(self.kind)
    }

    /// The import as a number, without its layout. 0 is not an import.
    pub fn to_code(&self) -> u32 {
        let part = |number: u8, shift: u32| u32::from(number) << shift;
        let kind = if self.kind == TableKind::Set { 2 } else { 1 };
        part(kind, 0)
            | part(self.operation as u8, 2)
            | part(self.tags as u8, 6)
            | part(self.form as u8, 8)
            | part(self.key.letter(), 16)
            | part(self.value.letter(), 24)
    }

    /// The import of such a number. `InvalidArgument` for any other number.
    pub fn from_code(code: u32, layout: &GuestLayout) -> Result<Self, Status> {
        let part = |shift: u32, mask: u32| (code >> shift & mask) as u8;
        let kind = if part(0, 3) == 2 { TableKind::Set } else { TableKind::Map };
        let operation = ImportOperation::of_number(part(2, 15)).ok_or(Status::InvalidArgument)?;
        let tags = match part(6, 3) {
            0 => Tags::None,
            1 => Tags::Key,
            2 => Tags::Value,
            _ => Tags::Both,
        };
        let form = match part(8, 3) {
            0 => ResultForm::Usual,
            1 => ResultForm::Long,
            2 => ResultForm::Option,
            _ => ResultForm::Packed,
        };
        let (key, value) = (Tag::from_letter(part(16, 255))?, Tag::from_letter(part(24, 255))?);
        let import = Import { kind, operation, key, value, tags, form, layout: *layout };
        layout.check()?;
        if import.to_code() == code { Ok(import) } else { Err(Status::InvalidArgument) }
    }
}

/// A list of a few types: one digit each, after a leading 1.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct ParameterTypes(u32);

impl ParameterTypes {
    const NONE: ParameterTypes = ParameterTypes(1);

    /// `None` when there are too many, or one that no import has.
    fn of(types: &[ValueType]) -> Option<Self> {
        let fit = types.len() <= 8 && types.iter().all(|one| *one <= F64);
        fit.then(|| types.iter().fold(Self::NONE, |all, one| all.and(*one)))
    }

    /// The types of a field as parameters or results.
    fn of_field(tag: Tag) -> Self {
        match tag {
            Tag::Int => Self::NONE.and(I64),
            Tag::Float => Self::NONE.and(F64),
            Tag::Text => Self::NONE.and(I32).and(I32),
            Tag::Bits => Self::NONE.and(I32),
        }
    }

    fn and(self, one: ValueType) -> Self {
        ParameterTypes(self.0 << 3 | u32::from(one))
    }

    /// Appends the one or two types of a field.
    fn then(self, field: ParameterTypes) -> Self {
        let digits = if field.0 >> 6 != 0 { 6 } else { 3 };
        ParameterTypes(self.0 << digits | field.0 & !(1 << digits))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_that_are_no_imports() {
        let layout = GuestLayout::default();
        let good = Import::find(b"map_new", &[], &[I32], &layout).expect("a name of ours").to_code();
        for code in [0, good & !3, good | 3, good | 15 << 2, good | 1 << 10, good ^ 1 << 16, u32::MAX] {
            assert_eq!(Import::from_code(code, &layout), Err(Status::InvalidArgument), "{code:#x}");
        }
    }

    #[test]
    fn names_say_what_they_take_and_give() {
        let usual: [(&str, &[ValueType], &[ValueType]); 12] = [
            ("map_new", &[], &[I32]),
            ("map_insert$ki_vs", &[I32, I64, I32, I32], &[I32]),
            ("map_insert_in_place$kf_vb", &[I32, F64, I32], &[]),
            ("map_get$ks_vs", &[I32, I32, I32, I32, I32], &[I32, I32]),
            ("map_contains$kb", &[I32, I32], &[I32]),
            ("map_contains$ki", &[I32, I64], &[I32]),
            ("map_get$ki_vs", &[I32, I64, I32, I32], &[I32, I32]),
            ("map_remove_in_place$ki", &[I32, I64], &[]),
            ("map_values$vf", &[I32], &[I32]),
            ("set_add$es", &[I32, I32, I32], &[I32]),
            ("set_add_in_place$ei", &[I32, I64], &[]),
            ("set_elements$ef", &[I32], &[I32]),
        ];
        let other: [(&str, &[ValueType], &[ValueType], ResultForm); 6] = [
            ("map_size", &[I32], &[I64], ResultForm::Long),
            ("set_size", &[I32], &[I64], ResultForm::Long),
            ("map_get$ks_vs", &[I32, I32, I32], &[I32], ResultForm::Option),
            ("map_get$ki_vb", &[I32, I64], &[I32], ResultForm::Option),
            ("map_keys$kb", &[I32], &[I32, I32], ResultForm::Packed),
            ("set_to_array$es", &[I32], &[I32, I32], ResultForm::Packed),
        ];
        let usual = usual.map(|(name, parameters, results)| (name, parameters, results, ResultForm::Usual));
        for (name, parameters, results, form) in usual.into_iter().chain(other) {
            let find = |parameters: &[_], results: &[_]| {
                Import::find(name.as_bytes(), parameters, results, &GuestLayout::default())
            };
            let import = find(parameters, results).expect("a name of ours");
            assert!(import.form == form && import.has_type(parameters, results), "{import:?}");
            assert!(parameters.len() <= MOST_PARAMETERS);
            assert_eq!(Import::from_code(import.to_code(), &GuestLayout::default()), Ok(import));
            let looks_up = ["map_get$ki", "map_contains$ki"].iter().any(|start| name.starts_with(start));
            let looks_up = (looks_up && form == ResultForm::Usual).then_some(TableKind::Map);
            assert_eq!(import.looks_up_integers(), looks_up, "{name}");
            assert_eq!(find(&[parameters, &[I32, I32, I32]].concat(), results), Err(Status::WrongType));
            assert_eq!(find(parameters, &[results, &[I64]].concat()), Err(Status::WrongType), "{name}");
        }
    }
}
