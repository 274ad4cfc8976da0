//! A run through every flow, and the failures of each.

use std::path::Path;
use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use nextcloud_mcp_tests::harness::{Arrival, Browser, Client, Peer, Person, Server, SignIn};
use nextcloud_mcp_tests::nextcloud::{Fault, NewClient, StandIn, TokenKind, Trouble};
use serde_json::json;

use crate::recorder::Recorder;
use crate::secrets::{Place, Secrets};
use crate::unhurried;
use crate::wire::http;

/// Everything, so that the guest's tools can be called, too.
const ALL: &str = "notes.read notes.write hostile.read hostile.write offline_access";
/// Where alice's app password opens.
const APP_PASSWORD: &str = "aB3dE-fG5hJ-kL7mN-pQ9rS-tU2vW";

/// A server in the middle of it.
pub(super) struct Run {
    nextcloud: StandIn,
    pub(super) server: Server,
    pub(super) recorder: Recorder,
    key: String,
    /// Of servers that ended.
    pub(super) log: String,
    _plugins: tempfile::TempDir,
}

fn copy_folder(from: &Path, to: &Path) {
    std::fs::create_dir_all(to).unwrap();
    for file in std::fs::read_dir(from).unwrap().flatten() {
        std::fs::copy(file.path(), to.join(file.file_name())).unwrap();
    }
}

/// Starts everything.
pub(super) async fn begin(log_format: &str) -> Run {
    let plugins = tempfile::tempdir().unwrap();
    let (guests, built) = (Peer::Guests.required(), Peer::Plugins.required());
    copy_folder(&guests.join("hostile"), &plugins.path().join("hostile"));
    copy_folder(&built.join("notes"), &plugins.path().join("notes"));
    let nextcloud = StandIn::with_two_users().await;
    nextcloud.state().add_app_password("alice", APP_PASSWORD);
    let recorder = Recorder::start().await;
    let start = unhurried(&nextcloud)
        .with("NEXTCLOUD_MCP_SERVER_URL", &recorder.url)
        .with(
            "NEXTCLOUD_MCP_PLUGIN_DIR",
            plugins.path().display().to_string(),
        )
        .with("NEXTCLOUD_MCP_ACCEPT_APP_PASSWORDS", "true")
        .with("NEXTCLOUD_MCP_TOKEN_CACHE_SECONDS", "1")
        .with("NEXTCLOUD_MCP_LOG_FORMAT", log_format)
        .with("NEXTCLOUD_MCP_LOG_LEVEL", "trace");
    let key = start
        .setting("NEXTCLOUD_MCP_SECRET_KEY")
        .unwrap()
        .to_owned();
    let server = start.start().await;
    recorder.lead_to(&[server.url()]);
    Run {
        nextcloud,
        server,
        recorder,
        key,
        log: String::new(),
        _plugins: plugins,
    }
}

impl Run {
    fn endpoint(&self) -> String {
        format!("{}/mcp", self.recorder.url)
    }

    /// Whatever comes of it.
    async fn call(&self, credential: &str) -> u16 {
        let body = r#"{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"nc_notes_list_notes","arguments":{}}}"#;
        let request = http()
            .post(self.endpoint())
            .header("Accept", "application/json, text/event-stream")
            .header("Content-Type", "application/json")
            .header("Authorization", credential)
            .body(body);
        request.send().await.unwrap().status().as_u16()
    }

