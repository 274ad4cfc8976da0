//! What is checked, by the names that programs and the documents use. They do not change.

/// One check. Each run gives one finding for each.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Check {
    Mode,
    Client,
    Transport,
    Address,
    Reachable,
    Tls,
    TrustedDomain,
    Redirect,
    Maintenance,
    Version,
    Clock,
    Apps,
    Provider,
    Issuer,
    Endpoints,
    Pkce,
    Registration,
    Consent,
    OwnClient,
    ClientLifetime,
    Audience,
    Scope,
    Ocs,
    Dav,
    Notes,
    Sessions,
    ServerUrl,
    Proxies,
    RedirectUri,
    ServerReachable,
    Metadata,
    Endpoint,
    SignIn,
    Pages,
    Folder,
    Key,
    Database,
    Plugins,
    PluginApps,
}

/// All, in the order in which they are shown, with what each is about.
pub(super) const ALL: [(Check, &str, &str); 39] = [
    (Check::Mode, "settings.mode", "OAuth or Basic mode"),
    (
        Check::Client,
        "settings.client",
        "NEXTCLOUD_OIDC_CLIENT_ID and its secret",
    ),
    (
        Check::Transport,
        "settings.transport",
        "how clients reach this server",
    ),
    (Check::Address, "nextcloud.address", "NEXTCLOUD_HOST"),
    (
        Check::Reachable,
        "nextcloud.reachable",
        "Nextcloud answers there",
    ),
    (Check::Tls, "nextcloud.tls", "its certificate"),
    (
        Check::TrustedDomain,
        "nextcloud.trusted-domain",
        "Nextcloud knows itself by that name",
    ),
    (
        Check::Redirect,
        "nextcloud.redirect",
        "it answers there itself",
    ),
    (
        Check::Maintenance,
        "nextcloud.maintenance",
        "it is out of maintenance",
    ),
    (Check::Version, "nextcloud.version", "its version"),
    (Check::Clock, "nextcloud.clock", "both clocks agree"),
    (
        Check::Apps,
        "nextcloud.apps",
        "the apps that tools work with",
    ),
    (
        Check::Provider,
        "oidc.provider",
        "Nextcloud's sign-in for other programs",
    ),
    (Check::Issuer, "oidc.issuer", "the name that it goes by"),
    (
        Check::Endpoints,
        "oidc.endpoints",
        "where its endpoints are",
    ),
    (Check::Pkce, "oidc.pkce", "PKCE with S256"),
    (
        Check::Registration,
        "oidc.registration",
        "this server can register itself",
    ),
    (
        Check::Consent,
        "oidc.consent",
        "nobody gets an account without being asked",
    ),
    (
        Check::OwnClient,
        "oidc.client",
        "Nextcloud knows this server's client",
    ),
    (
        Check::ClientLifetime,
        "oidc.client-lifetime",
        "how long it lasts",
    ),
    (
        Check::Audience,
        "access.audience",
        "the token is for this server",
    ),
    (
        Check::Scope,
        "access.scope",
        "it may use this server's tools",
    ),
    (Check::Ocs, "access.ocs", "Nextcloud takes it on OCS"),
    (Check::Dav, "access.dav", "and on DAV (calendars)"),
    (Check::Notes, "access.notes", "and on Notes"),
    (
        Check::Sessions,
        "access.sessions",
        "Nextcloud takes its own session cookies",
    ),
    (Check::ServerUrl, "server.url", "NEXTCLOUD_MCP_SERVER_URL"),
    (
        Check::Proxies,
        "server.proxies",
        "NEXTCLOUD_MCP_TRUSTED_PROXIES",
    ),
    (
        Check::RedirectUri,
        "server.redirect-uri",
        "where Nextcloud sends browsers back to",
    ),
    (
        Check::ServerReachable,
        "server.reachable",
        "this server answers at its address",
    ),
    (
        Check::Metadata,
        "server.metadata",
        "clients find out where to sign in",
    ),
    (
        Check::Endpoint,
        "server.endpoint",
        "/mcp lets in whom it should",
    ),
    (
        Check::SignIn,
        "server.sign-in",
        "a client can ask a person to sign in",
    ),
    (
        Check::Pages,
        "server.pages",
        "nothing in front changes its pages",
    ),
    (Check::Folder, "data.folder", "the data folder"),
    (
        Check::Key,
        "data.key",
        "the key that seals what is given out",
    ),
    (
        Check::Database,
        "data.database",
        "what is kept of this server's client",
    ),
    (Check::Plugins, "plugins.loaded", "the plugins load"),
    (
        Check::PluginApps,
        "plugins.apps",
        "Nextcloud has what they need",
    ),
];

impl Check {
    fn row(self) -> (&'static str, &'static str) {
        ALL.iter()
            .find(|(check, ..)| *check == self)
            .map_or(("", ""), |(_, id, title)| (id, title))
    }

    /// Such as `oidc.pkce`.
    pub(super) fn id(self) -> &'static str {
        self.row().0
    }

    /// What it is about, for people.
    pub(super) fn title(self) -> &'static str {
        self.row().1
    }
}

#[cfg(test)]
#[allow(
    clippy::unwrap_used,
    clippy::expect_used,
    reason = "a test fails by panicking"
)]
mod tests {
    use std::collections::BTreeSet;
    use std::fs;
    use std::path::Path;

    use super::*;

    fn document(name: &str) -> String {
        fs::read_to_string(
            Path::new(env!("CARGO_MANIFEST_DIR"))
                .join("../docs")
                .join(name),
        )
        .unwrap()
    }

    fn ids() -> BTreeSet<&'static str> {
        ALL.iter().map(|(_, id, _)| *id).collect()
    }

    #[test]
    fn every_check_has_one_name() {
        assert_eq!(ids().len(), ALL.len());
        for (check, id, title) in ALL {
            assert_eq!((check.id(), check.title()), (id, title));
        }
    }

    #[test]
    fn every_row_of_the_troubleshooting_tables_is_a_check() {
        let text = document("troubleshooting.md");
        let lines: Vec<&str> = text.lines().collect();
        let is_rule = |line: &&&str| line.starts_with("| ---");
        let mut rows = 0;
        for (at, line) in lines.iter().enumerate() {
            let is_heading = lines.get(at + 1).is_some_and(|next| is_rule(&next));
            if !line.starts_with("| ") || is_rule(&line) || is_heading {
                continue;
            }
            rows += 1;
            let (_, last) = line.trim_end_matches(" |").rsplit_once("| ").unwrap();
            for name in last.split(", ") {
                let id = name
                    .strip_prefix('`')
                    .and_then(|name| name.strip_suffix('`'));
                assert!(
                    id.is_some_and(|id| ids().contains(id)),
                    "no check {name}: {line}"
                );
            }
        }
        assert!(rows > 35, "{rows} rows");
    }

    #[test]
    fn the_table_of_checks_is_the_list_of_checks() {
        let text = document("operations.md");
        let (_, section) = text.split_once("## doctor").unwrap();
        let rows = section.lines().filter_map(|line| line.strip_prefix("| `"));
        let named: BTreeSet<&str> = rows.filter_map(|row| row.split('`').next()).collect();
        assert_eq!(named, ids());
    }
}
