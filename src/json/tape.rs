//! The content of JSON text, recorded before the lengths of its containers are needed: one step for each value and
//! key, in the order of the text, in an arena, which frees all steps at once. Texts without escapes stay in the JSON
//! text.

use allocator_api2::vec::Vec;

use super::MAX_DEPTH;
use super::tokens::{TextToken, Token, Tokens};
use crate::allocation::Grow;
use crate::arena::Arena;
use crate::status::Status;
use crate::value::Fault;

/// A value or a key. The contents of a container follow it.
#[derive(Clone, Copy, Debug)]
pub(super) enum Step<'a> {
    Null,
    Logical(bool),
    Number(f64),
    /// UTF-8.
    Text(&'a [u8]),
    /// An array of this many values.
    Array(usize),
    /// An object of this many pairs of a text and a value.
    Object(usize),
}

/// The steps of a text. `Truncated`; `Malformed`; `LimitExceeded` at the start of a container that is nested too
/// deeply; `NoMemory`.
pub(super) fn record<'a>(text: &'a [u8], arena: &'a Arena) -> Result<Vec<Step<'a>, &'a Arena>, Fault> {
    let mut recorder =
        Recorder { arena, tokens: Tokens::new(text), steps: Vec::new_in(arena), open: Vec::new_in(arena) };
    match recorder.all() {
        Ok(()) => Ok(recorder.steps),
        Err(status) => Err(recorder.tokens.fault(status)),
    }
}

struct Recorder<'a> {
    arena: &'a Arena,
    tokens: Tokens<'a>,
    steps: Vec<Step<'a>, &'a Arena>,
    /// The steps of the open containers, innermost last.
    open: Vec<usize, &'a Arena>,
}

impl<'a> Recorder<'a> {
    fn all(&mut self) -> Result<(), Status> {
        self.open.try_reserve_exact(MAX_DEPTH).map_err(|_| Status::NoMemory)?;
        loop {
            let mut first = self.value()?;
            loop {
                let Some(container) = self.open.last().and_then(|place| self.steps.get_mut(*place)) else {
                    return self.tokens.end();
                };
                let more = match container {
                    Step::Object(pairs) => match self.tokens.key(first)? {
                        Some(key) => {
                            *pairs += 1;
                            let key = Step::Text(text(key, self.arena)?);
                            self.push(key)?;
                            true
                        }
                        None => false,
                    },
                    Step::Array(elements) => {
                        let more = self.tokens.element(first)?;
                        *elements += usize::from(more);
                        more
                    }
                    _ => false,
                };
                if more {
                    break;
                }
                self.open.pop();
                first = false;
            }
        }
    }

    /// Records a value; returns whether it opened a container.
    #[inline]
    fn value(&mut self) -> Result<bool, Status> {
        let step = match self.tokens.value()? {
            Token::Null => Step::Null,
            Token::Logical(value) => Step::Logical(value),
            Token::Integer(value) => Step::Number(value as f64),
            Token::Double(value) => Step::Number(value),
            Token::Text(found) => Step::Text(text(found, self.arena)?),
            Token::Array => Step::Array(0),
            Token::Object => Step::Object(0),
        };
        let container = matches!(step, Step::Array(_) | Step::Object(_));
        if container {
            if self.open.len() == MAX_DEPTH {
                self.tokens.step_back();
                return Err(Status::LimitExceeded);
            }
            self.open.push_in_room(self.steps.len());
        }
        self.push(step)?;
        Ok(container)
    }

    #[inline]
    fn push(&mut self, step: Step<'a>) -> Result<(), Status> {
        self.steps.try_push(step)
    }
}

/// The text, copied to the arena if it had escapes.
#[inline]
fn text<'a>(text: TextToken<'a, '_>, arena: &'a Arena) -> Result<&'a [u8], Status> {
    match text {
        TextToken::Whole(bytes) => Ok(bytes),
        TextToken::Unescaped(bytes) => {
            let mut copied = Vec::new_in(arena);
            copied.try_reserve_exact(bytes.len()).map_err(|_| Status::NoMemory)?;
            copied.try_append(bytes)?;
            Ok(copied.leak())
        }
    }
}
