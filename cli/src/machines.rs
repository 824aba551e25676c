//! `serve` and `post` between machines: through NATS instead of a socket of this host.

use std::io;
use std::sync::Arc;
use std::time::Duration;

use clap::Args;
use drystone_post::nats::{NatsCarrier, NatsOptions};
use drystone_post::{Mailbox, Office, Options, Status};

use crate::failure::Failure;

/// How many seconds to wait for a receipt.
const RECEIPT_SECONDS: u64 = 30;

/// How to reach NATS.
#[derive(Args, Debug)]
pub(crate) struct Machines {
    /// Use these NATS servers, separated by commas, instead of a process of this host
    #[arg(long, value_name = "SERVERS")]
    nats: Option<String>,
    /// The user's name; the password is in the environment variable DRYSTONE_PASSWORD
    #[arg(long, value_name = "USER", requires = "nats")]
    user: Option<String>,
    /// Require TLS; a file of certificates that may have signed the server's, in addition to the system's
    #[arg(long, value_name = "FILE", requires = "nats")]
    tls_authority: Option<String>,
    /// A file with the client's certificate
    #[arg(long, value_name = "FILE", requires = "tls_key")]
    tls_certificate: Option<String>,
    /// The file with its key
    #[arg(long, value_name = "FILE", requires = "tls_certificate", requires = "nats")]
    tls_key: Option<String>,
}

impl Machines {
    /// Opens the office, if one is needed.
    pub(crate) fn office(&self) -> Result<Option<Office>, Failure> {
        let Some(servers) = &self.nats else { return Ok(None) };
        let password = || std::env::var("DRYSTONE_PASSWORD").unwrap_or_default();
        let options = NatsOptions {
            servers: servers.clone(),
            user: self.user.as_ref().map(|user| (user.clone(), password())),
            tls_required: self.tls_authority.is_some() || self.tls_certificate.is_some(),
            tls_authority: self.tls_authority.clone(),
            tls_certificate: self.tls_certificate.clone().zip(self.tls_key.clone()),
            ..NatsOptions::default()
        };
        let opened = NatsCarrier::connect(&options)
            .and_then(|carrier| Office::open(Arc::new(carrier), Options::default()));
        opened.map(Some).map_err(|status| match status {
            Status::Closed => refused(servers),
            status => failed(servers, "cannot be reached", status),
        })
    }

    fn servers(&self) -> &str {
        self.nats.as_deref().unwrap_or_default()
    }

    /// Posts a letter, and waits for its receipt.
    pub(crate) fn post(
        &self,
        office: Office,
        address: &str,
        letter: drystone::Blob,
        timeout: Option<u64>,
    ) -> Result<(), Failure> {
        let not_posted = |status| failed(address, "cannot be posted to", status);
        let proxy = office.mailbox(address.as_bytes()).map_err(not_posted)?;
        proxy.post(letter.into()).map_err(|refused| not_posted(refused.status))?;
        let flushed = office.flush(Some(Duration::from_secs(timeout.unwrap_or(RECEIPT_SECONDS))));
        let sent = office.counts().sent != 0;
        // The letter has its receipt by now, or never gets one.
        let _ = office.close(Some(Duration::ZERO));
        if sent {
            return Ok(());
        }
        flushed.map_err(|status| failed(self.servers(), "has given no receipt", status))?;
        let reason = io::Error::other("the letter is not permitted, or too large for the store");
        Err(Failure::File(address.to_owned(), "cannot be posted to", reason))
    }

    /// A mailbox that gets the letters for the address.
    pub(crate) fn serve(office: &Office, address: &str, waiting: usize) -> Result<Mailbox, Failure> {
        let not_served = |status| match status {
            Status::Unsupported => {
                let reason = io::Error::other("the server does not permit it to this user");
                Failure::File(address.to_owned(), "cannot be served", reason)
            }
            status => failed(address, "cannot be served", status),
        };
        let mailbox = Mailbox::new(waiting, 0).map_err(not_served)?;
        office.serve(address.as_bytes(), &mailbox).map_err(not_served)?;
        Ok(mailbox)
    }
}

fn refused(servers: &str) -> Failure {
    let reason = "the login or the client's certificate is refused, or the server's certificate is not valid";
    Failure::File(servers.to_owned(), "cannot be used", io::Error::other(reason))
}

fn failed(name: &str, what: &'static str, status: Status) -> Failure {
    Failure::File(name.to_owned(), what, io::Error::other(status))
}

#[cfg(test)]
mod tests {
    use super::*;
    use drystone_post::memory::MemoryStore;

    #[test]
    fn a_letter_that_the_store_never_takes() {
        let post = |store: &MemoryStore| {
            let none = Machines {
                nats: None,
                user: None,
                tls_authority: None,
                tls_certificate: None,
                tls_key: None,
            };
            let office = Office::open(Arc::new(store.carrier()), Options::default()).unwrap();
            let mut letter = drystone::Blob::from_bytes(&[7; 10_000]).unwrap();
            letter.make_stone();
            none.post(office, "painter", letter, Some(0))
        };
        let failure = post(&MemoryStore::new(Some(1000))).unwrap_err();
        assert_eq!(failure.exit_code(), crate::failure::INPUT_OUTPUT);
        let cut = MemoryStore::new(None);
        cut.cut(true);
        assert!(post(&cut).is_err());
    }
}
