//! `examples/engine` on an engine: normally, under valgrind, and under AddressSanitizer.

use std::path::{Path, PathBuf};

use crate::library::SONAME;
use crate::process::{Outcome, output, program, root, run};
use crate::quickjs::{BINDING, QuickJs, compiler, files};

/// Builds and runs it. The program checks what arrived and what failed, and exits with 1 if a check fails.
pub fn check(quickjs: &QuickJs) -> Outcome {
    let plain = build(quickjs, "example-engine", &[])?;
    run(&mut program(&plain))?;

    let mut valgrind = program("valgrind");
    valgrind.args(["--quiet", "--error-exitcode=99", "--leak-check=full", "--fair-sched=yes"]);
    valgrind.arg("--errors-for-leak-kinds=definite,possible,indirect");
    run(valgrind.arg(&plain).args(["10", "5"]))?;

    let sanitized = build(quickjs, "example-engine-asan", &["-fsanitize=address"])?;
    if !output(program("nm").arg(&sanitized))?.contains("__asan_init") {
        return Err("the example was built without AddressSanitizer".into());
    }
    run(program(&sanitized).args(["50", "10"]))
}

fn build(quickjs: &QuickJs, name: &str, flags: &[&str]) -> Outcome<PathBuf> {
    let example = root().join("examples/engine");
    let made = quickjs.folder.join(name);
    let mut command = compiler()?;
    command.args(["-g", "-std=gnu11", "-Wall", "-Wextra", "-Werror", "-pthread", "-isystem"]);
    command.arg(&quickjs.source).arg("-I").arg(root().join("include"));
    command.arg("-I").arg(binding_folder()).args(flags).args(files(&example, "c")?).arg(root().join(BINDING));
    command.args(&quickjs.objects).arg(quickjs.folder.join(SONAME)).arg("-Wl,-rpath,$ORIGIN");
    run(command.args(["-lm", "-ldl", "-o"]).arg(&made))?;
    Ok(made)
}

fn binding_folder() -> PathBuf {
    root().join(Path::new(BINDING).parent().unwrap_or(Path::new("")))
}
