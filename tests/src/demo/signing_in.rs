//! The stops that only OAuth has: how a server that was given an address and nothing else comes to know people, and holds
//! each of their clients to what they allowed.

use anyhow::{Context as _, Result, ensure};
use serde_json::{Value, json};

use super::paper::Paper;
use super::stage::Stage;
use crate::harness::sign_in::{self, Departure, SignIn, Tokens};
use crate::harness::{Arrival, Browser, Client, Page, Person};

/// What the client may do that may do least.
const READS: &str = "notes.read";

/// All of these stops, in order; alice's client, for the rest of the tour.
pub(super) async fn take(paper: &mut Paper, stage: &Stage) -> Result<Client> {
    an_introduction(paper, stage)?;
    a_closed_door(paper, stage).await?;
    let alice = alice_signs_in(paper, stage).await?;
    bob_signs_in(paper, stage, &alice).await?;
    a_client_that_only_reads(paper, stage).await?;
    Ok(alice)
}

fn an_introduction(paper: &mut Paper, stage: &Stage) -> Result<()> {
    paper.stop("The server introduces itself to Nextcloud")?;
    paper.text("   It was given the address of a Nextcloud and nothing else. From its log:")?;
    let log = stage.server.logs.all();
    for said in [
        "PKCE support validated",
        "OIDC discovery successful",
        "Dynamic client registration successful",
        "OAuth client ready",
    ] {
        let line = log.iter().find(|line| line.contains(said));
        let line = line.with_context(|| format!("its log says \"{said}\""))?;
        let from = line.find(said).unwrap_or_default();
        paper.item(&line[from..])?;
    }
    Ok(())
}

async fn a_closed_door(paper: &mut Paper, stage: &Stage) -> Result<()> {
    paper.stop("Nobody gets in without a token")?;
    paper.call("tools/list", &json!({}))?;
    let answer = sign_in::challenge(&stage.server.endpoint()).await;
    ensure!(answer.status == 401, "401 for nobody: {}", answer.status);
    let metadata = answer.parameter("resource_metadata");
    let metadata = metadata.context("a 401 says where to begin")?;
    paper.refusal(&format!(
        "401, WWW-Authenticate: Bearer resource_metadata=\"{metadata}\""
    ))?;
    paper.text(
        "   There, an MCP client reads who gives out tokens, and begins to sign its user in.",
    )?;
    Ok(())
}

async fn alice_signs_in(paper: &mut Paper, stage: &Stage) -> Result<Client> {
    paper.stop("Alice signs in")?;
    let assistant = introduce("Alice's assistant", stage).await?;
    let issuer = assistant.metadata["issuer"].as_str().unwrap_or_default();
    paper.item(&format!("Her client registers by itself, at {issuer}."))?;
    let departure = assistant.depart(&everything(&assistant));
    paper.item(
        "It opens her browser there, and keeps a secret of which it shows the hash (PKCE).",
    )?;
    let mut browser = Browser::stopping_at(&assistant.redirect_uri);
    let offered = boxes(&browser.open(departure.url.as_str()).await)?;
    paper.item(&format!(
        "The consent page has a box to tick for each of: {}",
        offered.join(", ")
    ))?;
    let person = Person::example("alice");
    let tokens = arrive(&assistant, &departure, &mut browser, &person).await?;
    let at_nextcloud = |url: &url::Url| url.as_str().starts_with(&stage.nextcloud.url());
    let nextcloud = browser.trail.iter().filter(|(_, url, _)| at_nextcloud(url));
    ensure!(nextcloud.count() > 0, "she signed in at her Nextcloud");
    paper.item(
        "She allows all, and signs in at her Nextcloud: only there does she type her password.",
    )?;
    paper.item(
        "The browser brings her client a code; code and secret together are worth a token.",
    )?;
    let client = stage.server.client_with(&tokens.access).await;
    let who = client.ok("nc_capabilities_get_user", json!({})).await;
    ensure!(who["id"] == "alice", "the server acts as her: {who}");
    paper.call("nc_capabilities_get_user", &json!({}))?;
    paper.answer(&format!(
        "{} ({})",
        text(&who, "display_name"),
        text(&who, "id")
    ))?;
    paper.text("   The token is the server's own, and good here alone. Nextcloud's are sealed inside it, so the server")?;
    paper.text("   keeps nothing about her; a restart forgets nobody.")?;
    Ok(client)
}

async fn bob_signs_in(paper: &mut Paper, stage: &Stage, alice: &Client) -> Result<()> {
    paper.stop("So does Bob; each has their own notes")?;
    let tokens = sign_in_as("Bob's editor", stage, &Person::example("bob")).await?;
    let bob = stage.server.client_with(&tokens.access).await;
    let arguments = json!({ "title": "Surprise party", "content": "Do not tell Alice." });
    paper.call("bob: nc_notes_create_note", &arguments)?;
    let created = bob.ok("nc_notes_create_note", arguments).await;
    paper.answer(text(&created, "title"))?;
    for (name, client, notes) in [("bob", &bob, 1), ("alice", alice, 0)] {
        paper.call(&format!("{name}: nc_notes_list_notes"), &json!({}))?;
        let listed = client.call("nc_notes_list_notes", json!({})).await;
        let there = listed.structured["notes"].as_array().map(Vec::len);
        ensure!(there == Some(notes), "{name} sees {notes}: {}", listed.text);
        paper.answer(&listed.text)?;
    }
    bob.close().await;
    Ok(())
}

