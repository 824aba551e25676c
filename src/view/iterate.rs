//! Iterators over the children of a container. Each child is walked over once.

use core::iter::FusedIterator;

use super::View;

/// The elements of an array.
#[derive(Clone)]
pub struct ViewElements<'a> {
    next: View<'a>,
    left: u64,
}

impl<'a> ViewElements<'a> {
    pub(super) fn new(next: View<'a>, left: u64) -> Self {
        ViewElements { next, left }
    }
}

impl<'a> Iterator for ViewElements<'a> {
    type Item = View<'a>;

    fn next(&mut self) -> Option<View<'a>> {
        self.left = self.left.checked_sub(1)?;
        let (value, next) = self.next.step_over().ok()?;
        self.next = next;
        Some(value)
    }

    fn size_hint(&self) -> (usize, Option<usize>) {
        let left = usize::try_from(self.left);
        (left.unwrap_or(usize::MAX), left.ok())
    }
}

impl FusedIterator for ViewElements<'_> {}

/// The fields of a record: keys and values.
#[derive(Clone)]
pub struct ViewFields<'a> {
    next: View<'a>,
    left: u64,
}

impl<'a> ViewFields<'a> {
    pub(super) fn new(next: View<'a>, left: u64) -> Self {
        ViewFields { next, left }
    }
}

impl<'a> Iterator for ViewFields<'a> {
    type Item = (View<'a>, View<'a>);

    fn next(&mut self) -> Option<Self::Item> {
        self.left = self.left.checked_sub(1)?;
        let (key, value) = self.next.step_over().ok()?;
        let (value, next) = value.step_over().ok()?;
        self.next = next;
        Some((key, value))
    }

    fn size_hint(&self) -> (usize, Option<usize>) {
        let left = usize::try_from(self.left);
        (left.unwrap_or(usize::MAX), left.ok())
    }
}

impl FusedIterator for ViewFields<'_> {}
