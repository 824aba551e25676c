//! Random access to the values of messages: fields by name, elements by number, without decoding.
//!
//! A [`View`] is a position in a message. Nearby children of a container are found by walking. For others one pass over
//! the container adds it to the message's index, which later calls use (`docs/values.md`).
//!
//! Unsafe code is in `index` and `published`, because threads share what one of them builds.

mod index;
mod iterate;
mod key;
#[doc(hidden)]
pub(crate) mod published;
mod walk;

pub use iterate::{ViewElements, ViewFields};

use core::mem::MaybeUninit;

use key::{Long, PackedKey, Short};
use walk::ContainerView;

use crate::blob::{Blob, BlobRef};
use crate::status::Status;
use crate::value::{Kind, Symbol};
use crate::wota::{
    self, AnyReader, Classic, Dec64Words, Dialect, Head, Item, Layout, Reader, Word, Words, Writer,
};

/// A value of a borrowed message. References are followed to their targets.
///
/// The content of a message was checked when it was made, so calls fail only with `WrongType` for a value of another
/// type, and as documented for each call. When there is no memory for an index, views walk.
#[derive(Clone, Copy)]
pub struct View<'a> {
    message: BlobRef<'a>,
    position: usize,
    dialect: Dialect,
}

/// Runs an expression in the view's layout.
macro_rules! with_layout {
    ($view:expr, $function:ident ( $($argument:expr),* )) => {
        match $view.dialect {
            Dialect::Classic => $view.$function::<Classic>($($argument),*),
            Dialect::Dec64 => rare(move || $view.$function::<Dec64Words>($($argument),*)),
        }
    };
}

/// Passes the result to `done`. Each layout has its own copy of `done`; with a shared one the result would go through
/// memory.
macro_rules! with_layout_then {
    ($view:expr, $done:expr, $function:ident ( $($argument:expr),* )) => {
        match $view.dialect {
            Dialect::Classic => $done($view.$function::<Classic>($($argument),*)),
            Dialect::Dec64 => rare(move || $done($view.$function::<Dec64Words>($($argument),*))),
        }
    };
}

/// Keeps the code for the rarer dialect out of line.
#[inline(never)]
fn rare<T>(body: impl FnOnce() -> T) -> T {
    body()
}

impl<'a> View<'a> {
    /// The whole value of a message. `NotStone`; `WrongType` when it is not a message.
    pub fn new(message: &'a Blob) -> Result<Self, Status> {
        Self::known(message.into(), 0)
    }

    /// The value that starts at `offset`, in words. It is found like elements, with the index.
    ///
    /// `NotStone`; `WrongType` when it is not a message; `OutOfRange` when no value starts there.
    pub fn at(message: &'a Blob, offset: usize) -> Result<Self, Status> {
        Self::find(message.into(), offset)
    }

    pub(crate) fn find(message: BlobRef<'a>, offset: usize) -> Result<Self, Status> {
        let starts = match dialect_of(message)? {
            Dialect::Classic => walk::starts::<Classic>(message, offset),
            Dialect::Dec64 => walk::starts::<Dec64Words>(message, offset),
        };
        if starts { Self::known(message, offset) } else { Err(Status::OutOfRange) }
    }

    fn known(message: BlobRef<'a>, offset: usize) -> Result<Self, Status> {
        Self::of_place(wota::ValueRef::known(message, offset)?)
    }

    #[inline(always)]
    fn of_place(place: wota::ValueRef<'a>) -> Result<Self, Status> {
        Ok(View { message: place.message, position: place.offset, dialect: dialect_of(place.message)? })
    }

    /// The kind of the value; never [`Kind::Value`].
    #[inline(always)]
    pub fn kind(&self) -> Kind {
        // There is always a value at a view's position.
        with_layout!(self, kind_in()).unwrap_or(Kind::Symbol)
    }

    /// The number of elements of an array, of pairs of a record; 1 for a symbol that carries a value.
    #[inline(always)]
    pub fn count(&self) -> Result<u64, Status> {
        with_layout!(self, count_in())
    }

