//! Finds libdrystone: in `DRYSTONE_LIB_DIR` if that is set, else with pkg-config.

use std::path::Path;

fn main() {
    println!("cargo:rerun-if-env-changed=DRYSTONE_LIB_DIR");
    if let Ok(folder) = std::env::var("DRYSTONE_LIB_DIR") {
        println!("cargo:rustc-link-lib=dylib=drystone");
        println!("cargo:rustc-link-search=native={folder}");
        run_with(Path::new(&folder));
        return;
    }
    match pkg_config::Config::new().atleast_version("0.1.0").probe("drystone") {
        Ok(found) => found.link_paths.iter().for_each(|folder| run_with(folder)),
        Err(error) => {
            println!("cargo:warning=libdrystone was not found: set DRYSTONE_LIB_DIR or install it");
            eprintln!("{error}");
            std::process::exit(1);
        }
    }
}

/// Lets cargo run programs with the library in this folder. They load it by its soname; cargo's target folder has no file of
/// that name, and other folders are not in the library path that cargo sets. We make a link with that name in our output
/// folder, which is in that path.
fn run_with(folder: &Path) {
    #[cfg(unix)]
    {
        const SONAME: &str = "libdrystone.so.0";
        let out = std::env::var_os("OUT_DIR").expect("cargo sets OUT_DIR");
        let link = Path::new(&out).join(SONAME);
        let file = std::path::absolute(folder).map(|folder| folder.join("libdrystone.so"));
        let _ = std::fs::remove_file(&link);
        if file.and_then(|file| std::os::unix::fs::symlink(file, link)).is_ok() {
            println!("cargo:rustc-link-search=native={}", Path::new(&out).display());
        }
    }
    #[cfg(not(unix))]
    let _ = folder;
}
