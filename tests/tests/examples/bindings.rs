//! The bindings of the template in C are what wit-bindgen's C generator makes of `wit/`. They lie in the repository, so that an
//! author needs no generator; `just c-bindings` writes them anew after a change of the contract.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::path::{Path, PathBuf};

use wit_bindgen_c::Opts;
use wit_bindgen_core::Files;
use wit_bindgen_core::wit_parser::{Resolve, WorldId};
use wit_component::StringEncoding;

/// The world that the template is built for.
const WORLD: &str = "tool-plugin";
/// The component's type, as text: assembly for a custom section, in place of the generator's object file.
const TYPE_FILE: &str = "tool_plugin_component_type.s";
/// What the generated code calls, so that no linker leaves this out.
const ANCHOR: &str = "
.section .text.__component_type_object_force_link_tool_plugin,\"\",@
.globl __component_type_object_force_link_tool_plugin
.type __component_type_object_force_link_tool_plugin,@function
__component_type_object_force_link_tool_plugin:
.functype __component_type_object_force_link_tool_plugin () -> ()
end_function
";
/// Bytes of it in one line.
const IN_A_LINE: usize = 32;

#[test]
fn the_c_bindings_are_what_the_generator_makes_of_the_contract() {
    let folder = root().join("plugins/template/c/bindings");
    let write = std::env::var_os("NEXTCLOUD_MCP_TEST_WRITE_BINDINGS").is_some();
    for (name, text) in generated() {
        let file = folder.join(&name);
        if write {
            std::fs::write(&file, &text).unwrap();
        }
        let there = std::fs::read_to_string(&file).unwrap_or_default();
        assert!(there == text, "{name} is not up to date: run `just c-bindings`");
    }
}

/// Names and texts of all files.
fn generated() -> BTreeMap<String, String> {
    let mut resolve = Resolve::default();
    let (package, _) = resolve.push_dir(root().join("wit")).unwrap();
    let world = resolve.select_world(&[package], Some(WORLD)).unwrap();
    let assembly = component_type(&resolve, world);
    let options = Opts {
        no_object_file: true,
        ..Opts::default()
    };
    let mut files = Files::default();
    options
        .build()
        .generate(&mut resolve, world, &mut files)
        .unwrap();
    let mut texts: BTreeMap<String, String> = files
        .iter()
        .map(|(name, bytes)| (name.to_owned(), String::from_utf8(bytes.to_vec()).unwrap()))
        .collect();
    texts.insert(TYPE_FILE.to_owned(), assembly);
    texts
}

/// What the linker of components looks for: a custom section whose name begins with `component-type`.
fn component_type(resolve: &Resolve, world: WorldId) -> String {
    let encoded =
        wit_component::metadata::encode(resolve, world, StringEncoding::UTF8, None).unwrap();
    let mut text = String::from(
        "# The component's type, encoded by wit-component out of wit/. DO NOT EDIT!\n\
         .section \".custom_section.component-type:tool_plugin\",\"\",@\n",
    );
    for line in encoded.chunks(IN_A_LINE) {
        let bytes: Vec<String> = line.iter().map(u8::to_string).collect();
        let _ = writeln!(text, ".byte {}", bytes.join(","));
    }
    text.push_str(ANCHOR);
    text
}

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap().to_owned()
}