    pub(super) async fn broker(&self) {
        let bearer = |token: &str| format!("Bearer {token}");
        let (mut client, tokens) =
            SignIn::whole(&self.endpoint(), &Person::example("alice"), ALL).await;
        assert_eq!(self.call(&bearer(&tokens.access)).await, 200);
        self.guest(&tokens.access).await;
        let renewed = client.refresh(&tokens.refresh.unwrap()).await.tokens();
        assert_eq!(self.call(&bearer(&renewed.access)).await, 200);
        // Failures of each step.
        self.nextcloud
            .inject(Fault::at("/apps/oidc/", Trouble::Status(500)));
        assert_eq!(
            client
                .refresh(&renewed.refresh.clone().unwrap())
                .await
                .status,
            503
        );
        tokio::time::sleep(Duration::from_millis(1100)).await;
        assert_eq!(self.call(&bearer(&renewed.access)).await, 503);
        self.nextcloud.heal();
        assert_eq!(client.revoke(&renewed.access).await.status, 200);
        assert_eq!(client.revoke(&renewed.refresh.unwrap()).await.status, 200);
        assert_eq!(self.call(&bearer(&renewed.access)).await, 401);

        // A client with a secret, a wrong verifier, a replay, codes that meet trouble.
        let registration = json!({
            "client_name": "Confidential", "redirect_uris": [client.redirect_uri],
            "token_endpoint_auth_method": "client_secret_post",
        });
        let answer = client.register_as(&registration).await;
        answer.body["client_id"]
            .as_str()
            .unwrap()
            .clone_into(&mut client.client_id);
        client.client_secret = answer.body["client_secret"].as_str().map(str::to_owned);
        let departure = client.depart(ALL);
        let mut browser = Browser::stopping_at(&client.redirect_uri);
        let alice = Person::example("alice");
        let at = browser
            .sign_in(departure.url.as_str(), &alice)
            .await
            .unwrap();
        let code = client.arrived(&departure, &at).unwrap();
        let mut wrong = departure.clone();
        wrong.verifier = client.depart(ALL).verifier;
        assert_eq!(client.redeem(&wrong, &code).await.error(), "invalid_grant");
        self.nextcloud
            .inject(Fault::at("/apps/oidc/token", Trouble::Status(500)));
        assert_eq!(client.redeem(&departure, &code).await.status, 503);
        self.nextcloud.heal();
        let tokens = client.redeem(&departure, &code).await.tokens();
        assert_eq!(
            client.redeem(&departure, &code).await.error(),
            "invalid_grant"
        );
        assert_eq!(self.call(&bearer(&tokens.access)).await, 401);
        // Tokens and codes in places where they do not belong.
        for misplaced in [&tokens.access, &code, &client.client_id] {
            client.refresh(misplaced).await;
            client.redeem(&departure, misplaced).await;
            self.call(&bearer(misplaced)).await;
        }
        // People who say no, who come without a cookie, and an answer of Nextcloud's that is an error.
        let refusing = Person::example("bob").refusing();
        let mut other = Browser::stopping_at(&client.redirect_uri);
        other
            .sign_in(client.depart(ALL).url.as_str(), &refusing)
            .await
            .unwrap();
        let callback = browser
            .trail
            .iter()
            .rev()
            .find(|(_, url, _)| url.path() == "/oauth/callback");
        let callback = callback.unwrap().1.clone();
        let arrival = other.open(callback.as_str()).await;
        assert!(matches!(arrival, Arrival::Page(_)));
    }

    pub(super) async fn lasting(&self) {
        let person = Person::example("bob").staying(true);
        let (client, tokens) = SignIn::whole(&self.endpoint(), &person, ALL).await;
        let bearer = format!("Bearer {}", tokens.access);
        assert_eq!(self.call(&bearer).await, 200);
        self.guest(&tokens.access).await;
        let renewed = client.refresh(&tokens.refresh.unwrap()).await.tokens();
        self.nextcloud
            .inject(Fault::at("apppassword", Trouble::Status(500)));
        client.revoke(&renewed.refresh.clone().unwrap()).await;
        self.nextcloud.heal();
        client.revoke(&renewed.refresh.unwrap()).await;
        assert_eq!(self.call(&bearer).await, 401);
        // An app password that Nextcloud will not make.
        self.nextcloud
            .inject(Fault::at("getapppassword", Trouble::Status(403)));
        let departure = client.depart(ALL);
        let mut browser = Browser::stopping_at(&client.redirect_uri);
        let at = browser
            .sign_in(departure.url.as_str(), &person)
            .await
            .unwrap();
        client
            .redeem(&departure, &client.arrived(&departure, &at).unwrap())
            .await;
        self.nextcloud.heal();
    }

