//! Every closed path in every form.
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
    "/ocs/v2.php/person/check",
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
