//! The two documents that tell the host who a user is and what their Nextcloud can do.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use serde::Deserialize;
use serde::de::{DeserializeOwned, IgnoredAny};

use super::caller::Identity;

/// Asked for without cookies, this is the proof of a credential (recording `auth/002`).
pub(super) const USER_PATH: &str = "/ocs/v2.php/cloud/user?format=json";

/// With the credential; an anonymous caller is shown a part only (recording `capabilities/002`).
pub(super) const CAPABILITIES_PATH: &str = "/ocs/v2.php/cloud/capabilities?format=json";

/// What a user's Nextcloud can do.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Capabilities {
    /// Such as `33.0.3`.
    pub(super) version: String,
    /// Top-level keys, such as `notes`.
    pub(super) keys: Arc<BTreeSet<String>>,
}

/// `None` if the answer is something else, such as a web page.
pub(super) fn identity(body: &[u8]) -> Option<Identity> {
    let user: User = ocs(body)?;
    if user.id.is_empty() {
        return None;
    }
    Some(Identity {
        display_name: user
            .display_name
            .filter(|name| !name.is_empty())
            .unwrap_or_else(|| user.id.clone()),
        email: user.email.filter(|address| !address.is_empty()),
        time_zone: user.timezone.filter(|zone| !zone.is_empty()),
        language: user.language.unwrap_or_default().replace('_', "-"),
        groups: user.groups,
        id: user.id,
    })
}

/// `None` if the answer is something else.
pub(super) fn capabilities(body: &[u8]) -> Option<Capabilities> {
    let server: Server = ocs(body)?;
    Some(Capabilities {
        version: server.version.string,
        keys: Arc::new(server.capabilities.into_keys().collect()),
    })
}

/// What is inside of OCS's envelope.
pub(super) fn ocs<T: DeserializeOwned>(body: &[u8]) -> Option<T> {
    serde_json::from_slice::<Envelope<T>>(body)
        .ok()
        .map(|envelope| envelope.ocs.data)
}

#[derive(Deserialize)]
struct Envelope<T> {
    ocs: Ocs<T>,
}

#[derive(Deserialize)]
struct Ocs<T> {
    data: T,
}

#[derive(Deserialize)]
struct User {
    id: String,
    #[serde(rename = "displayname")]
    display_name: Option<String>,
    email: Option<String>,
    /// Newer than the rest: absent before Nextcloud 31.
    timezone: Option<String>,
    /// `de`, or with a region `de_DE`.
    language: Option<String>,
    #[serde(default)]
    groups: Vec<String>,
}

#[derive(Deserialize)]
struct Server {
    version: Version,
    #[allow(
        clippy::zero_sized_map_values,
        reason = "the values are read over, however large they are"
    )]
    capabilities: BTreeMap<String, IgnoredAny>,
}

#[derive(Deserialize)]
struct Version {
    string: String,
}

#[cfg(test)]
mod tests {
    #![allow(
        clippy::unwrap_used,
        clippy::expect_used,
        reason = "a test fails by panicking"
    )]

    use super::*;

    #[test]
    fn reads_what_nextcloud_33_says_about_a_user() {
        // Cut from recording capabilities/013.
        let body = br#"{"ocs":{"meta":{"status":"ok","statuscode":200,"message":"OK"},"data":{"enabled":true,"id":"alice",
            "quota":{"free":-3},"email":"alice@example.org","displayname":"Alice Example","display-name":"Alice Example",
            "groups":["testers"],"language":"en","locale":"","timezone":"UTC","notify_email":null}}}"#;
        let identity = identity(body).unwrap();
        assert_eq!(
            (identity.id.as_str(), identity.display_name.as_str()),
            ("alice", "Alice Example")
        );
        assert_eq!(
            (identity.time_zone.as_deref(), identity.language.as_str()),
            (Some("UTC"), "en")
        );
        assert_eq!(
            (identity.email.as_deref(), identity.groups),
            (Some("alice@example.org"), vec!["testers".to_owned()])
        );
    }

    #[test]
    fn a_user_without_the_optional_parts_is_a_user() {
        let found = identity(
            br#"{"ocs":{"data":{"id":"a","email":null,"language":"de_DE","displayname":""}}}"#,
        )
        .unwrap();
        assert_eq!(
            (
                found.display_name.as_str(),
                found.email,
                found.time_zone,
                found.language.as_str()
            ),
            ("a", None, None, "de-DE")
        );
    }

    #[test]
    fn what_names_nobody_is_nobody() {
        for body in [
            r#"{"ocs":{"data":[]}}"#,
            r#"{"ocs":{"data":{"id":""}}}"#,
            r#"{"ocs":{"data":{"id":7}}}"#,
            "<html>",
            "",
            "{}",
        ] {
            assert!(identity(body.as_bytes()).is_none(), "{body}");
        }
    }

    #[test]
    fn reads_version_and_keys_of_capabilities() {
        // Cut from recording capabilities/003.
        let body = br#"{"ocs":{"meta":{},"data":{"version":{"major":33,"string":"33.0.3"},"capabilities":{"core":{"pollinterval":60},"notes":{}}}}}"#;
        let found = capabilities(body).unwrap();
        assert_eq!(found.version, "33.0.3");
        assert_eq!(found.keys.iter().collect::<Vec<_>>(), ["core", "notes"]);
    }
}
