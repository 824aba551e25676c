//! Where output goes: files whole or not at all, terminals, pipes that close, disks that are full.
#![cfg(unix)]

mod common;

use std::fs;
use std::io::Read;
use std::os::unix::fs::{PermissionsExt, symlink};
use std::process::{Command, Stdio};

use common::{EVERYTHING, Folder, PROGRAM, run};

#[test]
fn a_failed_conversion_leaves_the_file_as_it_was() {
    let folder = Folder::new();
    let target = folder.file("out.nota", b"what was there");
    for (input, message) in [
        ("[1,", "expected the rest of a value"),
        ("{\"a\":1,\"a\":2}", "expected a key"),
        ("\"\\ud800\"", "good JSON"),
    ] {
        let run = run(&format!("convert --from json -o {target}"), input.as_bytes());
        assert!(run.code == 1 && run.err.contains(message), "{run:?}");
    }
    assert_eq!(fs::read(&target).unwrap(), b"what was there");
    let new = folder.path("new.nota");
    assert_eq!(run(&format!("convert --from json -o {new}"), b"[1,").code, 1);
    assert_eq!(folder.names(), ["out.nota"]);
}

#[test]
fn a_file_is_replaced_with_its_permissions_and_behind_links() {
    let folder = Folder::new();
    let target = folder.file("real.json", b"old");
    fs::set_permissions(&target, fs::Permissions::from_mode(0o640)).unwrap();
    // Who has it open keeps the old bytes: it is another file that takes the name.
    let mut before = fs::File::open(&target).unwrap();
    let link = folder.path("link.json");
    symlink(&target, &link).unwrap();
    run(&format!("convert --from nota -o {link}"), &[0x73]).good();
    assert_eq!(fs::read(&target).unwrap(), b"true\n");
    assert_eq!(fs::metadata(&target).unwrap().permissions().mode() & 0o777, 0o640);
    assert!(fs::symlink_metadata(&link).unwrap().is_symlink());
    let mut old = String::new();
    before.read_to_string(&mut old).unwrap();
    assert_eq!(old, "old");
    assert_eq!(folder.names(), ["link.json", "real.json"]);
}

#[test]
fn what_cannot_be_read_or_written_is_told() {
    let folder = Folder::new();
    for (words, message) in [
        (
            format!("convert --from json --to nota -o {}", folder.path("no/such/file")),
            "no/such/file: cannot be written: ",
        ),
        (format!("convert --from json --to nota -o {}", folder.path("")), "cannot be written: "),
        (format!("inspect {}", folder.path("missing.json")), "missing.json: cannot be read: "),
        (format!("inspect {}", folder.path("")), "cannot be read: "),
    ] {
        let run = run(&words, b"1");
        assert_eq!(run.code, 3, "{words}");
        assert!(run.err.starts_with("drystone: ") && run.err.contains(message), "{}", run.err);
        assert_eq!(run.err.lines().count(), 1);
    }
    assert_eq!(folder.names(), [""; 0]);
}

#[test]
fn devices_stay_what_they_are() {
    run("convert --from json --to nota -o /dev/null", EVERYTHING.as_bytes()).good();
    assert!(!fs::metadata("/dev/null").unwrap().is_file());
    #[cfg(target_os = "linux")]
    {
        let run = run("convert --from json --to nota -o /dev/full", b"1");
        assert!(run.code == 3 && run.err.starts_with("drystone: /dev/full: cannot be written: "), "{run:?}");
        for command in ["inspect", "validate", "convert --to json"] {
            let full = fs::File::options().write(true).open("/dev/full").unwrap();
            let words = command.split(' ').chain(["--from", "json", "/dev/stdin"]);
            let output =
                Command::new(PROGRAM).args(words).stdin(Stdio::null()).stdout(full).output().unwrap();
            // The empty input is a fault of its own, but what says so could not be written.
            let code = if command.starts_with("convert") { 1 } else { 3 };
            assert_eq!(output.status.code(), Some(code), "{command}");
        }
    }
}

#[test]
fn a_reader_that_goes_away_ends_it_quietly() {
    let folder = Folder::new();
    let long = format!("[{}1]", "1,".repeat(200_000));
    let json = folder.file("long.json", long.as_bytes());
    for command in ["inspect", "convert --to json --pretty", "convert --to wota"] {
        let mut child = Command::new(PROGRAM)
            .args(command.split(' '))
            .arg(&json)
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        let mut start = [0; 8];
        child.stdout.as_mut().unwrap().read_exact(&mut start).unwrap();
        drop(child.stdout.take());
        let output = child.wait_with_output().unwrap();
        assert_eq!((output.status.code(), output.stderr.as_slice()), (Some(0), &b""[..]), "{command}");
    }
}

/// Runs a command line of a shell with a terminal on all of its streams; gives what was on it, and the code.
#[cfg(target_os = "linux")]
fn on_a_terminal(line: &str) -> (i32, String) {
    let output = Command::new("script")
        .args(["--quiet", "--return", "--command", line, "/dev/null"])
        // Whatever terminal and shell the user has, or none.
        .envs([("DRYSTONE", PROGRAM), ("SHELL", "/bin/sh"), ("TERM", "xterm")])
        .stdin(Stdio::null())
        .output()
        .expect("script, of util-linux, gives the program a terminal");
    (output.status.code().unwrap(), String::from_utf8_lossy(&output.stdout).into_owned())
}

#[cfg(target_os = "linux")]
#[test]
fn bytes_go_to_a_terminal_only_by_force() {
    let folder = Folder::new();
    let json = folder.file("a.json", b"\"text\"");
    for to in ["wota", "wota-dec64", "nota"] {
        let (code, seen) = on_a_terminal(&format!("\"$DRYSTONE\" convert {json} --to {to}"));
        assert_eq!(code, 2);
        assert!(seen.contains(&format!("drystone: {to} is not for a terminal")), "{seen}");
        let (code, _) = on_a_terminal(&format!("\"$DRYSTONE\" convert {json} --to {to} -o /dev/stdout"));
        assert_eq!(code, 2);
    }
    let (code, seen) = on_a_terminal(&format!("\"$DRYSTONE\" convert {json} --to nota --force"));
    assert_eq!((code, seen.as_str()), (0, "\x14text"));
    let (code, seen) = on_a_terminal(&format!("\"$DRYSTONE\" convert {json} --to json"));
    assert_eq!((code, seen.trim_end()), (0, "\"text\""));
}

#[cfg(target_os = "linux")]
#[test]
fn long_input_has_a_bar_on_a_terminal_unless_quiet() {
    let folder = Folder::new();
    let long = format!("\"{}\"", "x".repeat(6 << 20));
    let json = folder.file("long.json", long.as_bytes());
    let (code, seen) = on_a_terminal(&format!("\"$DRYSTONE\" validate {json}"));
    assert!(code == 0 && seen.contains("reading ") && seen.contains("good (json"), "{seen:?}");
    let (code, seen) = on_a_terminal(&format!("cat {json} | \"$DRYSTONE\" validate --from json"));
    assert!(code == 0 && seen.contains("reading standard input"), "{seen:?}");
    for line in [
        format!("\"$DRYSTONE\" validate --quiet {json}"),
        format!("\"$DRYSTONE\" validate {json} 2>/dev/null"),
    ] {
        let (code, seen) = on_a_terminal(&line);
        assert!(code == 0 && !seen.contains("reading"), "{seen:?}");
    }
}
