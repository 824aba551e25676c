//! Finds libdrystone: in `DRYSTONE_LIB_DIR` when that is set, else by pkg-config.

fn main() {
    println!("cargo:rerun-if-env-changed=DRYSTONE_LIB_DIR");
    match std::env::var("DRYSTONE_LIB_DIR") {
        Ok(folder) => {
            println!("cargo:rustc-link-search=native={folder}");
            println!("cargo:rustc-link-lib=dylib=drystone");
        }
        Err(_) => {
            if let Err(error) = pkg_config::Config::new().atleast_version("0.1.0").probe("drystone") {
                println!("cargo:warning=libdrystone was not found: set DRYSTONE_LIB_DIR or install it");
                eprintln!("{error}");
                std::process::exit(1);
            }
        }
    }
}
