//! The sandbox: loads plugins, keeps the catalogue of their tools, and runs one call at a time in a store of its own.
//!
//! [`Plugins`] is the entry. At load a component is compiled, asked once to describe itself under a host that refuses
//! everything, and what it says is checked and frozen in the [`Catalogue`]. A call finds its [`Tool`], waits for a
//! place ([`Plugins::admit`]), has its arguments validated, gets a fresh store and instance, runs under every limit,
//! has its structured result validated, and is thrown away with its store.
//!
//! Never here: MCP, axum, credentials, addresses. Invariants, each held by a test:
//! - One store per call: no guest state survives a call, none is shared between users.
//! - A guest that traps, spins, hogs or floods costs its caller one clear error and nobody else anything.
//! - What a plugin said at load is what clients see until the next load.
