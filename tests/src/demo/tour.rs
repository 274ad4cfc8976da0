//! The stops of the tour. Each calls tools as a client does, shows what came back, and fails where it is not what it
//! should be.

use std::collections::BTreeMap;
use std::time::Instant;

use anyhow::{Context as _, Result, ensure};
use serde_json::{Value, json};

use super::paper::Paper;
use super::stage::Stage;
use crate::harness::{Client, Outcome};

/// All stops, in order.
pub(super) async fn take(paper: &mut Paper, stage: &Stage, client: &Client) -> Result<()> {
    what_is_there(paper, client).await?;
    let note = a_note(paper, client).await?;
    a_search(paper, client, &note).await?;
    a_conflict(paper, stage, client, &note).await?;
    a_weekly_event(paper, client).await?;
    an_overstep(paper, stage, client).await?;
    a_plugin_that_never_returns(paper, client).await
}

async fn what_is_there(paper: &mut Paper, client: &Client) -> Result<()> {
    paper.stop("What can an assistant do here? (tools/list)")?;
    let mut groups: BTreeMap<String, Vec<String>> = BTreeMap::new();
    for tool in client.tools().await {
        let short = tool
            .name
            .strip_prefix("nc_")
            .context("a tool's name begins with nc_")?;
        let (plugin, name) = short.split_once('_').context("then comes its plugin")?;
        let reads = tool
            .annotations
            .as_ref()
            .and_then(|hints| hints.read_only_hint)
            .unwrap_or(false);
        let mark = if reads { "" } else { "*" };
        groups
            .entry(plugin.to_owned())
            .or_default()
            .push(format!("{name}{mark}"));
    }
    for plugin in ["notes", "calendar", "capabilities"] {
        let tools = groups
            .get(plugin)
            .with_context(|| format!("the {plugin} tools are there"))?;
        paper.item(&format!("{plugin}: {}", tools.join(", ")))?;
    }
    paper.item("hostile: a plugin that tries what no plugin may; see the last two stops")?;
    paper.text("   A tool without * only reads. The server holds it to that.")?;
    Ok(())
}

async fn a_note(paper: &mut Paper, client: &Client) -> Result<Value> {
    paper.stop("A note")?;
    let arguments = json!({ "title": "Shopping list", "content": "# Saturday\n\n- milk\n- coffee", "category": "Home" });
    let created = succeed(paper, client, "nc_notes_create_note", arguments).await?;
    ensure!(
        created.structured["title"] == "Shopping list",
        "the note has its title: {}",
        created.structured
    );
    Ok(created.structured)
}

async fn a_search(paper: &mut Paper, client: &Client, note: &Value) -> Result<()> {
    paper.stop("Found by parts of words")?;
    let found = succeed(
        paper,
        client,
        "nc_notes_search_notes",
        json!({ "query": "cof mil" }),
    )
    .await?;
    let first = &found.structured["results"][0];
    ensure!(
        first["id"] == note["id"],
        "the note is found: {}",
        found.structured
    );
    paper.item(&format!(
        "\"{}\": {}",
        text(first, "title"),
        text(first, "snippet").replace('\n', " ")
    ))?;
    Ok(())
}

async fn a_conflict(paper: &mut Paper, stage: &Stage, client: &Client, note: &Value) -> Result<()> {
    paper.stop("Two people, one note: nothing is lost")?;
    on_the_phone(stage, note, "# Saturday\n\n- milk\n- coffee\n- bread").await?;
    paper.text(
        "   Meanwhile Alice adds \"bread\" on her phone. The assistant still knows the older note:",
    )?;
    let arguments = json!({ "note_id": note["id"], "etag": note["etag"], "content": "# Saturday\n\n- milk\n- coffee\n- eggs" });
    let refused = fail(paper, client, "nc_notes_update_note", arguments).await?;
    let current = last_line(&refused.text)?;
    ensure!(
        text(&current, "content").contains("bread"),
        "the conflict shows what is there now: {current}"
    );
    let merged = format!("{}\n- eggs", text(&current, "content"));
    let arguments = json!({ "note_id": note["id"], "etag": current["etag"], "content": merged });
    succeed(paper, client, "nc_notes_update_note", arguments).await?;
    let now = client
        .ok("nc_notes_get_note", json!({ "note_id": note["id"] }))
        .await;
    let content = text(&now, "content");
    ensure!(
        content.contains("bread") && content.contains("eggs"),
        "both changes are there: {content}"
    );
    paper.item(&content.replace('\n', " "))?;
    Ok(())
}

async fn a_weekly_event(paper: &mut Paper, client: &Client) -> Result<()> {
    paper.stop("Every Monday at nine, across the change to summer time")?;
    let arguments = json!({
        "calendar_name": "personal", "title": "Team meeting", "start_datetime": "2027-03-15T09:00",
        "end_datetime": "2027-03-15T09:30", "recurrence_rule": "FREQ=WEEKLY;COUNT=4"
    });
    succeed(paper, client, "nc_calendar_create_event", arguments).await?;
    let arguments = json!({ "calendar_name": "personal", "start_date": "2027-03-15", "end_date": "2027-04-11" });
    let listed = succeed(paper, client, "nc_calendar_list_events", arguments).await?;
    let events = listed.structured["events"]
        .as_array()
        .context("a list of events")?
        .clone();
    let starts: Vec<&str> = events.iter().map(|event| text(event, "start")).collect();
    for start in &starts {
        paper.item(start)?;
    }
    let expected = [
        ("2027-03-15", "+01:00"),
        ("2027-03-22", "+01:00"),
        ("2027-03-29", "+02:00"),
        ("2027-04-05", "+02:00"),
    ];
    let right = starts.len() == expected.len()
        && starts.iter().zip(expected).all(|(start, (day, offset))| {
            start.starts_with(&format!("{day}T09:00")) && start.contains(offset)
        });
    ensure!(right, "nine o'clock stays nine o'clock: {starts:?}");
    paper.text("   Nine o'clock in Berlin stays nine o'clock, though UTC moves by an hour.")?;
    Ok(())
}

