//! iCalendar text in and out.

mod export_ics;
mod import_ics;
mod imported;
mod join;
mod range;
mod split;

use nextcloud_mcp_plugin::{Tool, Tools};

/// What wrote the texts that are made here.
const PRODID: &str = "-//nextcloud-mcp-server//calendar//EN";

/// Adds the tools of this group.
pub(crate) fn add(tools: Tools) -> Tools {
    tools
        .add(Tool::read(
            "export_ics",
            "Export iCalendar",
            export_ics::DESCRIPTION,
            export_ics::export_ics,
        ))
        .add(Tool::create(
            "import_ics",
            "Import iCalendar",
            import_ics::DESCRIPTION,
            import_ics::import_ics,
        ))
}
