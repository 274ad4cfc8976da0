//! Whether Nextcloud takes a credential everywhere where tools need it: OCS, DAV and the Notes app.
//!
//! In Basic mode it is the configured user's; in OAuth mode a token that the operator gives for the look
//! (`NEXTCLOUD_MCP_DOCTOR_TOKEN`). One that this server itself gave out, and a sign-in, go through the server (`through`).

use std::collections::BTreeSet;
use std::sync::Arc;

use secrecy::{ExposeSecret as _, SecretString};

use super::Patient;
use super::check::Check;
use super::finding::{DOES_NOT_APPLY, Findings};
use crate::auth::{Meant, OwnClient, SeenProvider};
use crate::config::{Mode, TokenAudience};
use crate::nextcloud::{
    Access, Budget, Caller, Credential, FetchError, Grant, Request, Rule, RuleError, Scopes,
};

/// Top-level keys of a user's capabilities.
pub(super) type Capabilities = Arc<BTreeSet<String>>;

/// What was seen of whoever the credential belongs to.
#[derive(Default)]
pub(super) struct Seen {
    /// What their Nextcloud has.
    pub(super) capabilities: Option<Capabilities>,
    /// What a token of Nextcloud's was issued for, in its words.
    pub(super) scope: Option<String>,
}

/// Largest answer that is read; those asked for have a few kB.
const ANSWER_BYTES: u64 = 4 << 20;

const CALENDARS: &str = "/remote.php/dav/calendars/{user}/";
const NOTES: &str = "/apps/notes/api/v1/settings";

/// What needs somebody's credential.
pub(super) const CHECKS: [Check; 7] = [
    Check::Apps,
    Check::Audience,
    Check::Scope,
    Check::Ocs,
    Check::Dav,
    Check::Notes,
    Check::Sessions,
];

const VALIDATION: &str = "occ app:install user_oidc; occ config:system:set user_oidc oidc_provider_bearer_validation --value=true --type=boolean";

/// As the user of Basic mode.
pub(super) async fn basic(patient: &Patient<'_>, findings: &mut Findings) -> Seen {
    let Mode::Basic(sign_in) = &patient.mode else {
        return Seen::default();
    };
    let credential = match Credential::basic(&sign_in.username, &sign_in.password) {
        Ok(credential) => credential,
        Err(error) => {
            findings.problem(
                Check::Ocs,
                error.to_string(),
                "write both anew, without line ends",
            );
            return Seen::default();
        }
    };
    let remedy =
        "make a new app password (Nextcloud: Settings > Security) and set it as NEXTCLOUD_PASSWORD";
    findings.skip_all(&[Check::Audience, Check::Scope], DOES_NOT_APPLY);
    let capabilities = everywhere(patient, credential, remedy, findings).await;
    findings.skip_all(&CHECKS, "Nextcloud did not take the sign-in");
    Seen {
        capabilities,
        scope: None,
    }
}

/// With the operator's token; `client` is who can ask for whom it is.
pub(super) async fn of_token(
    patient: &Patient<'_>,
    client: Option<(&SeenProvider, &OwnClient)>,
    findings: &mut Findings,
) -> Seen {
    let Some(token) = &patient.settings.nextcloud.doctor_token else {
        findings.skip_all(
            &CHECKS,
            "needs somebody's sign-in: `--sign-in`, or an access token of Nextcloud's in NEXTCLOUD_MCP_DOCTOR_TOKEN",
        );
        return Seen::default();
    };
    if is_ours(token) {
        return Seen::default();
    }
    let scope = audience(patient, client, token, findings).await;
    let credential = match Credential::bearer(token) {
        Ok(credential) => credential,
        Err(error) => {
            findings.problem(
                Check::Ocs,
                error.to_string(),
                "set NEXTCLOUD_MCP_DOCTOR_TOKEN to the token alone",
            );
            return Seen::default();
        }
    };
    let capabilities = everywhere(patient, credential, VALIDATION, findings).await;
    if scope.is_some() {
        // The plugins say which are theirs.
        let others: Vec<Check> = CHECKS
            .into_iter()
            .filter(|check| *check != Check::Scope)
            .collect();
        findings.skip_all(&others, "Nextcloud did not take the token");
    } else {
        findings.skip_all(&CHECKS, "Nextcloud did not take the token");
    }
    Seen {
        capabilities,
        scope,
    }
}

/// Whether this server gave a token out.
pub(super) fn is_ours(token: &SecretString) -> bool {
    token.expose_secret().starts_with("ncmcpa")
}

