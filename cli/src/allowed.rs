//! What limits allow, in words.

use drystone::Limits;

use crate::walk::counted;

pub(crate) fn depth_allowed(depth: u64) -> String {
    format!("at most {} (--max-depth)", counted(depth, "nested container"))
}

pub(crate) fn words_allowed(limits: &Limits) -> String {
    format!("at most {} (--max-words)", counted(limits.max_words, "word"))
}
