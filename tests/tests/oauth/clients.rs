//! Clients that come otherwise: with app passwords, by Nextcloud's own authorization server, with tokens that name no
//! scope; and those that come too often.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use nextcloud_mcp_tests::harness::sign_in::{Answer, call, get};
use nextcloud_mcp_tests::harness::{Person, Server, SignIn};
use nextcloud_mcp_tests::nextcloud::{NewClient, StandIn, TokenKind};
use serde_json::json;

use crate::wire::{assert_away, assert_challenge, http, post, with_token};
use crate::{NOTES, titles, unhurried};

/// For people: five groups of five.
const FOR_PEOPLE: &str = "aB3dE-fG5hJ-kL7mN-pQ9rS-tU2vW";

async fn basic(server: &Server, login: &str, password: &str) -> Answer {
    let pair = STANDARD.encode(format!("{login}:{password}"));
    Answer::of(post(server).header("Authorization", format!("Basic {pair}"))).await
}

/// A Nextcloud with app passwords of both forms, and a server that takes them, or not.
async fn with_app_passwords(accepted: &str) -> (StandIn, Server, String) {
    let nextcloud = StandIn::with_two_users().await;
    let for_programs = "aB3".repeat(24);
    nextcloud.state().add_note("alice", "Of alice", "", "text");
    nextcloud.state().add_app_password("alice", FOR_PEOPLE);
    nextcloud.state().add_app_password("alice", &for_programs);
    nextcloud.set(|settings| settings.brute_force_protection = true);
    let start = unhurried(&nextcloud).with("NEXTCLOUD_MCP_ACCEPT_APP_PASSWORDS", accepted);
    let server = start.start().await;
    nextcloud.forget_requests();
    (nextcloud, server, for_programs)
}

#[tokio::test]
async fn app_passwords_open_nothing_unless_the_operator_says_so() {
    for off in ["", "false"] {
        let (nextcloud, server, for_programs) = with_app_passwords(off).await;
        for password in [FOR_PEOPLE, &for_programs, "alice-pass-12345"] {
            let answer = basic(&server, "alice", password).await;
            assert_eq!(answer.status, 401, "{password}");
            assert_challenge(&answer, password);
        }
        assert!(nextcloud.requests().is_empty(), "nothing was tried");
    }
    let (_nextcloud, server, for_programs) = with_app_passwords("true").await;
    for password in [FOR_PEOPLE, &for_programs] {
        let answer = basic(&server, "alice", password).await;
        assert_eq!(answer.status, 200, "{:?}", answer.body);
        let names = answer.body.to_string();
        assert!(names.contains("nc_notes_create_note"), "every scope");
    }
}

#[tokio::test]
async fn what_nextcloud_did_not_generate_is_not_sent_on() {
    let (nextcloud, server, for_programs) = with_app_passwords("true").await;
    let long = "a".repeat(300);
    for password in [
        "alice-pass-12345",
        "",
        "aB3dE-fG5hJ-kL7mN-pQ9rS",
        "aB3dE-fG5hJ-kL7mN-pQ9rS-tU2vW-xY4zA",
        "aB3dE-fG5hJ-kL7mN-pQ9rS-tU2v!",
        "aB3dE fG5hJ kL7mN pQ9rS tU2vW",
        &for_programs[1..],
        &format!("{for_programs}x"),
        &for_programs.replace('a', "ä"),
    ] {
        let answer = basic(&server, "alice", password).await;
        assert_eq!(answer.status, 401, "{password}");
        assert!(
            !answer.body.to_string().contains("alice-pass"),
            "it is not repeated"
        );
    }
    for login in ["", &long, "alice\n"] {
        assert_eq!(
            basic(&server, login, FOR_PEOPLE).await.status,
            401,
            "{login:?}"
        );
    }
    assert!(nextcloud.requests().is_empty(), "nothing was tried");
    assert_eq!(basic(&server, "alice", FOR_PEOPLE).await.status, 200);
}

