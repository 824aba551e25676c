//! Checks the TypeScript declarations of the QuickJS module with the compiler, and against the engine's exports.

use std::fs;
use std::path::{Path, PathBuf};

use crate::declarations;
use crate::library::SONAME;
use crate::post_library::POST_SONAME;
use crate::process::{Outcome, output, program, root, run, target};
use crate::quickjs::{QuickJs, files};
use crate::snippets::snippets;

/// From npm, below `target/`.
const COMPILER: &str = "typescript@5.9.3";

/// Globals and modules of the engine, which have no declarations.
const AMBIENT: &str = "declare module 'qjs:std'; declare module 'qjs:os'; declare module 'qjs:bjson';
    declare const console: any;
    declare const scriptArgs: string[]; declare const performance: any;";

/// The documents with JavaScript for the module, or for the package for browsers.
pub const DOCUMENTS: [&str; 6] = [
    "README.md",
    "docs/links.md",
    "docs/values.md",
    "docs/web.md",
    "bindings/quickjs/README.md",
    "bindings/web/README.md",
];

/// The engine's modules have no declarations.
const OTHER_MODULES: &str = "declare module 'qjs:os';";

/// Names that the snippets use but do not define.
const SPOKEN_OF: &str = "import { Blob, Mailbox } from './drystone.so';
    declare global {
        const bytes: Uint8Array, pixels: Uint8Array, piece: Uint8Array, picture: Blob, blob: Blob;
        const box: Mailbox, inbox: Mailbox, rows: any, prices: any, feeder: any, timeIsOver: Promise<void>;
        const report: (error: any) => void, handle: (value: any) => void, bytesOfTheGuest: any, log: any;
    }";

/// Compiles and runs a program that uses every export and contains uses that the compiler must refuse; compares the
/// declared names with the exported ones.
pub fn check(quickjs: &QuickJs) -> Outcome {
    declarations::run(true)?;
    let folder = target().join("typescript");
    let compiler = compiler(&folder)?;
    let declarations = Declarations { name: "drystone.d.ts", program: "use.ts" };
    declarations.check(&folder, &compiler, quickjs, &quickjs.folder)?;
    demo(&folder, &compiler)?;
    documents(&folder, &compiler, &DOCUMENTS)
}

/// The same of the module with post offices, which is in a folder of its own.
pub fn check_post(quickjs: &QuickJs, module: &Path) -> Outcome {
    let compiler = compiler(&target().join("typescript"))?;
    let folder = target().join("typescript/post");
    let declarations = Declarations { name: "drystone_post.d.ts", program: "use_post.ts" };
    declarations.check(&folder, &compiler, quickjs, module)?;
    documents(&folder, &compiler, &["docs/post.md"])
}

/// TypeScript's, installed in a folder.
fn compiler(folder: &Path) -> Outcome<PathBuf> {
    let installed = folder.join("node_modules/.bin/tsc");
    fs::create_dir_all(folder)?;
    let version = COMPILER.split('@').nth(1).unwrap_or_default();
    if !output(program(&installed).arg("--version"))
        .is_ok_and(|said| said.trim() == format!("Version {version}"))
    {
        let mut npm = program("npm");
        npm.args(["install", "--no-audit", "--no-fund", "--no-save", COMPILER, "--prefix"]).arg(folder);
        run(&mut npm)?;
    }
    Ok(installed)
}

/// Declarations, and the program that uses all of them.
struct Declarations {
    name: &'static str,
    program: &'static str,
}

