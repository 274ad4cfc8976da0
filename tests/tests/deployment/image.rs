//! The container image: what is in it, as whom it runs, and that it serves and says how it is.

use std::os::unix::fs::{MetadataExt as _, PermissionsExt as _};
use std::process::Output;

use nextcloud_mcp_tests::harness::{Client, Person, Server, SignIn};
use nextcloud_mcp_tests::nextcloud::StandIn;
use serde_json::json;

use crate::running::Running;
use crate::unpacked::{Network, Unpacked};

/// Most bytes that the files of the image may have.
const LARGEST: u64 = 45_000_000;
/// The image's user, as in `deploy/Containerfile`.
const USER: u32 = 65532;
/// Exit codes: a server that is not well, a setting that is wrong.
const FAILED: i32 = 1;
const MISUSE: i32 = 2;

/// Runs the image's program to its end.
async fn output(
    image: &Unpacked,
    network: Network,
    given: &[(&str, &str)],
    arguments: &[&str],
) -> Output {
    let mut command = image.command(network, arguments);
    command.env_clear().envs(image.settings(given));
    command.output().await.unwrap()
}

#[test]
fn the_image_is_one_program_and_two_empty_folders() {
    let Some(image) = Unpacked::find("the_image_is_one_program") else {
        return;
    };
    assert_eq!(image.content(), ["data", "nextcloud-mcp-server", "plugins"]);
    assert!(image.size < LARGEST, "{} bytes", image.size);
    let found = |name: &str| std::fs::metadata(image.root().join(name)).unwrap();
    let mode = |name: &str| found(name).permissions().mode() & 0o7777;
    let program = "nextcloud-mcp-server";
    assert_eq!(
        (found(program).uid(), mode(program)),
        (0, 0o755),
        "the user cannot change it"
    );
    assert_eq!((found("data").uid(), mode("data")), (USER, 0o700));
}

#[test]
fn the_image_says_how_it_is_to_be_run() {
    let Some(image) = Unpacked::find("the_image_says_how") else {
        return;
    };
    let config = &image.config["config"];
    assert_eq!(config["User"], "65532:65532");
    assert_eq!(config["Entrypoint"], json!(["/nextcloud-mcp-server"]));
    assert_eq!(
        config["Healthcheck"]["Test"],
        json!(["CMD", "/nextcloud-mcp-server", "healthcheck"])
    );
    assert_eq!(config["Volumes"], json!({"/data": {}}));
    assert_eq!(config["ExposedPorts"], json!({"8000/tcp": {}}));
    let labels = &config["Labels"];
    assert_eq!(
        labels["org.opencontainers.image.title"],
        "nextcloud-mcp-server"
    );
    assert_eq!(
        labels["org.opencontainers.image.version"],
        env!("CARGO_PKG_VERSION")
    );
    assert_eq!(
        labels["org.opencontainers.image.licenses"],
        "MIT OR Apache-2.0"
    );
}

#[tokio::test]
async fn people_sign_in_at_the_image_and_call_tools_with_a_read_only_root() {
    let Some(image) = Unpacked::find("people_sign_in_at_the_image") else {
        return;
    };
    let nextcloud = StandIn::with_two_users().await;
    nextcloud.state().add_note("alice", "Of alice", "", "text");
    let (settings, _) = Server::oauth(&nextcloud).into_parts();
    let of = |name: &str| {
        settings
            .iter()
            .find(|(one, _)| one == name)
            .unwrap()
            .1
            .as_str()
    };
    let given = [
        ("NEXTCLOUD_HOST", of("NEXTCLOUD_HOST")),
        ("NEXTCLOUD_MCP_PORT", of("NEXTCLOUD_MCP_PORT")),
        ("NEXTCLOUD_MCP_SERVER_URL", of("NEXTCLOUD_MCP_SERVER_URL")),
        ("NEXTCLOUD_MCP_HOST", "127.0.0.1"),
    ];
    // As compose.yaml starts it.
    let start = || {
        let command = image.command(
            Network::Ours,
            &["--oauth", "--transport", "streamable-http"],
        );
        Running::start(command, &image.settings(&given))
    };
    let server = start();
    let endpoint = format!("{}/mcp", server.ready().await);
    let (_, tokens) = SignIn::whole(&endpoint, &Person::example("alice"), "notes.read").await;
    let notes = async || {
        let client = Client::http(&endpoint, Some(&tokens.access)).await.unwrap();
        client.ok("nc_notes_list_notes", json!({})).await
    };
    assert_eq!(notes().await["notes"][0]["title"], "Of alice");
    let check = output(&image, Network::Ours, &given, &["healthcheck"]).await;
    assert!(check.status.success(), "{check:?}");

    // What is in the volume is the server's alone, and enough for another container to go on.
    let data = image.volume().join("server");
    let kept = |name: &str| std::fs::metadata(data.join(name)).unwrap();
    for name in ["oauth.sqlite3", "secret.key"] {
        assert_eq!(
            (kept(name).uid(), kept(name).mode() & 0o777),
            (USER, 0o600),
            "{name}"
        );
    }
    assert!(kept("compiled").is_dir());
    let status = server.terminate().await;
    assert!(status.success(), "{status}");
    let check = output(&image, Network::Ours, &given, &["healthcheck"]).await;
    assert_eq!(check.status.code(), Some(FAILED), "{check:?}");
    let server = start();
    server.ready().await;
    assert_eq!(notes().await["notes"][0]["title"], "Of alice");
    assert_eq!(nextcloud.registrations(), 1);
}

#[tokio::test]
async fn the_image_listens_on_all_addresses_and_so_wants_a_token_in_basic_mode() {
    let Some(image) = Unpacked::find("the_image_listens_on_all_addresses") else {
        return;
    };
    let given = [
        ("NEXTCLOUD_HOST", "http://127.0.0.1:9"),
        ("NEXTCLOUD_USERNAME", "alice"),
        ("NEXTCLOUD_PASSWORD", "a-password"),
    ];
    let refused = output(&image, Network::Own, &given, &[]).await;
    let told = String::from_utf8_lossy(&refused.stderr);
    assert_eq!(refused.status.code(), Some(MISUSE), "{told}");
    assert!(told.contains("NEXTCLOUD_MCP_STATIC_TOKEN"), "{told}");

    let token = [(
        "NEXTCLOUD_MCP_STATIC_TOKEN",
        "0123456789abcdef0123456789abcdef",
    )];
    let given = [&given[..], &token].concat();
    let server = Running::start(image.command(Network::Own, &[]), &image.settings(&given));
    assert_eq!(server.ready().await, "http://0.0.0.0:8000");
    let beside = Network::Of(server.id());
    let check = output(&image, beside, &given, &["healthcheck"]).await;
    assert!(check.status.success(), "{check:?}");
}
