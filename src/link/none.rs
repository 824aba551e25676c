//! Systems without sealed memory files.

use std::time::Duration;

use super::{Options, Statistics};
use crate::blob::file::Descriptor;
use crate::mailbox::Mailbox;
use crate::status::Status;

/// Cannot exist on this system.
#[derive(Debug)]
pub enum Link {}

impl Link {
    pub(crate) fn over(_: Descriptor, _: &Options) -> Result<Link, Status> {
        Err(Status::Unsupported)
    }

    /// Never called, as no link exists.
    pub fn mailbox(&mut self, _: &[u8]) -> Result<Mailbox, Status> {
        match *self {}
    }

    /// Never called, as no link exists.
    pub fn serve(&mut self, _: &[u8], _: &Mailbox) -> Result<(), Status> {
        match *self {}
    }

    /// Never called, as no link exists.
    pub fn descriptor(&self) -> i32 {
        match *self {}
    }

    /// Never called, as no link exists.
    pub fn turn(&mut self, _: Option<Duration>) -> Result<(), Status> {
        match *self {}
    }

    /// Never called, as no link exists.
    pub fn statistics(&self) -> Statistics {
        match *self {}
    }
}
