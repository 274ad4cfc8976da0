//! The address that opens a task in the Tasks app: the one that Nextcloud's own search links to
//! (`apps/dav/lib/Search/TasksSearchProvider.php`) and the app's router takes (`src/router.js`).

use nextcloud_mcp_plugin::nextcloud::Path;

use crate::dav::{Home, Object};

/// The address of any list of tasks in the app; `{calendar}` stands for its name.
pub(crate) fn list_link(home: &Home) -> String {
    format!(
        "{}/index.php/apps/tasks/calendars/{{calendar}}",
        home.server.url
    )
}

pub(crate) fn link(home: &Home, object: &Object) -> String {
    let path = Path::new("/index.php/apps/tasks/calendars")
        .segment(&object.calendar)
        .segment("tasks")
        .segment(&object.name);
    format!("{}{path}", home.server.url)
}
