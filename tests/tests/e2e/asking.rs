//! Questions of plugins to the person: over several requests since 2026-07-28, over the open connection before, and not at
//! all where nobody can be asked.

use std::time::Duration;

use nextcloud_mcp_server::auth::CallSeal;
use nextcloud_mcp_tests::harness::{Era, Peer, Reply, Server, Somebody, Told};
use nextcloud_mcp_tests::nextcloud::StandIn;
use rmcp::model::{GetPromptRequestParams, ReadResourceRequestParams};
use serde_json::{Value, json};

use crate::talker::{SOON, begin, send, start};

const KEY: &str = "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef";

fn cake() -> Reply {
    Reply::Accept(json!({"flavour": "plum", "pieces": 3}))
}

fn sure() -> Reply {
    Reply::Accept(json!({"sure": true}))
}

/// The first request of a call that asks: the state that it ends with.
async fn asked(endpoint: &str, name: &str) -> String {
    let call = json!({"name": "nc_talker_order", "arguments": {"name": name}});
    let answer = send(endpoint, "tools/call", call).await;
    assert_eq!(answer["result"]["resultType"], "input_required", "{answer}");
    answer["result"]["requestState"]
        .as_str()
        .unwrap()
        .to_owned()
}

/// The same call again, with an answer and a state.
fn again(name: &str, state: &str) -> Value {
    let answer = json!({"action": "accept", "content": {"flavour": "plum", "pieces": 3}});
    json!({
        "name": "nc_talker_order", "arguments": {"name": name}, "requestState": state,
        "inputResponses": {"question": answer},
    })
}

#[tokio::test]
async fn a_call_goes_on_with_what_the_person_answered() {
    let stage = begin(|start| start).await;
    let client = stage.client(Somebody::who_says([cake(), sure()])).await;
    let outcome = client.call("nc_talker_order", json!({"name": "Ada"})).await;
    assert_eq!(
        outcome.structured,
        json!({"flavour": "plum", "pieces": 3, "note": null, "sure": true})
    );
    assert_eq!(
        client.questions(),
        ["Which cake for Ada?", "3 pieces: are you sure?"]
    );
    let Told::Question(_, form) = &client.told()[0] else {
        panic!("a question");
    };
    assert_eq!(
        form["properties"]["flavour"]["enum"],
        json!(["plum", "poppy"])
    );
}

#[tokio::test]
async fn no_and_nothing_are_answers_too() {
    let stage = begin(|start| start).await;
    for (reply, said) in [
        (Reply::Decline, "They said no."),
        (Reply::Close, "They said nothing."),
    ] {
        let client = stage.client(Somebody::who_says([reply])).await;
        let outcome = client.call("nc_talker_order", json!({"name": "Ada"})).await;
        assert!(
            outcome.is_error && outcome.text.contains(said),
            "{}",
            outcome.text
        );
    }
}

#[tokio::test]
async fn an_answer_that_does_not_fit_never_reaches_the_plugin() {
    let stage = begin(|start| start).await;
    let wrong = Reply::Accept(json!({"flavour": "chalk", "pieces": 3}));
    let client = stage.client(Somebody::who_says([wrong])).await;
    let outcome = client.call("nc_talker_order", json!({"name": "Ada"})).await;
    assert!(outcome.is_error);
    assert!(
        outcome.text.contains("/flavour") && outcome.text.contains("does not fit the form"),
        "{}",
        outcome.text
    );
}

#[tokio::test]
async fn a_client_that_cannot_ask_is_not_asked() {
    let stage = begin(|start| start).await;
    for era in [Era::Discover, Era::Handshake] {
        let client = Somebody::nobody().http(&stage.server.endpoint(), era).await;
        let outcome = client.call("nc_talker_order", json!({"name": "Ada"})).await;
        assert!(
            outcome.text.contains("Nobody can be asked."),
            "{}",
            outcome.text
        );
    }
    // Over HTTP an older client has no way back, whatever it could show.
    let client = Somebody::who_says([cake()]);
    let client = client.http(&stage.server.endpoint(), Era::Handshake).await;
    let outcome = client.call("nc_talker_order", json!({"name": "Ada"})).await;
    assert!(
        outcome.text.contains("Nobody can be asked."),
        "{}",
        outcome.text
    );
}