#[tokio::test]
async fn a_wrong_app_password_is_tried_once_and_strangers_lock_nobody_out() {
    let (nextcloud, server, _) = with_app_passwords("true").await;
    assert_eq!(basic(&server, "alice", FOR_PEOPLE).await.status, 200);
    nextcloud.forget_requests();
    let wrong = "xxxxx-xxxxx-xxxxx-xxxxx-xxxx0";
    for _ in 0..5 {
        let answer = basic(&server, "alice", wrong).await;
        assert_eq!(answer.status, 401);
        assert_eq!(answer.parameter("error").as_deref(), Some("invalid_token"));
    }
    let tried = |nextcloud: &StandIn| {
        let all = nextcloud.requests();
        all.iter().filter(|entry| entry.status == 401).count()
    };
    assert_eq!(tried(&nextcloud), 1, "the same again is not tried again");
    // The right password of another account is wrong, too.
    assert_eq!(basic(&server, "bob", FOR_PEOPLE).await.status, 401);
    let mut away = 0;
    for number in 1..10 {
        let answer = basic(
            &server,
            "alice",
            &format!("xxxxx-xxxxx-xxxxx-xxxxx-xxxx{number}"),
        )
        .await;
        if answer.status == 503 {
            assert_away(&answer, "strangers");
            away += 1;
        } else {
            assert_eq!(answer.status, 401);
        }
    }
    assert!(away >= 4, "{away}");
    assert!(
        tried(&nextcloud) <= 5,
        "{} failed logins at Nextcloud",
        tried(&nextcloud)
    );
    // Whoever is known goes on, and Nextcloud locked our address out for nobody.
    assert_eq!(basic(&server, "alice", FOR_PEOPLE).await.status, 200);
    let (_, tokens) = SignIn::whole(&server.endpoint(), &Person::example("alice"), NOTES).await;
    assert_eq!(titles(&server, &tokens.access).await, ["Of alice"]);
}

#[tokio::test]
async fn a_revoked_app_password_ends_within_what_is_believed() {
    let nextcloud = StandIn::with_two_users().await;
    nextcloud.state().add_app_password("alice", FOR_PEOPLE);
    let start = unhurried(&nextcloud)
        .with("NEXTCLOUD_MCP_ACCEPT_APP_PASSWORDS", "true")
        .with("NEXTCLOUD_MCP_TOKEN_CACHE_SECONDS", "1");
    let server = start.start().await;
    assert_eq!(basic(&server, "alice", FOR_PEOPLE).await.status, 200);
    // The session that it opened lives on at Nextcloud.
    nextcloud.state().forget_app_password(FOR_PEOPLE);
    tokio::time::sleep(std::time::Duration::from_millis(1200)).await;
    assert_eq!(basic(&server, "alice", FOR_PEOPLE).await.status, 401);
}

#[tokio::test]
async fn nextcloud_itself_can_be_the_authorization_server() {
    let nextcloud = StandIn::with_two_users().await;
    nextcloud.state().add_note("alice", "Of alice", "", "text");
    let start = unhurried(&nextcloud).with("NEXTCLOUD_MCP_AUTHORIZATION_SERVER", "nextcloud");
    let server = start.start().await;
    let document = get(&format!(
        "{}/.well-known/oauth-protected-resource/mcp",
        server.url()
    ))
    .await;
    assert_eq!(
        document.body["authorization_servers"],
        json!([nextcloud.url()])
    );
    assert_eq!(document.body["resource"], server.endpoint());
    for path in [
        "/.well-known/oauth-authorization-server",
        "/.well-known/openid-configuration",
        "/oauth/authorize",
    ] {
        assert_eq!(
            get(&format!("{}{path}", server.url())).await.status,
            404,
            "{path}"
        );
    }
    let register = http()
        .post(format!("{}/oauth/register", server.url()))
        .body("{}");
    assert_eq!(Answer::of(register).await.status, 404);

    let scope = "openid notes.read";
    let mut client = SignIn::discover(&server.endpoint()).await;
    assert_eq!(client.metadata["issuer"], nextcloud.url());
    let registration =
        json!({"client_name": "Direct", "redirect_uris": [client.redirect_uri], "scope": scope});
    let answer = client.register_as(&registration).await;
    client.client_id = answer.body["client_id"].as_str().unwrap().to_owned();
    client.client_secret = answer.body["client_secret"].as_str().map(str::to_owned);
    let mut browser = nextcloud_mcp_tests::harness::Browser::stopping_at(&client.redirect_uri);
    let tokens = client
        .tokens(&mut browser, &Person::example("alice"), scope)
        .await;
    assert_eq!(titles(&server, &tokens.access).await, ["Of alice"]);
}

#[tokio::test]
async fn a_token_that_names_no_scope_may_do_what_the_operator_says_and_no_more() {
    let create =
        json!({"name": "nc_notes_create_note", "arguments": {"title": "New", "content": "text"}});
    for (default, list, write) in [
        ("", 403, 403),
        ("notes.read", 200, 403),
        ("notes.read,notes.write", 200, 200),
        ("nothing.known", 403, 403),
    ] {
        let nextcloud = StandIn::with_two_users().await;
        let start = unhurried(&nextcloud).with("NEXTCLOUD_MCP_DEFAULT_SCOPES", default);
        let server = start.start().await;
        let client = nextcloud
            .create_client(NewClient::at("http://127.0.0.1:1/"))
            .id;
        let resource = server.endpoint();
        let issue = |scopes: &str| {
            let kind = TokenKind::Opaque;
            nextcloud
                .issue_token("alice", &client, scopes, Some(&resource), kind)
                .access_token
        };
        let unnamed = issue("openid profile");
        let answer = with_token(&server, &unnamed).await;
        assert_eq!(answer.status, list, "{default}: {:?}", answer.body);
        if list == 403 {
            assert_eq!(
                answer.parameter("error").as_deref(),
                Some("insufficient_scope")
            );
            let scope = answer.parameter("scope").unwrap();
            assert!(scope.contains("notes.read"), "{scope}");
        }
        let answer = call(&server.endpoint(), Some(&unnamed), "tools/call", &create).await;
        assert_eq!(answer.status, write, "{default}: {:?}", answer.body);
        // A token that names its scopes has those alone.
        let reading = issue("openid notes.read");
        assert_eq!(with_token(&server, &reading).await.status, 200, "{default}");
        let answer = call(&server.endpoint(), Some(&reading), "tools/call", &create).await;
        assert_eq!(answer.status, 403, "{default}");
        assert_eq!(answer.parameter("scope").as_deref(), Some("notes.write"));
    }
}

