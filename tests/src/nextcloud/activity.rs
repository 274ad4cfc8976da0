//! The stream of the app `activity` as its documentation (`docs/endpoint-v2.md` there) describes it. No recording holds it.

use serde_json::{Value, json};

use super::ocs::Ocs;
use super::reply::Reply;
use super::state::State;
use super::time;

/// Activities of one answer where the client names no number.
const DEFAULT_LIMIT: usize = 50;

/// Something that happened, as one account sees it.
#[derive(Debug, Clone)]
pub(super) struct Activity {
    id: i64,
    /// Who sees it.
    viewer: String,
    /// Who did it.
    actor: String,
    subject: String,
}

/// Answers `/ocs/v2.php/apps/activity/api/v2/activity/{filter}`: latest first, those before `since`.
pub(super) fn answer(state: &State, ocs: &Ocs<'_>, filter: &str) -> Reply {
    let me = ocs.who.name();
    let wanted = |activity: &&Activity| match filter {
        "self" => activity.actor == me,
        "by" => activity.actor != me,
        _ => true,
    };
    if !["all", "self", "by"].contains(&filter) {
        return ocs.failure(404, 404, "");
    }
    let number = |name: &str| {
        ocs.request
            .parameter(name)
            .and_then(|value| value.parse::<i64>().ok())
    };
    let since = number("since").unwrap_or(i64::MAX);
    let limit = number("limit")
        .and_then(|limit| usize::try_from(limit).ok())
        .unwrap_or(DEFAULT_LIMIT);
    let page: Vec<Value> = state
        .activities
        .iter()
        .rev()
        .filter(|activity| activity.viewer == me && activity.id < since)
        .filter(wanted)
        .take(limit)
        .map(entry)
        .collect();
    if page.is_empty() {
        // The end of the stream.
        return Reply::api(304, ocs.who);
    }
    ocs.success(&Value::Array(page))
}

fn entry(activity: &Activity) -> Value {
    json!({
        "activity_id": activity.id, "app": "files", "type": "file_created", "user": activity.actor,
        "subject": activity.subject, "subject_rich": ["", []], "message": "", "message_rich": ["", []],
        "object_type": "files", "object_id": activity.id, "object_name": "/a.txt", "link": "", "icon": "",
        "datetime": time::atom(time::now()), "previews": [],
    })
}

impl State {
    /// Lets an account see that somebody did something.
    pub fn add_activity(&mut self, viewer: &str, actor: &str, subject: &str) {
        let id = self.ids.next();
        self.activities.push(Activity {
            id,
            viewer: viewer.to_owned(),
            actor: actor.to_owned(),
            subject: subject.to_owned(),
        });
    }
}
