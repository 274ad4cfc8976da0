//! Nextcloud as anybody sees it: whether it is there, under that name, secured, well, of what version, and at what time.

use std::time::{Duration, SystemTime, UNIX_EPOCH};

use bytes::Bytes;
use http::header::{DATE, LOCATION};
use http::{HeaderMap, Request, Response, StatusCode};
use serde::Deserialize;

use super::Patient;
use super::check::Check;
use super::finding::Findings;
use crate::nextcloud::{CertificateTrouble, FetchError, ServiceClient};

/// `status.php` has a few hundred bytes.
const ANSWER_BYTES: u64 = 64 * 1024;

/// How long it may take.
const WITHIN: Duration = Duration::from_secs(15);

/// The first version whose `oidc` app is tried; app APIs take bearer tokens since the one before (docs/upstream-status.md).
const OLDEST: u32 = 32;

/// How far the clocks may be apart: what `oidc` and this server allow is a minute.
const SKEW: Duration = Duration::from_secs(30);

/// An administrator should have heard by then.
const SOON: Duration = Duration::from_hours(14 * 24);

/// What hangs on an answer.
const FURTHER: [Check; 5] = [
    Check::TrustedDomain,
    Check::Redirect,
    Check::Maintenance,
    Check::Version,
    Check::Clock,
];

#[derive(Deserialize)]
struct Status {
    installed: bool,
    maintenance: bool,
    #[serde(default, rename = "needsDbUpgrade")]
    needs_upgrade: bool,
    #[serde(default, rename = "versionstring")]
    version: String,
}

/// Whether a well Nextcloud is there, so that more can be asked.
pub(super) async fn look(patient: &Patient<'_>, findings: &mut Findings) -> bool {
    certificate(patient, findings).await;
    let http = match patient.nextcloud.service_client() {
        Ok(http) => http,
        Err(error) => {
            findings.problem(Check::Reachable, error.to_string(), "see the text");
            return false;
        }
    };
    let answer = match ask(&http).await {
        Ok(answer) => answer,
        Err(error) => {
            findings.problem(
                Check::Reachable,
                error.to_string(),
                "open NEXTCLOUD_HOST in a browser on this machine: name, port, firewall, certificate (NEXTCLOUD_CA_BUNDLE), proxy \
                 (NEXTCLOUD_MCP_PROXY)",
            );
            findings.skip_all(&FURTHER, "Nextcloud does not answer");
            return false;
        }
    };
    clock(answer.headers(), findings);
    let Some(status) = status(&answer, findings) else {
        findings.skip_all(&FURTHER, "no Nextcloud answers there under that name");
        return false;
    };
    is_serving(&status, findings)
}

async fn ask(http: &ServiceClient) -> Result<Response<Bytes>, FetchError> {
    let request = Request::get(format!("{}/status.php", http.base_url())).body(Vec::new());
    let request = request.map_err(|error| FetchError::Other(error.to_string()))?;
    http.send(request, ANSWER_BYTES, WITHIN).await
}

/// What Nextcloud says of itself, if it is Nextcloud that answers, and under that name.
fn status(answer: &Response<Bytes>, findings: &mut Findings) -> Option<Status> {
    if answer.status().is_redirection() {
        let to = answer.headers().get(LOCATION);
        let to = to.and_then(|to| to.to_str().ok()).unwrap_or("nowhere");
        findings.ok(Check::Reachable, "something answers");
        findings.problem(
            Check::Redirect,
            format!("NEXTCLOUD_HOST redirects to {to}"),
            "set it to the address that it redirects to, without `/status.php`",
        );
        return None;
    }
    if answer.status() == StatusCode::BAD_REQUEST {
        findings.ok(Check::Reachable, "something answers");
        findings.problem(
            Check::TrustedDomain,
            "Nextcloud does not trust the name in NEXTCLOUD_HOST",
            "occ config:system:set trusted_domains 1 --value=NAME",
        );
        return None;
    }
    let Ok(status) = serde_json::from_slice(answer.body()) else {
        findings.problem(
            Check::Reachable,
            format!(
                "what answers there (status {}) is not Nextcloud",
                answer.status().as_u16()
            ),
            "NEXTCLOUD_HOST is Nextcloud's whole address, with its path if it has one",
        );
        return None;
    };
    findings.ok(Check::Reachable, "it answers");
    findings.ok(Check::TrustedDomain, "it takes the name in NEXTCLOUD_HOST");
    findings.ok(Check::Redirect, "it does not redirect");
    Some(status)
}

fn is_serving(status: &Status, findings: &mut Findings) -> bool {
    version(&status.version, findings);
    if status.installed && !status.maintenance && !status.needs_upgrade {
        findings.ok(Check::Maintenance, "it serves");
        return true;
    }
    findings.problem(
        Check::Maintenance,
        if status.maintenance {
            "Nextcloud is in maintenance mode"
        } else {
            "Nextcloud is not installed, or waits for its upgrade"
        },
        "wait, or `occ maintenance:mode --off`; for an upgrade `occ upgrade`",
    );
    false
}

