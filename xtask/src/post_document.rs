//! Runs the commands and the C programs of `docs/post.md` with a separate server, on another port and in another folder.

use std::fs;
use std::io::Read;
use std::path::Path;
use std::process::Stdio;
use std::thread;
use std::time::Duration;

use crate::commands::{self, PRINTED, Shell, Started};
use crate::library::SONAME;
use crate::post_library::POST_SONAME;
use crate::process::{Outcome, program, root, run, target};
use crate::snippets::snippets;

const DOCUMENT: &str = "docs/post.md";
/// The file to which the server writes its port.
const PORTS_FILE: &str = "--ports_file_dir .";

/// Runs both parts, and the lines of `docs/command-line.md` about other machines.
pub fn check() -> Outcome {
    let blocks = snippets(DOCUMENT, "sh")?;
    let [server, serve, post, certificates, painter, camera] = blocks.as_slice() else {
        return Err("docs/post.md no longer has its commands".into());
    };
    let (build, serve) = serve.split_once('\n').ok_or("docs/post.md does not build the command line")?;
    run(program("sh").args(["-euc", build]).env("CARGO_TARGET_DIR", target()))?;

    let folder = commands::folder("post")?;
    let shell = Shell::new(&folder, &[target().join("release")])?;
    let line = server.trim().replace("/var/tmp/letters", "letters");
    let started = start(&shell, &format!("{line} -a 127.0.0.1 -p -1 {PORTS_FILE}"))?;
    let here = |lines: &str| lines.replace("--nats localhost", &format!("--nats {}", started.address));
    shell.terminals(&here(&[serve, post].concat()), &PRINTED)?;
    let lines = snippets("docs/command-line.md", "sh")?.pop().unwrap_or_default();
    fs::write(folder.join("letter.json"), r#"{"colour": "red"}"#)?;
    // Another address: a letter whose receiver was ended before it acknowledged comes again.
    let lines = lines.replace("painter", "director");
    let lines = lines.replace("--nats post.example", &format!("--nats {}", started.address));
    shell.terminals(&lines, &PRINTED[..1])?;
    programs(&folder, &started.address)?;
    drop(started);
    with_tls(certificates, &[painter, camera])
}

/// Compiles the two C programs, and runs them.
fn programs(folder: &Path, address: &str) -> Outcome {
    let libraries = target().join("release");
    let mut made = Vec::new();
    for text in snippets(DOCUMENT, "c")? {
        let name = text.split_whitespace().nth(1).unwrap_or_default();
        let (file, result) = (folder.join(name), folder.join(name.replace(".c", "")));
        let text = text.replace("\"localhost\"", &format!("\"{address}\""));
        // Another address, as above.
        fs::write(&file, text.replace("\"painter\", 7", "\"gallery\", 7"))?;
        let mut compiler = program("cc");
        compiler.args(["-std=c11", "-Wall", "-Wextra", "-Wpedantic", "-Werror"]);
        for include in ["include", "post/include"] {
            compiler.arg("-I").arg(root().join(include));
        }
        compiler.arg(&file).arg("-o").arg(&result).arg(format!("-Wl,-rpath,{}", libraries.display()));
        run(compiler.arg(libraries.join(POST_SONAME)).arg(libraries.join(SONAME)))?;
        made.push(result);
    }
    let [painter, camera] = made.as_slice() else {
        return Err("docs/post.md no longer has two programs in C".into());
    };
    let mut painter = Started(program(painter).env_remove("LD_LIBRARY_PATH").stdout(Stdio::piped()).spawn()?);
    run(program(camera).env_remove("LD_LIBRARY_PATH"))?;
    let mut said = String::new();
    painter.0.stdout.take().ok_or("the output is not piped")?.read_to_string(&mut said)?;
    if painter.0.wait()?.success() && said == "1000000 bytes\n" {
        return Ok(());
    }
    Err(format!("painter.c of docs/post.md prints {said:?}").into())
}

fn with_tls(certificates: &str, blocks: &[&String; 2]) -> Outcome {
    let folder = commands::folder("post-tls")?;
    let certificates = certificates.replace("DNS:post.example", "DNS:localhost");
    run(program("sh").current_dir(&folder).args(["-euc", &certificates]))?;
    let configuration = snippets(DOCUMENT, "conf")?.concat();
    let own = configuration.replace("0.0.0.0:4222", "127.0.0.1:-1").replace("/var/lib/letters", "letters");
    if own.contains("4222") || own.contains("/var") {
        return Err("docs/post.md's server has another port or folder than this test expects".into());
    }
    fs::write(folder.join("server.conf"), own)?;
    let mut shell = Shell::new(&folder, &[target().join("release")])?;
    shell.environment = ["PAINTER", "CAMERA"].map(|name| (name, name.to_lowercase())).to_vec();
    let started = start(&shell, &format!("nats-server -c server.conf {PORTS_FILE}"))?;
    let port = started.address.rsplit(':').next().unwrap_or_default();
    let here = |(block, password): (&&String, &str)| {
        let block = block.replace("tls://post.example", &format!("tls://localhost:{port}"));
        block.replace("DRYSTONE_PASSWORD=…", &format!("DRYSTONE_PASSWORD={password}"))
    };
    let block: String = blocks.iter().zip(["painter", "camera"]).map(here).collect();
    shell.terminals(&block, &PRINTED[1..])
}

/// A server, and the address on which it listens.
struct Server {
    address: String,
    _process: Started,
}

fn start(shell: &Shell, line: &str) -> Outcome<Server> {
    let mut process = shell.start(line)?;
    loop {
        if let Some(status) = process.0.try_wait()? {
            let log = fs::read_to_string(shell.folder.join("log"))?;
            return Err(format!("{line}: {status}\n{log}").into());
        }
        let files = fs::read_dir(&shell.folder)?.flatten().map(|entry| entry.path());
        let ports = files.filter(|path| path.extension().is_some_and(|extension| extension == "ports"));
        for text in ports.filter_map(|path| fs::read_to_string(path).ok()) {
            let Ok(ports) = serde_json::from_str::<serde_json::Value>(&text) else { continue };
            if let Some((_, address)) = ports["nats"][0].as_str().and_then(|url| url.split_once("://")) {
                return Ok(Server { address: address.to_owned(), _process: process });
            }
        }
        thread::sleep(Duration::from_millis(20));
    }
}
