//! The files in `deploy/`: that their readers take them, that they name only settings that there are, and that they do not
//! contradict each other or the documents.

use std::path::Path;
use std::process::Command;

use nextcloud_mcp_tests::harness::{Peer, skip};
use regex::Regex;
use serde_json::{Value, json};

use crate::deploy;

/// Seconds that calls in flight may take after a stop, unless `NEXTCLOUD_MCP_DRAIN_SECONDS` says otherwise.
const DRAIN: u64 = 35;

/// How exposed a hardened unit may be at most, in tenths of systemd's measure: 14 of 100 when this was written, and 96
/// without any hardening.
const EXPOSURE: &str = "15";

fn yaml(name: &str) -> Value {
    let read = serde_saphyr::from_str(&deploy(name));
    read.unwrap_or_else(|error| panic!("{name}: {error}"))
}

fn all() -> Vec<(String, String)> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../deploy");
    let mut files = Vec::new();
    let mut folders = vec![root];
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                folders.push(path);
            } else {
                let text = std::fs::read_to_string(&path).unwrap();
                files.push((path.display().to_string(), text));
            }
        }
    }
    files
}

#[test]
fn every_setting_in_them_is_one() {
    let sample = include_str!("../../../env.sample");
    let names = Regex::new("NEXTCLOUD_[A-Z_]+").unwrap();
    let others = [
        // Of Nextcloud's own image.
        "NEXTCLOUD_ADMIN_USER",
        "NEXTCLOUD_ADMIN_PASSWORD",
        "NEXTCLOUD_TRUSTED_DOMAINS",
    ];
    let mut seen = 0;
    for (file, text) in all() {
        for name in names.find_iter(&text).map(|found| found.as_str()) {
            let setting = name.strip_suffix("_FILE").unwrap_or(name);
            let known = sample.contains(&format!("{setting}="));
            assert!(known || others.contains(&name), "{file} names {name}");
            seen += 1;
        }
    }
    assert!(seen > 20, "{seen} names");
}

#[test]
fn compose_starts_it_as_the_setup_guide_does() {
    let read = yaml("compose.yaml");
    let service = &read["services"]["nextcloud-mcp-server"];
    assert_eq!(
        service["command"],
        json!(["--oauth", "--transport", "streamable-http"])
    );
    assert_eq!(service["ports"], json!(["127.0.0.1:8000:8000"]));
    assert_eq!(service["volumes"], json!(["data:/data"]));
    assert_eq!(service["restart"], "unless-stopped");
    assert_eq!(service["read_only"], true);
    assert!(read["volumes"].as_object().unwrap().contains_key("data"));
    let grace = service["stop_grace_period"]
        .as_str()
        .unwrap()
        .trim_end_matches('s');
    assert!(grace.parse::<u64>().unwrap() > DRAIN);
}

#[test]
fn the_evaluation_prepares_nextcloud_as_the_documents_say() {
    let read = yaml("compose.evaluation.yaml");
    let (nextcloud, server) = (
        &read["services"]["nextcloud"],
        &read["services"]["nextcloud-mcp-server"],
    );
    assert_eq!(
        server["depends_on"]["nextcloud"]["condition"],
        "service_healthy"
    );
    assert_eq!(nextcloud["ports"], json!(["127.0.0.1:8080:80"]));
    assert_eq!(
        server["environment"]["NEXTCLOUD_PUBLIC_URL"],
        "http://localhost:8080"
    );
    assert_eq!(nextcloud["environment"]["OVERWRITEHOST"], "localhost:8080");
    let script = deploy("evaluation/sign-in.sh");
    let documented = include_str!("../../../docs/production.md");
    let settings: Vec<_> = script
        .lines()
        .filter_map(|line| line.strip_prefix("php "))
        .collect();
    assert_eq!(settings.len(), 4);
    for line in settings {
        assert!(
            documented.lines().any(|one| one == line),
            "docs/production.md does not say `{line}`"
        );
    }
    let syntax = Command::new("sh").args(["-n", "-c", &script]).status();
    assert!(syntax.unwrap().success());
}

#[test]
fn two_replicas_share_a_key_and_need_no_stickiness() {
    let deployment = yaml("kubernetes/deployment.yaml");
    assert_eq!(deployment["spec"]["replicas"], 2);
    let pod = &deployment["spec"]["template"]["spec"];
    let container = &pod["containers"][0];
    let files: Vec<_> = container["env"]
        .as_array()
        .unwrap()
        .iter()
        .map(|one| &one["name"])
        .collect();
    assert_eq!(
        json!(files),
        json!([
            "NEXTCLOUD_MCP_SECRET_KEY_FILE",
            "NEXTCLOUD_OIDC_CLIENT_ID_FILE",
            "NEXTCLOUD_OIDC_CLIENT_SECRET_FILE"
        ])
    );
    assert_eq!(
        yaml("kubernetes/service.yaml")["spec"]["sessionAffinity"],
        "None"
    );
    assert!(pod["terminationGracePeriodSeconds"].as_u64().unwrap() > DRAIN);
    // The pods are those that service and budget mean.
    let labels = &deployment["spec"]["template"]["metadata"]["labels"];
    assert_eq!(&deployment["spec"]["selector"]["matchLabels"], labels);
    assert_eq!(&yaml("kubernetes/service.yaml")["spec"]["selector"], labels);
    assert_eq!(
        &yaml("kubernetes/disruption.yaml")["spec"]["selector"]["matchLabels"],
        labels
    );
}

