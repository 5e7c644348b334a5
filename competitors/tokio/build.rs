//! Makes the list of workloads from the files in src/workloads, so that nobody
//! keeps one, and looks up the versions that the driver reports.

use std::path::Path;
use std::{env, fs, process::Command};

fn main() {
    let root = env::var("CARGO_MANIFEST_DIR").expect("cargo sets it");
    let out = env::var("OUT_DIR").expect("cargo sets it");
    let folder = Path::new(&root).join("src/workloads");
    let mut names: Vec<String> = fs::read_dir(&folder)
        .unwrap_or_else(|e| panic!("{}: {e}", folder.display()))
        .map(|entry| entry.expect("a folder that can be read").path())
        .filter(|path| path.extension().is_some_and(|e| e == "rs"))
        .map(|path| path.file_stem().expect("it has an extension").to_string_lossy().into_owned())
        .collect();
    names.sort();

    let mut code = String::new();
    for name in &names {
        let file = folder.join(format!("{name}.rs"));
        code += &format!("#[path = {:?}]\nmod r#{name};\n", file);
    }
    let entries: Vec<String> = names.iter().map(|name| format!("&r#{name}::WORKLOAD")).collect();
    code += &format!("static ALL: [&Workload; {}] = [{}];\n", names.len(), entries.join(", "));
    fs::write(Path::new(&out).join("registry.rs"), code).expect("cargo's own folder can be written");

    println!("cargo:rerun-if-changed=src/workloads");
    println!("cargo:rerun-if-changed=Cargo.lock");
    println!("cargo:rustc-env=TOKIO_VERSION={}", locked(&root, "tokio"));
    println!("cargo:rustc-env=RUSTC_VERSION={}", rustc());
}

/// The version of a crate in Cargo.lock.
fn locked(root: &str, name: &str) -> String {
    let lock = fs::read_to_string(Path::new(root).join("Cargo.lock")).expect("Cargo.lock is committed");
    let heading = format!("name = \"{name}\"\nversion = \"");
    let rest = lock.split_once(&heading).expect("Cargo.lock names it").1;
    rest.split('"').next().expect("split gives one at least").to_owned()
}

/// "rustc 1.85.0 (4d91de4e4 2025-02-17)"
fn rustc() -> String {
    let compiler = env::var("RUSTC").expect("cargo sets it");
    let said = Command::new(compiler).arg("--version").output().expect("cargo runs it, too");
    String::from_utf8_lossy(&said.stdout).trim().to_owned()
}
