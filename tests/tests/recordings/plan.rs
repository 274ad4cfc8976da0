//! In which order the recordings are replayed, and what happened on the recorded server between them.

use std::collections::BTreeMap;

use nextcloud_mcp_tests::nextcloud::set_clock;
use serde_json::Value;

use crate::canon::Canon;
use crate::oidc;
use crate::recording::Recording;
use crate::replay::{CLOCK, Replay};

/// The notes that the recorder made without a recording, by the recorded id.
const ATTACHMENT_NOTE: &str = "157";
const TEAM_NOTE: &str = "162";
const QUOTA_NOTE: &str = "163";
/// Bytes that bob may add to his notes once the recorder gave him a quota.
const LITTLE_ROOM: usize = 1000;
/// Areas whose good tokens are given out while they are replayed.
const ISSUED: [&str; 3] = ["errors", "oidc-flow", "oidc-consent"];
/// Failed logins that the recorder made before errors/072.
const FAILED_LOGINS: usize = 11;

/// The recordings that are not served, each with the reason.
pub(crate) fn unserved() -> BTreeMap<String, String> {
    let mut unserved = BTreeMap::new();
    let mut reason = String::new();
    for line in include_str!("unserved.txt")
        .lines()
        .map(str::trim)
        .filter(|line| !line.is_empty())
    {
        match line.strip_prefix('#') {
            Some(text) => text.trim().clone_into(&mut reason),
            None => {
                unserved.insert(line.to_owned(), reason.clone());
            }
        }
    }
    unserved
}

/// The recordings in the order in which they were made, each run on a server of its own.
pub(crate) fn runs(all: &BTreeMap<String, Recording>) -> Vec<Vec<&Recording>> {
    let mut areas: BTreeMap<&str, Vec<&Recording>> = BTreeMap::new();
    for recording in all.values() {
        areas.entry(recording.area()).or_default().push(recording);
    }
    // What was recorded with an app password (notes) or a bearer token (calendars) was recorded in between.
    let notes = around(&mut areas, "notes", "notes/066", "notes-basic-apppassword");
    let calendars = around(&mut areas, "caldav", "caldav/139", "caldav-bearer");
    // The clients that registered in one area sign in in the next.
    let oidc = around(&mut areas, "oidc", "oidc/999", "oidc-flow");
    // The first variant ran on another server than the others.
    let variants = areas.remove("bearer-variants").unwrap_or_default();
    let (first, others): (Vec<&Recording>, Vec<&Recording>) = variants
        .into_iter()
        .partition(|one| one.name.as_str() < "bearer-variants/008");
    let mut runs: Vec<Vec<&Recording>> = areas.into_values().collect();
    runs.extend([notes, calendars, oidc, first, others]);
    runs
}

/// An area in two halves, with another area between them.
fn around<'a>(
    areas: &mut BTreeMap<&str, Vec<&'a Recording>>,
    area: &str,
    second_half: &str,
    between: &str,
) -> Vec<&'a Recording> {
    let whole = areas.remove(area).unwrap_or_default();
    let (mut run, rest): (Vec<&Recording>, Vec<&Recording>) = whole
        .into_iter()
        .partition(|one| one.name.as_str() < second_half);
    run.extend(areas.remove(between).unwrap_or_default());
    run.extend(rest);
    run
}

/// Makes the credentials of the recordings known: app passwords by their names, tokens by whom they were answered as.
pub(crate) fn accounts(replay: &mut Replay) {
    let mut state = replay.stand_in.state();
    state.add_app_password("alice", &app_password(1));
    state.add_app_password("bob", &app_password(2));
    for recording in replay
        .all
        .values()
        .filter(|one| !ISSUED.contains(&one.area()) && one.header("Cookie").is_none())
    {
        let token = recording
            .header("Authorization")
            .and_then(|value| value.split_once(' '));
        let (Some((scheme, token)), Some(user)) = (token, recording.answer_header("X-User-Id"))
        else {
            continue;
        };
        if scheme.eq_ignore_ascii_case("bearer") && !token.starts_with("FAKE-") {
            state.add_token(user, token);
        }
    }
    for (name, user) in [("errors/047", "carol"), ("errors/075", "alice")] {
        if let Some(recording) = replay.all.values().find(|one| one.name.starts_with(name)) {
            let token = recording
                .header("Authorization")
                .and_then(|value| value.split_once(' '));
            state.add_token(user, token.expect("a bearer token").1);
        }
    }
    drop(state);
    example_events(replay);
}

