//! The client's side of resources, prompts and completions.

use rmcp::model::{
    ContentBlock, GetPromptRequestParams, Prompt, ReadResourceRequestParams, Resource,
    ResourceContents, ResourceTemplate,
};
use rmcp::service::ServiceError;
use serde_json::Value;

use super::Client;

impl Client {
    /// All resources that the server lists, page after page.
    pub async fn resources(&self) -> Vec<Resource> {
        let listed = self.service.list_all_resources().await;
        listed.expect("a list of resources")
    }

    /// All templates of resources, by their addresses.
    pub async fn templates(&self) -> Vec<ResourceTemplate> {
        let listed = self.service.list_all_resource_templates().await;
        listed.expect("a list of templates")
    }

    /// All prompts.
    pub async fn prompts(&self) -> Vec<Prompt> {
        let listed = self.service.list_all_prompts().await;
        listed.expect("a list of prompts")
    }

    /// What is at an address; `Err` is what the protocol answered instead.
    pub async fn try_read(&self, uri: &str) -> Result<Vec<ResourceContents>, ServiceError> {
        let params = ReadResourceRequestParams::new(uri);
        let result = self.service.read_resource(params).await?;
        Ok(result.contents)
    }

    /// The text at an address that must be there.
    pub async fn read(&self, uri: &str) -> String {
        let parts = self.try_read(uri).await;
        let parts = parts.unwrap_or_else(|error| panic!("{uri} was not read: {error}"));
        let texts = parts.into_iter().map(|part| match part {
            ResourceContents::TextResourceContents { text, .. } => text,
            other => panic!("{uri} is no text: {other:?}"),
        });
        texts.collect()
    }

    /// Why an address that must not be there, or must not be read, is not.
    pub async fn no_read(&self, uri: &str) -> String {
        match self.try_read(uri).await {
            Ok(parts) => panic!("{uri} was read: {parts:?}"),
            Err(error) => error.to_string(),
        }
    }

    /// The texts of a prompt's messages; `Err` is what the protocol answered instead.
    pub async fn prompt(&self, name: &str, arguments: Value) -> Result<Vec<String>, ServiceError> {
        let mut params = GetPromptRequestParams::new(name);
        params.arguments = arguments.as_object().cloned();
        let result = self.service.get_prompt(params).await?;
        let texts = result
            .messages
            .into_iter()
            .map(|message| match message.content {
                ContentBlock::Text(text) => text.text,
                ContentBlock::Resource(embedded) => match embedded.resource {
                    ResourceContents::TextResourceContents { text, .. } => text,
                    other => panic!("{name} has no text: {other:?}"),
                },
                other => panic!("{name} has no text: {other:?}"),
            });
        Ok(texts.collect())
    }

    /// What the server proposes for a prompt's argument, of which `value` is typed.
    pub async fn complete_prompt(&self, prompt: &str, argument: &str, value: &str) -> Vec<String> {
        let proposed = self
            .service
            .complete_prompt_simple(prompt, argument, value)
            .await;
        proposed.unwrap_or_else(|error| panic!("nothing for {argument} of {prompt}: {error}"))
    }

    /// What the server proposes for a template's variable, of which `value` is typed.
    pub async fn complete_resource(
        &self,
        template: &str,
        variable: &str,
        value: &str,
    ) -> Vec<String> {
        let proposed = self
            .service
            .complete_resource_simple(template, variable, value)
            .await;
        proposed.unwrap_or_else(|error| panic!("nothing for {variable} of {template}: {error}"))
    }
}
