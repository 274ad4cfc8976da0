//! The resource server: which tokens `/mcp` takes, from whom, and what a client is told otherwise (RFC 6750, RFC 9728).
//!
//! A token is one of: ours (sealed, `grant.rs`), Nextcloud's own (*direct*: RFC 9068 or opaque), or, where the operator
//! lets them through, an app password. What was found is believed for a short while only; see `cache`.