#[tokio::test]
async fn over_pipes_clients_of_both_eras_are_asked() {
    let nextcloud = StandIn::with_two_users().await;
    for era in [Era::Handshake, Era::Discover] {
        let somebody = Somebody::who_says([cake(), sure()]);
        let client = somebody.stdio(start(&nextcloud), era).await;
        let outcome = client.call("nc_talker_order", json!({"name": "Ada"})).await;
        assert_eq!(
            outcome.structured["sure"], true,
            "{era:?}: {}",
            outcome.text
        );
        assert_eq!(client.questions().len(), 2);
        client.close().await;
    }
}

#[tokio::test]
async fn a_person_who_thinks_longer_than_a_call_may_last_is_waited_for() {
    let nextcloud = StandIn::with_two_users().await;
    let start = start(&nextcloud).with("NEXTCLOUD_MCP_CALL_SECONDS", "1");
    let client = Somebody::who_says([Reply::Silence]);
    let client = client.stdio(start, Era::Handshake).await;
    let arguments = json!({"name": "Ada"});
    let call = client.try_call("nc_talker_order", &arguments);
    let call = tokio::time::timeout(Duration::from_secs(3), call).await;
    assert!(
        call.is_err(),
        "it waits, and the client can give up: {call:?}"
    );
    client.close().await;
}