fn assert_too_many(answer: &Answer, what: &str) {
    assert_eq!(answer.status, 429, "{what}: {:?}", answer.body);
    let after = answer.headers["retry-after"].to_str().unwrap();
    let after: u64 = after.parse().unwrap();
    assert!((1..=60).contains(&after), "{what}: {after}");
}

#[tokio::test]
async fn too_many_requests_to_sign_in_are_429_and_leave_the_rest_alone() {
    let nextcloud = StandIn::with_two_users().await;
    let server = Server::oauth(&nextcloud)
        .with("NEXTCLOUD_MCP_OAUTH_RATE", "5")
        .start()
        .await;
    let register = |from: &str| {
        http()
            .post(format!("{}/oauth/register", server.url()))
            .header("X-Forwarded-For", from)
            .json(&json!({"redirect_uris": ["http://127.0.0.1/callback"]}))
    };
    for number in 0..5 {
        assert_eq!(
            Answer::of(register("192.0.2.1")).await.status,
            201,
            "{number}"
        );
    }
    assert_too_many(&Answer::of(register("192.0.2.1")).await, "the sixth");
    let other = Answer::of(register("192.0.2.2")).await;
    assert_too_many(&other, "from another address, as nobody trusted says");
    let page = Answer::of(http().get(format!("{}/oauth/authorize", server.url()))).await;
    assert_too_many(&page, "a page of sign-in");
    for path in [
        "/.well-known/oauth-protected-resource",
        "/.well-known/oauth-authorization-server",
        "/health/live",
        "/",
    ] {
        assert_eq!(
            get(&format!("{}{path}", server.url())).await.status,
            200,
            "{path}"
        );
    }
    assert_eq!(
        Answer::of(post(&server)).await.status,
        401,
        "/mcp has a budget of its own"
    );
}

#[tokio::test]
async fn each_address_that_a_trusted_proxy_names_has_its_own_budget() {
    let nextcloud = StandIn::with_two_users().await;
    let start = Server::oauth(&nextcloud)
        .with("NEXTCLOUD_MCP_OAUTH_RATE", "2")
        .with("NEXTCLOUD_MCP_TRUSTED_PROXIES", "127.0.0.0/8");
    let server = start.start().await;
    let asked = async |from: &str| {
        let request = http().get(format!("{}/oauth/authorize", server.url()));
        Answer::of(request.header("X-Forwarded-For", from)).await
    };
    for _ in 0..2 {
        assert_eq!(asked("192.0.2.1").await.status, 400);
    }
    assert_too_many(&asked("192.0.2.1").await, "the third");
    assert_too_many(
        &asked("203.0.113.7, 192.0.2.1").await,
        "with something in front",
    );
    assert_eq!(asked("192.0.2.2").await.status, 400, "another address");
}

#[tokio::test]
async fn too_many_requests_to_mcp_are_429_and_too_many_wrong_tokens_far_sooner() {
    let nextcloud = StandIn::with_two_users().await;
    let server = Server::oauth(&nextcloud)
        .with("NEXTCLOUD_MCP_RATE", "80")
        .start()
        .await;
    let (_, tokens) = SignIn::whole(&server.endpoint(), &Person::example("alice"), NOTES).await;
    assert_eq!(with_token(&server, &tokens.access).await.status, 200);
    nextcloud.forget_requests();
    for number in 0..2 {
        let answer = with_token(&server, &format!("guess-{number}")).await;
        assert_eq!(answer.status, 401);
    }
    let asked = nextcloud.requests().len();
    assert_too_many(&with_token(&server, "guess-2").await, "the third guess");
    assert_eq!(nextcloud.requests().len(), asked, "it was not tried");
    let nobody = Answer::of(post(&server)).await;
    assert_eq!(
        nobody.status, 401,
        "without a guess one learns where to sign in"
    );
    let mut last = nobody;
    for _ in 0..80 {
        last = Answer::of(post(&server)).await;
    }
    assert_too_many(&last, "the eighty-first");
}
