//! The plugins, loaded as the server would, and what they need: apps of Nextcloud's, and scopes of whoever uses them.

use std::sync::Arc;

use super::access::{Capabilities, Seen};
use super::check::Check;
use super::finding::{Findings, Status};
use crate::auth::allowed;
use crate::cli::serve::{nothing_to_serve, scopes};
use crate::config::Settings;
use crate::plugin::{LoadError, LoadReport, Plugin, Plugins};

pub(super) async fn look(settings: &Settings, seen: &Seen, findings: &mut Findings) {
    let folder = settings.plugins.plugin_dir.as_deref();
    let remedy = "NEXTCLOUD_MCP_PLUGIN_DIR is the folder of plugins (`just build-plugins` fills one); `plugins list` tells more";
    // What is compiled already need not be compiled again; but only in a folder that is as it must be, since the sandbox puts
    // its rights in order.
    let compiled = settings.plugins.data_dir.clone();
    let is_well = findings.status(Check::Folder) == Some(Status::Ok);
    let compiled = compiled.filter(|folder| is_well && folder.exists());
    let plugins = match Plugins::new(settings.limits.sandbox(compiled)) {
        Ok(plugins) => plugins,
        Err(error) => {
            findings.problem(Check::Plugins, error.to_string(), "see the text");
            return;
        }
    };
    let report = match plugins.load(folder, &settings.plugins.selection()).await {
        Ok(report) => report,
        Err(error) => {
            let remedy = match &error {
                LoadError::Policy(_) => "mend the file that NEXTCLOUD_MCP_POLICY_FILE names",
                LoadError::Lock(_) => {
                    "see the text; `plugins verify` says which plugins are as approved"
                }
                _ => remedy,
            };
            findings.problem(Check::Plugins, error.to_string(), remedy);
            return;
        }
    };
    let names: Vec<String> = report
        .loaded
        .iter()
        .map(|one| one.name.to_string())
        .collect();
    let sentences = report.sentences();
    if names.is_empty() {
        let detail = nothing_to_serve(folder, &report).to_string();
        findings.problem(Check::Plugins, detail, remedy);
        return;
    }
    if !report.refused.is_empty() || !report.missing.is_empty() {
        findings.problem(
            Check::Plugins,
            sentences.join("; "),
            "mend or remove them; `plugins list` tells more",
        );
    } else if !sentences.is_empty() {
        findings.warning(
            Check::Plugins,
            sentences.join("; "),
            "tell the plugin's author",
        );
    } else {
        findings.ok(Check::Plugins, granted(&names, &report));
    }
    if let Some(scope) = &seen.scope {
        let known = scopes::in_catalogue(&plugins.catalogue());
        scope_of_token(allowed(scope, &known, &settings.oauth), scope, findings);
    }
    apps(&report.loaded, seen.capabilities.as_ref(), findings);
}

/// What a token of Nextcloud's may do here: its own scopes, else those that the operator gives to tokens without any.
fn scope_of_token(allowed: Option<String>, named: &str, findings: &mut Findings) {
    match allowed {
        Some(scopes) => findings.ok(Check::Scope, scopes),
        None => findings.problem(
            Check::Scope,
            format!("`{named}` has no scope of these plugins', so each request is answered with 403 insufficient_scope"),
            "ask Nextcloud for scopes such as notes.read, or give some to tokens without any: NEXTCLOUD_MCP_DEFAULT_SCOPES",
        ),
    }
}

/// What the plugins need of Nextcloud.
fn apps(loaded: &[Arc<Plugin>], there: Option<&Capabilities>, findings: &mut Findings) {
    let Some(there) = there else {
        findings.skip_all(
            &[Check::PluginApps],
            "what this Nextcloud has only a user can see",
        );
        return;
    };
    let lacking: Vec<String> = loaded
        .iter()
        .flat_map(|plugin| {
            let lacking = plugin.requires().iter().filter(|key| !there.contains(*key));
            lacking.map(|key| format!("{} needs `{key}`", plugin.name))
        })
        .collect();
    if lacking.is_empty() {
        findings.ok(Check::PluginApps, "everything that they need");
    } else {
        findings.warning(
            Check::PluginApps,
            format!("{}; their tools are not shown", lacking.join(", ")),
            "install these apps (`occ app:install ...`), or leave the plugins out (NEXTCLOUD_MCP_DISABLE_PLUGIN)",
        );
    }
}

/// Which there are, and by whose decision.
fn granted(names: &[String], report: &LoadReport) -> String {
    let foreign = |plugin: &&Arc<Plugin>| plugin.source.folder().is_some();
    let grants = match report.loaded.iter().filter(foreign).count() {
        0 => "part of this program".to_owned(),
        count if report.locked => format!("{count} of them approved in the lock file"),
        count => format!(
            "{count} of them without a lock file, so whoever can write to their folder decides what runs"
        ),
    };
    let denied = match report.denied_by_policy().count() {
        0 => String::new(),
        count => format!("; the policy takes {count} tools away"),
    };
    format!("{} ({grants}{denied})", names.join(", "))
}
