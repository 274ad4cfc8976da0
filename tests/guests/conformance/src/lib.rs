//! What the official MCP conformance suite (`@modelcontextprotocol/conformance`) asks a server for, as a plugin: so the suite
//! holds the plugin contract and the host together to the protocol. Names, texts and shapes are the suite's; the operator
//! gives this plugin an empty prefix.
//!
//! Never here: what the contract leaves out on purpose (sampling, roots, tasks, changing one's own list of tools). The
//! baselines beside the test (`tests/tests/conformance/`) name those, each with its reason.
//!
//! - `content`: every kind of content
//! - `during`: what reaches a client while a tool works: progress, lines for the log
//! - `question`: what is asked of the person
//! - `schema`: input schemas that must arrive as they were written
//! - `reading`: resources, prompts, completions

// A component only: the names that it exports are none that a native library may have.
#![cfg(target_arch = "wasm32")]

mod content;
mod during;
mod question;
mod reading;
mod schema;

use nextcloud_mcp_plugin::Tools;

/// The one tool whose schema the SDK would not leave as it is comes beside these; see [`schema`].
fn tools() -> Tools {
    let tools = content::add_to(Tools::new());
    let tools = during::add_to(tools);
    let tools = question::add_to(tools);
    tools.add(schema::custom_header())
}

// What `nextcloud_mcp_plugin::export!` writes, but for `tools`.
mod component {
    use nextcloud_mcp_plugin::bindings::exports::nextcloud_mcp::plugin::tools;
    use nextcloud_mcp_plugin::bindings::nextcloud_mcp::plugin::types::{Output, Tool};
    use nextcloud_mcp_plugin::bindings::{self, completions, prompts, resources};
    use nextcloud_mcp_plugin::{Embedded, Failure, Message, Page, Typed};

    use crate::{reading, schema};

    struct Plugin;

    impl tools::Guest for Plugin {
        fn describe() -> Vec<Tool> {
            let mut described = crate::tools().describe();
            described.push(schema::keywords());
            described
        }

        fn call(name: String, arguments: String) -> Result<Output, Failure> {
            if name == schema::KEYWORDS {
                return schema::called();
            }
            crate::tools().call(&name, &arguments)
        }
    }

    impl resources::exported::Guest for Plugin {
        fn describe() -> Vec<resources::exported::Template> {
            reading::resources().describe()
        }

        fn enumerate(cursor: Option<String>) -> Result<Page, Failure> {
            reading::resources().enumerate(cursor)
        }

        fn read(uri: String) -> Result<Vec<Embedded>, Failure> {
            reading::resources().read(&uri)
        }
    }

    impl prompts::exported::Guest for Plugin {
        fn describe() -> Vec<prompts::exported::Prompt> {
            reading::prompts().describe()
        }

        fn render(name: String, arguments: String) -> Result<Vec<Message>, Failure> {
            reading::prompts().render(&name, &arguments)
        }
    }

    impl completions::exported::Guest for Plugin {
        fn complete(
            target: completions::exported::Target,
            argument: String,
            value: String,
            known: Vec<(String, String)>,
        ) -> Result<Vec<String>, Failure> {
            reading::completions().complete(&target, &argument, &Typed { value, known })
        }
    }

    bindings::export_component!(Plugin with_types_in bindings);
    resources::export_resources!(Plugin with_types_in resources);
    prompts::export_prompts!(Plugin with_types_in prompts);
    completions::export_completions!(Plugin with_types_in completions);
}
