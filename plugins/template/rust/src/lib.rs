//! The `PLUGIN_NAME` tools. One to begin with: it lists the apps in the user's menu.

use nextcloud_mcp_plugin::nextcloud::{self, Request};
use nextcloud_mcp_plugin::{Failure, JsonSchema, Reply, Tool, Tools};
use serde::{Deserialize, Serialize};

nextcloud_mcp_plugin::export!(tools);

fn tools() -> Tools {
    Tools::new().add(Tool::read("list_apps", "List Apps", DESCRIPTION, list_apps))
}

const DESCRIPTION: &str =
    "Lists the apps in the user's Nextcloud menu with their addresses. Example: name \"cal\".";

/// What the model fills in. Comments become the descriptions that it reads.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct Arguments {
    /// Only apps with this in their name, in any case; all if absent.
    name: Option<String>,
}

/// What the tool answers with; its shape becomes the output schema.
#[derive(Debug, Serialize, JsonSchema)]
struct Apps {
    apps: Vec<App>,
}

#[derive(Debug, Serialize, JsonSchema)]
struct App {
    id: String,
    name: String,
    url: String,
}

/// One entry as Nextcloud sends it.
#[derive(Debug, Deserialize)]
struct Entry {
    id: String,
    name: String,
    href: String,
}

fn list_apps(Arguments { name }: Arguments) -> Result<Reply<Apps>, Failure> {
    let request = Request::ocs("/ocs/v2.php/core/navigation/apps").about("the user's menu");
    let entries: Vec<Entry> = request.send()?.ok()?.ocs()?;
    let server = nextcloud::server()?;
    let wanted = name.unwrap_or_default().to_lowercase();
    let apps: Vec<_> = entries
        .into_iter()
        .filter(|entry| entry.name.to_lowercase().contains(&wanted))
        .map(|Entry { id, name, href }| {
            // An href begins with the web root, which `url` has already.
            let path = href.strip_prefix(&server.web_root).unwrap_or(&href);
            App {
                id,
                name,
                url: format!("{}{path}", server.url),
            }
        })
        .collect();
    Ok(Reply::new(format!("Apps: {}.", apps.len()), Apps { apps }))
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

    use nextcloud_mcp_plugin::testing::{self, Answer, Nextcloud};
    use serde_json::json;

    use super::tools;

    #[test]
    fn tools_are_described_as_hosts_and_models_need_it() {
        assert_eq!(testing::problems(&tools()), Vec::<String>::new());
    }

    #[test]
    fn apps_are_filtered_by_name_and_linked() {
        let nextcloud = Nextcloud::start();
        let menu = json!({"ocs": {"data": [
            {"id": "files", "name": "Files", "href": "/apps/files/"},
            {"id": "calendar", "name": "Calendar", "href": "/apps/calendar/"},
        ]}});
        nextcloud.on(
            "GET",
            "/ocs/v2.php/core/navigation/apps",
            Answer::json(200, &menu),
        );
        let (text, data) = testing::call(&tools(), "list_apps", json!({"name": "CAL"})).unwrap();
        assert_eq!(text, "Apps: 1.");
        let url = "https://cloud.example/apps/calendar/";
        assert_eq!(
            data,
            json!({"apps": [{"id": "calendar", "name": "Calendar", "url": url}]})
        );
    }
}