#[tokio::test]
async fn prompts_and_resources_ask_as_well() {
    let stage = begin(|start| start).await;
    let whom = Reply::Accept(json!({"whom": "the world"}));
    let client = stage.client(Somebody::who_says([whom, sure()])).await;
    let prompt = GetPromptRequestParams::new("nc_talker_greet");
    let prompt = client.service.get_prompt(prompt).await.unwrap();
    let prompt = serde_json::to_value(&prompt.messages).unwrap();
    assert_eq!(prompt[0]["content"]["text"], "Greet the world.");
    let cake = ReadResourceRequestParams::new("nc://talker/cake");
    let cake = client.service.read_resource(cake).await.unwrap();
    let cake = serde_json::to_value(&cake.contents).unwrap();
    assert_eq!(cake[0]["text"], r#"{"done":true}"#);
}

#[tokio::test]
async fn a_state_is_good_for_its_own_call_alone() {
    let talker = begin(|start| start).await;
    let endpoint = talker.server.endpoint();
    let state = asked(&endpoint, "Ada").await;
    assert!(!state.contains("Ada") && !state.contains("alice"));
    let more = send(&endpoint, "tools/call", again("Ada", &state)).await;
    assert_eq!(more["result"]["resultType"], "input_required", "{more}");
    assert_ne!(more["result"]["requestState"], state.as_str());
    let mut changed = state.clone();
    changed.replace_range(40..41, if &state[40..41] == "A" { "B" } else { "A" });
    let prompt = json!({"name": "nc_talker_greet", "requestState": state});
    for (method, params, why) in [
        (
            "tools/call",
            again("Ada", &format!("{state}-TAMPERED")),
            "changed on the way",
        ),
        ("tools/call", again("Ada", &changed), "changed on the way"),
        ("tools/call", again("Ada", "anything"), "changed on the way"),
        ("tools/call", again("Eve", &state), "other arguments"),
        ("prompts/get", prompt, "another call"),
    ] {
        let answer = send(&endpoint, method, params).await;
        assert_eq!(answer["error"]["code"], -32602, "{answer}");
        let said = answer["error"]["message"].as_str().unwrap();
        assert!(said.contains(why), "{said}");
    }
}

#[tokio::test]
async fn a_missing_answer_is_asked_for_again_and_a_malformed_one_refused() {
    let talker = begin(|start| start).await;
    let endpoint = talker.server.endpoint();
    let state = asked(&endpoint, "Ada").await;
    for responses in [json!({}), json!({"other": {"action": "accept"}})] {
        let mut call = again("Ada", &state);
        call["inputResponses"] = responses;
        let answer = send(&endpoint, "tools/call", call).await;
        assert_eq!(answer["result"]["resultType"], "input_required", "{answer}");
    }
    let mut call = again("Ada", &state);
    call["inputResponses"]["question"] = json!({"action": "maybe"});
    let answer = send(&endpoint, "tools/call", call).await;
    assert_eq!(answer["error"]["code"], -32602, "{answer}");
    let mut more = again("Ada", &state);
    more["inputResponses"]["unknown"] = json!({"action": "maybe"});
    let answer = send(&endpoint, "tools/call", more).await;
    assert_eq!(answer["result"]["resultType"], "input_required", "{answer}");
}

#[tokio::test]
async fn replicas_with_one_key_go_on_with_each_others_calls_and_others_do_not() {
    let nextcloud = StandIn::with_two_users().await;
    let with_key = || start(&nextcloud).with("NEXTCLOUD_MCP_SECRET_KEY", KEY);
    let (one, replica) = (with_key().start().await, with_key().start().await);
    let stranger = start(&nextcloud).start().await;
    let bob = Server::basic(&nextcloud, "bob")
        .with(
            "NEXTCLOUD_MCP_PLUGIN_DIR",
            Peer::Guests.required().display().to_string(),
        )
        .with("NEXTCLOUD_MCP_ENABLE_PLUGIN", "talker")
        .with("NEXTCLOUD_MCP_SECRET_KEY", KEY)
        .start()
        .await;
    let state = asked(&one.endpoint(), "Ada").await;
    let answer = send(&replica.endpoint(), "tools/call", again("Ada", &state)).await;
    assert_eq!(answer["result"]["resultType"], "input_required", "{answer}");
    let answer = send(&stranger.endpoint(), "tools/call", again("Ada", &state)).await;
    assert_eq!(answer["error"]["code"], -32602, "{answer}");
    let answer = send(&bob.endpoint(), "tools/call", again("Ada", &state)).await;
    let said = answer["error"]["message"].as_str().unwrap();
    assert!(said.contains("another user"), "{said}");
}

#[tokio::test]
async fn a_plugin_that_asks_wrongly_or_without_end_is_stopped_in_words() {
    let stage = begin(|start| start).await;
    let yes = || Somebody::who_says(std::iter::repeat_n(sure(), 50));
    for (tool, arguments, said) in [
        ("nested", json!({}), "`inner` is no text, number"),
        (
            "curious",
            json!({"count": 9}),
            "asked more than 8 questions",
        ),
        ("restless", json!({}), "Nobody can be asked."),
    ] {
        let client = stage.client(yes()).await;
        let name = format!("nc_talker_{tool}");
        let called = client.try_call(&name, &arguments);
        let called = tokio::time::timeout(SOON, called).await.unwrap();
        let text = called.unwrap().text;
        assert!(text.contains(said), "{tool}: {text}");
        assert!(client.questions().len() <= 9, "{tool}");
    }
}

#[tokio::test]
async fn a_question_that_was_asked_long_ago_is_not_answered_any_more() {
    let nextcloud = StandIn::with_two_users().await;
    let server = start(&nextcloud).with("NEXTCLOUD_MCP_SECRET_KEY", KEY);
    let server = server.start().await;
    let state = asked(&server.endpoint(), "Ada").await;
    // As the server itself would have sealed it eleven minutes ago.
    let seal = CallSeal::basic(Some(&KEY.into())).unwrap();
    let opened: String = seal.open(&state).unwrap();
    let mut opened: Value = serde_json::from_str(&opened).unwrap();
    let soon = opened["expires"].as_u64().unwrap();
    opened["expires"] = json!(soon - 11 * 60);
    let old = seal.seal(&opened.to_string()).unwrap();
    let answer = send(&server.endpoint(), "tools/call", again("Ada", &old)).await;
    let said = answer["error"]["message"].as_str().unwrap();
    assert!(said.contains("older than 10 minutes"), "{said}");
}
