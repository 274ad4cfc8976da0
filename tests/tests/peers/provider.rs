//! An authorization server that no one here wrote (panva's `oidc-provider`) in Nextcloud's place: nothing that the broker
//! needs is a habit of Nextcloud's alone, or of the stand-in's.

use nextcloud_mcp_tests::harness::{Peer, Server, skip};
use nextcloud_mcp_tests::nextcloud::StandIn;
use serde_json::json;

use crate::client::{Client, Kind};
use crate::flow::{LIFETIME, work};
use crate::program::{Program, Said};
use crate::user::User;

/// What stands for alice at the stand-in.
const TOKEN: &str = "stands-for-alice-at-the-stand-in";

#[tokio::test]
async fn the_python_client_works_with_another_authorization_server() {
    flow(Kind::Python).await;
}

#[tokio::test]
async fn the_typescript_client_works_with_another_authorization_server() {
    flow(Kind::TypeScriptV2).await;
}

async fn flow(kind: Kind) {
    let nextcloud = StandIn::with_two_users().await;
    nextcloud.state().add_token("alice", TOKEN);
    let options = json!({
        "standIn": nextcloud.url(), "users": { "alice": TOKEN }, "accessTokenSeconds": LIFETIME,
    });
    let started = Program::start(Peer::Node, "oidc-provider.mjs", &options)
        .and_then(|provider| Ok((provider, Client::start(kind, User::example("alice"))?)));
    let (mut provider, mut client) = match started {
        Ok(started) => started,
        Err(missing) => {
            return skip(
                &format!("{kind:?} with another authorization server"),
                &missing,
            );
        }
    };
    let Said::Answer(said) = provider.next().await else {
        panic!("it says where it is");
    };
    let issuer = said["issuer"].as_str().expect("an issuer");
    let server = Server::oauth(&nextcloud).with("NEXTCLOUD_HOST", issuer);
    work(&mut client, server.start().await, &nextcloud).await;
    assert_eq!(client.user.sign_ins, 1, "one sign-in is enough");
}
