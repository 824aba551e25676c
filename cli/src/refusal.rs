//! Explains why a valid value cannot be represented in another format: the first of its parts that has no form there.

use drystone::Status;
use drystone::wota::Writer;

use crate::failure::{Failure, Trouble};
use crate::format::Format;
use crate::input::resources;
use crate::walk::{Broken, Form, Nota, Walk, What, Wota};

/// The target format of a value.
#[derive(Clone, Copy)]
pub(crate) struct Target {
    pub(crate) format: Format,
    pub(crate) nearest: bool,
}

/// The failure of the named valid input, which has these bytes; for JSON they are its message's.
pub(crate) fn failure(name: &str, bytes: &[u8], from: Format, target: Target, status: Status) -> Failure {
    if status == Status::NoMemory {
        return resources(name, status);
    }
    let (offset, broken) = match from {
        Format::Nota => first(Walk::new(Nota::new(bytes)), target, status),
        _ => first(Walk::new(Wota::new(bytes, from.dialect().unwrap_or_default())), target, status),
    };
    let unit = if from == Format::Json { "words of its message" } else { from.unit() };
    Failure::Faulty(
        name.to_string(),
        Trouble { offset, unit, expected: broken.expected, found: broken.found },
    )
}

fn first<F: Form>(mut walk: Walk<F>, target: Target, status: Status) -> (usize, Broken) {
    while let Ok(Some(item)) = walk.step() {
        if let Some(broken) = refused(&item.what, target) {
            return (item.offset, broken);
        }
    }
    let expected = format!("a value that {} can represent", target.format.name());
    (0, Broken::new(expected, format!("one that it cannot represent ({status})")))
}

fn refused(what: &What, target: Target) -> Option<Broken> {
    let name = target.format.name();
    let number = match what {
        What::Float(value) => *value,
        What::Decimal(value) => value.to_double(),
        What::Integer(value) => *value as f64,
        What::Text(text) if text.lone && target.format == Format::Json => {
            return Some(Broken::new(format!("a text without lone surrogates, for {name}"), text.shown()));
        }
        _ => return None,
    };
    if target.format == Format::WotaDec64 {
        let mut writer = Writer::dec64();
        let written = if target.nearest { writer.nearest(number) } else { writer.number(number) };
        let expected = match target.nearest {
            true => "a number within the range of DEC64",
            false => "a number that DEC64 represents exactly (--nearest rounds)",
        };
        return written.err().map(|_| Broken::new(expected, format!("{number:?}")));
    }
    let lost = target.format != Format::Wota && !number.is_finite();
    lost.then(|| Broken::new(format!("a finite number, for {name}"), format!("{number:?}")))
}
