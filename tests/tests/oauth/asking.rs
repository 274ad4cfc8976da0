//! Questions to the person where everybody signs in: each is asked their own, and a question's state is nobody else's.

use nextcloud_mcp_tests::harness::{Era, Peer, Person, Reply, Server, SignIn, Somebody, request};
use nextcloud_mcp_tests::nextcloud::StandIn;
use serde_json::{Value, json};

use super::unhurried;

const TALKER: &str = "talker.read offline_access";

async fn stage() -> (StandIn, Server) {
    let nextcloud = StandIn::with_two_users().await;
    let guests = Peer::Guests.required().display().to_string();
    let start = unhurried(&nextcloud)
        .with("NEXTCLOUD_MCP_PLUGIN_DIR", guests)
        .with("NEXTCLOUD_MCP_ENABLE_PLUGIN", "talker");
    let server = start.start().await;
    (nextcloud, server)
}

async fn token(server: &Server, user: &str) -> String {
    let person = Person::example(user);
    let (_, tokens) = SignIn::whole(&server.endpoint(), &person, TALKER).await;
    tokens.access
}

async fn call(server: &Server, token: &str, mut params: Value) -> Value {
    params["name"] = json!("nc_talker_order");
    let request = request(&server.endpoint(), "tools/call", params).bearer_auth(token);
    request.send().await.unwrap().json().await.unwrap()
}

#[tokio::test]
async fn each_person_is_asked_what_they_called_for() {
    let (_nextcloud, server) = stage().await;
    let endpoint = server.endpoint();
    for (user, pieces) in [("alice", 3), ("bob", 4)] {
        let replies = [
            Reply::Accept(json!({"flavour": "plum", "pieces": pieces})),
            Reply::Accept(json!({"sure": true})),
        ];
        let token = token(&server, user).await;
        let somebody = Somebody::who_says(replies);
        let client = somebody.http_as(&token, &endpoint, Era::Discover).await;
        let outcome = client.call("nc_talker_order", json!({"name": user})).await;
        assert_eq!(outcome.structured["pieces"], pieces, "{}", outcome.text);
        let asked = format!("Which cake for {user}?");
        assert_eq!(client.questions()[0], asked);
    }
}

#[tokio::test]
async fn a_question_that_one_person_was_asked_is_answered_by_no_other() {
    let (_nextcloud, server) = stage().await;
    let (alice, bob) = (token(&server, "alice").await, token(&server, "bob").await);
    let arguments = json!({"name": "Ada"});
    let asked = call(&server, &alice, json!({"arguments": arguments})).await;
    assert_eq!(asked["result"]["resultType"], "input_required", "{asked}");
    let answer = json!({"action": "accept", "content": {"flavour": "plum", "pieces": 3}});
    let again = json!({
        "arguments": arguments, "requestState": asked["result"]["requestState"],
        "inputResponses": {"question": answer},
    });
    let refused = call(&server, &bob, again.clone()).await;
    assert_eq!(refused["error"]["code"], -32602, "{refused}");
    // A token that alice got anew is alice's all the same.
    let renewed = token(&server, "alice").await;
    let taken = call(&server, &renewed, again).await;
    assert_eq!(taken["result"]["resultType"], "input_required", "{taken}");
    let next = taken["result"]["inputRequests"].to_string();
    assert!(next.contains("3 pieces: are you sure?"), "{taken}");
}
