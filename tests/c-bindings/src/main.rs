//! Writes the bindings of the template in C: what wit-bindgen's C generator makes of `wit/`, and the component's type as assembly
//! in place of the generator's object file, so that everything in the template is text.
//!
//! They lie in the repository, so that an author needs no generator. A test of the workspace
//! (`tests/tests/examples/bindings.rs`) notices when `wit/` is no longer what they were made of.

use std::fmt::Write as _;
use std::fs;
use std::path::Path;

use anyhow::{Context as _, Result};
use sha2::{Digest as _, Sha256};
use wit_bindgen_c::Opts;
use wit_bindgen_core::Files;
use wit_bindgen_core::wit_parser::{Resolve, WorldId};
use wit_component::StringEncoding;

/// The contract, in the order in which its digest is taken.
const CONTRACT: [&str; 3] = ["host.wit", "plugin.wit", "types.wit"];
/// The world that the template is built for.
const WORLD: &str = "tool-plugin";
/// Bytes of the component's type in one line.
const IN_A_LINE: usize = 32;
/// What the generated code calls, so that no linker leaves the type out.
const ANCHOR: &str = "
.section .text.__component_type_object_force_link_tool_plugin,\"\",@
.globl __component_type_object_force_link_tool_plugin
.type __component_type_object_force_link_tool_plugin,@function
__component_type_object_force_link_tool_plugin:
.functype __component_type_object_force_link_tool_plugin () -> ()
end_function
";

fn main() -> Result<()> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
    let (wit, bindings) = (root.join("wit"), root.join("plugins/template/c/bindings"));
    let mut resolve = Resolve::default();
    let (package, _) = resolve.push_dir(&wit)?;
    let world = resolve.select_world(&[package], Some(WORLD))?;
    let assembly = component_type(&resolve, world, &digest(&wit)?)?;
    let options = Opts {
        no_object_file: true,
        ..Opts::default()
    };
    let mut files = Files::default();
    options.build().generate(&mut resolve, world, &mut files)?;
    files.push("tool_plugin_component_type.s", assembly.as_bytes());
    for (name, bytes) in files.iter() {
        let file = bindings.join(name);
        fs::write(&file, bytes).with_context(|| file.display().to_string())?;
    }
    Ok(())
}

/// What the linker of components looks for: a custom section whose name begins with `component-type`.
fn component_type(resolve: &Resolve, world: WorldId, digest: &str) -> Result<String> {
    let encoded = wit_component::metadata::encode(resolve, world, StringEncoding::UTF8, None)?;
    let mut text = format!(
        "# The component's type, encoded by wit-component out of wit/. DO NOT EDIT!\n# SHA-256 of wit/: {digest}\n\
         .section \".custom_section.component-type:tool_plugin\",\"\",@\n"
    );
    for line in encoded.chunks(IN_A_LINE) {
        let bytes: Vec<String> = line.iter().map(u8::to_string).collect();
        writeln!(text, ".byte {}", bytes.join(","))?;
    }
    text.push_str(ANCHOR);
    Ok(text)
}

/// The digest of the contract's files, one after the other.
fn digest(wit: &Path) -> Result<String> {
    let mut hash = Sha256::new();
    for file in CONTRACT {
        hash.update(fs::read(wit.join(file))?);
    }
    Ok(hex::encode(hash.finalize()))
}
