//! The public interface is what `listing.txt` says, so that every change of it is seen. With UPDATE=1 in the
//! environment the test writes the listing anew.

use std::path::Path;
use std::process::Command;

#[test]
fn the_interface_is_as_listed() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR"));
    let listed = folder.join("listing.txt");
    let found = listing(&folder.join("../.."));
    if std::env::var_os("UPDATE").is_some() {
        std::fs::write(&listed, &found).unwrap();
    }
    let listed = std::fs::read_to_string(&listed).unwrap();
    let missing = listed.lines().filter(|line| !found.lines().any(|other| other == *line));
    let added = found.lines().filter(|line| !listed.lines().any(|other| other == *line));
    let missing = missing.map(|line| format!("- {line}\n"));
    let changes: String = missing.chain(added.map(|line| format!("+ {line}\n"))).collect();
    assert!(changes.is_empty(), "the interface has changed (UPDATE=1 accepts it):\n{changes}");
}

/// Returns rustdoc's listing of the library. Its JSON is not stable yet: a release of Rust may need another of
/// `public-api`.
fn listing(root: &Path) -> String {
    let target = Path::new(env!("CARGO_TARGET_TMPDIR"));
    let mut rustdoc = Command::new(env!("CARGO"));
    rustdoc.current_dir(root).env("RUSTC_BOOTSTRAP", "1").arg("rustdoc");
    rustdoc.args(["--quiet", "--lib", "--package", "wgpu-lrn", "--target-dir"]).arg(target);
    rustdoc.args(["--", "-Zunstable-options", "--output-format", "json", "--cap-lints", "allow"]);
    assert!(rustdoc.status().unwrap().success());
    let api = public_api::Builder::from_rustdoc_json(target.join("doc/wgpu_lrn.json"))
        .omit_blanket_impls(true)
        .omit_auto_derived_impls(true)
        .omit_auto_trait_impls(true)
        .build()
        .unwrap();
    api.items().map(|item| format!("{item}\n")).collect()
}
