//! What `wit-bindgen` makes of `wit/`: the world `tool-plugin`, and beside it each interface that a plugin may export as
//! well, as a world of its own, so that a component exports exactly what its author wrote. The only place with `unsafe`:
//! the canonical ABI passes pointers and lengths. Authors use the types and functions that the crate's root re-exports,
//! never this module.

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

/// Merged into the component by the linker; the types are those of the world above.
pub mod resources {
    wit_bindgen::generate!({
        inline: "package nextcloud-mcp:sdk; world with-resources { export nextcloud-mcp:plugin/resources@0.1.0; }",
        path: "../../wit",
        world: "nextcloud-mcp:sdk/with-resources",
        with: { "nextcloud-mcp:plugin/types@0.1.0": crate::bindings::nextcloud_mcp::plugin::types },
        pub_export_macro: true,
        export_macro_name: "export_resources",
        default_bindings_module: "nextcloud_mcp_plugin::bindings::resources",
    });

    pub use exports::nextcloud_mcp::plugin::resources as exported;
}

/// As `resources`.
pub mod prompts {
    wit_bindgen::generate!({
        inline: "package nextcloud-mcp:sdk; world with-prompts { export nextcloud-mcp:plugin/prompts@0.1.0; }",
        path: "../../wit",
        world: "nextcloud-mcp:sdk/with-prompts",
        with: { "nextcloud-mcp:plugin/types@0.1.0": crate::bindings::nextcloud_mcp::plugin::types },
        pub_export_macro: true,
        export_macro_name: "export_prompts",
        default_bindings_module: "nextcloud_mcp_plugin::bindings::prompts",
    });

    pub use exports::nextcloud_mcp::plugin::prompts as exported;
}

/// As `resources`.
pub mod completions {
    wit_bindgen::generate!({
        inline: "package nextcloud-mcp:sdk; world with-completions { export nextcloud-mcp:plugin/completions@0.1.0; }",
        path: "../../wit",
        world: "nextcloud-mcp:sdk/with-completions",
        with: { "nextcloud-mcp:plugin/types@0.1.0": crate::bindings::nextcloud_mcp::plugin::types },
        pub_export_macro: true,
        export_macro_name: "export_completions",
        default_bindings_module: "nextcloud_mcp_plugin::bindings::completions",
    });

    pub use exports::nextcloud_mcp::plugin::completions as exported;
}
