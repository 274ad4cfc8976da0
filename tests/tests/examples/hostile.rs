//! The same misbehaviour in each language: one clear error for its caller, and the next call works.

use std::time::Duration;

use nextcloud_mcp_tests::harness::sign_in;
use nextcloud_mcp_tests::nextcloud::{Fault, Trouble};
use serde_json::{Value, json};

use crate::stage::{Stage, begin_with};

/// What every guest that waits asks for.
const MENU: &str = "/ocs/v2.php/core/navigation/apps";

/// One language's guest: its name, and what its tools are called.
struct Guest {
    name: &'static str,
    crash: &'static str,
    wait: (&'static str, Value),
    /// Where the guest's request arrives.
    path: &'static str,
}

fn guest(language: &str) -> Guest {
    let name = match language {
        "rust" => {
            let path = "/index.php/apps/hostile/api/items";
            return Guest {
                name: "hostile",
                crash: "panic",
                wait: ("fetch_read", json!({"method": "GET", "path": path})),
                path: "/apps/hostile/api/items",
            };
        }
        "python" => "hostilepython",
        "js" => "hostilejs",
        _ => "hostilec",
    };
    Guest {
        name,
        crash: "crash",
        wait: ("wait", json!({})),
        path: MENU,
    }
}

/// Little time to compute, and one place: a call that does not give it back is one that the next call waits for.
async fn begin(test: &str, guest: &Guest) -> Option<Stage> {
    begin_with(test, &[guest.name], |start| {
        start
            .with("NEXTCLOUD_MCP_CALL_CPU_SECONDS", "1")
            .with("NEXTCLOUD_MCP_CALL_SECONDS", "60")
            .with("NEXTCLOUD_MCP_CALLS_PER_USER", "1")
    })
    .await
}

async fn is_stopped_with_one_sentence(language: &str) {
    let guest = guest(language);
    let Some(stage) = begin(&format!("{language}_is_stopped"), &guest).await else {
        return;
    };
    let works = format!("nc_{}_{}", guest.name, guest.wait.0);
    for (tool, said) in [
        ("spin", "it computed for more than 1 s"),
        (guest.crash, "plugin crashed"),
        ("allocate", "it needs more than 64 MiB of memory"),
    ] {
        let outcome = stage
            .client
            .fail(&format!("nc_{}_{tool}", guest.name), json!({}))
            .await;
        assert!(outcome.contains(said), "{language} {tool}: {outcome}");
        let next = stage.client.call(&works, guest.wait.1.clone()).await;
        assert!(!next.is_error, "{language} after {tool}: {}", next.text);
    }
}

async fn ends_with_its_client(language: &str) {
    let guest = guest(language);
    let Some(stage) = begin(&format!("{language}_ends_with_its_client"), &guest).await else {
        return;
    };
    let works = format!("nc_{}_{}", guest.name, guest.wait.0);
    stage.client.call(&works, guest.wait.1.clone()).await;
    stage.nextcloud.forget_requests();
    stage
        .nextcloud
        .inject(Fault::at(guest.path, Trouble::Slow(Duration::from_secs(50))).times(1));
    let endpoint = stage.server.endpoint();
    let call = json!({"name": works, "arguments": guest.wait.1});
    let calling = sign_in::call(&endpoint, None, "tools/call", &call);
    let arrived = async {
        while !stage
            .nextcloud
            .requests()
            .iter()
            .any(|entry| entry.target.contains(guest.path))
        {
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    };
    // Whoever comes first ends the other: the client goes away as soon as Nextcloud has the request.
    tokio::select! {
        _ = calling => panic!("{language}: it did not wait"),
        () = arrived => {}
    }
    let next = stage.client.call(&works, guest.wait.1.clone()).await;
    assert!(!next.is_error, "{language}: {}", next.text);
}

#[tokio::test]
async fn rust_is_stopped() {
    is_stopped_with_one_sentence("rust").await;
}

#[tokio::test]
async fn python_is_stopped() {
    is_stopped_with_one_sentence("python").await;
}

#[tokio::test]
async fn js_is_stopped() {
    is_stopped_with_one_sentence("js").await;
}

#[tokio::test]
async fn c_is_stopped() {
    is_stopped_with_one_sentence("c").await;
}

#[tokio::test]
async fn rust_ends_with_its_client() {
    ends_with_its_client("rust").await;
}

#[tokio::test]
async fn python_ends_with_its_client() {
    ends_with_its_client("python").await;
}

#[tokio::test]
async fn js_ends_with_its_client() {
    ends_with_its_client("js").await;
}

#[tokio::test]
async fn c_ends_with_its_client() {
    ends_with_its_client("c").await;
}
