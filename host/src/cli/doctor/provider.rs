//! OAuth mode: Nextcloud's provider, and this server's own client there.

use super::DoctorOptions;
use super::check::Check;
use super::finding::Findings;
use crate::auth::{
    DiscoveryError, Examination, Kept, OwnClient, RegistrationError, SeenProvider, Standing,
};

/// A registration that lasts less long ends sign-ins within a day (docs/production.md).
const LONG_ENOUGH: u64 = 24 * 60 * 60;

/// What is looked at here.
pub(super) const CHECKS: [Check; 8] = [
    Check::Provider,
    Check::Issuer,
    Check::Endpoints,
    Check::Pkce,
    Check::Registration,
    Check::Consent,
    Check::OwnClient,
    Check::ClientLifetime,
];

const ALLOW: &str = "occ config:app:set oidc dynamic_client_registration --value true; or make a client by hand (docs/production.md, mode B)";
const LAST_LONGER: &str = "occ config:app:set oidc client_expire_time --value 31536000, and then remove oauth.sqlite3 in the data folder once";

/// The provider, if it can be used.
pub(super) async fn look(
    examination: &Examination,
    findings: &mut Findings,
) -> Option<SeenProvider> {
    let provider = match examination.provider().await {
        Ok(provider) => provider,
        Err(error) => {
            refuse(&error, findings);
            findings.skip_all(&CHECKS, "the provider cannot be used");
            return None;
        }
    };
    findings.ok(Check::Provider, "found, and its keys can be read");
    findings.ok(Check::Issuer, provider.issuer());
    findings.ok(Check::Endpoints, "all where they may be");
    if provider.supports_s256() {
        findings.ok(Check::Pkce, "S256 is advertised");
    } else {
        findings.warning(
            Check::Pkce,
            "Nextcloud does not say that it checks PKCE; a stolen code is then not worth less",
            "update Nextcloud's app `oidc`",
        );
    }
    Some(provider)
}

/// Which check a failed discovery belongs to, with its remedy.
fn refuse(error: &DiscoveryError, findings: &mut Findings) {
    use DiscoveryError as E;
    let (check, remedy) = match error {
        E::Unreachable(_) | E::Status(_) => (Check::Provider, "look at Nextcloud's log"),
        E::Maintenance => (Check::Maintenance, "wait, or `occ maintenance:mode --off`"),
        E::NoProvider => (
            Check::Provider,
            "occ app:install oidc; is NEXTCLOUD_HOST the whole address, with its path?",
        ),
        E::UntrustedDomain => (
            Check::TrustedDomain,
            "occ config:system:set trusted_domains 1 --value=NAME",
        ),
        E::Redirected(_) => (
            Check::Redirect,
            "set NEXTCLOUD_HOST to the address that it redirects to",
        ),
        E::Document(_) | E::Keys(_) => (
            Check::Provider,
            "occ app:disable oidc && occ app:enable oidc makes its keys; update the app",
        ),
        E::Issuer { .. } => (
            Check::Issuer,
            "set `overwritehost` and `overwriteprotocol` in config.php, or NEXTCLOUD_PUBLIC_URL to the address that people use, or \
             NEXTCLOUD_OIDC_ISSUER",
        ),
        E::Elsewhere { .. } | E::PlainHttp { .. } => (
            Check::Endpoints,
            "set `overwritehost` and `overwriteprotocol` in config.php; or allow it as the text says",
        ),
        E::Pkce { .. } => (
            Check::Pkce,
            "update Nextcloud's app `oidc`; without S256 a stolen code could be used by the thief",
        ),
        E::OwnAddress(_) => (Check::ServerUrl, "write it like https://mcp.example.com"),
    };
    findings.problem(check, error.to_string(), remedy);
}

