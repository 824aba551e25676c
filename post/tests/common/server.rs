//! NATS servers that the tests start.
#![allow(dead_code, reason = "each test program uses some of it")]

use std::net::TcpListener;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

use drystone_post::nats::{NatsCarrier, NatsOptions};
use drystone_post::{Office, Options};

use crate::common::until;

/// The programs to test with: `DRYSTONE_NATS_SERVERS` lists them, separated by colons.
pub(crate) fn programs() -> Vec<PathBuf> {
    let named =
        std::env::var_os("DRYSTONE_NATS_SERVERS").expect("`cargo xtask post` says which servers there are");
    std::env::split_paths(&named).collect()
}

/// A folder that is removed when this is dropped.
pub(crate) struct Folder(pub(crate) PathBuf);

impl Folder {
    pub(crate) fn new() -> Folder {
        static NUMBER: AtomicU32 = AtomicU32::new(0);
        let number = NUMBER.fetch_add(1, Ordering::Relaxed);
        let name = format!("drystone-post-{}-{number}", std::process::id());
        let folder = std::env::temp_dir().join(name);
        std::fs::create_dir_all(&folder).unwrap();
        Folder(folder)
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.0);
    }
}

/// A port that is free now.
pub(crate) fn free_port() -> u16 {
    TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port()
}

pub(crate) struct Server {
    program: PathBuf,
    pub(crate) port: u16,
    folder: Folder,
    process: Option<Child>,
}

impl Server {
    pub(crate) fn start(program: &Path) -> Server {
        Self::start_with(program, "")
    }

    /// Starts it with more lines in its configuration.
    pub(crate) fn start_with(program: &Path, more: &str) -> Server {
        let (folder, port) = (Folder::new(), free_port());
        let store = folder.0.join("store");
        let lines = format!(
            "listen: \"127.0.0.1:{port}\"\njetstream {{ store_dir: \"{}\" }}\n{more}\n",
            store.display()
        );
        Self::start_as(program, folder, port, &lines)
    }

    pub(crate) fn start_as(program: &Path, folder: Folder, port: u16, configuration: &str) -> Server {
        std::fs::write(folder.0.join("server.conf"), configuration).unwrap();
        let mut server = Server { program: program.to_owned(), port, folder, process: None };
        server.start_again();
        server
    }

    pub(crate) fn start_again(&mut self) {
        let log = std::fs::File::options().create(true).append(true).open(self.folder.0.join("log")).unwrap();
        let mut command = Command::new(&self.program);
        command.arg("-c").arg(self.folder.0.join("server.conf"));
        let process = command.stdout(Stdio::null()).stderr(log).spawn().unwrap();
        self.process = Some(process);
        until("the server listens", || std::net::TcpStream::connect(("127.0.0.1", self.port)).is_ok());
    }

    /// Kills it.
    pub(crate) fn kill(&mut self) {
        if let Some(mut process) = self.process.take() {
            process.kill().unwrap();
            process.wait().unwrap();
        }
    }

    pub(crate) fn options(&self) -> NatsOptions {
        NatsOptions {
            servers: format!("127.0.0.1:{}", self.port),
            acknowledge: Duration::from_secs(3),
            ..NatsOptions::default()
        }
    }

    pub(crate) fn office(&self) -> Office {
        self.office_with(Options::default())
    }

    pub(crate) fn office_with(&self, options: Options) -> Office {
        open(&self.options(), options)
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        if std::thread::panicking() {
            let log = std::fs::read_to_string(self.folder.0.join("log")).unwrap_or_default();
            let lines: Vec<&str> = log.lines().collect();
            eprintln!("{}", lines[lines.len().saturating_sub(30)..].join("\n"));
        }
        self.kill();
    }
}

/// Opens an office, as soon as the server has a store.
pub(crate) fn open(nats: &NatsOptions, options: Options) -> Office {
    let mut carrier = NatsCarrier::connect(nats);
    for _ in 0..300 {
        if carrier.is_ok() {
            break;
        }
        std::thread::sleep(Duration::from_millis(100));
        carrier = NatsCarrier::connect(nats);
    }
    Office::open(Arc::new(carrier.unwrap()), options).unwrap()
}
