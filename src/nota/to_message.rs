//! From bytes to the words of a message in one pass: each piece is written as soon as it is checked.

use super::pieces::{Piece, Pieces};
use crate::blob::Blob;
use crate::number::decimal::Decimal;
use crate::status::Status;
use crate::value::{Fault, Limits};
use crate::value::{INTEGER_MAX, INTEGER_MIN, Kind};
use crate::wota::{Classic, Encoder};

/// See [`nota_to_message`](crate::convert::nota_to_message).
pub(crate) fn to_message(bytes: &[u8], limits: &Limits) -> Result<Blob, Fault> {
    let mut pieces = Pieces::new(bytes, limits);
    let mut encoder = Encoder::<Classic>::default();
    encoder.expect_text(bytes.len(), limits.max_words);
    let outcome = encode(&mut pieces, &mut encoder)
        .and_then(|()| encoder.message(&mut Vec::new(), 0, pieces.deepest()));
    outcome.map_err(|status| pieces.fault().unwrap_or(Fault { status, offset: pieces.offset() }))
}

fn encode(pieces: &mut Pieces<'_>, encoder: &mut Encoder<Classic>) -> Result<(), Status> {
    while let Some(piece) = pieces.next()? {
        match piece {
            Piece::Text(text) => match text.as_str() {
                Some(text) => encoder.text(text.as_bytes())?,
                None => encoder.characters(text.count(), text.characters())?,
            },
            Piece::Integer(value) if (INTEGER_MIN..=INTEGER_MAX).contains(&value) => {
                encoder.integer(value)?
            }
            Piece::Integer(value) => encoder.decimal(Decimal { coefficient: value, exponent: 0 })?,
            Piece::Decimal { coefficient, exponent } => encoder.decimal(Decimal { coefficient, exponent })?,
            Piece::Array(count) => encoder.head(Kind::Array, count)?,
            Piece::Record(pairs) => encoder.head(Kind::Record, pairs)?,
            Piece::Symbol(symbol) => encoder.head(Kind::Symbol, symbol as u64)?,
            Piece::Bits(bytes, bits) => encoder.bits(bytes, bits)?,
        }
    }
    Ok(())
}
