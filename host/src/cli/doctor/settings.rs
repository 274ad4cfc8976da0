//! The settings, as far as they can be judged without asking anybody.

use super::Patient;
use super::check::Check;
use super::finding::Findings;
use crate::auth::{Place, half_client};
use crate::cli::serve;
use crate::config::{Mode, Settings, Transport};
use crate::nextcloud::Nextcloud;

/// What the server would do without a port of its own choosing.
const USUAL_PORT: u16 = 8000;

/// What to look at further; nothing if the settings name no Nextcloud that can be looked at.
pub(super) fn look<'a>(settings: &'a Settings, findings: &mut Findings) -> Option<Patient<'a>> {
    let mode = match settings.nextcloud.mode() {
        Ok(mode) => mode,
        Err(error) => {
            let remedy = "NEXTCLOUD_USERNAME and NEXTCLOUD_PASSWORD: both for Basic mode, neither for OAuth mode";
            findings.problem(Check::Mode, error.to_string(), remedy);
            return None;
        }
    };
    let is_oauth = matches!(mode, Mode::OAuth { .. });
    if is_oauth {
        findings.ok(Check::Mode, "OAuth: people sign in as themselves");
        client(settings, findings);
    } else {
        findings.note(
            Check::Mode,
            "Basic: every client acts as NEXTCLOUD_USERNAME; legacy, for one user on their own machine",
            "for more than one person use OAuth mode (docs/authentication.md)",
        );
    }
    transport(settings, is_oauth, findings);
    Some(Patient {
        nextcloud: nextcloud(settings, is_oauth, findings)?,
        place: place(settings),
        settings,
        mode,
    })
}

fn transport(settings: &Settings, is_oauth: bool, findings: &mut Findings) {
    let over_stdio = settings.server.transport == Transport::Stdio;
    match (is_oauth, over_stdio) {
        (true, true) => findings.problem(
            Check::Transport,
            "OAuth mode needs HTTP, and NEXTCLOUD_MCP_TRANSPORT is stdio",
            "serve over streamable-http, or use Basic mode for one user over stdio",
        ),
        (_, true) => findings.ok(Check::Transport, "standard input and output, one client"),
        (_, false) => findings.ok(Check::Transport, "HTTP"),
    }
}

/// The Nextcloud that the settings name, if it can be one.
fn nextcloud(settings: &Settings, is_oauth: bool, findings: &mut Findings) -> Option<Nextcloud> {
    let Some(host) = &settings.nextcloud.nextcloud_host else {
        let why = if is_oauth {
            "OAuth mode requires NEXTCLOUD_HOST"
        } else {
            "NEXTCLOUD_HOST is not set"
        };
        let remedy = "set it to the address of your Nextcloud, such as https://cloud.example.com";
        findings.problem(Check::Address, why, remedy);
        return None;
    };
    let nextcloud = match serve::nextcloud(settings, host) {
        Ok(nextcloud) => nextcloud,
        Err(error) => {
            let remedy = "write it like https://cloud.example.com or https://example.com/nextcloud";
            findings.problem(Check::Address, error.to_string(), remedy);
            return None;
        }
    };
    let address = nextcloud.base_url();
    if nextcloud.is_confidential() {
        findings.ok(Check::Address, address);
    } else {
        findings.warning(
            Check::Address,
            format!("{address}, over plain http: whoever is on the way reads everything"),
            "use https, unless nobody else is on that network",
        );
    }
    Some(nextcloud)
}

/// Whose client this server will be at Nextcloud.
fn client(settings: &Settings, findings: &mut Findings) {
    match half_client(&settings.oauth) {
        Some(half) => findings.problem(
            Check::Client,
            half.to_string(),
            "set both (mode B) or neither (mode A)",
        ),
        None if settings.oauth.oidc_client_id.is_some() => {
            findings.ok(Check::Client, "mode B: a client that was made by hand");
        }
        None => findings.ok(Check::Client, "mode A: this server registers itself"),
    }
}

/// Where the server would be for its clients.
fn place(settings: &Settings) -> Place {
    let server = &settings.server;
    let port = match server.listen_port {
        0 => USUAL_PORT,
        port => port,
    };
    server
        .server_url
        .as_ref()
        .map_or_else(|| Place::local(Some(port)), Place::new)
}
