//! `drystone post`.

use drystone::{Blob, Status};
use std::io::{ErrorKind, Read};
use std::time::{Duration, Instant};

use crate::arguments::Post;
use crate::explain;
use crate::failure::Failure;
use crate::format::Format;
use crate::input::{Input, resources};
use crate::meeting::connect;
use crate::progress::Progress;

/// How many seconds to wait for the process that serves the name.
const LINK_SECONDS: u64 = 10;

/// Posts a file.
pub(crate) fn post(arguments: &Post) -> Result<(), Failure> {
    let letter = read(arguments)?;
    let name = arguments.name.as_str();
    #[cfg(feature = "machines")]
    if let Some(office) = arguments.machines.office()? {
        return arguments.machines.post(office, name, letter, arguments.timeout);
    }
    let failed = |error| Failure::File(name.to_string(), "cannot be posted to", error);
    let timeout = Duration::from_secs(arguments.timeout.unwrap_or(LINK_SECONDS));
    let started = Instant::now();
    let mut link = connect(name, timeout).map_err(failed)?;
    let refused = |status: Status| failed(std::io::Error::other(status));
    let proxy = link.mailbox(name.as_bytes()).map_err(refused)?;
    proxy.post(letter).map_err(|not_posted| refused(not_posted.status))?;
    loop {
        let left = timeout.saturating_sub(started.elapsed());
        let outcome = link.turn(Some(left));
        let statistics = link.statistics();
        if statistics.refused != 0 {
            return Err(refused(Status::LimitExceeded));
        }
        if statistics.sent != 0 && statistics.waiting == 0 {
            return Ok(());
        }
        match outcome {
            Err(Status::End | Status::Busy) if left.is_zero() => {
                return Err(failed(ErrorKind::TimedOut.into()));
            }
            Err(Status::End | Status::Busy) => {}
            Err(Status::Closed) => {
                return Err(failed(std::io::Error::other("the process that serves it has ended")));
            }
            outcome => outcome.map_err(refused)?,
        }
    }
}

fn read(arguments: &Post) -> Result<Blob, Failure> {
    let input = Input::new(arguments.file.as_deref());
    let limits = arguments.common.limits();
    let mut progress = Progress::new(arguments.common.quiet);
    let letter = if arguments.stone {
        stone(&input)
    } else {
        let format = arguments.from.or(input.format()).unwrap_or(Format::Wota);
        let bytes = input.read(format, &limits, &mut progress)?;
        progress.working("checking");
        let message = format.decode(&bytes, &limits);
        message.map_err(|fault| explain::failure(&input.name, &bytes, format, &limits, fault))
    };
    progress.clear();
    letter
}

/// The bytes in memory that the other process can map.
fn stone(input: &Input) -> Result<Blob, Failure> {
    let failed = |error| Failure::File(input.name.clone(), "cannot be read", error);
    let of_status = |status| resources(&input.name, status);
    let mut reader = input.open().map_err(failed)?;
    let mut stone = Blob::zeroed_shared(0).map_err(of_status)?;
    let mut piece = vec![0; 1 << 16];
    loop {
        match reader.read(&mut piece) {
            Ok(0) => break,
            Ok(count) => stone.append_bytes(&piece[..count]).map_err(of_status)?,
            Err(error) if error.kind() == ErrorKind::Interrupted => {}
            Err(error) => return Err(failed(error)),
        }
    }
    stone.make_stone();
    Ok(stone)
}
