//! The account that asks: `cloud/user`, and app passwords made and revoked.

use serde_json::{Value, json};

use super::auth::By;
use super::ocs::Ocs;
use super::reply::{Reply, random};
use super::state::{AppPassword, State};
use super::time;

/// Nextcloud's word for "unlimited" in a quota.
const UNLIMITED: i64 = -3;
/// Length of an app password that `getapppassword` makes.
const APP_PASSWORD: usize = 72;

/// The account's own data (capabilities/013).
pub(super) fn own(state: &State, ocs: &Ocs<'_>) -> Reply {
    let user = &state.users[ocs.who.name()];
    let taken = state.notes[&user.id].bytes() + user.other_files;
    let quota = match user.quota {
        None => {
            json!({"free": UNLIMITED, "used": taken, "total": UNLIMITED, "relative": 0, "quota": UNLIMITED})
        }
        Some(all) => {
            json!({"free": all.saturating_sub(taken), "used": taken, "total": all, "relative": 100 * taken / all.max(1), "quota": all})
        }
    };
    let mut data = json!({
        "enabled": true, "id": user.id, "firstLoginTimestamp": time::now(), "lastLoginTimestamp": time::now(),
        "lastLogin": time::now() * 1000, "backend": "Database", "subadmin": [], "quota": quota, "manager": "",
        "avatarScope": "v2-federated", "email": user.email, "emailScope": "v2-federated", "additional_mail": [],
        "additional_mailScope": [], "displayname": user.display_name, "display-name": user.display_name,
        "displaynameScope": "v2-federated",
    });
    let members = data.as_object_mut().expect("an object");
    for name in [
        "phone",
        "address",
        "website",
        "twitter",
        "bluesky",
        "fediverse",
        "organisation",
        "role",
        "headline",
        "biography",
    ] {
        members.insert(name.into(), json!(""));
        members.insert(format!("{name}Scope"), json!("v2-local"));
    }
    for (name, value) in [
        ("profile_enabled", json!("1")),
        ("profile_enabledScope", json!("v2-local")),
        ("pronouns", json!("")),
        ("pronounsScope", json!("v2-federated")),
        ("groups", json!(user.groups)),
        ("language", json!(user.language)),
        ("locale", json!(user.locale)),
        ("timezone", json!(user.timezone)),
        ("notify_email", Value::Null),
        (
            "backendCapabilities",
            json!({"setDisplayName": true, "setPassword": true}),
        ),
    ] {
        members.insert(name.into(), value);
    }
    ocs.success(&data)
}

/// Turns a login or a bearer token into an app password (auth/001, 007, 008).
pub(super) fn new_app_password(state: &mut State, ocs: &Ocs<'_>) -> Reply {
    if matches!(ocs.who.by, By::AppPassword(_)) {
        return ocs.failure(
            403,
            403,
            "You cannot request an new apppassword with an apppassword",
        );
    }
    let password = random(APP_PASSWORD);
    let app_password = AppPassword {
        user: ocs.who.name().to_owned(),
        name: ocs
            .request
            .header("User-Agent")
            .unwrap_or_default()
            .to_owned(),
    };
    state.app_passwords.insert(password.clone(), app_password);
    ocs.success(&json!({"apppassword": password}))
}

/// Revokes the app password that the request came with (auth/010).
pub(super) fn revoke_app_password(state: &mut State, ocs: &Ocs<'_>) -> Reply {
    let By::AppPassword(password) = &ocs.who.by else {
        return ocs.failure(403, 403, "no app password in use");
    };
    state.revoke_app_password(password);
    ocs.success(&json!([]))
}
