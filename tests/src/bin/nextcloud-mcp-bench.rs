//! `just bench`: measures what the server costs, now and on this machine, and prints it.

use std::io::Write as _;
use std::path::PathBuf;

use anyhow::Context as _;
use clap::Parser;
use nextcloud_mcp_tests::bench::{Plan, Report, measure, publish, sections};

/// Measures start-up, memory, calls, sandbox and requests, beside the Python server where `NEXTCLOUD_MCP_BENCH_PEER` names
/// its executable, and beside other hosts of plugins where `NEXTCLOUD_MCP_BENCH_HYPER` names hyper-mcp's and
/// `NEXTCLOUD_MCP_BENCH_WASSETTE` wassette's.
#[derive(Debug, Parser)]
struct Arguments {
    /// As little of everything as shows that it works.
    #[arg(long)]
    quick: bool,
    /// File to write every figure to.
    #[arg(long, value_name = "FILE")]
    json: Option<PathBuf>,
    /// Measure nothing: take the figures from this file.
    #[arg(long, value_name = "FILE", conflicts_with_all = ["quick", "json"])]
    from: Option<PathBuf>,
    /// Folder of documents whose page, tables and pictures are made anew.
    #[arg(long, value_name = "FOLDER")]
    publish: Option<PathBuf>,
}

#[tokio::main]
async fn main() -> anyhow::Result<()> {
    let arguments = Arguments::parse();
    let report: Report = match &arguments.from {
        Some(file) => {
            let text = std::fs::read(file).with_context(|| file.display().to_string())?;
            serde_json::from_slice(&text)?
        }
        None if arguments.quick => Box::pin(measure(&Plan::quick())).await?,
        None => Box::pin(measure(&Plan::full())).await?,
    };
    if let Some(file) = &arguments.json {
        std::fs::write(file, serde_json::to_vec_pretty(&report)?)?;
    }
    if let Some(docs) = &arguments.publish {
        publish(&report, docs)?;
    }
    let mut out = std::io::stdout().lock();
    for section in sections(&report) {
        writeln!(out, "{}\n{}", section.caption, section.table.text())?;
    }
    Ok(())
}