/// What happened on the recorded server before a recording was made.
pub(crate) async fn prepare(replay: &mut Replay, name: &str) {
    let number = name
        .split_once('/')
        .and_then(|(area, rest)| name.get(..area.len() + 1 + rest.find('-')?))
        .unwrap_or(name);
    mirror_room(replay, name);
    oidc::prepare(replay, number, name).await;
    match number {
        "bearer/039" => replay.cookies = Some(replay.cookies_of("bearer/014-ocs-user-alice").await),
        "notes-basic-apppassword/001" => empty_notes(replay),
        "notes/066" => add_note(
            replay,
            ATTACHMENT_NOTE,
            "alice",
            "with attachment",
            "",
            "text",
        ),
        "notes/073" => add_note(replay, TEAM_NOTE, "bob", "team note", "Team", "team text"),
        "notes/082" => {
            add_note(replay, QUOTA_NOTE, "bob", "small", "", "x");
            replay.stand_in.state().user("bob").quota = Some(LITTLE_ROOM);
        }
        "notes/084" => lock(replay, true),
        "notes/087" => lock(replay, false),
        // Time went by, and so the second invitation is not the first one again.
        "caldav-bearer/001" => set_clock(CLOCK + 60),
        "caldav-bearer/015" => delete_calendars(replay).await,
        "bearer-variants/003" | "bearer-variants/010" | "bearer-variants/017" => {
            mirror_notes(replay, name);
        }
        "bearer-variants/006" => {
            replay.cookies = Some(
                replay
                    .cookies_of("bearer-variants/004-1-user_oidc-8.10.1-ocs")
                    .await,
            );
        }
        "bearer-variants/020" => {
            let earlier = "bearer-variants/018-3-user_oidc-HEAD-plus-app_api-patch-ocs";
            replay.cookies = Some(replay.cookies_of(earlier).await);
        }
        "bearer-variants/013" => {
            replay.cookies = Some(
                replay
                    .cookies_of("bearer-variants/011-2-user_oidc-HEAD-8.11.0-dev-ocs")
                    .await,
            );
        }
        "errors/035" => {
            // The token of errors/029 was good once.
            let expired = &replay.all["errors/029-expired-opaque-ocs"];
            let token = expired
                .header("Authorization")
                .and_then(|value| value.split_once(' '))
                .expect("a token")
                .1
                .to_owned();
            replay.stand_in.state().add_token("alice", &token);
            replay.cookies = Some(replay.cookies_of("errors/029-expired-opaque-ocs").await);
            replay.stand_in.state().expire_token(&token);
        }
        "errors/047" => replay.stand_in.state().user("carol").enabled = false,
        "errors/053" => replay.stand_in.set(|settings| settings.notes_app = false),
        "errors/055" => replay.stand_in.set(|settings| {
            settings.notes_app = true;
            settings.bearer_validation = false;
        }),
        "errors/059" => replay
            .stand_in
            .set(|settings| settings.user_oidc_app = false),
        "errors/063" => replay.stand_in.set(|settings| {
            settings.user_oidc_app = true;
            settings.bearer_validation = true;
            settings.maintenance = true;
        }),
        "errors/072" => {
            replay.stand_in.set(|settings| settings.maintenance = false);
            replay
                .stand_in
                .set(|settings| settings.brute_force_protection = true);
            let wrong = replay.all["errors/006-basic-wrong-password-ocs"].clone();
            for _ in 0..FAILED_LOGINS {
                replay.send(&wrong).await;
            }
        }
        "auth/021" => replay.stand_in.state().grant_login("alice"),
        _ => {}
    }
}

/// Bodies that the recorder did not keep: forms with files, bytes that are no text, and what it cut.
pub(crate) fn body(recording: &Recording) -> Option<Vec<u8>> {
    if recording
        .header("Content-Type")
        .is_some_and(|kind| kind.starts_with("multipart/form-data"))
    {
        let form = "--XXboundary\r\nContent-Disposition: form-data; name=\"file\"; filename=\"a.png\"\r\n\
             Content-Type: image/png\r\n\r\nPNG\r\n--XXboundary--\r\n";
        return Some(form.into());
    }
    if recording.name.starts_with("notes/087") {
        return Some(b"caf\xe9".to_vec());
    }
    if recording.body.ends_with(" characters cut]") {
        let length: usize = recording.header("Content-Length")?.parse().ok()?;
        let (head, tail) = ("{\"content\": \"", "\"}");
        let filling = "x".repeat(length - head.len() - tail.len());
        return Some(format!("{head}{filling}{tail}").into());
    }
    None
}

