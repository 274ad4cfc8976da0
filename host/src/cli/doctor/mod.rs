//! `doctor`: looks at a deployment with the settings that the server itself would use, from the settings to a call through
//! the running server, and says of each thing how it is and what to do about it.
//!
//! Invariant: it changes nothing. A registration for a look (`--register`) is given back, and a sign-in (`--sign-in`) is
//! revoked. Never here: how the server starts; what it refuses at start is a finding here.
//!
//! Reading order: `check` (what there is), `finding` (what came out), then one file for each part, in the order in which
//! they are looked at: `settings`, `upstream`, `provider`, `kept`, `here`, `access`, `through` (with `running`, `asking` and
//! `sign_in`), `plugins`.

mod access;
mod asking;
mod check;
mod finding;
mod here;
mod kept;
mod plugins;
mod provider;
mod running;
mod settings;
mod sign_in;
mod through;
mod upstream;

use clap::Args;

use self::check::Check;
use self::finding::{Findings, Status};
use super::{CommandError, Output};
use crate::auth::{Examination, Place};
use crate::config::{Mode, Settings};
use crate::nextcloud::Nextcloud;

/// How to look.
#[derive(Debug, Clone, Copy, Args)]
#[allow(
    clippy::struct_excessive_bools,
    reason = "each is a flag of the command line"
)]
pub struct DoctorOptions {
    /// As JSON: {version, problems, warnings, checks: [{id, status, title, detail, remedy}]}.
    #[arg(long)]
    pub json: bool,
    /// Warnings fail, too.
    #[arg(long)]
    pub strict: bool,
    /// Register at Nextcloud, to see that it works and how long it lasts, and give the registration back.
    #[arg(long)]
    pub register: bool,
    /// Sign in at the running server as a client does, and call a tool of each kind. Prints an address to open in a browser.
    #[arg(long)]
    pub sign_in: bool,
}

/// What the parts look at.
struct Patient<'a> {
    settings: &'a Settings,
    mode: Mode,
    nextcloud: Nextcloud,
    /// Where this server is for clients.
    place: Place,
}

/// Looks at everything and prints what it found.
pub(super) async fn run(
    settings: &Settings,
    options: DoctorOptions,
    output: &mut Output,
) -> Result<(), CommandError> {
    let mut findings = Findings::default();
    let patient = settings::look(settings, &mut findings);
    let seen = match &patient {
        Some(patient) => Box::pin(examine(patient, options, &mut findings)).await,
        None => access::Seen::default(),
    };
    plugins::look(settings, &seen, &mut findings).await;
    if patient.is_none() {
        let all: Vec<Check> = check::ALL.iter().map(|(check, ..)| *check).collect();
        findings.skip_all(&all, "the settings come first");
    }
    let findings = findings.complete();
    if options.json {
        findings.json(output)?;
    } else {
        findings.list(output)?;
    }
    let (problems, warnings) = (
        findings.count(Status::Problem),
        findings.count(Status::Warning),
    );
    if problems > 0 || options.strict && warnings > 0 {
        return Err(CommandError::Ill { problems, warnings });
    }
    Ok(())
}

/// Everything that needs an address. What was seen of a user, if anybody could be asked as.
async fn examine(
    patient: &Patient<'_>,
    options: DoctorOptions,
    findings: &mut Findings,
) -> access::Seen {
    let is_there = upstream::look(patient, findings).await;
    let mut client = None;
    if let Mode::OAuth { .. } = patient.mode {
        let http = match patient.nextcloud.service_client() {
            Ok(http) => http,
            Err(error) => {
                findings.problem(Check::Reachable, error.to_string(), "see above");
                return access::Seen::default();
            }
        };
        let examination = Examination {
            place: patient.place.clone(),
            settings: patient.settings.oauth.clone(),
            http,
        };
        let provider = if is_there {
            provider::look(&examination, findings).await
        } else {
            findings.skip_all(&provider::CHECKS, "Nextcloud does not answer");
            None
        };
        let found = kept::look(&examination, provider.as_ref(), patient, findings).await;
        if let Some(provider) = &provider {
            let looked = provider::client(&examination, provider, found, options, findings);
            client = looked.await.zip(Some(provider)).map(|(one, _)| one);
        }
        let seen =
            access::of_token(patient, provider.as_ref().zip(client.as_ref()), findings).await;
        here::look(patient, findings);
        through::look(patient, options, findings).await;
        return seen;
    }
    kept::look_basic(patient, findings);
    here::look(patient, findings);
    let seen = if is_there {
        access::basic(patient, findings).await
    } else {
        access::Seen::default()
    };
    through::look(patient, options, findings).await;
    seen
}