impl Declarations {
    /// `module` is the folder of the module and its libraries; the work is done in `folder`.
    fn check(&self, folder: &Path, compiler: &Path, quickjs: &QuickJs, module: &Path) -> Outcome {
        let binding = root().join("bindings/quickjs");
        fs::create_dir_all(folder.join("run"))?;
        let lay = |from: &Path, to: &str| fs::copy(from, folder.join(to));
        // The name under which `./drystone.so` is looked up.
        lay(&binding.join(self.name), "drystone.d.so.ts")?;
        for name in ["drystone.d.ts", self.name] {
            lay(&binding.join(name), name)?;
        }
        lay(&binding.join("tests/types").join(self.program), "use.ts")?;
        lay(&binding.join("tests/types/declared.mjs"), "declared.mjs")?;
        lay(&binding.join("tests/types/exported.mjs"), "run/exported.mjs")?;
        for library in ["drystone.so", SONAME, POST_SONAME] {
            if module.join(library).is_file() {
                lay(&module.join(library), &format!("run/{library}"))?;
            }
        }
        let mut compile = program(compiler);
        compile.current_dir(folder).args(["--strict", "--noUnusedLocals", "--target", "es2022"]);
        compile.args(["--lib", "es2022", "--module", "esnext", "--moduleResolution", "bundler"]);
        run(compile.args(["--allowArbitraryExtensions", "--outDir", "run", "use.ts"]))?;

        let qjs = |script: &str| {
            let mut command = program(quickjs.folder.join("qjs"));
            command.current_dir(folder.join("run")).arg("--module").arg(script);
            command
        };
        run(&mut qjs("use.js"))?;
        let exported = output(&mut qjs("exported.mjs"))?;
        let declared = output(program("node").current_dir(folder).args(["declared.mjs", self.name]))?;
        if exported == declared {
            return Ok(());
        }
        let only = |these: &str, those: &str| -> Vec<String> {
            these
                .lines()
                .filter(|line| those.lines().all(|other| other != *line))
                .map(str::to_owned)
                .collect()
        };
        let (exported_only, declared_only) = (only(&exported, &declared), only(&declared, &exported));
        let lacks = format!("{} lacks {exported_only:?}", self.name);
        Err(format!("{lacks} and declares names that are not exported: {declared_only:?}").into())
    }
}

/// Checks the JavaScript of the documents against the declarations.
fn documents(folder: &Path, compiler: &Path, documents: &[&str]) -> Outcome {
    let mut check = program(compiler);
    check.current_dir(folder).args(["--noEmit", "--allowJs", "--checkJs", "--target", "esnext"]);
    check.args(["--lib", "esnext,dom", "--module", "esnext", "--moduleResolution", "bundler"]);
    check.arg("--allowArbitraryExtensions").args(["--skipLibCheck", "spoken.d.ts", "others.d.ts"]);
    fs::write(folder.join("others.d.ts"), OTHER_MODULES)?;
    // The package for browsers has declarations of its own.
    let package = folder.join("node_modules/drystone");
    fs::create_dir_all(&package)?;
    fs::copy(root().join("bindings/web/drystone.d.ts"), package.join("index.d.ts"))?;
    let mut declarations = program(compiler);
    declarations.current_dir(folder).args([
        "--noEmit",
        "--strict",
        "--target",
        "es2022",
        "--lib",
        "es2022,dom",
    ]);
    run(declarations.args(["drystone.d.ts", "node_modules/drystone/index.d.ts"]))?;
    fs::write(folder.join("spoken.d.ts"), SPOKEN_OF)?;
    for document in documents {
        for (number, piece) in snippets(document, "js")?.iter().enumerate() {
            let name = format!("{}-{}.mjs", document.replace(['/', '.'], "-"), number + 1);
            let names = "import { BucketMap, Mailbox, StoneMap, nota, stone, wota } from './drystone.so';\n";
            let head = if piece.contains("import ") { "" } else { names };
            fs::write(folder.join(&name), format!("{head}{piece}export {{}};\n"))?;
            check.arg(name);
        }
    }
    run(&mut check)
}

/// Checks the scripts of the demo, which use the module as programs do (the tests deliberately misuse it).
fn demo(folder: &Path, compiler: &Path) -> Outcome {
    let mut check = program(compiler);
    check.current_dir(folder).args([
        "--noEmit",
        "--allowJs",
        "--checkJs",
        "--target",
        "esnext",
        "--lib",
        "esnext",
    ]);
    check.args(["--module", "esnext", "--moduleResolution", "bundler", "--allowArbitraryExtensions"]);
    fs::write(folder.join("ambient.d.ts"), AMBIENT)?;
    for script in files(&root().join("bindings/quickjs/demo"), "mjs")? {
        let name = script.file_name().ok_or("a script has a name")?;
        fs::copy(&script, folder.join(name))?;
        check.arg(name);
    }
    run(check.arg("ambient.d.ts"))
}
