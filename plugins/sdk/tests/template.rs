//! `plugins/template/rust` is not part of the workspace, because its name is a placeholder: here it is built and tested.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

#[path = "../../template/rust/src/lib.rs"]
mod template;

#[test]
fn the_placeholder_is_all_that_has_to_be_replaced() {
    let files = [
        include_str!("../../template/rust/Cargo.toml"),
        include_str!("../../template/rust/plugin.toml"),
        include_str!("../../template/rust/README.md"),
    ];
    for file in files {
        assert!(file.contains("PLUGIN_NAME"));
        assert!(!file.contains("template"), "{file}");
    }
}
