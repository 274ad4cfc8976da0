//! One `tools/call`: from its parameters to a result, whatever happens in between.

use rmcp::model::{CallToolRequestParams, CallToolResult, ErrorData};

use super::run::{Asker, Subject};
use super::{content, failure};

/// Calls a tool. `Err` is for a tool that does not exist (for this caller); every other failure is a result.
pub(super) async fn call(
    asker: Asker<'_>,
    request: CallToolRequestParams,
) -> Result<CallToolResult, ErrorData> {
    let catalogue = asker.plugins.catalogue();
    let tool = catalogue.tool(&request.name).ok_or_else(|| {
        asker.unknown("tools/call");
        failure::unknown_tool(&request.name)
    })?;
    let arguments = request.arguments.unwrap_or_default();
    let subject = Subject::tool(tool);
    let outcome = asker
        .run(&subject, async |place, context| {
            asker
                .plugins
                .call(place, tool, asker.caller, arguments, context)
                .await
        })
        .await;
    Ok(match outcome {
        Ok(output) => content::result(output, &asker.version()),
        Err(refused) => failure::result(refused, &subject, tool.output_schema.is_some()),
    })
}
