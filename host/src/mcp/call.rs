//! One `tools/call`: from its parameters to a result or a question, whatever happens in between.

use rmcp::model::{CallToolRequestParams, CallToolResponse, ErrorData};

use super::asking::Returned;
use super::audit::What;
use super::bond::{self, Call, now};
use super::consent::{Consent, Granted};
use super::content;
use super::failure::{self, Refused};
use super::run::{Asker, Subject};
use crate::plugin::{CallError, Denied, DeniedBy};

/// Calls a tool. `Err` is for a tool that does not exist (for this caller), and for a state that is not for this call; every
/// other failure is a result.
pub(super) async fn call(
    asker: Asker<'_>,
    request: CallToolRequestParams,
) -> Result<CallToolResponse, ErrorData> {
    let catalogue = asker.plugins.catalogue();
    let tool = catalogue.tool(&request.name).ok_or_else(|| {
        match catalogue.denied(&request.name) {
            Some(denied) => tell_denied(asker, denied),
            None => asker.unknown("tools/call"),
        }
        failure::unknown_tool(&request.name)
    })?;
    let mut arguments = request.arguments.unwrap_or_default();
    let consent = Consent::of(tool, asker.rules.confirm_delete, &mut arguments);
    let call = Call {
        method: "tools/call",
        name: &tool.full_name,
        arguments: bond::digest(&arguments),
        plugin: tool.plugin_digest(),
    };
    let returned = Returned {
        state: request.request_state,
        responses: request.input_responses,
    };
    let subject = Subject::tool(tool);
    let round = asker.round(&subject, call.clone(), returned).await?;
    let outcome = asker
        .run(&subject, async |place, context| {
            let work = async |context| {
                let subject = (&**tool, &call);
                let granted = consent.obtain(context, subject, arguments, asker).await?;
                let Granted {
                    context,
                    arguments,
                    marks,
                } = granted;
                let plugins = asker.plugins;
                let answer = plugins
                    .call(place, tool, asker.caller, arguments, context)
                    .await;
                match marks {
                    Some(marks) => marks.marked(answer, now()),
                    None => answer,
                }
            };
            round.run(context, work).await
        })
        .await;
    Ok(match outcome {
        Ok(output) => content::result(output, &asker.version()).into(),
        Err(Refused::Failed(CallError::Asks, _)) => round.input_required()?.into(),
        Err(refused) => failure::result(refused, &subject, tool.output_schema.is_some()).into(),
    })
}

/// To the client a tool that the operator takes away does not exist; the operator is told what was tried, and what refused it.
fn tell_denied(asker: Asker<'_>, denied: &Denied) {
    let Denied {
        plugin,
        tool,
        access,
        by,
    } = denied;
    let (layer, rule) = match by {
        DeniedBy::Rule(rule) => ("policy", Some(rule)),
        DeniedBy::ReadOnly => ("read-only", None),
    };
    tracing::info!(target: "plugin", %plugin, tool, layer, rule, "a tool is refused");
    let what = What {
        plugin: plugin.to_string(),
        tool: tool.clone(),
        access: *access,
    };
    asker.refused(what, "not-served");
}
