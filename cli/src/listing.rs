//! Values as lines: offset, words or bytes, and value, in the form of the library's own dump.

use drystone::wota::Symbol;

use crate::walk::{Form, Item, What};

/// The line of one value.
pub(crate) fn line(item: &Item, form: &impl Form) -> String {
    let digits = form.digits(item.offset, item.next);
    let key = if item.key { "key " } else { "" };
    let indent = 2 * item.depth;
    format!("{:8}  {digits:<16}  {:indent$}{key}{}", item.offset, "", says(&item.what))
}

fn says(what: &What) -> String {
    match what {
        What::Integer(value) => format!("integer {value}"),
        What::Float(value) => format!("float {value:?} ({:016X})", value.to_bits()),
        What::Decimal(value) => format!("decimal {}e{}", value.coefficient, value.exponent),
        What::Array(count) => format!("array of {count}"),
        What::Record(pairs) => format!("record of {pairs}"),
        What::Blob(bits) => format!("blob of {bits} bits"),
        What::Text(text) => format!("text of {} bytes {}", text.bytes, text.shown()),
        What::Symbol(symbol) => match symbol {
            Symbol::Null => "null",
            Symbol::False => "false",
            Symbol::True => "true",
            Symbol::Private => "private",
            Symbol::System => "system",
        }
        .to_string(),
    }
}

#[cfg(test)]
mod tests {
    use drystone::Limits;
    use drystone::dump::dump;
    use drystone::wota::{Dialect, to_bytes};

    use super::line;
    use crate::format::Format;
    use crate::walk::{Walk, Wota};

    const EVERYTHING: &str = include_str!("../tests/everything.json");

    #[test]
    fn lines_are_those_of_the_library() {
        let message = Format::Json.decode(EVERYTHING.as_bytes(), &Limits::DEFAULT).unwrap();
        for (format, dialect) in [(Format::Wota, Dialect::Classic), (Format::WotaDec64, Dialect::Dec64)] {
            let bytes = format.encode(&message, false, true).unwrap();
            let message = format.decode(bytes.bytes(), &Limits::DEFAULT).unwrap();
            assert_eq!(to_bytes(&message).unwrap(), bytes);
            let mut walk = Walk::new(Wota::new(bytes.bytes(), dialect));
            let mut lines = String::new();
            while let Some(item) = walk.step().unwrap() {
                lines.push_str(&line(&item, &walk.form));
                lines.push('\n');
            }
            assert_eq!(lines.as_bytes(), dump(&message).unwrap().bytes());
        }
    }
}
