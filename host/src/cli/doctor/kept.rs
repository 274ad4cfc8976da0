//! What is kept on disk: the folder, the key, the database, and who may look at them.

use std::path::Path;

use super::Patient;
use super::check::Check;
use super::finding::{Findings, Status};
use crate::auth::{DataFolder, Examination, Kept, KeyFrom, Opener, SeenProvider};
use crate::config::default_data_dir;

const FIRST_START: &str = "it is made at the first start";
const KEEP: &str =
    "set NEXTCLOUD_MCP_DATA_DIR, or NEXTCLOUD_MCP_SECRET_KEY (`openssl rand -hex 32`)";

/// Basic mode keeps compiled plugins and nothing else.
pub(super) fn look_basic(patient: &Patient<'_>, findings: &mut Findings) {
    match &patient.settings.plugins.data_dir {
        Some(path) => {
            folder(path, findings);
        }
        None => findings.ok(Check::Folder, "none: plugins are compiled at each start"),
    }
}

/// What is stored of this server's client.
pub(super) async fn look(
    examination: &Examination,
    provider: Option<&SeenProvider>,
    patient: &Patient<'_>,
    findings: &mut Findings,
) -> Option<Kept> {
    let path = patient.settings.plugins.data_dir.clone();
    let path = path.or_else(default_data_dir);
    if path.is_none() {
        no_folder(examination, findings);
    }
    let found = path.as_deref().and_then(|path| folder(path, findings));
    if findings.status(Check::Folder) == Some(Status::Problem) {
        findings.skip_all(
            &[Check::Key, Check::Database],
            "the data folder comes first",
        );
        return None;
    }
    let has_place = path.is_some() && findings.status(Check::Folder) == Some(Status::Ok);
    let opener = match examination.key(found.as_ref(), has_place) {
        Ok((from, opener)) => {
            key(from, findings);
            opener
        }
        Err(trouble) => {
            findings.problem(
                Check::Key,
                trouble.to_string(),
                "put the key back from a backup, or make another: then every client registers and every person signs in anew",
            );
            Opener::default()
        }
    };
    let Some(folder) = found else {
        findings.skip_all(&[Check::Database], "there is no data folder yet");
        return None;
    };
    let kept = examination.kept(folder, opener, provider).await;
    kept.inspect(|kept| database(kept, findings))
        .map_err(|error| {
            findings.problem(
                Check::Database,
                error.to_string(),
                "run the command that the text names; a damaged one is set aside at the next start, or remove oauth.sqlite3",
            );
        })
        .ok()
}

fn no_folder(examination: &Examination, findings: &mut Findings) {
    let settings = &examination.settings;
    if settings.oidc_client_id.is_some() && settings.secret_key.is_some() {
        let why = "none, and none is needed: client and key are configured";
        findings.ok(Check::Folder, why);
    } else {
        let why = "there is none, so the OAuth client of this server is lost when it ends";
        findings.warning(Check::Folder, why, KEEP);
    }
}

fn database(kept: &Kept, findings: &mut Findings) {
    match kept {
        Kept::Nothing => findings.ok(
            Check::Database,
            "nothing is kept yet for this address at this provider",
        ),
        Kept::Client(client) => findings.ok(
            Check::Database,
            format!("holds the client {}", client.id()),
        ),
        Kept::Sealed => findings.warning(
            Check::Database,
            "what is kept does not open with the key that is there: the key has changed",
            "put the old key back behind the new one in NEXTCLOUD_MCP_SECRET_KEY; else this server registers anew",
        ),
    }
}

fn folder(path: &Path, findings: &mut Findings) -> Option<DataFolder> {
    match Examination::folder(path) {
        Ok(Some(folder)) => {
            match Examination::is_writable(&folder) {
                Ok(()) => findings.ok(
                    Check::Folder,
                    format!("{}, this server's alone", path.display()),
                ),
                Err(error) => findings.warning(
                    Check::Folder,
                    format!("{error}; what this server registers is lost when it ends"),
                    "mount it writable, or set NEXTCLOUD_MCP_DATA_DIR to a folder that this server can write",
                ),
            }
            Some(folder)
        }
        Ok(None) => {
            findings.ok(Check::Folder, format!("{}: {FIRST_START}", path.display()));
            None
        }
        Err(error) => {
            findings.problem(
                Check::Folder,
                error.to_string(),
                "run the command that the text names, as root if need be",
            );
            None
        }
    }
}

fn key(from: KeyFrom, findings: &mut Findings) {
    match from {
        KeyFrom::Setting => findings.ok(Check::Key, "NEXTCLOUD_MCP_SECRET_KEY"),
        KeyFrom::File => findings.ok(Check::Key, "secret.key in the data folder"),
        KeyFrom::FirstStart => findings.ok(Check::Key, FIRST_START),
        KeyFrom::Nowhere => findings.warning(
            Check::Key,
            "it is in memory alone: when the server ends, everybody signs in again",
            KEEP,
        ),
    }
}
