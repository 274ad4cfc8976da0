//! What a host that serves only tools does not look at: resources, prompts, completions. A plugin that has them loads all
//! the same.

use crate::Hostile;
use crate::bindings::exports::nextcloud_mcp::plugin::completions::{self, Target};
use crate::bindings::exports::nextcloud_mcp::plugin::prompts::{self, Message, Prompt};
use crate::bindings::exports::nextcloud_mcp::plugin::resources::{self, Embedded, Page, Template};
use crate::bindings::nextcloud_mcp::plugin::types::{Failure, FailureKind};
use crate::failure;

fn nothing() -> Failure {
    failure(FailureKind::NotFound, "there is nothing")
}

impl resources::Guest for Hostile {
    fn describe() -> Vec<Template> {
        Vec::new()
    }

    fn enumerate(_cursor: Option<String>) -> Result<Page, Failure> {
        Err(nothing())
    }

    fn read(_uri: String) -> Result<Vec<Embedded>, Failure> {
        Err(nothing())
    }
}

impl prompts::Guest for Hostile {
    fn describe() -> Vec<Prompt> {
        Vec::new()
    }

    fn render(_name: String, _arguments: String) -> Result<Vec<Message>, Failure> {
        Err(nothing())
    }
}

impl completions::Guest for Hostile {
    fn complete(
        _target: Target,
        _argument: String,
        _value: String,
        _known: Vec<(String, String)>,
    ) -> Result<Vec<String>, Failure> {
        Err(nothing())
    }
}