async fn an_overstep(paper: &mut Paper, stage: &Stage, client: &Client) -> Result<()> {
    paper.stop("A plugin that asks for more than it may have")?;
    stage.nextcloud.forget_requests();
    let attempts = [
        (
            "it wants a password of its own",
            "nc_hostile_fetch_read",
            "GET",
            "/ocs/v2.php/core/getapppassword",
        ),
        (
            "it wants another app's data",
            "nc_hostile_fetch_read",
            "GET",
            "/index.php/apps/notes/api/v1/notes",
        ),
        (
            "it hides where it goes",
            "nc_hostile_fetch_read",
            "GET",
            "/index.php/apps/hostile/api/%2e%2e/%2e%2e/notes/api/v1/notes",
        ),
        (
            "it wants another server",
            "nc_hostile_fetch_read",
            "GET",
            "//evil.example/",
        ),
        (
            "a tool that says it reads deletes",
            "nc_hostile_fetch_read",
            "DELETE",
            "/index.php/apps/hostile/api/items/1",
        ),
    ];
    for (what, tool, method, path) in attempts {
        paper.call(
            &format!("{tool}:"),
            &json!(format!("{what}: {method} {path}")),
        )?;
        let answer = client
            .call(tool, json!({ "method": method, "path": path }))
            .await;
        let refused = matches!(text(&answer.structured, "error"), "forbidden" | "malformed");
        ensure!(refused, "the host refuses: {}", answer.structured);
        paper.refusal(text(&answer.structured, "text"))?;
    }
    nothing_but_our_own_left(stage)?;
    paper.text("   None of these requests left the server.")?;
    Ok(())
}

/// No plugin's request reached Nextcloud, only what the server asks by itself.
fn nothing_but_our_own_left(stage: &Stage) -> Result<()> {
    let reached: Vec<String> = stage
        .nextcloud
        .requests()
        .iter()
        .map(crate::nextcloud::Entry::line)
        .collect();
    // What the server asks by itself: whose token it is, who that is, what their Nextcloud has.
    let own = |line: &String| {
        [
            "/apps/oidc/introspect",
            "/cloud/user",
            "/cloud/capabilities",
        ]
        .iter()
        .any(|path| line.contains(path))
    };
    ensure!(
        reached.iter().all(own),
        "none of it reached Nextcloud: {reached:?}"
    );
    Ok(())
}

async fn a_plugin_that_never_returns(paper: &mut Paper, client: &Client) -> Result<()> {
    paper.stop("A plugin that never returns, and everybody else")?;
    let spinning = async {
        let begun = Instant::now();
        let outcome = client.call("nc_hostile_spin", json!({})).await;
        (outcome, begun.elapsed())
    };
    let working = async {
        let begun = Instant::now();
        let outcome = client.call("nc_notes_list_notes", json!({})).await;
        (outcome, begun.elapsed())
    };
    paper.call("nc_hostile_spin", &json!({}))?;
    paper.call("nc_notes_list_notes", &json!({}))?;
    let ((spun, spun_for), (listed, listed_in)) = tokio::join!(spinning, working);
    ensure!(
        !listed.is_error && listed_in < spun_for,
        "others are served meanwhile: {}",
        listed.text
    );
    paper.answer(&format!(
        "{} ({} ms)",
        listed.text.lines().next().unwrap_or_default(),
        listed_in.as_millis()
    ))?;
    ensure!(
        spun.is_error,
        "a plugin that spins is stopped: {}",
        spun.text
    );
    paper.refusal(&format!("{} ({:.1} s)", spun.text, spun_for.as_secs_f32()))?;
    Ok(())
}

/// A change behind the assistant's back, straight at Nextcloud.
async fn on_the_phone(stage: &Stage, note: &Value, content: &str) -> Result<()> {
    let url = format!(
        "{}/index.php/apps/notes/api/v1/notes/{}",
        stage.nextcloud.url(),
        note["id"]
    );
    let password = stage.nextcloud.state().user("alice").password.clone();
    let request = crate::harness::http()
        .put(url)
        .basic_auth("alice", Some(password))
        .header("OCS-APIRequest", "true");
    request
        .json(&json!({ "content": content }))
        .send()
        .await?
        .error_for_status()?;
    Ok(())
}

/// A call that must succeed.
async fn succeed(
    paper: &mut Paper,
    client: &Client,
    tool: &str,
    arguments: Value,
) -> Result<Outcome> {
    paper.call(tool, &arguments)?;
    let outcome = client.try_call(tool, arguments).await?;
    ensure!(!outcome.is_error, "{tool}: {}", outcome.text);
    paper.answer(&outcome.text)?;
    Ok(outcome)
}

/// A call that must be refused.
async fn fail(paper: &mut Paper, client: &Client, tool: &str, arguments: Value) -> Result<Outcome> {
    paper.call(tool, &arguments)?;
    let outcome = client.try_call(tool, arguments).await?;
    ensure!(outcome.is_error, "{tool} is refused: {}", outcome.text);
    paper.refusal(&outcome.text)?;
    Ok(outcome)
}

/// What a refusal carries besides its words, which only a successful answer may have as structured content.
fn last_line(text: &str) -> Result<Value> {
    serde_json::from_str(text.lines().last().unwrap_or_default())
        .with_context(|| format!("it ends with what is there now: {text}"))
}

fn text<'v>(value: &'v Value, field: &str) -> &'v str {
    value[field].as_str().unwrap_or_default()
}
