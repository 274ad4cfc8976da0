//! Finding other accounts by the beginning of their names (capabilities/021).

use serde_json::{Value, json};

use super::ocs::Ocs;
use super::reply::Reply;
use super::state::State;

/// Accounts whose id or name begins with `search`, the asking one left out.
pub(super) fn answer(state: &State, ocs: &Ocs<'_>) -> Reply {
    let search = ocs
        .request
        .parameter("search")
        .unwrap_or_default()
        .to_lowercase();
    let others = state
        .users
        .values()
        .filter(|user| user.id != ocs.who.name());
    let (exact, partial): (Vec<_>, Vec<_>) = others
        .filter(|user| {
            user.id.to_lowercase().starts_with(&search)
                || user.display_name.to_lowercase().starts_with(&search)
        })
        .partition(|user| user.id.to_lowercase() == search);
    let entry = |user: &&super::User| -> Value {
        json!({
            "label": user.display_name, "subline": "", "icon": "icon-user",
            "value": {"shareType": 0, "shareWith": user.id}, "shareWithDisplayNameUnique": user.email, "status": [],
        })
    };
    let users: Vec<Value> = partial.iter().map(entry).collect();
    let exact: Vec<Value> = exact.iter().map(entry).collect();
    let none: [&str; 0] = [];
    let item_type = ocs.request.parameter("itemType").unwrap_or_default();
    let next = format!(
        "<{}/ocs/v2.php/apps/files_sharing/api/v1/sharees?search={search}&itemType={item_type}&shareType%5B0%5D=0&\
         shareType%5B1%5D=1&shareType%5B2%5D=4&shareType%5B3%5D=6&shareType%5B4%5D=7&perPage=25&page=2>; rel=\"next\"",
        ocs.request.base()
    );
    ocs.success(&json!({
        "exact": {"users": exact, "groups": none, "remotes": none, "remote_groups": none, "emails": none, "circles": none, "rooms": none},
        "users": users, "groups": none, "remotes": none, "remote_groups": none, "emails": none, "lookup": none,
        "circles": none, "rooms": none, "lookupEnabled": false,
    }))
    .with("Link", next)
}
