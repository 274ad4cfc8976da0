//! Prompts, and proposals while a person fills in a prompt's arguments or a template's variables.

use std::sync::Arc;

use rmcp::model::{
    CompleteRequestParams, CompleteResult, CompletionInfo, ErrorData, GetPromptRequestParams,
    GetPromptResponse, GetPromptResult, Reference,
};

use super::asking::Returned;
use super::bond::{self, Call};
use super::failure::Refused;
use super::run::{Asker, Subject};
use super::{content, failure};
use crate::plugin::{CallError, Catalogue, Plugin, Target, Typing};

/// The messages of a prompt, or a question.
pub(super) async fn get(
    asker: Asker<'_>,
    request: GetPromptRequestParams,
) -> Result<GetPromptResponse, ErrorData> {
    let catalogue = asker.plugins.catalogue();
    let prompt = catalogue.prompt(&request.name).ok_or_else(|| {
        asker.unknown("prompts/get");
        failure::unknown_prompt(&request.name)
    })?;
    let arguments = request.arguments.unwrap_or_default();
    let call = Call {
        method: "prompts/get",
        name: &prompt.full_name,
        arguments: bond::digest(&arguments),
        plugin: prompt.plugin.digest(),
    };
    let returned = Returned {
        state: request.request_state,
        responses: request.input_responses,
    };
    let subject = Subject::prompt(prompt);
    let round = asker.round(&subject, call, returned).await?;
    let outcome = asker
        .run(&subject, async |place, context| {
            let work = async |context| {
                asker
                    .plugins
                    .render(place, prompt, asker.caller, arguments, context)
                    .await
            };
            round.run(context, work).await
        })
        .await;
    if let Err(Refused::Failed(CallError::Asks, _)) = outcome {
        return Ok(round.input_required()?.into());
    }
    let version = asker.version();
    let messages = outcome.map_err(|refused| failure::error(refused, &subject))?;
    let messages = messages
        .into_iter()
        .map(|message| content::message(message, &version));
    let result = GetPromptResult::new(messages.collect()).with_description(&prompt.description);
    Ok(result.into())
}

/// Proposals for one argument.
pub(super) async fn complete(
    asker: Asker<'_>,
    request: CompleteRequestParams,
) -> Result<CompleteResult, ErrorData> {
    let catalogue = asker.plugins.catalogue();
    let found = target(&catalogue, &request.r#ref, &request.argument.name);
    let (plugin, target) = found.inspect_err(|_| asker.unknown("completion/complete"))?;
    if !plugin.completes() {
        return Ok(CompleteResult::default());
    }
    let known = request
        .context
        .and_then(|context| context.arguments)
        .unwrap_or_default();
    let typing = Typing {
        target,
        argument: request.argument.name,
        value: request.argument.value,
        known: known.into_iter().collect(),
    };
    let subject = Subject::reading(&plugin, "completion/complete");
    let outcome = asker
        .run(&subject, async |place, context| {
            asker
                .plugins
                .complete(place, &plugin, asker.caller, typing, context)
                .await
        })
        .await;
    let mut values = outcome.map_err(|refused| failure::error(refused, &subject))?;
    let has_more = values.len() > CompletionInfo::MAX_VALUES;
    values.truncate(CompletionInfo::MAX_VALUES);
    CompletionInfo::with_pagination(values, None, has_more)
        .map(CompleteResult::new)
        .map_err(|reason| ErrorData::internal_error(reason, None))
}

/// Whose argument it is, and what it is called there.
fn target(
    catalogue: &Catalogue,
    reference: &Reference,
    argument: &str,
) -> Result<(Arc<Plugin>, Target), ErrorData> {
    let known = |names: Vec<&str>| {
        if names.contains(&argument) {
            return Ok(());
        }
        let message = format!(
            "Unknown argument: {}. Known there: {}.",
            argument.escape_debug().take(64).collect::<String>(),
            names.join(", ")
        );
        Err(ErrorData::invalid_params(message, None))
    };
    match reference {
        Reference::Prompt(reference) => {
            let prompt = catalogue
                .prompt(&reference.name)
                .ok_or_else(|| failure::unknown_prompt(&reference.name))?;
            known(prompt.arguments.iter().map(|one| &*one.name).collect())?;
            Ok((prompt.plugin.clone(), Target::Prompt(prompt.name.clone())))
        }
        Reference::Resource(reference) => {
            let found = catalogue.owner(&reference.uri).and_then(|plugin| {
                let mut templates = plugin.templates().iter();
                let template = templates.find(|one| one.uri_template == reference.uri)?;
                Some((plugin, template))
            });
            let (plugin, template) =
                found.ok_or_else(|| failure::unknown_template(&reference.uri))?;
            known(template.variables.iter().map(|one| &**one).collect())?;
            let target = Target::Resource(template.uri_template.clone());
            Ok((plugin.clone(), target))
        }
        _ => Err(ErrorData::invalid_params(
            "proposals are made for prompts and for templates of resources",
            None,
        )),
    }
}
