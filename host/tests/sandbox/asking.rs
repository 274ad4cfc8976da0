//! A question that nobody answers and nobody takes back.

use std::sync::Arc;
use std::time::Duration;

use futures_util::future::BoxFuture;
use nextcloud_mcp_server::plugin::{Asked, CallContext, CallError, Person, Question, Selection};
use serde_json::json;

use crate::fixture::{Folder, Host, context, object};

/// Somebody who looks at the question, and no more.
struct Silent;

impl Person for Silent {
    fn ask<'a>(&'a self, _: &'a Question) -> BoxFuture<'a, Asked> {
        Box::pin(std::future::pending())
    }
}

#[tokio::test]
async fn a_question_without_an_answer_comes_back_as_cancelled() {
    // More than the call itself may take: the person's time is not the plugin's.
    let host = Host::empty(|settings| {
        settings.limits.question = Duration::from_millis(1_500);
        settings.limits.wall_clock = Duration::from_secs(1);
    })
    .await;
    let folder = Folder::new();
    folder.add_guest("talker");
    let selection = Selection::default();
    let report = host.plugins.load(folder.path(), &selection).await.unwrap();
    assert!(report.refused.is_empty(), "{report}");
    let catalogue = host.plugins.catalogue();
    let (tool, alice) = (
        catalogue.tool("nc_talker_order").unwrap(),
        host.caller("alice"),
    );
    let place = host.plugins.admit(&tool.plugin, &alice).await.unwrap();
    let context = CallContext {
        person: Some(Arc::new(Silent)),
        ..context()
    };
    let arguments = object(json!({"name": "Ada"}));
    let call = host.plugins.call(place, tool, &alice, arguments, context);
    // Whoever waits for ever is found by this, not by a test that hangs.
    let ended = tokio::time::timeout(Duration::from_mins(1), call).await;
    let CallError::Failed(failure) = ended.unwrap().unwrap_err() else {
        panic!("the plugin is told, and ends by itself");
    };
    assert_eq!(failure.message, "They said nothing.");
}
