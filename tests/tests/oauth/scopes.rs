//! Scopes: what is not granted is neither shown nor done.

use nextcloud_mcp_tests::harness::sign_in::call;
use nextcloud_mcp_tests::harness::{Person, SignIn};
use serde_json::json;

use super::{NOTES, stage, titles};

#[tokio::test]
async fn the_list_of_tools_is_what_the_user_granted() {
    let (_nextcloud, server) = stage().await;
    let person = Person::example("alice").choosing(&["notes.read"]);
    let (_, tokens) = SignIn::whole(&server.endpoint(), &person, NOTES).await;
    let granted = tokens.scope.unwrap();
    assert!(
        granted.split(' ').all(|scope| scope != "notes.write"),
        "{granted}"
    );
    let names = server.client_with(&tokens.access).await.tool_names().await;
    assert!(
        names.contains(&"nc_notes_list_notes".to_owned()),
        "{names:?}"
    );
    assert!(
        !names.iter().any(|name| name == "nc_notes_create_note"),
        "{names:?}"
    );
    assert!(
        !names.iter().any(|name| name.starts_with("nc_calendar_")),
        "{names:?}"
    );
}

#[tokio::test]
async fn what_a_scope_does_not_allow_is_a_403_that_names_it_and_nothing_happens() {
    let (nextcloud, server) = stage().await;
    let person = Person::example("alice").choosing(&["notes.read"]);
    let (_, tokens) = SignIn::whole(&server.endpoint(), &person, NOTES).await;
    let create =
        json!({"name": "nc_notes_create_note", "arguments": {"title": "New", "content": "text"}});
    let refusal = call(
        &server.endpoint(),
        Some(&tokens.access),
        "tools/call",
        &create,
    )
    .await;
    assert_eq!(refusal.status, 403, "{:?}", refusal.body);
    assert_eq!(
        refusal.parameter("error").as_deref(),
        Some("insufficient_scope")
    );
    let scope = refusal.parameter("scope").unwrap();
    assert!(
        scope.split(' ').any(|scope| scope == "notes.write"),
        "{scope}"
    );
    assert_eq!(nextcloud.state().notes("alice").len(), 1);
    assert_eq!(titles(&server, &tokens.access).await, ["Of alice"]);
}

#[tokio::test]
async fn a_refresh_widens_nothing() {
    let (_nextcloud, server) = stage().await;
    let person = Person::example("alice").choosing(&["notes.read"]);
    let (client, tokens) = SignIn::whole(&server.endpoint(), &person, NOTES).await;
    let refresh = tokens.refresh.unwrap();
    let form = [
        ("grant_type", "refresh_token"),
        ("refresh_token", refresh.as_str()),
        ("scope", NOTES),
    ];
    let answer = client.token(&form).await;
    if answer.status == 200 {
        let names = server
            .client_with(&answer.tokens().access)
            .await
            .tool_names()
            .await;
        assert!(
            !names.iter().any(|name| name == "nc_notes_create_note"),
            "{names:?}"
        );
    } else {
        assert_eq!(answer.error(), "invalid_scope");
    }
}