#[test]
fn a_pod_is_as_the_image_is_made() {
    let containerfile = deploy("Containerfile");
    let deployment = yaml("kubernetes/deployment.yaml");
    let pod = &deployment["spec"]["template"]["spec"];
    let container = &pod["containers"][0];
    let user = &pod["securityContext"];
    assert!(containerfile.contains(&format!(
        "USER {}:{}\n",
        user["runAsUser"], user["runAsGroup"]
    )));
    assert_eq!(user["runAsNonRoot"], true);
    assert_eq!(container["securityContext"]["readOnlyRootFilesystem"], true);
    let port = &container["ports"][0];
    assert!(containerfile.contains(&format!("EXPOSE {}\n", port["containerPort"])));
    assert_eq!(
        yaml("kubernetes/service.yaml")["spec"]["ports"][0]["targetPort"],
        port["name"]
    );
    let probe = |name: &str| &container[name]["httpGet"]["path"];
    assert_eq!(probe("livenessProbe"), "/health/live");
    assert_eq!(probe("readinessProbe"), "/health/ready");
    // Everything that is mounted is there, and the settings come from a map of that name.
    let volumes: Vec<_> = pod["volumes"]
        .as_array()
        .unwrap()
        .iter()
        .map(|one| &one["name"])
        .collect();
    let mounts: Vec<_> = container["volumeMounts"]
        .as_array()
        .unwrap()
        .iter()
        .map(|one| &one["name"])
        .collect();
    assert_eq!(volumes, mounts);
    let map = yaml("kubernetes/settings.yaml");
    assert_eq!(
        container["envFrom"][0]["configMapRef"]["name"],
        map["metadata"]["name"]
    );
}

#[test]
fn the_ingress_passes_on_what_clients_need_and_kustomize_knows_every_file() {
    let ingress = yaml("kubernetes/ingress.yaml");
    let paths = ingress["spec"]["rules"][0]["http"]["paths"]
        .as_array()
        .unwrap();
    let passed: Vec<_> = paths
        .iter()
        .map(|one| one["path"].as_str().unwrap())
        .collect();
    assert_eq!(passed, ["/", "/mcp", "/oauth", "/.well-known"]);
    for path in paths {
        assert_eq!(path["backend"]["service"]["name"], "nextcloud-mcp-server");
    }
    let listed = yaml("kubernetes/kustomization.yaml");
    let mut listed: Vec<_> = listed["resources"]
        .as_array()
        .unwrap()
        .iter()
        .map(|one| one.as_str().unwrap().to_owned())
        .collect();
    listed.push("kustomization.yaml".to_owned());
    listed.sort();
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../deploy/kubernetes");
    let mut there: Vec<_> = std::fs::read_dir(folder)
        .unwrap()
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .collect();
    there.sort();
    assert_eq!(listed, there);
}

#[test]
fn systemd_starts_it_again_after_a_crash_and_reloads_it_with_the_signal_it_knows() {
    let unit = deploy("nextcloud-mcp-server.service");
    for line in [
        "Restart=on-failure",
        // Of a setting that is wrong.
        "RestartPreventExitStatus=2",
        "ExecReload=/bin/kill -HUP $MAINPID",
    ] {
        assert!(unit.lines().any(|one| one == line), "no `{line}`");
    }
    let stop = unit
        .lines()
        .find_map(|line| line.strip_prefix("TimeoutStopSec="));
    assert!(stop.unwrap().parse::<u64>().unwrap() > DRAIN);
}

#[test]
fn systemd_takes_the_unit_and_finds_it_hardened() {
    let analyze = match Peer::SystemdAnalyze.find() {
        Ok(analyze) => analyze,
        Err(missing) => return skip("systemd_takes_the_unit", &missing),
    };
    let folder = tempfile::tempdir().unwrap();
    let unit = folder.path().join("nextcloud-mcp-server.service");
    let text = deploy("nextcloud-mcp-server.service");
    // It looks whether the program is there.
    let program = Peer::Server.required().display().to_string();
    let text = text.replace("/usr/local/bin/nextcloud-mcp-server", &program);
    std::fs::write(&unit, text).unwrap();
    for arguments in [
        &["verify", "--man=no"][..],
        &[
            "security",
            "--offline=true",
            "--threshold",
            EXPOSURE,
            "--no-pager",
        ],
    ] {
        let output = Command::new(&analyze)
            .args(arguments)
            .arg(&unit)
            .output()
            .unwrap();
        let told = String::from_utf8_lossy(&output.stderr);
        assert!(
            output.status.success() && told.is_empty(),
            "{arguments:?}: {told}"
        );
    }
}
