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
mod tests {
    #![allow(
        clippy::unwrap_used,
        clippy::expect_used,
        reason = "a test fails by panicking"
    )]

    use super::*;

    fn is_closed(method: &str, path: &str) -> bool {
        reason(
            method,
            &OriginPath::parse(path).unwrap_or_else(|why| panic!("{path}: {why}")),
        )
        .is_some()
    }

    /// Each closed place once; [`every_form_of_a_closed_path_is_closed`] makes the forms.
    const CLOSED: &[&str] = &[
        "/ocs/v2.php/core/getapppassword",
        "/ocs/v2.php/core/getapppassword-onetime",
        "/ocs/v2.php/core/apppassword",
        "/ocs/v2.php/core/apppassword/rotate",
        "/ocs/v2.php/core/apppassword/confirm",
        "/ocs/v2.php/twofactor/state",
        "/ocs/v2.php/settings/api/declarative/value",
        "/ocs/v2.php/cloud",
        "/ocs/v2.php/cloud/apps",
        "/ocs/v2.php/cloud/apps/files_external",
        "/ocs/v2.php/references/resolve",
        "/ocs/v2.php/references/resolveone",
        "/ocs/v2.php/references/extract",
        "/ocs/v2.php/apps/files/api/v1/directEditing",
        "/ocs/v2.php/apps/files/api/v1/directEditing/open",
        "/ocs/v2.php/apps/dav/api/v1/direct",
        "/ocs/v2.php/apps/oidc/clients",
        "/ocs/v2.php/apps/user_oidc/api/v1/provider",
        "/ocs/v2.php/apps/oauth2/x",
        "/ocs/v2.php/apps/app_api/api/v1/ex-app",
        "/ocs/v2.php/apps/files_external/api/v1/mounts",
        "/ocs/v2.php/apps/webhook_listeners/api/v1/webhooks",
        "/ocs/v2.php/apps/provisioning_api/api/v1/config/apps/user_oidc/x",
        "/ocs/v2.php/apps/federation/api/v1/shared-secret",
        "/ocs/v2.php/ocm",
        "/login",
        "/login/v2",
        "/login/v2/poll",
        "/login/flow/apptoken",
        "/logout",
        "/lostpassword/email",
        "/settings",
        "/settings/personal/authtokens",
        "/apps/oidc/token",
        "/apps/user_oidc/login/1",
        "/apps/oauth2/api/v1/token",
        "/apps/user_saml/saml/login",
        "/apps/sociallogin/oauth/x",
        "/apps/twofactor_totp/settings/enable",
        "/apps/impersonate/user",
        "/apps/app_api/proxy/x",
        "/apps/files_external/userstorages",
        "/apps/settings/x",
        "/apps/webhook_listeners/x",
        "/apps/provisioning_api/x",
        "/ocsapp/core/getapppassword",
        "/public.php/dav/files/token",
        "/s/AbCdEf",
        "/remote.php/direct/token",
        "/ocm/shares",
        "/ocm-provider",
        "/.well-known/ocm",
        "/updater",
        "/core/ajax/update.php",
        "/cron.php",
    ];

    #[test]
    fn every_form_of_a_closed_path_is_closed() {
        for path in CLOSED {
            let escaped_first_letter = |path: &str| {
                let last = path.rfind('/').unwrap() + 1;
                format!(
                    "{}%{:02x}{}",
                    &path[..last],
                    path.as_bytes()[last],
                    &path[last + 1..]
                )
            };
            let mut forms = vec![
                (*path).to_owned(),
                format!("{path}/"),
                format!("{path}/below"),
                format!("{path}?format=json"),
                path.to_uppercase(),
                path.replace("/ocs/v2.php", "/ocs/v1.php"),
                path.replace("/ocs/v2.php", "/ocs/v3.php"),
                path.replace("/ocs/", "/OCS/"),
                escaped_first_letter(path),
            ];
            forms.extend(forms.clone().iter().map(|form| format!("/index.php{form}")));
            for form in forms {
                for method in [
                    "GET", "HEAD", "POST", "PUT", "DELETE", "PROPFIND", "REPORT", "OPTIONS",
                ] {
                    assert!(is_closed(method, &form), "{method} {form}");
                }
            }
        }
    }

    #[test]
    fn accounts_and_status_can_be_read_and_not_changed() {
        for path in [
            "/ocs/v2.php/cloud/user",
            "/ocs/v1.php/cloud/capabilities",
            "/ocs/v2.php/cloud/users",
            "/ocs/v2.php/cloud/users/bob",
            "/ocs/v2.php/cloud/groups/staff/users",
            "/status.php",
        ] {
            assert!(
                !is_closed("GET", path) && !is_closed("HEAD", path),
                "{path}"
            );
            for method in ["POST", "PUT", "DELETE", "PATCH", "PROPFIND", "MOVE"] {
                assert!(is_closed(method, path), "{method} {path}");
            }
        }
    }

    #[test]
    fn what_tools_need_is_open() {
        for path in [
            "/apps/notes/api/v1/notes",
            "/remote.php/dav/calendars/alice/work/",
            "/remote.php/dav/files/alice/login/settings",
            "/ocs/v2.php/search/providers/notes/search",
            "/ocs/v2.php/apps/files_sharing/api/v1/shares",
            "/ocs/v2.php/core/navigation/apps",
            "/apps/files/api/v1/thumbnail/1/1/a",
            "/.well-known/caldav",
            "/ocs/v2.php/apps/user_status/api/v1/user_status",
            "/",
        ] {
            assert!(
                !is_closed("GET", path) && !is_closed("POST", path),
                "{path}"
            );
        }
    }

    #[test]
    fn a_pattern_into_a_closed_place_is_known_at_load() {
        assert!(
            reason_for_prefix(
                "GET",
                ["ocs", "v2.php", "core", "getapppassword"].into_iter()
            )
            .is_some()
        );
        assert!(reason_for_prefix("PUT", ["ocs", "v2.php", "cloud", "user"].into_iter()).is_some());
        assert!(reason_for_prefix("GET", ["ocs", "v2.php", "cloud", "user"].into_iter()).is_none());
    }
}
