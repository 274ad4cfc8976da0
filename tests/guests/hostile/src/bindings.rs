//! What wit-bindgen generates from the contract.
#![allow(
    unsafe_code,
    missing_docs,
    unreachable_pub,
    unused_qualifications,
    clippy::pedantic,
    clippy::allow_attributes_without_reason,
    reason = "generated from wit/; the canonical ABI passes pointers"
)]

wit_bindgen::generate!({ path: "../../../wit", world: "full-plugin" });

export!(Hostile);

use super::Hostile;
