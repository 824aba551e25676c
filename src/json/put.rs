//! Numbers and texts in JSON syntax.

use super::tokens::plain_run;
use crate::convert::output::Output;
use crate::status::Status;

pub(super) fn put_integer(output: &mut Output, value: i64) -> Result<(), Status> {
    output.put(itoa::Buffer::new().format(value).as_bytes())
}

/// A finite number, with as many digits as needed to read it back exactly.
pub(super) fn put_double(output: &mut Output, value: f64) -> Result<(), Status> {
    output.put(zmij::Buffer::new().format_finite(value).as_bytes())
}

/// A text in UTF-8, in quotes. `OutOfRange` when it is not UTF-8; the output is incomplete in that case.
pub(super) fn put_text(output: &mut Output, text: &[u8]) -> Result<(), Status> {
    let mut rest = text;
    output.reserve(rest.len().saturating_add(2))?;
    output.put(b"\"")?;
    loop {
        let (run, is_ascii) = plain_run(rest);
        if !is_ascii {
            str::from_utf8(&rest[..run]).map_err(|_| Status::OutOfRange)?;
        }
        output.put(&rest[..run])?;
        let Some((special, after)) = rest[run..].split_first() else { break };
        put_escaped(output, *special)?;
        rest = after;
    }
    output.put(b"\"")
}

#[cold]
fn put_escaped(output: &mut Output, special: u8) -> Result<(), Status> {
    let short = match special {
        b'"' => b"\\\"",
        b'\\' => b"\\\\",
        0x08 => b"\\b",
        b'\t' => b"\\t",
        b'\n' => b"\\n",
        0x0C => b"\\f",
        b'\r' => b"\\r",
        control => {
            let digit = |half: u8| b"0123456789abcdef"[usize::from(half & 15)];
            return output.put(&[b'\\', b'u', b'0', b'0', digit(control >> 4), digit(control)]);
        }
    };
    output.put(short)
}