async fn a_client_that_only_reads(paper: &mut Paper, stage: &Stage) -> Result<()> {
    paper.stop("A client that may only read notes")?;
    let person = Person::example("alice").choosing(&[READS]);
    let tokens = sign_in_as("A dashboard", stage, &person).await?;
    let granted = tokens.scope.as_deref().unwrap_or_default();
    ensure!(granted == READS, "no more than she ticked: {granted}");
    paper.text(
        "   It asked for everything. On the consent page, Alice unticked all boxes but one:",
    )?;
    paper.item(&format!("scope: {granted}"))?;
    let client = stage.server.client_with(&tokens.access).await;
    let names = client.tool_names().await;
    client.close().await;
    paper.call("tools/list", &json!({}))?;
    paper.answer(&names.join(", "))?;
    let writes = |name: &String| !name.starts_with("nc_notes_") || name.contains("create");
    ensure!(
        !names.is_empty() && !names.iter().any(writes),
        "only what it may use: {names:?}"
    );
    let arguments = json!({ "title": "Hello", "content": "from a dashboard" });
    paper.call("nc_notes_create_note", &arguments)?;
    let params = json!({ "name": "nc_notes_create_note", "arguments": arguments });
    let endpoint = stage.server.endpoint();
    let answer = sign_in::call(&endpoint, Some(&tokens.access), "tools/call", &params).await;
    ensure!(answer.status == 403, "it may not write: {}", answer.status);
    let parameter = |name: &str| answer.parameter(name).unwrap_or_default();
    paper.refusal(&format!(
        "403, WWW-Authenticate: Bearer error=\"{}\", scope=\"{}\"",
        parameter("error"),
        parameter("scope")
    ))?;
    ensure!(parameter("error") == "insufficient_scope", "which is why");
    paper.text("   That is how a client learns what to ask her for, should she want it to write after all.")?;
    Ok(())
}

/// The whole of it, for whoever has seen the steps.
async fn sign_in_as(name: &str, stage: &Stage, person: &Person) -> Result<Tokens> {
    let client = introduce(name, stage).await?;
    let departure = client.depart(&everything(&client));
    let mut browser = Browser::stopping_at(&client.redirect_uri);
    arrive(&client, &departure, &mut browser, person).await
}

/// A client that follows the 401 to the authorization server and registers there.
async fn introduce(name: &str, stage: &Stage) -> Result<SignIn> {
    let mut client = SignIn::discover(&stage.server.endpoint()).await;
    let registration = json!({
        "client_name": name, "redirect_uris": [client.redirect_uri], "token_endpoint_auth_method": "none",
        "grant_types": ["authorization_code", "refresh_token"], "response_types": ["code"],
    });
    let answer = client.register_as(&registration).await;
    let id = answer.body["client_id"].as_str().context("a client id")?;
    id.clone_into(&mut client.client_id);
    Ok(client)
}

/// Through the browser to a token.
async fn arrive(
    client: &SignIn,
    departure: &Departure,
    browser: &mut Browser,
    person: &Person,
) -> Result<Tokens> {
    let at = browser.sign_in(departure.url.as_str(), person).await;
    let at = at.map_err(|page| anyhow::anyhow!("the way ends at {}: {}", page.url, page.text()))?;
    let code = client.arrived(departure, &at).map_err(anyhow::Error::msg)?;
    Ok(client.redeem(departure, &code).await.tokens())
}

/// All scopes that there are, as clients ask for them that know no better.
fn everything(client: &SignIn) -> String {
    let scopes = client.resource["scopes_supported"].as_array();
    let names: Vec<&str> = scopes
        .into_iter()
        .flatten()
        .filter_map(Value::as_str)
        .collect();
    names.join(" ")
}

/// What the consent page offers to tick.
fn boxes(arrival: &Arrival) -> Result<Vec<String>> {
    let forms = match arrival {
        Arrival::Page(page) => Page::forms(page),
        Arrival::Stopped(url) => anyhow::bail!("nobody was asked: {url}"),
    };
    let fields = forms.into_iter().flat_map(|form| form.fields);
    let scopes = fields.filter(|field| field.name == "scope");
    let names: Vec<String> = scopes.map(|field| field.value).collect();
    ensure!(names.iter().any(|name| name == READS), "boxes: {names:?}");
    Ok(names)
}

fn text<'v>(value: &'v Value, field: &str) -> &'v str {
    value[field].as_str().unwrap_or_default()
}
