//! Which plugin a request is for, before rmcp reads it: the name or address in the parameters of the methods that a plugin
//! answers. A hint for the gate; whatever it cannot make out goes to rmcp without a place.

use serde::Deserialize;
use serde::de::DeserializeOwned;

use crate::nextcloud::Access;
use crate::plugin::{Catalogue, Plugin, PluginName};

/// Where a request leads, and what its caller needs for it.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Wanted {
    pub(super) plugin: PluginName,
    pub(super) scope: String,
    /// What the log calls it: a tool's or prompt's name, or the method where the request names an address.
    pub(super) label: String,
    pub(super) access: Access,
}

/// What a request of `method` wants of the plugins in `catalogue`; nothing for a method that no plugin answers, and for what
/// is not there. A list asks several plugins and gets their places one by one.
pub(super) fn wanted(method: &str, body: &[u8], catalogue: &Catalogue) -> Option<Wanted> {
    match method {
        "tools/call" => tool(&params::<Named>(body)?.name, catalogue),
        "prompts/get" => prompt(&params::<Named>(body)?.name, catalogue),
        "resources/read" => resource(method, &params::<Addressed>(body)?.uri, catalogue),
        "completion/complete" => match params::<Completed>(body)?.reference {
            Reference::Prompt { name } => Some(reading(&catalogue.prompt(&name)?.plugin, method)),
            Reference::Resource { uri } => resource(method, &uri, catalogue),
        },
        _ => None,
    }
}

fn tool(name: &str, catalogue: &Catalogue) -> Option<Wanted> {
    let tool = catalogue.tool(name)?;
    Some(Wanted {
        plugin: tool.plugin.clone(),
        scope: tool.scope(),
        label: tool.full_name.clone(),
        access: tool.access,
    })
}

fn prompt(name: &str, catalogue: &Catalogue) -> Option<Wanted> {
    let prompt = catalogue.prompt(name)?;
    Some(reading(&prompt.plugin, &prompt.full_name))
}

fn resource(method: &str, uri: &str, catalogue: &Catalogue) -> Option<Wanted> {
    Some(reading(catalogue.owner(uri)?, method))
}

fn reading(plugin: &Plugin, label: &str) -> Wanted {
    Wanted {
        plugin: plugin.name.clone(),
        scope: plugin.read_scope(),
        label: label.to_owned(),
        access: Access::Read,
    }
}

/// What the client says that it is, with this request (since 2026-07-28).
pub(super) fn client_name(body: &[u8]) -> Option<String> {
    #[derive(Deserialize)]
    struct Params {
        #[serde(rename = "_meta")]
        meta: Meta,
    }
    #[derive(Deserialize)]
    struct Meta {
        #[serde(rename = "io.modelcontextprotocol/clientInfo")]
        client: Client,
    }
    #[derive(Deserialize)]
    struct Client {
        name: String,
    }
    params::<Params>(body).map(|params| params.meta.client.name)
}

fn params<P: DeserializeOwned>(body: &[u8]) -> Option<P> {
    #[derive(Deserialize)]
    struct Request<P> {
        params: P,
    }
    serde_json::from_slice(body)
        .ok()
        .map(|Request { params }| params)
}

#[derive(Debug, Deserialize)]
struct Named {
    name: String,
}

#[derive(Debug, Deserialize)]
struct Addressed {
    uri: String,
}

#[derive(Debug, Deserialize)]
struct Completed {
    #[serde(rename = "ref")]
    reference: Reference,
}

#[derive(Debug, Deserialize)]
#[serde(tag = "type")]
enum Reference {
    #[serde(rename = "ref/prompt")]
    Prompt { name: String },
    #[serde(rename = "ref/resource")]
    Resource { uri: String },
}

#[cfg(test)]
mod tests {
    use super::*;

    fn body(params: &str) -> Vec<u8> {
        format!(r#"{{"jsonrpc":"2.0","id":1,"method":"x","params":{params}}}"#).into_bytes()
    }

    #[test]
    fn what_is_named_is_read_and_everything_else_left_alone() {
        let call = body(r#"{"name":"nc_notes_list","arguments":{"name":"x"},"uri":1}"#);
        let named = params::<Named>(&call).map(|params| params.name);
        assert_eq!(named.as_deref(), Some("nc_notes_list"));
        let read = params::<Addressed>(&body(r#"{"uri":"nc://notes/1","_meta":{"uri":2}}"#));
        assert_eq!(
            read.map(|params| params.uri).as_deref(),
            Some("nc://notes/1")
        );
        let complete = r#"{"argument":{"name":"a","value":""},"ref":{"title":"T","name":"nc_a_b","type":"ref/prompt"}}"#;
        let reference = params::<Completed>(&body(complete)).map(|params| params.reference);
        assert!(matches!(reference, Some(Reference::Prompt { name }) if name == "nc_a_b"));
    }

    #[test]
    fn what_names_nothing_gets_no_place() {
        for wrong in [
            "1",
            "[]",
            "{}",
            r#"{"name":1}"#,
            r#"{"name":"a","name":"b"}"#,
        ] {
            assert!(params::<Named>(&body(wrong)).is_none(), "{wrong}");
        }
        for wrong in [
            r#"{"ref":{"type":"ref/tool","name":"a"}}"#,
            r#"{"ref":{"name":"a"}}"#,
            r#"{"ref":"a"}"#,
        ] {
            assert!(params::<Completed>(&body(wrong)).is_none(), "{wrong}");
        }
        assert_eq!(
            wanted("tools/list", &body("{}"), &Catalogue::default()),
            None
        );
    }
}