/// This server's client: given, kept, or to be registered. What can be asked as.
pub(super) async fn client(
    examination: &Examination,
    provider: &SeenProvider,
    kept: Option<Kept>,
    options: DoctorOptions,
    findings: &mut Findings,
) -> Option<OwnClient> {
    consent(provider, findings);
    // Half a client was found among the settings.
    let configured = examination.configured().ok()?;
    if let Some(client) = configured {
        findings.skipped(Check::Registration, "not needed: a client is configured");
        findings.skipped(
            Check::ClientLifetime,
            "one that was made by hand has no end",
        );
        let remedy = "compare NEXTCLOUD_OIDC_CLIENT_ID and _SECRET with `occ oidc:list`; make it anew with `occ oidc:create` if it is gone";
        known(provider, &client, remedy, findings).await;
        return Some(client);
    }
    registration(examination, provider, options, findings).await;
    match kept {
        Some(Kept::Client(client)) => {
            lifetime(&client, findings);
            let remedy = "nothing: it registers anew as soon as it notices; to hurry, remove oauth.sqlite3 and start it";
            known(provider, &client, remedy, findings).await;
            Some(client)
        }
        Some(Kept::Sealed) => {
            findings.skipped(
                Check::OwnClient,
                "the one that is kept does not open with the key that is there",
            );
            None
        }
        Some(Kept::Nothing) | None => {
            findings.skipped(
                Check::OwnClient,
                "none is kept; the first start registers one",
            );
            None
        }
    }
}

async fn known(provider: &SeenProvider, client: &OwnClient, remedy: &str, findings: &mut Findings) {
    match provider.standing(client).await {
        Standing::Known => findings.ok(
            Check::OwnClient,
            format!("{}, with its secret", client.id()),
        ),
        Standing::Unknown => findings.problem(
            Check::OwnClient,
            format!(
                "Nextcloud does not know the OAuth client {}, or not with this secret",
                client.id()
            ),
            remedy,
        ),
        Standing::Unsaid(why) => findings.warning(Check::OwnClient, why, "look at Nextcloud's log"),
    }
}

async fn registration(
    examination: &Examination,
    provider: &SeenProvider,
    options: DoctorOptions,
    findings: &mut Findings,
) {
    if !provider.registers() {
        findings.problem(
            Check::Registration,
            RegistrationError::NotAllowed.to_string(),
            ALLOW,
        );
        return;
    }
    if !options.register {
        findings.ok(Check::Registration, "it is allowed (`--register` tries it)");
        return;
    }
    match examination.try_registering(provider).await {
        Ok((client, is_gone)) => {
            if is_gone {
                let detail = "it works; the one for this look was given back";
                findings.ok(Check::Registration, detail);
            } else {
                findings.warning(
                    Check::Registration,
                    format!(
                        "it works, but the client for this look, {}, could not be given back",
                        client.id()
                    ),
                    "it ends by itself; or occ oidc:list and occ oidc:remove",
                );
            }
            lifetime(&client, findings);
        }
        Err(error) => {
            let remedy = match &error {
                RegistrationError::NotAllowed => ALLOW,
                RegistrationError::Full => {
                    "occ oidc:list and occ oidc:remove; or wait until they end; or mode B"
                }
                RegistrationError::Throttled => "wait a minute",
                _ => "look at Nextcloud's log (`occ log:tail`), or use mode B",
            };
            findings.problem(Check::Registration, error.to_string(), remedy);
        }
    }
}

/// How long a client's registration lasts, and with it every sign-in that belongs to it.
fn lifetime(client: &OwnClient, findings: &mut Findings) {
    match client.lasts {
        None => findings.ok(Check::ClientLifetime, "without end"),
        Some((_, 0)) => findings.warning(
            Check::ClientLifetime,
            "Stored client has expired",
            format!("nothing: it registers anew at its start. So that it does not happen again: {LAST_LONGER}"),
        ),
        Some((life, left)) if life < LONG_ENOUGH => findings.warning(
            Check::ClientLifetime,
            format!("{life} s ({left} s left): sign-ins that are not durable end with it"),
            LAST_LONGER,
        ),
        Some((_, left)) => findings.ok(Check::ClientLifetime, format!("{} days left", left / 86_400)),
    }
}

/// What nobody can see from outside, and what makes it matter.
fn consent(provider: &SeenProvider, findings: &mut Findings) {
    if provider.registers() {
        findings.note(
            Check::Consent,
            "anybody may register a client at this Nextcloud; unless people are asked before a client gets their account (which cannot be seen \
             from here), one click on a link can give it away",
            "occ config:app:set oidc allow_user_settings --value enabled; or switch registration off and use mode B",
        );
    } else {
        findings.ok(Check::Consent, "only an administrator can make clients");
    }
}
