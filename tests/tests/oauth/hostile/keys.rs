//! Keys: what one seals, a server without it does not know; and what clients are told then, so that they start anew.

use nextcloud_mcp_tests::harness::{Person, SignIn};

use crate::wire::{assert_invalid_token, with_token};
use crate::{NOTES, stage, titles};

const KEY: &str = "NEXTCLOUD_MCP_SECRET_KEY";
const OTHER: &str = "00112233445566778899aabbccddeeff00112233445566778899aabbccddeeff";

#[tokio::test]
async fn with_another_key_nothing_opens_and_clients_are_told_to_begin_anew() {
    let (nextcloud, server) = stage().await;
    let alice = Person::example("alice");
    let (client, tokens) = SignIn::whole(&server.endpoint(), &alice, NOTES).await;
    let refresh = tokens.refresh.clone().unwrap();
    assert_eq!(with_token(&server, &tokens.access).await.status, 200);

    let start = server.kill().await;
    let old = start.setting(KEY).unwrap().to_owned();
    let server = start.with(KEY, OTHER).start().await;
    assert_invalid_token(
        &with_token(&server, &tokens.access).await,
        "the old access token",
    );
    let refused = client.refresh(&refresh).await;
    assert_eq!((refused.status, refused.error()), (401, "invalid_client"));
    let page = crate::wire::http()
        .get(client.depart(NOTES).url)
        .send()
        .await
        .unwrap();
    assert_eq!(page.status(), 400);
    assert!(page.text().await.unwrap().contains("registers anew"));
    let (_, new) = SignIn::whole(&server.endpoint(), &alice, NOTES).await;
    assert_eq!(titles(&server, &new.access).await, ["Of alice"]);
    assert_eq!(
        nextcloud.registrations(),
        2,
        "the stored client did not open either"
    );

    // Both keys, the new one first: what either sealed opens.
    let both = server.kill().await.with(KEY, format!("{OTHER} {old}"));
    let server = both.start().await;
    assert_eq!(titles(&server, &new.access).await, ["Of alice"]);
    let again = client.refresh(&refresh).await.tokens();
    assert_eq!(titles(&server, &again.access).await, ["Of alice"]);
    assert_eq!(nextcloud.registrations(), 2);
}