fn app_password(number: u32) -> String {
    format!("FAKE-app-password-{number:03}-{}", "0".repeat(50))
}

/// Every account begins with an example event, which bob's calendar shows in caldav/102.
fn example_events(replay: &mut Replay) {
    let Some(recording) = replay
        .all
        .values()
        .find(|one| one.name.starts_with("caldav/102"))
    else {
        return;
    };
    let start = recording
        .answer_body
        .find("BEGIN:VCALENDAR")
        .expect("an event");
    let end = recording
        .answer_body
        .find("</cal:calendar-data>")
        .expect("an event");
    let data = recording.answer_body[start..end].replace('\n', "\r\n");
    let mut state = replay.stand_in.state();
    for user in ["alice", "bob"] {
        state.put_object(
            user,
            "personal",
            "J6WFDcLTjLlAszGbzvbfRJuVjlX5U9BO.ics",
            &data,
        );
    }
}

fn empty_notes(replay: &mut Replay) {
    let mut state = replay.stand_in.state();
    for note in state.notes("alice") {
        state.delete_note("alice", note.id);
    }
}

fn add_note(
    replay: &mut Replay,
    recorded: &str,
    user: &str,
    title: &str,
    category: &str,
    content: &str,
) {
    let id = replay
        .stand_in
        .state()
        .add_note(user, title, category, content);
    Canon::pair(
        &mut replay.recorded,
        &mut replay.ours,
        "id",
        recorded,
        &id.to_string(),
    );
}

fn lock(replay: &mut Replay, locked: bool) {
    let id = replay
        .recorded
        .counterpart("id", ATTACHMENT_NOTE, &replay.ours)
        .expect("the note with the attachment");
    let id = id.parse().expect("a number");
    replay
        .stand_in
        .state()
        .change_note("alice", id, |note| note.locked = locked);
}

/// The recorder cleaned up before it made its calendars a second time.
async fn delete_calendars(replay: &mut Replay) {
    for calendar in ["mcp-work", "mcp-tasks"] {
        let delete = Recording {
            target: format!("/remote.php/dav/calendars/alice/{calendar}/"),
            ..replay.all["caldav/130-delete-trashed-calendar-permanently"].clone()
        };
        replay.send(&delete).await;
    }
}

/// Gives alice the notes that a recorded list shows and nobody recorded the making of.
fn mirror_notes(replay: &mut Replay, name: &str) {
    let notes: Vec<Value> =
        serde_json::from_str(&replay.all[name].answer_body).expect("a list of notes");
    for note in notes {
        let text = |member: &str| note[member].as_str().unwrap_or_default().to_owned();
        let recorded = note["id"].to_string();
        if replay
            .recorded
            .counterpart("id", &recorded, &replay.ours)
            .is_some()
        {
            continue;
        }
        let readonly = note["readonly"] == true;
        add_note(
            replay,
            &recorded,
            "alice",
            &text("title"),
            &text("category"),
            &text("content"),
        );
        let id = replay
            .recorded
            .counterpart("id", &recorded, &replay.ours)
            .expect("an id just paired");
        replay
            .stand_in
            .state()
            .change_note("alice", id.parse().expect("a number"), |stored| {
                stored.modified = note["modified"].as_i64().unwrap_or_default();
                stored.favorite = note["favorite"] == true;
                stored.readonly = readonly;
                stored.share_types = note["shareTypes"]
                    .as_array()
                    .into_iter()
                    .flatten()
                    .filter_map(Value::as_i64)
                    .collect();
            });
    }
}

/// Files that nobody recorded the making of take up room.
fn mirror_room(replay: &mut Replay, name: &str) {
    let recording = &replay.all[name];
    let Ok(answer) = serde_json::from_str::<Value>(&recording.answer_body) else {
        return;
    };
    let data = &answer["ocs"]["data"];
    let (Some(user), Some(bytes)) = (data["id"].as_str(), data["quota"]["used"].as_u64()) else {
        return;
    };
    let mut state = replay.stand_in.state();
    let notes: usize = state
        .notes(user)
        .iter()
        .map(|note| note.content.len())
        .sum();
    state.user(user).other_files = usize::try_from(bytes)
        .expect("a size")
        .saturating_sub(notes);
}
