//! `drystone serve`.

use std::io::{self, Write};
use std::thread;
use std::time::Duration;

use drystone::json::json_from_message;
use drystone::link::Link;
use drystone::wota::{Writer, is_message};
use drystone::{Blob, Mailbox, Status};

use crate::arguments::Serve;
use crate::failure::Failure;
use crate::input::resources;
use crate::meeting::Listener;
use crate::output::Lines;

/// This many letters may wait to be printed; then posters wait.
const WAITING: usize = 1000;

/// Prints the letters posted to a name.
pub(crate) fn serve(arguments: &Serve) -> Result<(), Failure> {
    let name = arguments.name.as_str();
    #[cfg(feature = "machines")]
    if let Some(office) = arguments.machines.office()? {
        let mailbox = crate::machines::Machines::serve(&office, name, WAITING)?;
        let next = || mailbox.take(None).map(Blob::from).map_err(io::Error::other);
        print(name, arguments.count, || {
            next().map_err(|error| Failure::File(name.to_string(), "cannot be served", error))
        })?;
        // Acknowledges printed letters; the others come again.
        let _ = office.close(Some(Duration::ZERO));
        return Ok(());
    }
    let failed = |error| Failure::File(name.to_string(), "cannot be served", error);
    let mailbox = Mailbox::new(WAITING).map_err(|status| resources(name, status))?;
    let listener = Listener::new(name).map_err(failed)?;
    let (own, served) = (mailbox.clone(), name.to_string());
    thread::Builder::new().spawn(move || accept(&listener, &served, &own)).map_err(failed)?;
    print(name, arguments.count, || mailbox.take(None).map_err(|status| resources(name, status)))
}

/// Prints this many letters.
fn print(
    name: &str,
    mut left: Option<u64>,
    mut next: impl FnMut() -> Result<Blob, Failure>,
) -> Result<(), Failure> {
    let mut lines = Lines::new();
    while left != Some(0) {
        let letter = next()?;
        match line(&letter) {
            Ok(text) => {
                lines.bytes(text.bytes())?;
                lines.text("\n")?;
            }
            Err(status) => {
                lines.flush()?;
                let _ = writeln!(io::stderr(), "drystone: {name}: a letter that cannot be printed: {status}");
            }
        }
        lines.flush()?;
        left = left.map(|left| left - 1);
    }
    Ok(())
}

/// Prints a letter; one that is not a message is printed as a blob.
fn line(letter: &Blob) -> Result<Blob, Status> {
    if is_message(letter) {
        return json_from_message(letter, false);
    }
    let mut writer = Writer::new();
    writer.blob(letter)?;
    json_from_message(&writer.finish()?, false)
}

/// Starts a thread for each peer; it ends with the peer.
fn accept(listener: &Listener, name: &str, own: &Mailbox) {
    let mut no_descriptors = false;
    loop {
        match listener.next() {
            Ok(Ok(mut link)) => {
                no_descriptors = false;
                let of_thread = name.to_string();
                let carried = link.serve(name.as_bytes(), own).map_err(io::Error::other).and_then(|()| {
                    thread::Builder::new().spawn(move || carry(&mut link, &of_thread)).map(drop)
                });
                if let Err(error) = carried {
                    tell(name, "a connection cannot be served", &error);
                }
            }
            Ok(Err(error)) => tell(name, "a connection was refused", &error),
            // Out of descriptors: some may be free later.
            Err(error) => {
                if !no_descriptors {
                    tell(name, "connections cannot be accepted", &error);
                }
                no_descriptors = true;
                thread::sleep(Duration::from_millis(100));
            }
        }
    }
}

fn carry(link: &mut Link, name: &str) {
    let mut no_descriptors = false;
    loop {
        match link.turn(None) {
            // Fewer descriptors are free than a letter needs: it waits. Or the link has ended, as the next turn says.
            Err(Status::LimitExceeded) => {
                if !no_descriptors {
                    tell(name, "a connection waits, or has failed", &io::Error::other(Status::LimitExceeded));
                }
                no_descriptors = true;
            }
            Ok(()) => no_descriptors = false,
            Err(Status::Busy | Status::End | Status::NoMemory) => {}
            Err(Status::Closed) => return,
            Err(status) => return tell(name, "a connection has failed", &io::Error::other(status)),
        }
    }
}

fn tell(name: &str, what: &str, error: &io::Error) {
    let _ = writeln!(io::stderr(), "drystone: {name}: {what}: {error}");
}
