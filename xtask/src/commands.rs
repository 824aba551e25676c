//! Runs the commands in the documents verbatim, and compares their output with the documents.

use std::ffi::OsString;
use std::fs;
use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::thread;
use std::time::Duration;

use crate::choice::chosen;
use crate::process::{Outcome, cargo, output, program, run, target};
use crate::quickjs::compiler;
use crate::snippets::snippets;
use crate::steps::STEPS;

/// The documents with commands for those who work on the project.
const PROJECT: [&str; 3] = ["README.md", "CONTRIBUTING.md", "benches/README.md"];
/// The posted stone, and what the other terminal prints.
const POSTED: &[u8] = b"picture";
pub const PRINTED: [&str; 2] = [r#"{"colour":"red"}"#, r#"{"$blob":"cGljdHVyZQ=="}"#];

/// All documents except `docs/post.md`, whose commands need a server.
pub fn check() -> Outcome {
    for document in PROJECT {
        // The step `install` tests how programs are built with the library.
        let blocks = snippets(document, "sh")?.into_iter().filter(|block| !block.contains("cc engine.c"));
        for line in lines(&blocks.collect::<String>()) {
            project(&line)?;
        }
    }
    let folder = folder("commands")?;
    migration(&folder)?;
    run(cargo().args(["build", "--release", "--locked", "--package", "drystone-cli"]))?;
    let shell = Shell::new(&folder, &[target().join("release")])?;
    command_line(&shell)?;
    // Abstract socket names are shared by all processes: another run may use the name.
    let name = format!("painter-{}", std::process::id());
    let own = |lines: &str| lines.replace("painter", &name);
    shell.terminals(&own(&snippets("docs/links.md", "sh")?.concat()), &PRINTED)?;
    let blocks = snippets("docs/command-line.md", "sh")?;
    let [_, host, _machines] = blocks.as_slice() else {
        return Err("docs/command-line.md no longer has its commands".into());
    };
    fs::write(folder.join("letter.json"), r#"{"colour": "red"}"#)?;
    shell.terminals(&own(host), &PRINTED)
}

/// An own folder below `target`, empty except for the picture that is posted.
pub fn folder(name: &str) -> Outcome<PathBuf> {
    let folder = target().join("documents").join(name);
    if folder.exists() {
        fs::remove_dir_all(&folder)?;
    }
    fs::create_dir_all(&folder)?;
    fs::write(folder.join("picture.png"), POSTED)?;
    Ok(folder)
}

/// The commands of a block, without comments; a continued line is part of its command.
pub fn lines(block: &str) -> Vec<String> {
    let block = block.replace("\\\n", " ");
    let command = |line: &str| line.split(" #").next().unwrap_or(line).trim().to_owned();
    block.lines().map(command).filter(|line| !line.is_empty() && !line.starts_with('#')).collect()
}

/// Runs a command of the project, except what a step of the tests runs.
fn project(line: &str) -> Outcome {
    let words: Vec<&str> = line.split_whitespace().collect();
    let step = |name: &str| STEPS.iter().any(|step| step.name == name);
    let known = match words.as_slice() {
        ["cargo", "xtask", "test", arguments @ ..] => {
            let arguments: Vec<_> = arguments.iter().map(|&argument| argument.to_owned()).collect();
            let steps = chosen(&arguments);
            steps.is_ok_and(|steps| !steps.is_empty()) || arguments == ["--changed"]
        }
        ["cargo", "xtask", "demo"] => step("demo"),
        ["cargo", "xtask", "bench", "--instructions"] => step("instructions"),
        ["cargo", "xtask", ..] => false,
        _ => return run(program("sh").args(["-euc", line])),
    };
    if known { Ok(()) } else { Err(format!("no step of the tests runs {line}").into()) }
}

/// `docs/migration.md`: renames the functions in two object files.
fn migration(folder: &Path) -> Outcome {
    for (name, text) in [
        ("blob", "int helper;\nvoid blob_new(void) {}\n"),
        ("wota", "void blob_new(void);\nvoid wota_write(void) { blob_new(); }\n"),
    ] {
        let file = folder.join(name).with_extension("c");
        fs::write(&file, text)?;
        run(compiler()?.arg("-c").arg(&file).arg("-o").arg(file.with_extension("o")))?;
    }
    for block in snippets("docs/migration.md", "sh")? {
        run(program("sh").current_dir(folder).args(["-euc", &block]))?;
    }
    let names =
        output(program("nm").current_dir(folder).args(["--format=just-symbols", "blob.o", "wota.o"]))?;
    let names: Vec<_> = names.lines().filter(|line| line.starts_with("own_")).collect();
    if names == ["own_blob_new", "own_blob_new", "own_wota_write"] {
        Ok(())
    } else {
        Err(format!("the commands of docs/migration.md result in the names {names:?}").into())
    }
}

/// `docs/command-line.md`: inspecting, converting and validating.
fn command_line(shell: &Shell) -> Outcome {
    fs::write(shell.folder.join("pair.json"), r#"{"a":1,"cat":true}"#)?;
    let broken = [0x302, 0x100, 0x200, 0xA06_u64].map(u64::to_le_bytes).concat();
    fs::write(shell.folder.join("broken.wota"), broken)?;
    let shown = snippets("docs/command-line.md", "console")?.concat();
    for session in shown.split("$ ").skip(1) {
        let (line, expected) = session.split_once('\n').unwrap_or((session, ""));
        let mut command = shell.command(line);
        let said = String::from_utf8(command.stderr(Stdio::null()).output()?.stdout)?;
        let same = match expected.split_once('…') {
            Some((begins, _)) => said.starts_with(begins),
            None => said == expected,
        };
        if !same {
            return Err(format!("{line} prints\n{said}instead of\n{expected}").into());
        }
    }
    fs::write(shell.folder.join("letter.json"), r#"{"colour": "red"}"#)?;
    fs::write(shell.folder.join("measurements.json"), "[0.1, 2.5]")?;
    run(&mut shell.command("drystone convert letter.json --to wota -o letter.wota"))?;
    let blocks = snippets("docs/command-line.md", "sh")?;
    let converted = output(&mut shell.command(&blocks[0]))?;
    let measured =
        output(&mut shell.command("drystone convert --from wota-dec64 --to json measurements.bin"))?;
    if converted.contains("\"colour\": \"red\"") && measured.trim() == "[0.1,2.5]" {
        return Ok(());
    }
    Err(format!("the commands of docs/command-line.md convert to {converted} and {measured}").into())
}

/// The folder and the environment in which the commands of a document run.
pub struct Shell {
    pub folder: PathBuf,
    path: OsString,
    /// Adds variables to the environment.
    pub environment: Vec<(&'static str, String)>,
}

impl Shell {
    /// Makes a shell with these folders first on the path.
    pub fn new(folder: &Path, first: &[PathBuf]) -> Outcome<Shell> {
        let known = std::env::var_os("PATH").unwrap_or_default();
        let path = std::env::join_paths(first.iter().cloned().chain(std::env::split_paths(&known)))?;
        Ok(Shell { folder: folder.to_owned(), path, environment: Vec::new() })
    }

    pub fn command(&self, lines: &str) -> Command {
        let mut shell = program("sh");
        shell.current_dir(&self.folder).args(["-euc", lines]).env("PATH", &self.path);
        shell.envs(self.environment.iter().cloned());
        shell
    }

    /// Starts a process that runs until the result is dropped.
    pub fn start(&self, line: &str) -> Outcome<Started> {
        println!("\n> {line} &");
        // Assignments may precede the command, and `exec` must precede it.
        let mut command = self.command(&format!("exec env {line}"));
        let log = fs::File::options().create(true).append(true).open(self.folder.join("log"))?;
        command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(log);
        Ok(Started(command.spawn()?))
    }

    /// Runs the line that serves in one terminal and the other lines in another; checks what the first one prints.
    pub fn terminals(&self, block: &str, printed: &[&str]) -> Outcome {
        let lines = lines(block);
        let serves = |line: &&String| line.contains("drystone serve");
        let mut started = lines.iter().filter(serves);
        let (Some(server), None) = (started.next(), started.next()) else {
            return Err(format!("exactly one line must serve in\n{block}").into());
        };
        let mut server = self.start(server)?;
        for line in lines.iter().filter(|line| !serves(line)) {
            self.again(line)?;
        }
        let said = BufReader::new(server.0.stdout.take().ok_or("the output is not piped")?);
        let said = said.lines().take(printed.len()).collect::<Result<Vec<_>, _>>()?;
        if said == printed {
            return Ok(());
        }
        let log = fs::read_to_string(self.folder.join("log"))?;
        Err(format!("{block}prints {said:?}, and in the log:\n{log}").into())
    }

    /// A command is refused until the other terminal listens.
    fn again(&self, line: &str) -> Outcome {
        for _ in 0..100 {
            if output(&mut self.command(line)).is_ok() {
                return Ok(());
            }
            thread::sleep(Duration::from_millis(100));
        }
        run(&mut self.command(line))
    }
}

/// A process that is killed when this is dropped.
pub struct Started(pub std::process::Child);

impl Drop for Started {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_block_is_commands() {
        assert_eq!(lines("a b   # c\n    # d\n\na \\\n  b\n"), ["a b", "a    b"]);
        assert!(project("cargo xtask test --only python").is_ok());
        assert!(project("cargo xtask test --only none").is_err());
        assert!(project("cargo xtask none").is_err());
    }
}
