//! `get_capabilities`: what this Nextcloud is and can do, in plain words; or the document in which its apps say so, whole
//! or one app's part.

use std::collections::BTreeMap;

use nextcloud_mcp_plugin::nextcloud::{self, Server};
use nextcloud_mcp_plugin::{Failure, JsonSchema, Reply};
use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::document::{self, Document, Page, Read};
use crate::features;

pub(crate) const DESCRIPTION: &str = "Says what this Nextcloud is and offers this user: version, name, apps with their pages and \
features, tool groups that work here. With app, what that app says of itself, unedited; with raw, all apps. Example: app \"notes\".";

#[derive(Debug, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Arguments {
    /// A key such as notes, dav (calendars) or `files_sharing`.
    app: Option<String>,
    raw: Option<bool>,
    /// Of the last answer: only says whether it changed.
    etag: Option<String>,
}

impl Arguments {
    /// For one app's part.
    pub(crate) fn of_app(app: String) -> Self {
        Self {
            app: Some(app),
            ..Self::default()
        }
    }
}

#[derive(Debug, Default, Serialize, JsonSchema)]
#[expect(
    clippy::struct_field_names,
    reason = "the field is called as Nextcloud calls the document"
)]
pub(crate) struct Capabilities {
    #[serde(skip_serializing_if = "Option::is_none")]
    version: Option<String>,
    /// Where people reach it.
    url: String,
    /// As its administrator named it.
    #[serde(skip_serializing_if = "Option::is_none")]
    name: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    slogan: Option<String>,
    /// `#rrggbb`.
    #[serde(skip_serializing_if = "Option::is_none")]
    color: Option<String>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    apps: Vec<App>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    tool_groups: Vec<ToolGroup>,
    /// Unedited, by app.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    capabilities: BTreeMap<String, Value>,
    /// The same as etag was given: nothing changed.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    unchanged: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    etag: Option<String>,
}

#[derive(Debug, Serialize, JsonSchema)]
struct App {
    /// What the app argument takes, where the app says something of itself.
    key: String,
    name: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    version: Option<String>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    features: Vec<&'static str>,
    /// Its page.
    #[serde(skip_serializing_if = "Option::is_none")]
    url: Option<String>,
}

/// A group of this server's tools.
#[derive(Debug, Serialize, JsonSchema)]
struct ToolGroup {
    /// What its tools' names begin with.
    tools: &'static str,
    available: bool,
}

/// The tool groups that come with the server, and the part of the document without which one does not work.
const TOOL_GROUPS: [(&str, &str); 2] = [("nc_notes_", "notes"), ("nc_calendar_", "dav")];

#[expect(
    clippy::needless_pass_by_value,
    reason = "a tool's function owns its arguments"
)]
pub(crate) fn get_capabilities(arguments: Arguments) -> Result<Reply<Capabilities>, Failure> {
    let given = |text: &Option<String>| {
        let text = text.as_deref().map(|text| text.trim().trim_matches('"'))?;
        (!text.is_empty()).then(|| text.to_owned())
    };
    let (app, etag) = (given(&arguments.app), given(&arguments.etag));
    let raw = arguments.raw == Some(true);
    if raw && app.is_some() {
        return Err(Failure::invalid(
            "app asks for one app's part and raw for all parts: leave one of them out.",
        ));
    }
    let server = nextcloud::server()?;
    let (read, pages) = if raw || app.is_some() {
        (document::read(etag.as_deref())?, Vec::new())
    } else {
        document::read_with_pages(etag.as_deref())?
    };
    let document = match read {
        Read::New(document) => document,
        Read::Unchanged => return Ok(unchanged(server.url, etag)),
    };
    match app {
        Some(app) => one(document, &app, server.url),
        None if raw => Ok(whole(document, server.url)),
        None => Ok(summary(&document, &pages, server)),
    }
}

