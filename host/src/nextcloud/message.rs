//! What a plugin asks and what it gets back, in words that are neither WebAssembly's nor reqwest's.

use bytes::Bytes;

/// A request as a plugin wrote it: unchecked. `Caller::fetch` parses every part of it.
#[derive(Debug, Clone)]
pub struct Request {
    /// Such as `PROPFIND`.
    pub method: String,
    /// Path and query below Nextcloud's web root.
    pub path: String,
    /// Name and value; only the names that `wit/host.wit` lists pass.
    pub headers: Vec<(String, String)>,
    /// Absent for a request without a body.
    pub body: Option<Bytes>,
}

/// An answer of Nextcloud, whatever its status, with the headers that a plugin may see.
#[derive(Debug, Clone)]
pub struct Response {
    /// The HTTP status.
    pub status: u16,
    /// Lower-case names.
    pub headers: Vec<(String, String)>,
    /// The whole body.
    pub body: Bytes,
}
