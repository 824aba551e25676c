//! Finds libdrystone: in `DRYSTONE_LIB_DIR` if that is set, else with pkg-config.

use std::path::Path;

fn main() {
    println!("cargo:rerun-if-env-changed=DRYSTONE_LIB_DIR");
    match std::env::var("DRYSTONE_LIB_DIR") {
        Ok(folder) => in_folder(Path::new(&folder)),
        Err(_) => {
            if let Err(error) = pkg_config::Config::new().atleast_version("0.1.0").probe("drystone") {
                println!("cargo:warning=libdrystone was not found: set DRYSTONE_LIB_DIR or install it");
                eprintln!("{error}");
                std::process::exit(1);
            }
        }
    }
}

/// Programs load the library by its soname, but cargo's target folder has no file of that name. We make a link with
/// that name in our output folder, which cargo adds to the library path of programs that it runs.
fn in_folder(folder: &Path) {
    println!("cargo:rustc-link-lib=dylib=drystone");
    println!("cargo:rustc-link-search=native={}", folder.display());
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
}
