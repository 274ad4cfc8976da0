//! The address that opens a task in the Tasks app: the one that Nextcloud's own search links to
//! (`apps/dav/lib/Search/TasksSearchProvider.php`) and the app's router takes (`src/router.js`).

use nextcloud_mcp_plugin::nextcloud::Path;

use crate::dav::{Home, Object};

pub(crate) fn link(home: &Home, object: &Object) -> String {
    let path = Path::new("/index.php/apps/tasks/calendars")
        .segment(&object.calendar)
        .segment("tasks")
        .segment(&object.name);
    format!("{}{path}", home.server.url)
}
