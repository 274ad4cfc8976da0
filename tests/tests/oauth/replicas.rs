//! Two processes behind a balancer that gives each request to the other one: with one key and one client of the operator's
//! (mode B) they are one server, without stickiness and without anything that they share on disk.

use std::collections::BTreeSet;

use nextcloud_mcp_tests::harness::sign_in::{call, get};
use nextcloud_mcp_tests::harness::{Client, Person, Server, SignIn, Start};
use nextcloud_mcp_tests::nextcloud::{NewClient, StandIn};
use serde_json::json;

use crate::recorder::Recorder;
use crate::{NOTES, unhurried};

/// What clients and browsers see: one address, and two processes behind it.
struct Replicas {
    nextcloud: StandIn,
    balancer: Recorder,
    first: Server,
    second: Server,
}

impl Replicas {
    async fn start() -> Self {
        let nextcloud = StandIn::with_two_users().await;
        for user in ["alice", "bob"] {
            let title = format!("Of {user}");
            nextcloud.state().add_note(user, &title, "", "text");
        }
        let balancer = Recorder::start().await;
        let url = balancer.url.clone();
        let keys = nextcloud.create_client(
            NewClient::at(&format!("{url}/oauth/callback")).for_resource(&format!("{url}/mcp")),
        );
        let replica = || -> Start {
            unhurried(&nextcloud)
                .with("NEXTCLOUD_MCP_SERVER_URL", &url)
                .with("NEXTCLOUD_OIDC_CLIENT_ID", &keys.id)
                .with("NEXTCLOUD_OIDC_CLIENT_SECRET", &keys.secret)
        };
        let (first, second) = tokio::join!(replica().start(), replica().start());
        balancer.lead_to(&[first.url(), second.url()]);
        Self {
            nextcloud,
            balancer,
            first,
            second,
        }
    }

    fn endpoint(&self) -> String {
        format!("{}/mcp", self.balancer.url)
    }

    /// The titles of the notes that a token's user has; initialization, call and end are requests of their own.
    async fn titles(&self, token: &str) -> Vec<String> {
        let client = Client::http(&self.endpoint(), Some(token)).await.unwrap();
        let list = client.ok("nc_notes_list_notes", json!({})).await;
        let notes = list["notes"].as_array().unwrap().iter();
        notes
            .map(|note| note["title"].as_str().unwrap().to_owned())
            .collect()
    }

    async fn status(&self, token: &str) -> u16 {
        call(&self.endpoint(), Some(token), "tools/list", &json!({}))
            .await
            .status
    }

    /// Makes the next request go to the other one.
    async fn shift(&self) {
        get(&format!("{}/health/live", self.balancer.url)).await;
    }

    /// Makes the next request go to this one.
    async fn begin_at(&self, which: usize) {
        if self.balancer.exchanges().len() % 2 != which {
            self.shift().await;
        }
    }

    /// Which of the two answered at a path.
    fn served_by(&self, path: &str) -> BTreeSet<usize> {
        let exchanges = self.balancer.exchanges();
        let at_path = exchanges.iter().filter(|one| one.path == path);
        at_path.map(|one| one.served_by).collect()
    }
}

#[tokio::test]
async fn every_step_of_a_sign_in_and_every_call_may_reach_either_process() {
    let replicas = Replicas::start().await;
    // Each user with either kind of sign-in, beginning at either process.
    for (user, stay, first) in [
        ("alice", false, 0),
        ("bob", false, 1),
        ("alice", true, 1),
        ("bob", true, 0),
    ] {
        replicas.begin_at(first).await;
        let person = Person::example(user).staying(stay);
        let (client, mut tokens) = SignIn::whole(&replicas.endpoint(), &person, NOTES).await;
        for _ in 0..3 {
            for _ in 0..5 {
                let titles = replicas.titles(&tokens.access).await;
                assert_eq!(titles, [format!("Of {user}")]);
            }
            replicas.shift().await;
            tokens = client.refresh(&tokens.refresh.unwrap()).await.tokens();
        }
    }
    for path in [
        "/mcp",
        "/oauth/register",
        "/oauth/authorize",
        "/oauth/callback",
        "/oauth/token",
    ] {
        let served_by = replicas.served_by(path);
        assert_eq!(served_by.len(), 2, "only one answered at {path}");
    }
    assert_eq!(
        replicas.nextcloud.registrations(),
        0,
        "the operator's client is all that Nextcloud knows"
    );
    for server in [&replicas.first, &replicas.second] {
        let data = server.folder().join("data");
        let kept = std::fs::read_dir(data).unwrap();
        let kept: Vec<_> = kept.map(|entry| entry.unwrap().file_name()).collect();
        assert_eq!(kept, ["compiled"], "nothing but compiled plugins is kept");
    }
}

#[tokio::test]
async fn what_is_revoked_at_one_ends_at_the_other() {
    let replicas = Replicas::start().await;
    let (client, tokens) =
        SignIn::whole(&replicas.endpoint(), &Person::example("alice"), NOTES).await;
    let refresh = tokens.refresh.unwrap();
    assert_eq!(client.revoke(&refresh).await.status, 200);
    for _ in 0..2 {
        replicas.shift().await;
        assert_eq!(client.refresh(&refresh).await.error(), "invalid_grant");
        assert_eq!(replicas.status(&tokens.access).await, 401);
    }
}

#[tokio::test]
async fn a_process_that_dies_takes_no_sign_in_with_it() {
    let replicas = Replicas::start().await;
    let (client, tokens) =
        SignIn::whole(&replicas.endpoint(), &Person::example("alice"), NOTES).await;
    let Replicas {
        nextcloud: _nextcloud,
        balancer,
        first,
        second,
    } = replicas;
    let endpoint = format!("{}/mcp", balancer.url);
    let works = async |token: &str| {
        let client = Client::http(&endpoint, Some(token)).await.unwrap();
        client.ok("nc_notes_list_notes", json!({})).await;
    };
    let start = first.kill().await;
    works(&tokens.access).await;
    let tokens = client.refresh(&tokens.refresh.unwrap()).await.tokens();
    // The one that takes its place is the only one, and knows nothing but key and client.
    let _first = start.start().await;
    // Until it has ended, it may still take a connection, and break it.
    let _gone = second.kill().await;
    works(&tokens.access).await;
    let tokens = client.refresh(&tokens.refresh.unwrap()).await.tokens();
    works(&tokens.access).await;
}
