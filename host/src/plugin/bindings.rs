//! `wit/` in Rust: what wasmtime generates from the contract. Only `imports.rs`, `exports.rs` and `convert.rs` look inside.
#![allow(
    missing_docs,
    unreachable_pub,
    clippy::pedantic,
    reason = "generated from wit/, where the documentation is"
)]

// The larger of both worlds; `exports.rs` takes of it what a component has.
wasmtime::component::bindgen!({
    world: "full-plugin",
    path: "../wit",
    // Whatever talks to Nextcloud or to the person waits; everything may stop the guest.
    imports: {
        "nextcloud-mcp:plugin/nextcloud": async | trappable,
        "nextcloud-mcp:plugin/ask": async | trappable,
        default: trappable,
    },
    exports: { default: async },
});
