//! hyper-mcp, another host of WebAssembly plugins for MCP, started as its documents say, with one plugin. It is measured where
//! it is installed; nothing here installs it (`just bench-hyper` does).
//!
//! It speaks MCP over pipes and in no other way. Its plugin is read from a file, whose signature it does not ask for, so that
//! nothing here needs a network.

use std::path::Path;

use anyhow::{Context as _, Result};
use serde_json::json;
use tokio::process::Command;

use super::program::Program;

/// Says where its executable is.
const EXECUTABLE: &str = "NEXTCLOUD_MCP_BENCH_HYPER";

/// The plugin's name in its configuration, and its tool's.
const PLUGIN: &str = "bench";
const TOOL: &str = "echo";

/// An installed hyper-mcp, and a plugin for it.
#[derive(Debug)]
pub(super) struct Installed {
    program: Program,
    pub(super) version: String,
    /// What a client calls its tool.
    pub(super) tool: String,
    /// Bytes of the plugin.
    pub(super) plugin: usize,
    /// Plugin and configuration.
    folder: tempfile::TempDir,
}

impl Installed {
    /// Where the environment says, if it runs there.
    pub(super) async fn find() -> Result<Option<Self>> {
        let Some(program) = Program::find(EXECUTABLE).await else {
            return Ok(None);
        };
        let version = program.version.rsplit(' ').next().unwrap_or_default();
        let folder = tempfile::tempdir()?;
        let plugin = plugin()?;
        let file = folder.path().join("bench.wasm");
        std::fs::write(&file, &plugin)?;
        let url = format!("file://{}", file.display());
        let configuration = json!({"plugins": {PLUGIN: {"url": url}}}).to_string();
        std::fs::write(folder.path().join("config.json"), configuration)?;
        Ok(Some(Self {
            version: version.to_owned(),
            program,
            tool: format!("{PLUGIN}-{TOOL}"),
            plugin: plugin.len(),
            folder,
        }))
    }

    /// The command that serves over pipes; what it keeps for later starts is kept in this folder.
    pub(super) fn command(&self, kept: &Path) -> Command {
        let mut command = self.program.command(kept);
        command
            .arg("--config-file")
            .arg(self.folder.path().join("config.json"));
        command
    }
}

/// The least that is a plugin for it: an Extism module which answers both questions with what is laid down in it, copied out
/// by the host's own functions (`extism:host/env`) since the two have no memory in common.
fn plugin() -> Result<Vec<u8>> {
    let listed = json!({"tools": [{
        "name": TOOL,
        "title": "Hand back an object",
        "description": "Does what no plugin needs.",
        "inputSchema": {"type": "object"},
    }]})
    .to_string();
    let called =
        json!({"content": [{"type": "text", "text": "{}"}], "structuredContent": {}}).to_string();
    let (first, second) = (listed.len(), called.len());
    let data = format!("{listed}{called}")
        .replace('\\', "\\\\")
        .replace('"', "\\\"");
    let module = format!(
        r#"(module
          (import "extism:host/env" "alloc" (func $alloc (param i64) (result i64)))
          (import "extism:host/env" "store_u8" (func $store (param i64 i32)))
          (import "extism:host/env" "output_set" (func $output (param i64 i64)))
          (memory 1)
          (data (i32.const 0) "{data}")
          (func $answer (param $from i32) (param $length i32) (result i32)
            (local $to i64)
            (local $at i32)
            (local.set $to (call $alloc (i64.extend_i32_u (local.get $length))))
            (loop $next
              (call $store
                (i64.add (local.get $to) (i64.extend_i32_u (local.get $at)))
                (i32.load8_u (i32.add (local.get $from) (local.get $at))))
              (local.set $at (i32.add (local.get $at) (i32.const 1)))
              (br_if $next (i32.lt_u (local.get $at) (local.get $length))))
            (call $output (local.get $to) (i64.extend_i32_u (local.get $length)))
            (i32.const 0))
          (func (export "list_tools") (result i32)
            (call $answer (i32.const 0) (i32.const {first})))
          (func (export "call_tool") (result i32)
            (call $answer (i32.const {first}) (i32.const {second}))))"#
    );
    wat::parse_str(module).context("the plugin as text is no WebAssembly")
}

#[cfg(test)]
mod tests {
    #[test]
    fn the_plugin_for_the_other_host_is_a_module_with_both_answers() {
        let plugin = super::plugin().unwrap();
        assert!(plugin.starts_with(b"\0asm\x01\0\0\0"));
        for name in ["list_tools", "call_tool", "structuredContent"] {
            let there = plugin
                .windows(name.len())
                .any(|window| window == name.as_bytes());
            assert!(there, "{name}");
        }
    }
}
