//! The bytes around an offset, with the byte at the offset marked.

use crate::format::Format;

/// How many words to show before and after.
const WORDS: usize = 4;
/// How many bytes in a row.
const ROW: usize = 16;

/// The lines around `offset`, which is in the format's unit.
pub(crate) fn lines(bytes: &[u8], format: Format, offset: usize) -> Vec<String> {
    if format.dialect().is_some() { words(bytes, offset) } else { rows(bytes, offset) }
}

fn mark(marked: bool) -> char {
    if marked { '>' } else { ' ' }
}

fn words(bytes: &[u8], offset: usize) -> Vec<String> {
    let (words, rest) = bytes.as_chunks::<8>();
    let from = offset.saturating_sub(WORDS).min(words.len());
    let to = offset.saturating_add(WORDS + 1).min(words.len());
    let mut lines: Vec<String> = (from..to)
        .map(|at| format!("{}{at:7}  {:016X}", mark(at == offset), u64::from_le_bytes(words[at])))
        .collect();
    if to == words.len() {
        let mut end = format!("{}{to:7}  ", mark(to <= offset));
        if rest.is_empty() {
            end.push_str("end");
        } else {
            let bytes: Vec<String> = rest.iter().map(|byte| format!("{byte:02X}")).collect();
            end.push_str(&format!("bytes {}, end", bytes.join(" ")));
        }
        lines.push(end);
    }
    lines
}

/// Two rows before and two after; the byte in question is in brackets.
fn rows(bytes: &[u8], offset: usize) -> Vec<String> {
    let middle = offset / ROW * ROW;
    let from = middle.saturating_sub(2 * ROW);
    let to = middle.saturating_add(3 * ROW).min(bytes.len());
    let mut lines = Vec::new();
    for start in (from..to.max(from)).step_by(ROW) {
        let row = &bytes[start..(start + ROW).min(bytes.len())];
        let mut line = format!("{}{start:7}  ", mark(start == middle));
        for at in 0..ROW {
            let (left, right) = if start + at == offset { ('[', ']') } else { (' ', ' ') };
            match row.get(at) {
                Some(byte) => line.push_str(&format!("{left}{byte:02X}{right}")),
                None if left == '[' => line.push_str("[  ]"),
                None => line.push_str("    "),
            }
        }
        line.push_str("  ");
        line.extend(row.iter().map(|byte| if (0x20..0x7F).contains(byte) { *byte as char } else { '.' }));
        lines.push(line);
    }
    if bytes.len() == to && middle >= to {
        lines.push(format!(">{middle:7}  end"));
    }
    lines
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_offset_of_every_length_is_marked_once() {
        for length in 0..100 {
            let bytes = vec![7; length];
            for offset in 0..=length {
                let lines = rows(&bytes, offset);
                assert_eq!(lines.iter().filter(|line| line.starts_with('>')).count(), 1, "{length} {offset}");
            }
            for offset in 0..=length / 8 {
                let lines = words(&bytes, offset);
                assert_eq!(lines.iter().filter(|line| line.starts_with('>')).count(), 1, "{length} {offset}");
            }
        }
        assert_eq!(
            rows(&[0x41; 3], 1),
            [">      0   41 [41] 41                                                       AAA"]
        );
    }
}
