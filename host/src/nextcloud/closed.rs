//! Paths that no manifest can open, whatever it asks for and whatever the operator grants.
//!
//! They make, move or hand out credentials, act as somebody else, or make Nextcloud fetch addresses for the caller. A
//! bearer token may mint a permanent app password at `getapppassword` (recording `auth/008`), so a plugin that reached
//! it would outlive its grant. Comparison ignores case: Nextcloud's own routes do not, but web servers, databases and
//! case-folding file systems in front of them may, and no honest path differs from these by case alone.

use super::path::OriginPath;

/// Why a path is closed, for the refusal.
pub(super) type Reason = &'static str;

const CREDENTIALS: Reason = "it makes or hands out credentials";
const SIGN_IN: Reason = "it belongs to signing in and out";
const ADMINISTRATION: Reason = "it administers accounts, apps or the server";
const FETCHES: Reason = "it makes Nextcloud fetch other addresses";
const FEDERATION: Reason = "it speaks for this server to other servers";
const PUBLIC: Reason = "it serves public links, which need no sign-in";

/// Apps that are closed at `/apps/<id>` and at `/ocs/v*/apps/<id>` alike. A trailing `*` closes every longer name too.
const APPS: &[(&str, Reason)] = &[
    ("oidc", CREDENTIALS),
    ("user_oidc", CREDENTIALS),
    ("oauth2", CREDENTIALS),
    ("user_saml", CREDENTIALS),
    ("sociallogin", CREDENTIALS),
    ("twofactor_*", CREDENTIALS),
    ("impersonate", "it turns one user's session into another's"),
    ("app_api", CREDENTIALS),
    ("files_external", CREDENTIALS),
    ("settings", ADMINISTRATION),
    ("provisioning_api", ADMINISTRATION),
    ("updatenotification", ADMINISTRATION),
    ("webhook_listeners", FETCHES),
    ("federation", FEDERATION),
    ("federatedfilesharing", FEDERATION),
    ("cloud_federation_api", FEDERATION),
];

/// First segments below the web root (`/index.php` or not) that are closed with everything below them.
const ROOTS: &[(&str, Reason)] = &[
    ("login*", SIGN_IN),
    ("logout*", SIGN_IN),
    ("lostpassword", CREDENTIALS),
    ("settings", ADMINISTRATION),
    ("updater", ADMINISTRATION),
    ("cron.php", ADMINISTRATION),
    // The old door to OCS, past the rules for `/ocs`.
    ("ocsapp", ADMINISTRATION),
    ("public.php", PUBLIC),
    ("s", PUBLIC),
    ("ocm*", FEDERATION),
];

/// Below `/ocs/<any version>`: closed with everything below them.
const OCS: &[(&[&str], Reason)] = &[
    (&["core", "getapppassword*"], CREDENTIALS),
    (&["core", "apppassword*"], CREDENTIALS),
    (&["twofactor"], CREDENTIALS),
    // Tries a login name and password of the plugin's choice; each wrong one counts against this server's address.
    (&["person"], CREDENTIALS),
    (&["settings"], ADMINISTRATION),
    (&["references", "resolve*"], FETCHES),
    (&["references", "extract*"], FETCHES),
    (&["apps", "files", "api", "*", "directediting"], CREDENTIALS),
    (&["apps", "dav", "api", "*", "direct"], CREDENTIALS),
    (&["ocm*"], FEDERATION),
];

/// Below `/ocs/<any version>/cloud`, what may be read. Everything else there manages users, groups, apps and passwords.
const CLOUD_READS: &[&str] = &["user", "capabilities", "users", "groups"];

/// Other places, closed with everything below them.
const PLACES: &[(&[&str], Reason)] = &[
    (&["remote.php", "direct"], CREDENTIALS),
    (&["core", "ajax", "update.php"], ADMINISTRATION),
    (&[".well-known", "ocm"], FEDERATION),
];

/// Why `method` on `path` is closed, if it is.
pub(super) fn reason(method: &str, path: &OriginPath) -> Option<Reason> {
    closed(
        method,
        &path
            .segments()
            .iter()
            .map(String::as_str)
            .collect::<Vec<_>>(),
    )
}

/// Why everything below a pattern's literal part is closed, if it is: such a pattern could never match and is refused
/// when it is loaded.
pub(super) fn reason_for_prefix<'a>(
    method: &str,
    literals: impl Iterator<Item = &'a str>,
) -> Option<Reason> {
    closed(method, &literals.collect::<Vec<_>>())
}

fn closed(method: &str, segments: &[&str]) -> Option<Reason> {
    let lower: Vec<String> = segments
        .iter()
        .map(|segment| segment.to_lowercase())
        .collect();
    let mut segments: Vec<&str> = lower.iter().map(String::as_str).collect();
    if segments.first() == Some(&"index.php") {
        segments.remove(0);
    }
    let reads = matches!(method, "GET" | "HEAD" | "OPTIONS");
    match segments.as_slice() {
        ["ocs", _version, rest @ ..] => closed_ocs(reads, rest),
        ["status.php", ..] if !reads => Some(ADMINISTRATION),
        ["apps", app, ..] => find(APPS, app),
        [first, ..] => find(ROOTS, first).or_else(|| find_place(PLACES, &segments)),
        [] => None,
    }
}

fn closed_ocs(reads: bool, below_version: &[&str]) -> Option<Reason> {
    match below_version {
        ["cloud", name, ..] if reads && CLOUD_READS.contains(name) => None,
        ["cloud", ..] => Some(ADMINISTRATION),
        ["apps", app, ..] => find(APPS, app).or_else(|| find_place(OCS, below_version)),
        _ => find_place(OCS, below_version),
    }
}

fn find(table: &[(&str, Reason)], name: &str) -> Option<Reason> {
    table
        .iter()
        .find(|(closed, _)| fits(closed, name))
        .map(|(_, reason)| *reason)
}

fn find_place(table: &[(&[&str], Reason)], segments: &[&str]) -> Option<Reason> {
    let lies_below = |place: &[&str]| {
        place.len() <= segments.len()
            && place
                .iter()
                .zip(segments)
                .all(|(closed, name)| fits(closed, name))
    };
    table
        .iter()
        .find(|(place, _)| lies_below(place))
        .map(|(_, reason)| *reason)
}

fn fits(closed: &str, name: &str) -> bool {
    closed
        .strip_suffix('*')
        .map_or(closed == name, |prefix| name.starts_with(prefix))
}

#[cfg(test)]
#[path = "closed_tests.rs"]
mod tests;