    /// An element of an array; element 0 of a symbol that carries a value is that value. `OutOfRange` when there is no
    /// element of this number.
    #[inline(always)]
    pub fn element(&self, number: u64) -> Result<View<'a>, Status> {
        self.element_then(number, |found| found)
    }

    /// The same, passed to `done`.
    #[inline(always)]
    pub(crate) fn element_then<T>(&self, number: u64, done: impl FnOnce(Result<View<'a>, Status>) -> T) -> T {
        with_layout_then!(self, done, element_in(number))
    }

    /// The value of a record's key in UTF-8. `NotFound`, also when the key is not valid text.
    #[inline(always)]
    pub fn field(&self, key: &[u8]) -> Result<View<'a>, Status> {
        self.field_then(key, |found| found)
    }

    /// The same, passed to `done`.
    #[inline(always)]
    pub(crate) fn field_then<T>(&self, key: &[u8], done: impl FnOnce(Result<View<'a>, Status>) -> T) -> T {
        with_layout_then!(self, done, field_in(key))
    }

    /// A key of a record and its value, in the message's order. `OutOfRange` when there is no field of this number.
    #[inline(always)]
    pub fn field_at(&self, number: u64) -> Result<(View<'a>, View<'a>), Status> {
        with_layout!(self, field_at_in(number))
    }

    /// The elements of an array in order.
    pub fn elements(&self) -> Result<ViewElements<'a>, Status> {
        with_layout!(self, elements_in())
    }

    /// The fields of a record in order.
    pub fn fields(&self) -> Result<ViewFields<'a>, Status> {
        with_layout!(self, fields_in())
    }

    /// An integer.
    #[inline(always)]
    pub fn integer(&self) -> Result<i64, Status> {
        with_layout!(self, integer_in())
    }

    /// An integer or a float, as a double (integers beyond 2^53 are rounded).
    #[inline(always)]
    pub fn number(&self) -> Result<f64, Status> {
        with_layout!(self, number_in())
    }

    /// A symbol; the value that it carries is its element 0.
    #[inline(always)]
    pub fn symbol(&self) -> Result<Symbol, Status> {
        with_layout!(self, symbol_in())
    }

    /// The length of the text in bytes of UTF-8.
    pub fn text_length(&self) -> Result<usize, Status> {
        with_layout!(self, text_length_in())
    }

    /// Writes the text to the start of `buffer` and returns its length in bytes. `OutOfRange` when it is too small; the
    /// buffer may have been written to even then.
    #[inline(always)]
    pub fn text(&self, buffer: &mut [u8]) -> Result<usize, Status> {
        with_layout!(self, text_in(buffer))
    }

    /// The text as a string. `OutOfRange` for a lone surrogate, which a `String` cannot hold; `NoMemory`.
    pub fn string(&self) -> Result<String, Status> {
        with_layout!(self, string_in())
    }

    /// The length in bits of the blob or stone.
    pub fn bits_length(&self) -> Result<usize, Status> {
        with_layout!(self, bits_length_in())
    }

    /// The blob: a new count on the stone, or a new stone with the inline bits (`NoMemory`).
    pub fn blob(&self) -> Result<Blob, Status> {
        with_layout!(self, blob_in())
    }

    /// A reader at the value. After the value it continues with the surrounding values of the message.
    #[inline(always)]
    pub fn to_reader(&self) -> AnyReader<'a> {
        match self.dialect {
            Dialect::Classic => AnyReader::Classic(self.reader()),
            Dialect::Dec64 => AnyReader::Dec64(self.reader()),
        }
    }

    /// A new count on the message that has the value, and the value's offset in words, as [`Writer::value`] takes them.
    pub fn place(&self) -> (Blob, usize) {
        (self.message.share(), self.position)
    }

    #[inline(always)]
    fn words(&self) -> Words<'a> {
        Words::of_message(self.message)
    }

    #[inline(always)]
    fn reader<L: Layout>(&self) -> Reader<'a, L> {
        Reader::at_words(self.words(), self.position, self.message)
    }

    #[inline(always)]
    fn kind_in<L: Layout>(&self) -> Result<Kind, Status> {
        self.reader::<L>().kind()
    }

    #[inline(always)]
    fn integer_in<L: Layout>(&self) -> Result<i64, Status> {
        self.reader::<L>().integer()
    }

    #[inline(always)]
    fn number_in<L: Layout>(&self) -> Result<f64, Status> {
        self.reader::<L>().number()
    }

    #[inline(always)]
    fn symbol_in<L: Layout>(&self) -> Result<Symbol, Status> {
        self.reader::<L>().symbol()
    }

    #[inline(always)]
    fn text_length_in<L: Layout>(&self) -> Result<usize, Status> {
        self.reader::<L>().text_length()
    }

    #[inline(always)]
    fn text_in<L: Layout>(&self, buffer: &mut [u8]) -> Result<usize, Status> {
        self.reader::<L>().text(buffer)
    }

    fn string_in<L: Layout>(&self) -> Result<String, Status> {
        self.reader::<L>().string()
    }

    fn bits_length_in<L: Layout>(&self) -> Result<usize, Status> {
        self.reader::<L>().bits_length()
    }

    fn blob_in<L: Layout>(&self) -> Result<Blob, Status> {
        self.reader::<L>().blob()
    }

    /// The value at a position of the same message, or the target of a reference there.
    #[inline(always)]
    fn inside<L: Layout>(&self, words: Words<'a>, position: usize) -> Result<View<'a>, Status> {
        match words.get(position).map(L::head) {
            Some(Ok(Head { kind: Kind::Value, .. })) => {
                let place = led::<L>(self.message, position).ok_or(Status::Malformed)?;
                Ok(View {
                    message: place.message,
                    position: place.offset,
                    dialect: dialect_of(place.message)?,
                })
            }
            _ => Ok(View { position, ..*self }),
        }
    }

    #[inline(always)]
    fn count_in<L: Layout>(&self) -> Result<u64, Status> {
        let head = self.reader::<L>().head()?;
        match head.kind {
            Kind::Array | Kind::Record => Ok(head.field),
            _ if head.values() == 1 => Ok(1),
            _ => Err(Status::WrongType),
        }
    }

    /// The container here, if it is of one of these kinds.
    #[inline(always)]
    fn container<L: Layout>(&self, record: bool) -> Result<ContainerView<'a>, Status> {
        ContainerView::new::<L>(self.message, self.position, record).ok_or(Status::WrongType)
    }

    #[inline(always)]
    fn element_in<L: Layout>(&self, number: u64) -> Result<View<'a>, Status> {
        let place = self.container::<L>(false)?;
        if number >= place.children {
            return Err(Status::OutOfRange);
        }
        self.inside::<L>(place.words, place.child::<L>(number).ok_or(Status::OutOfRange)?)
    }

    #[inline(always)]
    fn field_in<L: Layout>(&self, key: &[u8]) -> Result<View<'a>, Status> {
        let place = self.container::<L>(true)?;
        let mut room: PackedKey = Default::default();
        match Short::pack(key, &mut room) {
            Some(key) => self.inside::<L>(place.words, place.value::<L>(key).ok_or(Status::NotFound)?),
            None => {
                let at = long_value::<L>(self.message, self.position, key).ok_or(Status::NotFound)?;
                self.inside::<L>(place.words, at)
            }
        }
    }

    #[inline(always)]
    fn field_at_in<L: Layout>(&self, number: u64) -> Result<(View<'a>, View<'a>), Status> {
        let place = self.container::<L>(true)?;
        if number >= place.children {
            return Err(Status::OutOfRange);
        }
        let at = place.child::<L>(number).ok_or(Status::OutOfRange)?;
        let value = walk::skip::<L>(place.words, at, 1, &mut 1).ok_or(Status::OutOfRange)?;
        Ok((View { position: at, ..*self }, self.inside::<L>(place.words, value)?))
    }

    fn elements_in<L: Layout>(&self) -> Result<ViewElements<'a>, Status> {
        let children = self.container::<L>(false)?.children;
        Ok(ViewElements::new(View { position: self.position + 1, ..*self }, children))
    }

    fn fields_in<L: Layout>(&self) -> Result<ViewFields<'a>, Status> {
        let children = self.container::<L>(true)?.children;
        Ok(ViewFields::new(View { position: self.position + 1, ..*self }, children))
    }

    /// The position of its first child, for [`View::step_over`]. The child may be a reference. `WrongType`.
    pub(crate) fn children(&self) -> Result<View<'a>, Status> {
        with_layout!(self, children_in())
    }

    fn children_in<L: Layout>(&self) -> Result<View<'a>, Status> {
        self.count_in::<L>()?;
        Ok(View { position: self.position + 1, ..*self })
    }

    /// As [`Reader::leaves`]: their number, and the position after them.
    #[inline(always)]
    pub(crate) fn leaves<T>(
        &self,
        places: &mut [MaybeUninit<T>],
        text: &mut [u8],
        put: impl Fn(&mut MaybeUninit<T>, Item),
    ) -> (usize, View<'a>) {
        match self.dialect {
            Dialect::Classic => self.leaves_in::<Classic, T>(places, text, put),
            Dialect::Dec64 => self.leaves_in::<Dec64Words, T>(places, text, put),
        }
    }

    #[inline(always)]
    fn leaves_in<L: Layout, T>(
        &self,
        places: &mut [MaybeUninit<T>],
        text: &mut [u8],
        put: impl Fn(&mut MaybeUninit<T>, Item),
    ) -> (usize, View<'a>) {
        let mut reader = self.reader::<L>();
        let count = reader.leaves(places, text, put);
        (count, View { position: reader.offset(), ..*self })
    }

    /// The value here, which may be a reference, and the position after it.
    fn step<L: Layout>(&self) -> Result<(View<'a>, View<'a>), Status> {
        let words = self.words();
        let after = walk::skip::<L>(words, self.position, 1, &mut usize::MAX.clone());
        let next = View { position: after.ok_or(Status::End)?, ..*self };
        Ok((self.inside::<L>(words, self.position)?, next))
    }

    /// The words of the value here, which may be a reference, and the position after it; `None` when it has more words
    /// than the limit.
    pub(crate) fn step_within(&self, words: usize) -> Option<(&'a [Word], View<'a>)> {
        with_layout!(self, step_within_in(words))
    }

    fn step_within_in<L: Layout>(&self, most: usize) -> Option<(&'a [Word], View<'a>)> {
        let words = self.words();
        // Each step is at least one word.
        let end = walk::skip::<L>(words, self.position, 1, &mut most.clone())?;
        let value = words.raw().get(self.position..end).filter(|value| value.len() <= most)?;
        Some((value, View { position: end, ..*self }))
    }

    /// `End` when no value is here.
    pub(crate) fn step_over(&self) -> Result<(View<'a>, View<'a>), Status> {
        with_layout!(self, step())
    }
}

#[inline(always)]
fn dialect_of(message: BlobRef<'_>) -> Result<Dialect, Status> {
    wota::dialect_of(message.header())
}

/// The target of the reference at a position.
#[inline(never)]
fn led<L: Layout>(message: BlobRef<'_>, position: usize) -> Option<wota::ValueRef<'_>> {
    Reader::<L>::at(message, position).referenced()
}

#[inline(never)]
fn long_value<L: Layout>(message: BlobRef<'_>, position: usize, key: &[u8]) -> Option<usize> {
    ContainerView::new::<L>(message, position, true)?.value::<L>(Long::check(key)?)
}

impl<L: Layout> Writer<L> {
    /// Writes a view's value by reference: one count on its message and two words, whatever its size; nothing is walked
    /// over. It cannot be a record's key. `OutOfRange` when its offset does not fit a preamble.
    pub fn view(&mut self, view: &View<'_>) -> Result<(), Status> {
        self.place(wota::ValueRef { message: view.message, offset: view.position })
    }
}
