//! wassette, another host of WebAssembly components for MCP, started as its own help says, with one component. It is measured
//! where it is installed; nothing here installs it (`just bench-wassette` does).
//!
//! It speaks MCP over pipes or HTTP; here over pipes, as the hosts that it stands beside. Its component is laid into the folder
//! that it loads from, so that nothing here needs a network.

use std::path::Path;

use anyhow::{Context as _, Result};
use tokio::process::Command;

use super::program::Program;

/// Says where its executable is.
const EXECUTABLE: &str = "NEXTCLOUD_MCP_BENCH_WASSETTE";

/// The component's only export, and so its tool.
pub(super) const TOOL: &str = "echo";

/// What the component hands back. A record of WIT has at least one field, so an empty object can only be a text.
pub(super) const ANSWER: &str = "{}";

/// An installed wassette, and a component for it.
#[derive(Debug)]
pub(super) struct Installed {
    program: Program,
    pub(super) version: String,
    component: Vec<u8>,
}

impl Installed {
    /// Where the environment says, if it runs there.
    pub(super) async fn find() -> Result<Option<Self>> {
        let Some(program) = Program::find(EXECUTABLE).await else {
            return Ok(None);
        };
        // The version comes first; how it was built follows.
        let version = program.version.split_whitespace().next();
        Ok(Some(Self {
            version: version.unwrap_or_default().to_owned(),
            program,
            component: component()?,
        }))
    }

    /// Bytes of the component.
    pub(super) fn plugin(&self) -> usize {
        self.component.len()
    }

    /// The command that serves over pipes, with none of its own tools; what it keeps for later starts is kept in this folder.
    pub(super) fn command(&self, kept: &Path) -> Result<Command> {
        let components = kept.join("components");
        let file = components.join("bench.wasm");
        // Written once, so that a later start finds all as the one before left it.
        if !file.exists() {
            std::fs::create_dir_all(&components)?;
            std::fs::write(file, &self.component)?;
        }
        let mut command = self.program.command(kept);
        command
            .args(["run", "--disable-builtin-tools", "--component-dir"])
            .arg(components);
        Ok(command)
    }
}

/// The least that is a tool for it: a component whose one function hands back a text that is laid down in it. A text is handed
/// over as its place and its length, which come before it.
fn component() -> Result<Vec<u8>> {
    let length = ANSWER.len();
    let text = format!(
        r#"(component
          (core module $code
            (memory (export "memory") 1)
            (data (i32.const 0) "\08\00\00\00\{length:02x}\00\00\00{ANSWER}")
            (func (export "{TOOL}") (result i32) (i32.const 0)))
          (core instance $code (instantiate $code))
          (func (export "{TOOL}") (result string)
            (canon lift (core func $code "{TOOL}") (memory $code "memory"))))"#
    );
    wat::parse_str(text).context("the component as text is no WebAssembly")
}

#[cfg(test)]
mod tests {
    #[test]
    fn the_component_for_the_other_host_is_one_and_has_its_tool_and_its_answer() {
        let component = super::component().unwrap();
        // A component says so in its layer, the second half of what would be a module's version.
        assert!(component.starts_with(b"\0asm\x0d\0\x01\0"));
        for part in [super::TOOL, "\u{8}\0\0\0\u{2}\0\0\0{}"] {
            let there = component
                .windows(part.len())
                .any(|window| window == part.as_bytes());
            assert!(there, "{part:?}");
        }
    }
}