/// For whom the token is. What for, where Nextcloud says so to this server.
async fn audience(
    patient: &Patient<'_>,
    client: Option<(&SeenProvider, &OwnClient)>,
    token: &SecretString,
    findings: &mut Findings,
) -> Option<String> {
    if patient.settings.oauth.token_audience == TokenAudience::Any {
        findings.skipped(
            Check::Audience,
            "NEXTCLOUD_MCP_TOKEN_AUDIENCE=any takes every token of Nextcloud's",
        );
        return None;
    }
    let Some((provider, client)) = client else {
        findings.skipped(
            Check::Audience,
            "this server has no client at Nextcloud that could ask",
        );
        return None;
    };
    match provider.meant(client, token).await {
        Meant::Here { scope } => {
            findings.ok(Check::Audience, "issued for this server");
            return Some(scope);
        }
        Meant::Own => findings.warning(
            Check::Audience,
            "issued to this server's own client: good for this look, and refused from anybody else",
            "for direct sign-in use a token of the program's own client",
        ),
        Meant::NotHere => findings.problem(
            Check::Audience,
            "Nextcloud does not tell this server that the token is active: it was issued for something else, is an ID token, or has ended",
            "send `resource={NEXTCLOUD_MCP_SERVER_URL}/mcp` when asking Nextcloud for it; in mode B the client needs `--resource_url` of the same",
        ),
        Meant::Unsaid(why) => findings.warning(Check::Audience, why, "look at Nextcloud's log"),
    }
    findings.skipped(
        Check::Scope,
        "Nextcloud says it only of a token for this server",
    );
    None
}

/// Asks all three, and what this user's Nextcloud has.
async fn everywhere(
    patient: &Patient<'_>,
    credential: Credential,
    remedy: &str,
    findings: &mut Findings,
) -> Option<Capabilities> {
    let caller = patient.nextcloud.caller(credential, Scopes::All);
    match caller.prove().await {
        Ok(user) => findings.ok(Check::Ocs, format!("as {}", user.id)),
        Err(error) => {
            findings.problem(Check::Ocs, format!("cloud/user: {error}"), remedy);
            return None;
        }
    }
    let dav = ask(&caller, "PROPFIND", CALENDARS).await;
    let dav_remedy =
        "see Nextcloud's log; the calendar app's DAV must take the same sign-in as OCS";
    answered(Check::Dav, &dav, dav_remedy, findings);
    // The first request with cookies, and the last whose answer tells: capabilities are shown to strangers, too.
    if patient.nextcloud.refuses_sessions() {
        findings.warning(
            Check::Sessions,
            "this Nextcloud refuses the session cookies that it sets, so each request takes about 200 ms instead of 30",
            "update user_oidc (8.7.0 to 8.10.x do that)",
        );
    } else {
        findings.ok(Check::Sessions, "it does");
    }
    let capabilities = match caller.capabilities().await {
        Ok(capabilities) => Some(capabilities),
        Err(error) => {
            findings.warning(Check::Apps, error.to_string(), "look at Nextcloud's log");
            None
        }
    };
    let has_notes = capabilities
        .as_ref()
        .is_none_or(|keys| keys.contains("notes"));
    if has_notes {
        let notes = ask(&caller, "GET", NOTES).await;
        let remedy = "Nextcloud 31 or later takes tokens on app APIs (docs/upstream-status.md); does a proxy drop the header OCS-APIRequest?";
        answered(Check::Notes, &notes, remedy, findings);
    } else {
        findings.skipped(Check::Notes, "the Notes app is not there");
    }
    if let Some(keys) = &capabilities {
        apps(keys, findings);
    }
    capabilities
}

/// The apps that the bundled tools work with.
fn apps(keys: &BTreeSet<String>, findings: &mut Findings) {
    let missing: Vec<&str> = [("notes", "Notes"), ("dav", "calendars")]
        .into_iter()
        .filter(|(key, _)| !keys.contains(*key))
        .map(|(_, name)| name)
        .collect();
    if missing.is_empty() {
        findings.ok(Check::Apps, "Notes and calendars are there");
    } else {
        findings.warning(
            Check::Apps,
            format!(
                "{} is not there; its tools are not shown",
                missing.join(" and ")
            ),
            "occ app:install notes; occ app:install calendar",
        );
    }
}

/// The status of one request that only reads.
async fn ask(caller: &Caller, method: &str, path: &str) -> Result<u16, FetchError> {
    let wrong = |error: RuleError| FetchError::Other(error.to_string());
    let pattern = path.replace("{user}/", "{user}/**");
    let rule = Rule::parse(&[method.to_owned()], &pattern, None).map_err(wrong)?;
    let user = caller.whoami().await?;
    let user = percent_encoding::utf8_percent_encode(&user.id, percent_encoding::NON_ALPHANUMERIC);
    let request = Request {
        method: method.to_owned(),
        path: path.replace("{user}", &user.to_string()),
        headers: if method == "PROPFIND" {
            vec![("Depth".to_owned(), "0".to_owned())]
        } else {
            Vec::new()
        },
        body: None,
    };
    let budget = Budget::new(4, ANSWER_BYTES, ANSWER_BYTES);
    let grant = Grant::new(vec![rule]);
    let answer = caller.fetch(&grant, Access::Read, &budget, request).await?;
    Ok(answer.status)
}

fn answered(check: Check, answer: &Result<u16, FetchError>, remedy: &str, findings: &mut Findings) {
    match answer {
        Ok(status @ 200..=299) => findings.ok(check, format!("status {status}")),
        Ok(status) => findings.problem(check, format!("it answers with status {status}"), remedy),
        Err(error) => findings.problem(check, error.to_string(), remedy),
    }
}