async fn certificate(patient: &Patient<'_>, findings: &mut Findings) {
    let renew = "renew it; this server goes on by itself then";
    match patient.nextcloud.certificate_ends().await {
        Ok(None) => findings.skipped(
            Check::Tls,
            "no certificate to look at (plain http, or behind NEXTCLOUD_MCP_PROXY)",
        ),
        Ok(Some(ends)) => {
            let left = ends.duration_since(SystemTime::now()).unwrap_or_default();
            let days = left.as_secs() / 86_400;
            if left < SOON {
                findings.warning(
                    Check::Tls,
                    format!("its certificate ends in {days} days"),
                    renew,
                );
            } else {
                findings.ok(Check::Tls, format!("trusted, and good for {days} days"));
            }
        }
        Err(trouble) => {
            let remedy = match &trouble {
                CertificateTrouble::Expired => renew,
                CertificateTrouble::NotYet => "set this machine's clock (NTP), or wait",
                CertificateTrouble::Name(_) => {
                    "use the name that the certificate is for in NEXTCLOUD_HOST, or get one for this name"
                }
                CertificateTrouble::Issuer => {
                    "point NEXTCLOUD_CA_BUNDLE at the authority's PEM file, or have the web server send the whole chain"
                }
                CertificateTrouble::Unreachable(_) | CertificateTrouble::Other(_) => {
                    "look at the web server in front of Nextcloud: does it speak TLS on that port?"
                }
            };
            findings.problem(Check::Tls, trouble.to_string(), remedy);
        }
    }
}

fn version(version: &str, findings: &mut Findings) {
    let major = version.split('.').next();
    let major = major.and_then(|major| major.parse::<u32>().ok());
    match major {
        Some(major) if major >= OLDEST => findings.ok(Check::Version, version),
        Some(_) => findings.warning(
            Check::Version,
            format!("{version} is older than what is tried"),
            format!("update Nextcloud to {OLDEST} or later"),
        ),
        None => findings.warning(
            Check::Version,
            "it does not say its version",
            "look at `occ status`",
        ),
    }
}

fn clock(headers: &HeaderMap, findings: &mut Findings) {
    let date = headers.get(DATE).and_then(|date| date.to_str().ok());
    let Some(theirs) = date.and_then(parse_date) else {
        findings.skipped(Check::Clock, "Nextcloud's answer has no date");
        return;
    };
    let ours = SystemTime::now();
    let apart = ours
        .duration_since(theirs)
        .unwrap_or_else(|earlier| earlier.duration());
    // A date has whole seconds.
    if apart <= SKEW {
        findings.ok(Check::Clock, format!("{} s apart", apart.as_secs()));
    } else {
        findings.problem(
            Check::Clock,
            format!("Nextcloud's clock and this machine's are {} s apart; tokens are then taken for expired, or not valid yet", apart.as_secs()),
            "set both by NTP (`timedatectl set-ntp true`)",
        );
    }
}

/// `Sun, 06 Nov 1994 08:49:37 GMT` (RFC 9110, section 5.6.7), the one form that servers write.
fn parse_date(text: &str) -> Option<SystemTime> {
    const MONTHS: [&str; 12] = [
        "Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec",
    ];
    let (_, rest) = text.split_once(", ")?;
    let words: Vec<&str> = rest.split(' ').collect();
    let [day, month, year, time, "GMT"] = *words.as_slice() else {
        return None;
    };
    let month = MONTHS.iter().position(|one| *one == month)?;
    let clock: Vec<u64> = time
        .split(':')
        .map_while(|part| part.parse().ok())
        .collect();
    let [hours, minutes, seconds] = *clock.as_slice() else {
        return None;
    };
    let month = u64::try_from(month).ok()? + 1;
    let days = crate::nextcloud::days_since_1970(year.parse().ok()?, month, day.parse().ok()?)?;
    UNIX_EPOCH.checked_add(Duration::from_secs(
        days * 86_400 + hours * 3600 + minutes * 60 + seconds,
    ))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_date_is_read_as_servers_write_it() {
        let seconds = |text| {
            let date = parse_date(text)?.duration_since(UNIX_EPOCH).ok()?;
            Some(date.as_secs())
        };
        // The example of RFC 9110.
        assert_eq!(seconds("Sun, 06 Nov 1994 08:49:37 GMT"), Some(784_111_777));
        for wrong in [
            "",
            "Sun, 06 Nov 1994",
            "Sun, 06 Xyz 1994 08:49:37 GMT",
            "1994-11-06",
        ] {
            assert_eq!(seconds(wrong), None, "{wrong}");
        }
    }
}
