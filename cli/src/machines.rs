//! The other end on another machine: through NATS instead of a socket of this host.

use std::io;
use std::sync::Arc;
use std::time::Duration;

use clap::Args;
use drystone_post::nats::{NatsCarrier, NatsOptions};
use drystone_post::{Mailbox, Office, Options, Status};

use crate::failure::Failure;

/// How to reach NATS.
#[derive(Args, Debug)]
pub(crate) struct Machines {
    /// Through NATS servers, with commas between, instead of a process of this host
    #[arg(long, value_name = "SERVERS")]
    nats: Option<String>,
    /// Who is there; the environment's DRYSTONE_PASSWORD has the password
    #[arg(long, value_name = "USER", requires = "nats")]
    user: Option<String>,
    /// Only with TLS; certificates by which the server's is checked, besides the system's
    #[arg(long, value_name = "FILE", requires = "nats")]
    tls_authority: Option<String>,
    /// The own certificate
    #[arg(long, value_name = "FILE", requires = "tls_key")]
    tls_certificate: Option<String>,
    /// Its key
    #[arg(long, value_name = "FILE", requires = "tls_certificate", requires = "nats")]
    tls_key: Option<String>,
    /// How long a receipt is waited for
    #[arg(long, value_name = "SECONDS", default_value_t = 30, requires = "nats")]
    timeout: u64,
}

impl Machines {
    /// The office, when one is wanted.
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
        opened.map(Some).map_err(|status| failed(servers, "cannot be reached", status))
    }

    fn servers(&self) -> &str {
        self.nats.as_deref().unwrap_or_default()
    }

    /// Posts a letter, and waits for its receipt.
    pub(crate) fn post(&self, office: Office, address: &str, letter: drystone::Blob) -> Result<(), Failure> {
        let refused = |status| failed(address, "cannot be posted to", status);
        let proxy = office.mailbox(address.as_bytes()).map_err(refused)?;
        proxy.post(letter.into()).map_err(|not_posted| refused(not_posted.status))?;
        let closed = office.close(Some(Duration::from_secs(self.timeout)));
        closed.map_err(|status| failed(self.servers(), "has given no receipt", status))
    }

    /// A mailbox into which letters to the address come.
    pub(crate) fn serve(office: &Office, address: &str, waiting: usize) -> Result<Mailbox, Failure> {
        let refused = |status| failed(address, "cannot be served", status);
        let mailbox = Mailbox::new(waiting, 0).map_err(refused)?;
        office.serve(address.as_bytes(), &mailbox).map_err(refused)?;
        Ok(mailbox)
    }
}

fn failed(name: &str, what: &'static str, status: Status) -> Failure {
    Failure::File(name.to_owned(), what, io::Error::other(status))
}
