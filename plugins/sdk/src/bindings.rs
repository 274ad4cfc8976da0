//! What `wit-bindgen` makes of `wit/`, world `tool-plugin`. The only place with `unsafe`: the canonical ABI passes
//! pointers and lengths. Authors use the types and functions that the crate's root re-exports, never this module.

#![allow(
    unsafe_code,
    missing_docs,
    unused_qualifications,
    unreachable_pub,
    clippy::pedantic,
    clippy::allow_attributes_without_reason,
    reason = "generated"
)]

wit_bindgen::generate!({
    path: "../../wit",
    world: "tool-plugin",
    pub_export_macro: true,
    export_macro_name: "export_component",
    default_bindings_module: "nextcloud_mcp_plugin::bindings",
});
