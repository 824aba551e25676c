//! Walks the values of bytes that may be faulty, from the outside in, and says in plain words what is wrong
//! where it cannot go on. The library decides whether an input is good; this is for people.

mod nota;
mod text;
mod wota;

use drystone::number::decimal::Decimal;
use drystone::wota::Symbol;

pub(crate) use nota::Nota;
pub(crate) use text::Text;
pub(crate) use wota::{Wota, counted};

/// A value without its contents.
#[derive(Debug)]
pub(crate) enum What {
    Integer(i64),
    Float(f64),
    Decimal(Decimal),
    Array(u64),
    /// This many pairs.
    Record(u64),
    /// This many bits.
    Blob(u64),
    Text(Text),
    Symbol(Symbol),
}

impl What {
    /// How many of the following values belong to it.
    fn contains(&self) -> u64 {
        match self {
            What::Array(count) => *count,
            What::Record(pairs) => pairs.saturating_mul(2),
            _ => self.carries().into(),
        }
    }

    /// Whether it starts a nesting level.
    pub(crate) fn is_container(&self) -> bool {
        matches!(self, What::Array(_) | What::Record(_)) || self.carries()
    }

    /// Whether it is a symbol that other values follow.
    fn carries(&self) -> bool {
        matches!(self, What::Symbol(Symbol::Private | Symbol::System))
    }

    /// What to call it.
    fn name(&self) -> &'static str {
        match self {
            What::Integer(_) => "an integer",
            What::Float(_) | What::Decimal(_) => "a number",
            What::Array(_) => "an array",
            What::Record(_) => "a record",
            What::Blob(_) => "a blob",
            What::Text(_) => "a text",
            What::Symbol(Symbol::Null) => "null",
            What::Symbol(Symbol::False) => "false",
            What::Symbol(Symbol::True) => "true",
            What::Symbol(Symbol::Private) => "a private symbol",
            What::Symbol(Symbol::System) => "a system symbol",
        }
    }
}

/// What was expected, and what was found instead.
#[derive(Debug)]
pub(crate) struct Broken {
    pub(crate) expected: String,
    pub(crate) found: String,
}

impl Broken {
    pub(crate) fn new(expected: impl Into<String>, found: impl Into<String>) -> Self {
        Broken { expected: expected.into(), found: found.into() }
    }
}

pub(crate) const END: &str = "the end of the input";

/// A format of values.
pub(crate) trait Form {
    /// The unit of offsets.
    const UNIT: &'static str;

    /// The length in units.
    fn length(&self) -> usize;
    /// Describes what is left from an offset on.
    fn left(&self, offset: usize) -> String;
    /// The value at an offset before the end, and where the next one starts.
    fn value(&self, offset: usize) -> Result<(What, usize), Broken>;
    /// The start of the value's own units, at most sixteen digits wide.
    fn digits(&self, offset: usize, next: usize) -> String;
}

/// A value and its position.
pub(crate) struct Item {
    pub(crate) offset: usize,
    /// Where the next value starts.
    pub(crate) next: usize,
    /// How many containers are open around it.
    pub(crate) depth: usize,
    pub(crate) key: bool,
    pub(crate) what: What,
}

/// A container that is not complete.
struct Open {
    offset: usize,
    total: u64,
    left: u64,
    kind: ContainerKind,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum ContainerKind {
    Array,
    Record,
    Private,
    System,
}

impl Open {
    fn wants_key(&self) -> bool {
        self.kind == ContainerKind::Record && self.left.is_multiple_of(2)
    }
}

/// A position among values.
pub(crate) struct Walk<F> {
    pub(crate) form: F,
    offset: usize,
    open: Vec<Open>,
    started: bool,
}

impl<F: Form> Walk<F> {
    pub(crate) fn new(form: F) -> Self {
        Walk { form, offset: 0, open: Vec::new(), started: false }
    }

    /// The offset of the next value.
    pub(crate) fn offset(&self) -> usize {
        self.offset
    }

    /// The next value; `None` after the last one. Does not advance at a fault.
    pub(crate) fn step(&mut self) -> Result<Option<Item>, Broken> {
        let offset = self.offset;
        let at_end = offset >= self.form.length();
        if self.started && self.open.is_empty() {
            let left = self.form.left(offset);
            if left.is_empty() {
                return Ok(None);
            }
            return Err(Broken::new(END, format!("{left} after the value")));
        }
        if at_end {
            let left = self.form.left(offset);
            let found = if left.is_empty() { END.to_string() } else { format!("only {left}") };
            return Err(Broken::new(self.wanted(), found));
        }
        let (what, next) = self.form.value(offset)?;
        self.admit(&what)?;
        let (values, rest) = (what.contains(), (self.form.length() - next) as u64);
        if values > rest {
            let unit = F::UNIT.trim_end_matches('s');
            let expected = format!("at least {} for the values in {}", counted(values, unit), what.name());
            return Err(Broken::new(expected, format!("{} to the end", counted(rest, unit))));
        }
        let (depth, key) = (self.open.len(), self.open.last().is_some_and(Open::wants_key));
        self.enter(&what, values);
        self.offset = next;
        Ok(Some(Item { offset, next, depth, key, what }))
    }

    fn admit(&self, what: &What) -> Result<(), Broken> {
        let Some(open) = self.open.last() else { return Ok(()) };
        let good = match open.kind {
            ContainerKind::System => matches!(what, What::Record(_)),
            _ => !open.wants_key() || matches!(what, What::Text(_)),
        };
        if good { Ok(()) } else { Err(Broken::new(self.wanted(), what.name())) }
    }

    /// Counts the value, enters it when it contains something, and leaves completed containers.
    fn enter(&mut self, what: &What, values: u64) {
        self.started = true;
        if let Some(open) = self.open.last_mut() {
            open.left -= 1;
        }
        let kind = match what {
            What::Array(_) => ContainerKind::Array,
            What::Symbol(Symbol::Private) => ContainerKind::Private,
            What::Symbol(Symbol::System) => ContainerKind::System,
            _ => ContainerKind::Record,
        };
        if values != 0 {
            self.open.push(Open { offset: self.offset, total: values, left: values, kind });
        }
        while self.open.pop_if(|open| open.left == 0).is_some() {}
    }

    /// What is expected here.
    fn wanted(&self) -> String {
        let Some(open) = self.open.last() else { return "a value".to_string() };
        let at = open.offset;
        let done = open.total - open.left;
        match open.kind {
            ContainerKind::Array => format!("element {} of {} of the array at {at}", done + 1, open.total),
            ContainerKind::Record => {
                let part = if open.wants_key() { "a text, the key" } else { "the value" };
                format!("{part} of pair {} of {} of the record at {at}", done / 2 + 1, open.total / 2)
            }
            ContainerKind::Private => format!("the value of the private symbol at {at}"),
            ContainerKind::System => format!("a record, which the system symbol at {at} carries"),
        }
    }
}
