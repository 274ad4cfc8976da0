//! Nextcloud's own command: the lines that pages may have of it, and an `occ` for readers whose Nextcloud is the stand-in, whose
//! switches it turns.
//!
//! So pages are followed from a Nextcloud on which nothing was set up, and what they say of it has to be enough.

use std::fs;
use std::time::Duration;

use nextcloud_mcp_tests::nextcloud::{NewClient, StandIn};

use super::commands::command_lines;
use super::on_every_page;
use super::reader::Reader;

/// What pages tell an administrator to do with Nextcloud's own command, as the words that it begins with (a sentence may name
/// fewer of them). Held to the apps `oidc` 2.0.9 and Nextcloud 33 by whoever adds one: no test here has a Nextcloud.
const KNOWN: &[&str] = &[
    "app:disable",
    "app:enable",
    "app:install notes",
    "app:install oidc",
    "app:install user_oidc",
    "app:list",
    "config:app:get oidc",
    "config:app:set oidc allow_user_settings --value enabled",
    "config:app:set oidc client_expire_time --value",
    "config:app:set oidc dynamic_client_registration --value",
    "config:app:set oidc expire_time --value",
    "config:app:set oidc refresh_expire_time --value",
    "config:system:set overwrite.cli.url",
    "config:system:set overwritehost",
    "config:system:set overwriteprotocol",
    "config:system:set trusted_domains",
    "config:system:set user_oidc oidc_provider_bearer_validation --value=true --type=boolean",
    "maintenance:mode --off",
    "oidc:create Nextcloud MCP https://mcp.example.com/oauth/callback --client_id $() --client_secret $() --type confidential \
     --token_type opaque --allowed_scopes openid offline_access --resource_url https://mcp.example.com/mcp",
    "oidc:list",
    "oidc:remove",
    "status",
];

/// Writes its arguments down, one call a line, for [`play`].
const PROGRAM: &str =
    "for word; do printf '%s\\t' \"$word\"; done >> \"$HOME/occ\"; echo >> \"$HOME/occ\"";

/// A Nextcloud with Notes and nothing else that sign-in by OAuth needs.
pub(crate) fn forget_everything(nextcloud: &StandIn) {
    nextcloud.set(|settings| {
        settings.user_oidc_app = false;
        settings.bearer_validation = false;
    });
    nextcloud.set_oidc(|settings| {
        settings.enabled = false;
        settings.registration = false;
        settings.consent = false;
    });
}

/// Lets the reader find an `occ`.
pub(crate) fn install(reader: &Reader) {
    reader.program("occ", PROGRAM);
}

/// Does to the Nextcloud what the reader told `occ` since the last time.
pub(crate) fn play(reader: &Reader, nextcloud: &StandIn) -> Result<(), String> {
    let place = reader.home().join("occ");
    let calls = fs::read_to_string(&place).map_err(|_| "occ was not called".to_owned())?;
    fs::remove_file(place).expect("a file of ours");
    for call in calls.lines() {
        let words: Vec<&str> = call.trim_end().split('\t').collect();
        obey(&words, nextcloud)?;
    }
    Ok(())
}

fn obey(words: &[&str], nextcloud: &StandIn) -> Result<(), String> {
    match words {
        ["app:install", "oidc"] => nextcloud.set_oidc(|settings| settings.enabled = true),
        ["app:install", "user_oidc"] => nextcloud.set(|settings| settings.user_oidc_app = true),
        [
            "config:system:set",
            "user_oidc",
            "oidc_provider_bearer_validation",
            "--value=true",
            "--type=boolean",
        ] => nextcloud.set(|settings| settings.bearer_validation = true),
        // The stand-in is called by one name only.
        [
            "config:system:set",
            "overwritehost" | "overwriteprotocol",
            value,
        ] if value.starts_with("--value=") => {}
        ["config:app:set", "oidc", name, "--value", value] => set(name, value, nextcloud)?,
        ["oidc:create", name, redirect_uri, options @ ..] => {
            nextcloud.create_client(client(name, redirect_uri, options)?);
        }
        _ => return Err(format!("the stand-in knows no `occ {}`", words.join(" "))),
    }
    Ok(())
}

/// A setting of the app `oidc`.
fn set(name: &str, value: &str, nextcloud: &StandIn) -> Result<(), String> {
    let unknown = |_| format!("{name} is no time: {value}");
    match (name, value) {
        ("dynamic_client_registration", "true") => nextcloud.allow_registration(true),
        ("allow_user_settings", "enabled") => nextcloud.ask_for_consent(true),
        ("client_expire_time", value) => {
            nextcloud.client_lifetime(Duration::from_secs(value.parse().map_err(unknown)?));
        }
        ("refresh_expire_time", value) => {
            let lifetime = Duration::from_secs(value.parse().map_err(unknown)?);
            nextcloud.refresh_lifetime(Some(lifetime));
        }
        _ => return Err(format!("the stand-in knows no {name} {value}")),
    }
    Ok(())
}

/// As `oidc:create` of the app's version 2 reads its options.
fn client(name: &str, redirect_uri: &str, options: &[&str]) -> Result<NewClient, String> {
    let mut client = NewClient::at(redirect_uri);
    name.clone_into(&mut client.name);
    for option in options.chunks(2) {
        let [option, value] = option else {
            return Err(format!("{} has no value", option.join(" ")));
        };
        let value = (*value).to_owned();
        match (*option, value.as_str()) {
            ("--client_id", _) => client.id = Some(value),
            ("--client_secret", _) => client.secret = Some(value),
            ("--allowed_scopes", _) => client.scopes = value,
            ("--resource_url", _) => client.resource_url = Some(value),
            // As clients are unless something else is said.
            ("--type", "confidential") | ("--token_type", "opaque") => {}
            _ => return Err(format!("the stand-in knows no {option} {value}")),
        }
    }
    Ok(client)
}

#[test]
fn every_occ_command_is_one_that_was_looked_at() {
    on_every_page(|page, wrong| {
        for (line, words, whole) in command_lines(page) {
            let occ = words.iter().position(|word| word == "occ");
            let Some(rest) = occ.map(|occ| words[occ + 1..].join(" ")) else {
                continue;
            };
            let known = |known: &&&str| {
                rest == **known
                    || rest.starts_with(&format!("{known} "))
                    || !whole && known.starts_with(&format!("{rest} "))
            };
            if !rest.is_empty() && KNOWN.iter().find(known).is_none() {
                wrong.push(format!(
                    "{}: `occ {rest}` is not in the list of tests/tests/documents/occ.rs",
                    page.at(line)
                ));
            }
        }
    });
}
