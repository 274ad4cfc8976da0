//! This server's own address, as its settings give it to clients, browsers and Nextcloud.

use super::Patient;
use super::check::Check;
use super::finding::Findings;
use crate::config::{Authority, Mode};

pub(super) fn look(patient: &Patient<'_>, findings: &mut Findings) {
    url(patient, findings);
    proxies(patient, findings);
    if let Mode::OAuth { .. } = patient.mode {
        let uri = patient.place.redirect_uri();
        let by_hand = patient.settings.oauth.oidc_client_id.is_some();
        // Nextcloud says so only to a person who has signed in (`oidc-flow/059`, `oidc-flow/074`).
        findings.skipped(
            Check::RedirectUri,
            if by_hand {
                format!("the client must hold {uri} to the letter (`occ oidc:list`); Nextcloud tells only at a sign-in: `--sign-in` shows it")
            } else {
                format!("{uri}, registered by this server itself; `--sign-in` shows that it works")
            },
        );
    }
}

fn url(patient: &Patient<'_>, findings: &mut Findings) {
    let server = &patient.settings.server;
    let address = patient.place.resource();
    let listens_for_others = !Authority::any_port(&server.listen_host).is_loopback();
    match &server.server_url {
        None if listens_for_others => findings.warning(
            Check::ServerUrl,
            "it is not set, so people can sign in on this machine only",
            "set it to the address under which people reach this server, such as https://mcp.example.com",
        ),
        None => findings.ok(Check::ServerUrl, format!("{address}, for this machine alone")),
        Some(url) if url.scheme() == "http" && !Authority::from(url).is_loopback() => findings.warning(
            Check::ServerUrl,
            format!("{address}: over plain http whoever is on the way reads everybody's codes and tokens, and browsers drop the cookies of a sign-in"),
            "put a proxy with TLS in front, and set it to the https address",
        ),
        Some(_) => findings.ok(Check::ServerUrl, address),
    }
}

/// Somebody else's TLS in front of a port on this machine is a proxy.
fn proxies(patient: &Patient<'_>, findings: &mut Findings) {
    let server = &patient.settings.server;
    let behind_tls = server
        .server_url
        .as_ref()
        .is_some_and(|url| url.scheme() == "https");
    if !behind_tls {
        findings.skipped(
            Check::Proxies,
            "nothing says that there is a proxy in front",
        );
    } else if server.trusted_proxies.is_empty() {
        findings.warning(
            Check::Proxies,
            "something speaks https in front of this server, and no proxy is trusted: everybody behind it shares one address's limits (429)",
            "set NEXTCLOUD_MCP_TRUSTED_PROXIES to its address, such as 127.0.0.1",
        );
    } else {
        let listed: Vec<String> = server
            .trusted_proxies
            .iter()
            .map(ToString::to_string)
            .collect();
        findings.ok(Check::Proxies, listed.join(", "));
    }
}