    pub(super) async fn direct(&self) {
        let other = self
            .nextcloud
            .create_client(NewClient::at("http://127.0.0.1:1/"))
            .id;
        let resource = self.endpoint();
        for kind in [TokenKind::Opaque, TokenKind::Jwt] {
            for resource in [Some(&*resource), None] {
                let scopes = "openid notes.read notes.write offline_access";
                let issued = self
                    .nextcloud
                    .issue_token("alice", &other, scopes, resource, kind);
                let bearer = format!("Bearer {}", issued.access_token);
                let expected = if resource.is_some() { 200 } else { 401 };
                assert_eq!(self.call(&bearer).await, expected, "{kind:?}");
                self.nextcloud.state().expire_token(&issued.access_token);
                tokio::time::sleep(Duration::from_millis(1100)).await;
                assert_eq!(self.call(&bearer).await, 401, "{kind:?}");
                assert_eq!(self.call(&format!("Bearer {}", issued.id_token)).await, 401);
            }
        }
        let basic =
            |password: &str| format!("Basic {}", STANDARD.encode(format!("alice:{password}")));
        assert_eq!(self.call(&basic(APP_PASSWORD)).await, 200);
        assert_eq!(
            self.call(&basic("aB3dE-fG5hJ-kL7mN-pQ9rS-wrong")).await,
            401
        );
        assert_eq!(self.call(&basic("alice-pass-12345")).await, 401);
    }

    /// Everything that the guest can get hold of is in the answers to these calls.
    async fn guest(&self, token: &str) {
        let client = Client::http(&self.endpoint(), Some(token)).await.unwrap();
        for tool in ["whoami", "machine", "setting", "echo", "count"] {
            let outcome = client.call(&format!("nc_hostile_{tool}"), json!({})).await;
            assert!(!outcome.text.is_empty(), "{tool}");
        }
        for path in ["x", "search"] {
            let fetch = json!({"method": "GET", "path": format!("/index.php/apps/hostile/api/{path}"), "headers": []});
            client.call("nc_hostile_fetch_read", fetch).await;
        }
        // A Nextcloud that sends cookies and names the credential in its answer's headers.
        self.nextcloud.inject(
            Fault::at(
                "/apps/hostile/",
                Trouble::Answer {
                    status: 200,
                    headers: vec![
                        ("Content-Type".into(), "text/plain".into()),
                        (
                            "Set-Cookie".into(),
                            "nc_session_id=0123456789abcdefsessioncookie; path=/".into(),
                        ),
                        ("X-Echo".into(), "0123456789abcdefsessioncookie".into()),
                    ],
                    body: "fine".into(),
                },
            )
            .times(1),
        );
        let fetch =
            json!({"method": "GET", "path": "/index.php/apps/hostile/api/x", "headers": []});
        let outcome = client.call("nc_hostile_fetch_read", fetch).await;
        assert!(
            outcome.structured.to_string().contains("200"),
            "{}",
            outcome.structured
        );
        client.close().await;
    }

    /// Pages and documents that anybody may open.
    pub(super) async fn pages(&self) {
        for path in [
            "/",
            "/health/ready",
            "/health/live",
            "/metrics",
            "/oauth/authorize",
            "/oauth/callback?code=x&state=y",
            "/oauth/nothing",
            "/.well-known/oauth-authorization-server",
            "/.well-known/oauth-protected-resource",
        ] {
            http()
                .get(format!("{}{path}", self.recorder.url))
                .send()
                .await
                .unwrap();
        }
    }

    /// Every secret that there was.
    pub(super) fn secrets(&self) -> Secrets {
        let mut secrets = Secrets::default();
        secrets.of_nextcloud(&self.nextcloud.requests());
        secrets.of_clients(&self.recorder.exchanges());
        secrets.add("secret key", Place::Nowhere, &self.key);
        secrets.add(
            "Nextcloud's cookie",
            Place::Nowhere,
            "0123456789abcdefsessioncookie",
        );
        secrets
    }
}