/// What this Nextcloud is, in plain words.
pub(crate) fn summary(document: &Document, pages: &[Page], server: Server) -> Reply<Capabilities> {
    let theming = document.capabilities.get("theming");
    let theme = |key: &str| {
        let text = theming?.get(key)?.as_str()?;
        (!text.is_empty()).then(|| text.to_owned())
    };
    let apps = apps(document, pages, &server);
    let tool_groups = TOOL_GROUPS.map(|(tools, needs)| ToolGroup {
        tools,
        available: document.capabilities.contains_key(needs),
    });
    let names: Vec<&str> = apps.iter().map(|app| app.name.as_str()).collect();
    let name = theme("name");
    let text = format!(
        "{} is a Nextcloud {} at {}. It has: {}.",
        name.as_deref().unwrap_or("This"),
        document.version(),
        server.url,
        names.join(", ")
    );
    let found = Capabilities {
        version: Some(document.version().to_owned()),
        name,
        slogan: theme("slogan"),
        color: theme("color"),
        apps,
        tool_groups: tool_groups.into(),
        etag: document.etag.clone(),
        url: server.url,
        ..Capabilities::default()
    };
    Reply::new(text, found)
}

/// The apps that say what they can do, and those that only have a page.
fn apps(document: &Document, pages: &[Page], server: &Server) -> Vec<App> {
    let parts = document.capabilities.iter();
    let speaking = parts.filter(|(key, _)| features::is_app(key));
    let mut apps: Vec<App> = speaking
        .map(|(key, part)| App {
            key: key.clone(),
            name: features::name(key).to_owned(),
            version: part
                .get("version")
                .and_then(Value::as_str)
                .map(str::to_owned),
            features: features::words(key, part),
            url: None,
        })
        .collect();
    for page in pages {
        let address = address(page, server);
        match apps.iter_mut().find(|app| app.key == page.id) {
            Some(app) => {
                app.name.clone_from(&page.name);
                app.url = Some(address);
            }
            None => apps.push(App {
                key: page.id.clone(),
                name: page.name.clone(),
                version: None,
                features: Vec::new(),
                url: Some(address),
            }),
        }
    }
    apps
}

/// A page's path has the web root in front, which the server's address ends with.
fn address(page: &Page, server: &Server) -> String {
    match page.href.strip_prefix(server.web_root.as_str()) {
        Some(path) if path.starts_with('/') => format!("{}{path}", server.url),
        _ => page.href.clone(),
    }
}

fn one(mut document: Document, app: &str, url: String) -> Result<Reply<Capabilities>, Failure> {
    let names: Vec<String> = document.capabilities.keys().cloned().collect();
    let Some(part) = document.capabilities.remove(app) else {
        return Err(Failure::not_found(format!(
            "No app \"{app}\" says what it can do: it is not installed, not enabled for this user, or has nothing to say. \
             There are: {}.",
            names.join(", ")
        )));
    };
    let text = format!(
        "What {} of Nextcloud {} says of itself.",
        features::name(app),
        document.version()
    );
    document.capabilities = BTreeMap::from([(app.to_owned(), part)]);
    Ok(Reply::new(text, unedited(document, url)))
}

fn whole(document: Document, url: String) -> Reply<Capabilities> {
    let names: Vec<&str> = document.capabilities.keys().map(String::as_str).collect();
    let text = format!(
        "Nextcloud {}. These say what they can do: {}.",
        document.version(),
        names.join(", ")
    );
    Reply::new(text, unedited(document, url))
}

fn unedited(document: Document, url: String) -> Capabilities {
    Capabilities {
        version: Some(document.version().to_owned()),
        url,
        capabilities: document.capabilities,
        etag: document.etag,
        ..Capabilities::default()
    }
}

fn unchanged(url: String, etag: Option<String>) -> Reply<Capabilities> {
    let found = Capabilities {
        url,
        unchanged: true,
        etag,
        ..Capabilities::default()
    };
    Reply::new("Nothing changed since the answer with this etag.", found)
}
