//! One run of the suite: its exit code, and how many of its checks mean something.

use std::collections::BTreeSet;
use std::path::Path;
use std::process::Stdio;
use std::time::Duration;

use nextcloud_mcp_tests::harness::{Peer, skip};
use serde_json::Value;
use tokio::process::Command;

use crate::stage::{Stage, Way};

/// A whole run takes seconds; a hung one is an error.
const RUN: Duration = Duration::from_mins(3);

/// What the suite puts behind a scenario's name, for the folder of its results.
const TIME: &str = "-2026-11-22T04-05-06-789Z";

/// What may fail where the suite's names are not made to fit.
const DIRECT: &str = include_str!("baseline/direct.yml");

/// What is run.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Suite {
    /// What MCP 2026-07-28 requires, as the suite froze it, and what it does not score.
    Revision2026,
    /// The same of MCP 2025-11-25.
    Revision2025,
    /// The suite's last release, which knows no 2026-07-28.
    Released,
}

/// What a run came to.
struct Run {
    is_success: bool,
    /// What the suite wrote, its verdict last.
    said: String,
    /// As `scenario:check`, each once.
    passed: BTreeSet<String>,
    /// With what the suite says about it.
    failed: Vec<String>,
}

/// How many checks pass here and not where nobody listens.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Proven {
    pub(crate) direct: usize,
    pub(crate) token: usize,
}

/// Runs it both ways, holds its exit code to 0, and the number of checks that it proves to `proven`.
pub(crate) async fn run(test: &str, suite: Suite, proven: Proven) {
    let node = match Peer::Node.find() {
        Ok(node) => node,
        Err(missing) => return skip(test, &missing),
    };
    let nowhere = format!("http://127.0.0.1:{}/mcp", closed_port());
    let (vacuous, direct, token) = tokio::join!(
        suite.against(&nowhere, &node, None),
        suite.meets(Way::Direct, &node),
        suite.meets(Way::Token, &node),
    );
    let meant = |passed: &BTreeSet<String>| passed.difference(&vacuous.passed).count();
    let measured = Proven {
        direct: meant(&direct),
        token: meant(&token),
    };
    assert_eq!(
        measured, proven,
        "checks that pass here and not where nobody listens"
    );
}

impl Suite {
    /// Its package in `node_modules`, and what of it is run.
    fn program(self) -> (&'static str, [&'static str; 2]) {
        match self {
            Self::Revision2026 => ("conformance-next", ["--requirements", "2026-07-28"]),
            Self::Revision2025 => ("conformance-next", ["--requirements", "2025-11-25"]),
            Self::Released => ("conformance", ["--suite", "active"]),
        }
    }

    /// What may fail. An entry that passes is an error of the suite's own.
    fn baseline(self, way: Way) -> String {
        let own = match self {
            Self::Revision2026 => include_str!("baseline/2026-07-28.yml"),
            Self::Revision2025 => include_str!("baseline/2025-11-25.yml"),
            Self::Released => include_str!("baseline/0.1.16.yml"),
        };
        match way {
            Way::Token => own.to_owned(),
            Way::Direct => format!("{own}{}", DIRECT.replace("server:\n", "")),
        }
    }

    /// What passed, after everything that failed was expected to.
    async fn meets(self, way: Way, node: &Path) -> BTreeSet<String> {
        let stage = Stage::begin(way).await;
        let folder = tempfile::tempdir().unwrap();
        let baseline = folder.path().join("baseline.yml");
        std::fs::write(&baseline, self.baseline(way)).unwrap();
        let run = self.against(&stage.endpoint, node, Some(&baseline)).await;
        let verdict = run.said.rsplit("=== SUMMARY ===").next();
        let (verdict, failed) = (verdict.unwrap_or_default(), run.failed.join("\n"));
        assert!(run.is_success, "{way:?}: {verdict}\n{failed}");
        run.passed
    }

    async fn against(self, endpoint: &str, node: &Path, baseline: Option<&Path>) -> Run {
        let results = tempfile::tempdir().unwrap();
        let modules = node.join("node_modules");
        let (package, selection) = self.program();
        let mut command = Command::new(modules.join(".bin/node"));
        command
            .arg(modules.join(package).join("dist/index.js"))
            .args(["server", "--url", endpoint, "--output-dir"])
            .arg(results.path())
            .args(selection)
            .env_clear()
            .current_dir(results.path())
            .stdin(Stdio::null())
            .kill_on_drop(true);
        if let Some(baseline) = baseline {
            command.arg("--expected-failures").arg(baseline);
        }
        let output = tokio::time::timeout(RUN, command.output()).await;
        let output = output.expect("the suite ends").expect("the suite runs");
        let said = [output.stdout, output.stderr].concat();
        let (passed, failed) = read(results.path());
        Run {
            is_success: output.status.success(),
            said: String::from_utf8_lossy(&said).into_owned(),
            passed,
            failed,
        }
    }
}

/// What passed and what failed, out of one file for each scenario. A warning is a failure, as the baseline has it.
fn read(results: &Path) -> (BTreeSet<String>, Vec<String>) {
    let (mut passed, mut failed) = (BTreeSet::new(), Vec::new());
    for folder in std::fs::read_dir(results).unwrap().flatten() {
        let folder_name = folder.file_name().into_string().unwrap();
        let checks = std::fs::read(folder.path().join("checks.json")).unwrap_or_default();
        let checks: Vec<Value> = serde_json::from_slice(&checks).unwrap_or_default();
        let scenario = &folder_name[..folder_name.len() - TIME.len()];
        let scenario = scenario.strip_prefix("server-").unwrap_or(scenario);
        for check in checks {
            let name = format!("{scenario}:{}", check["id"].as_str().unwrap_or_default());
            match check["status"].as_str() {
                Some("SUCCESS") => {
                    passed.insert(name);
                }
                Some("FAILURE" | "WARNING") => {
                    failed.push(format!("{name}: {}", check["errorMessage"]));
                }
                _ => {}
            }
        }
    }
    failed.sort();
    (passed, failed)
}

fn closed_port() -> u16 {
    let listener = std::net::TcpListener::bind(("127.0.0.1", 0)).unwrap();
    listener.local_addr().unwrap().port()
}
