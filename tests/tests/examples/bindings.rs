//! The bindings of the template in C are what wit-bindgen made of today's contract.

use sha2::{Digest as _, Sha256};

/// As `just c-bindings` takes the digest.
const CONTRACT: [&str; 3] = [
    include_str!("../../../wit/host.wit"),
    include_str!("../../../wit/plugin.wit"),
    include_str!("../../../wit/types.wit"),
];
const MADE_OF: &str =
    include_str!("../../../plugins/template/c/bindings/tool_plugin_component_type.s");

#[test]
fn the_c_bindings_were_made_of_this_contract() {
    let digest = Sha256::digest(CONTRACT.concat());
    let digits: Vec<String> = digest.iter().map(|byte| format!("{byte:02x}")).collect();
    let digest = digits.concat();
    assert!(
        MADE_OF.contains(&format!("# SHA-256 of wit/: {digest}\n")),
        "wit/ has changed: run `just c-bindings`"
    );
}
