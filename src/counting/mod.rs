//! Reference counts that saturate, and values shared by one.

mod count;
mod counted;

pub(crate) use count::Count;
pub(crate) use counted::{Counted, CountedInner, Retire, WeakPtr};
