//! Runs other programs, and knows the project's folders.

use std::ffi::OsStr;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::thread;

/// The result of a step; the error is shown at the terminal.
pub type Outcome<T = ()> = Result<T, Box<dyn std::error::Error>>;

/// The repository's folder.
pub fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).ancestors().nth(1).unwrap_or(Path::new(".")).to_path_buf()
}

/// The folder for everything that is built.
pub fn target() -> PathBuf {
    std::env::var_os("CARGO_TARGET_DIR").map_or_else(|| root().join("target"), |path| root().join(path))
}

/// The cargo that runs this program. It builds for this machine, in `target()`, whatever the user's environment says.
pub fn cargo() -> Command {
    let mut command = program(std::env::var_os("CARGO").unwrap_or("cargo".into()));
    command.env("CARGO_TARGET_DIR", target()).env_remove("CARGO_BUILD_TARGET");
    command
}

/// A program, run in the repository's folder.
pub fn program(name: impl AsRef<OsStr>) -> Command {
    let mut command = Command::new(name);
    command.current_dir(root());
    // Cargo sets these for this program. Build scripts of some crates would run again because they differ.
    for (variable, _) in std::env::vars_os() {
        let name = variable.to_string_lossy();
        if name.starts_with("CARGO_PKG_") || name.starts_with("CARGO_MANIFEST_") {
            command.env_remove(&variable);
        }
    }
    command
}

/// Prints the command and runs it; fails if it fails.
pub fn run(command: &mut Command) -> Outcome {
    let text = line(command);
    println!("\n> {text}");
    let status = command.stdin(Stdio::null()).status().map_err(|error| format!("{text}: {error}"))?;
    if status.success() { Ok(()) } else { Err(format!("{text}: {status}").into()) }
}

/// Runs the commands at the same time, and prints each one with its output when it has ended; fails if one fails.
pub fn run_together(commands: Vec<Command>) -> Outcome {
    let run = |mut command: Command| {
        let text = line(&command);
        let output = command.stdin(Stdio::null()).output().map_err(|error| format!("{text}: {error}"))?;
        let (out, errors) =
            (String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
        println!("\n> {text}\n{errors}{out}");
        if output.status.success() {
            return Ok(());
        }
        // The summary at the end says what failed: of a long log often nothing else is kept.
        let lines: Vec<&str> = out.lines().collect();
        let last = lines[lines.len().saturating_sub(40)..].join("\n");
        Err(format!("{text}: {}\n{last}", output.status))
    };
    thread::scope(|scope| {
        let running: Vec<_> = commands.into_iter().map(|command| scope.spawn(|| run(command))).collect();
        // All have ended before this returns, also when one has failed.
        let ended: Vec<_> = running.into_iter().map(thread::ScopedJoinHandle::join).collect();
        ended
            .into_iter()
            .try_for_each(|outcome| outcome.map_err(|_| "a command's thread panicked")?.map_err(Into::into))
    })
}

/// Prints the command, runs it, and returns its output; its errors go to the terminal.
pub fn printed(command: &mut Command) -> Outcome<String> {
    let text = line(command);
    println!("\n> {text}");
    let output = command.stdin(Stdio::null()).stderr(Stdio::inherit()).output();
    let output = output.map_err(|error| format!("{text}: {error}"))?;
    if output.status.success() {
        Ok(String::from_utf8(output.stdout)?)
    } else {
        Err(format!("{text}: {}", output.status).into())
    }
}

/// The output in English of a command that succeeds.
pub fn output(command: &mut Command) -> Outcome<String> {
    let text = line(command);
    let output = command
        .env("LC_ALL", "C")
        .stdin(Stdio::null())
        .output()
        .map_err(|error| format!("{text}: {error}"))?;
    if !output.status.success() {
        let said = String::from_utf8_lossy(&output.stderr).into_owned();
        return Err(format!("{text}: {}\n{said}", output.status).into());
    }
    Ok(String::from_utf8(output.stdout)?)
}

fn line(command: &Command) -> String {
    let words = std::iter::once(command.get_program()).chain(command.get_args());
    words.map(|word| word.to_string_lossy().into_owned()).collect::<Vec<_>>().join(" ")
}
