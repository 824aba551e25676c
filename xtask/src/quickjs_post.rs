//! The QuickJS module with post offices: with the store in the process, and on the newest engine also with a real server.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use crate::engines::{ENGINES, Engine, engine};
use crate::library::SONAME;
use crate::post_library::POST_SONAME;
use crate::process::{Outcome, output, program, root, run, target};
use crate::quickjs::{self, BINDING, POST_DEFINE, QuickJs, compiler, files, include_post};
use crate::snippets::snippets;
use crate::{interface, typescript};

/// The oldest supported release.
const OLDEST: &str = "0.14.0";

/// Checks the newest engine, also under valgrind and with a server, and the oldest one. `library` is libdrystone_post, `server`
/// a program.
pub fn check(library: &Path, server: &Path) -> Outcome {
    let (quickjs, folder, host) = on_engine(&ENGINES[0], library)?;
    interface::check_names_with_post(&quickjs, &folder)?;
    typescript::check_post(&quickjs, &folder)?;
    let mut valgrind = program("valgrind");
    valgrind.args(["--quiet", "--error-exitcode=99", "--leak-check=full", "--fair-sched=yes"]);
    run(valgrind.arg("--errors-for-leak-kinds=definite,indirect").arg(&host).arg("--quick"))?;
    let server = Server::start(server)?;
    run(qjs(&quickjs, &folder, "post_server.mjs").arg(&server.address))?;
    documented_programs(&quickjs, &folder, &server.address)?;
    on_engine(engine(Some(OLDEST))?, library).map(drop)
}

/// Checks the engines that `check` leaves out.
pub fn check_others(library: &Path) -> Outcome {
    let checked = [ENGINES[0].name, OLDEST];
    for engine in ENGINES.iter().filter(|engine| !checked.contains(&engine.name)) {
        on_engine(engine, library)?;
    }
    Ok(())
}

/// Builds the module and the host for an engine, and runs their tests with the store in the process.
fn on_engine(engine: &'static Engine, library: &Path) -> Outcome<(QuickJs, PathBuf, PathBuf)> {
    println!("\n--- QuickJS with post offices: {}", engine.name);
    let quickjs = quickjs::build(engine, false)?;
    let folder = lay(&quickjs, library)?;
    run(&mut qjs(&quickjs, &folder, "post.test.mjs"))?;
    let host = host(&quickjs, &folder)?;
    run(&mut program(&host))?;
    Ok((quickjs, folder, host))
}

fn qjs(quickjs: &QuickJs, folder: &Path, script: &str) -> Command {
    let mut command = program(quickjs.folder.join("qjs"));
    let engine = format!("--engine={}", quickjs.engine.name);
    command.current_dir(folder).args(["--module", script, &engine]);
    command
}

/// Builds the module with post offices in a folder of its own, with the libraries and scripts that it needs.
fn lay(quickjs: &QuickJs, library: &Path) -> Outcome<PathBuf> {
    let folder = quickjs.folder.join("post");
    fs::create_dir_all(&folder)?;
    let post = folder.join(POST_SONAME);
    fs::copy(library, &post)?;
    fs::copy(quickjs.folder.join(SONAME), folder.join(SONAME))?;
    let arguments = [POST_DEFINE.into(), include_post(), post.into_os_string()];
    quickjs::module(&quickjs.source, &folder, &arguments)?;
    let tests = root().join("bindings/quickjs/tests");
    for script in files(&tests.join("post"), "mjs")?.iter().chain([&tests.join("harness.mjs")]) {
        quickjs::lay(quickjs.engine, script, &folder)?;
    }
    Ok(folder)
}

/// Builds the test host, which checks only post offices here.
fn host(quickjs: &QuickJs, folder: &Path) -> Outcome<PathBuf> {
    let host = folder.join("host");
    let mut command = compiler()?;
    command.args(["-g", "-std=gnu11", "-Wall", "-Wextra", "-Werror", POST_DEFINE, "-isystem"]);
    command.arg(&quickjs.source).arg("-I").arg(root().join("include")).arg(include_post());
    command.arg("-I").arg(root().join("bindings/quickjs"));
    command.args(files(&root().join("bindings/quickjs/tests"), "c")?).arg(root().join(BINDING));
    command.args(&quickjs.objects).arg(folder.join(POST_SONAME)).arg(folder.join(SONAME));
    command.arg("-Wl,-rpath,$ORIGIN").args(["-lm", "-ldl", "-lpthread", "-o"]);
    run(command.arg(&host))?;
    Ok(host)
}

/// Runs the two programs of `docs/post.md` with another address of the server: first the receiver starts first, then the
/// sender.
fn documented_programs(quickjs: &QuickJs, folder: &Path, address: &str) -> Outcome {
    let programs = snippets("docs/post.md", "js")?;
    let [receiver, sender] = programs.as_slice() else {
        return Err("docs/post.md has two programs in JavaScript".into());
    };
    for (name, text) in [("receiver.mjs", receiver), ("sender.mjs", sender)] {
        let text = text.replace("\"localhost\"", &format!("{address:?}"));
        quickjs::lay_text(quickjs.engine, &text, &folder.join(name))?;
    }
    let qjs = |name: &str| qjs(quickjs, folder, name);
    let waiting = qjs("receiver.mjs").stdin(Stdio::null()).stdout(Stdio::piped()).spawn()?;
    run(&mut qjs("sender.mjs"))?;
    let there = waiting.wait_with_output()?;
    run(&mut qjs("sender.mjs"))?;
    let later = output(&mut qjs("receiver.mjs"))?;
    if there.status.success() && there.stdout == later.as_bytes() && later == "a picture 1000000\n" {
        return Ok(());
    }
    Err(format!("docs/post.md's programs say {:?} and {later:?}", String::from_utf8_lossy(&there.stdout))
        .into())
}

/// A server, which ends when this is dropped.
struct Server {
    process: Child,
    address: String,
}

impl Server {
    fn start(program: &Path) -> Outcome<Server> {
        let folder = target().join("qjs/nats");
        if folder.exists() {
            fs::remove_dir_all(&folder)?;
        }
        fs::create_dir_all(&folder)?;
        let mut command = Command::new(program);
        command.args(["-a", "127.0.0.1", "-p", "-1", "-js", "-sd"]).arg(&folder);
        command.arg("--ports_file_dir").arg(&folder).stdin(Stdio::null()).stderr(Stdio::null());
        let mut process = command.spawn()?;
        match address_in(&folder) {
            Ok(address) => Ok(Server { process, address }),
            Err(error) => {
                process.kill()?;
                process.wait()?;
                Err(error)
            }
        }
    }
}

/// Waits for the file with the address, which the server writes when it listens.
fn address_in(folder: &Path) -> Outcome<String> {
    let begin = Instant::now();
    while begin.elapsed() < Duration::from_secs(60) {
        if let Some(file) = files(folder, "ports")?.first()
            && let Ok(ports) = serde_json::from_slice::<serde_json::Value>(&fs::read(file)?)
            && let Some(address) = ports["nats"][0].as_str()
        {
            return Ok(address.trim_start_matches("nats://").to_owned());
        }
        std::thread::sleep(Duration::from_millis(10));
    }
    Err("nats-server does not say where it listens".into())
}

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}
