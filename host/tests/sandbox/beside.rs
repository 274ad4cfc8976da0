//! Resources, prompts and completions of the hostile plugin: they run as tools do, and reading is all they can.

use std::sync::Arc;
use std::time::Duration;

use nextcloud_mcp_server::plugin::{
    Body, CallError, Content, Document, FailureKind, LoadReport, Page, Plugin, Prompt, Selection,
    Settings, StopReason, Target, Typing,
};
use serde_json::{Value, json};

use crate::fixture::{Folder, Host, beside, context, object};

/// What alice sees of the plugin's shelf.
struct Shelf(Arc<Host>);

impl Shelf {
    async fn new() -> Self {
        let hurried = |settings: &mut Settings| {
            settings.limits.cpu = Duration::from_millis(300);
        };
        Self(Host::with_shelves(hurried).await)
    }

    fn plugin(&self) -> Arc<Plugin> {
        let catalogue = self.0.plugins.catalogue();
        catalogue.owner("nc://hostile/x").unwrap().clone()
    }

    fn prompt(&self) -> Arc<Prompt> {
        let catalogue = self.0.plugins.catalogue();
        catalogue.prompt("nc_hostile_say").unwrap().clone()
    }

    async fn read(&self, what: &str) -> Result<Vec<Document>, CallError> {
        let (plugin, alice) = (self.plugin(), self.0.caller("alice"));
        let place = self.0.plugins.admit(&plugin.name, &alice).await.unwrap();
        let uri = format!("nc://hostile/{what}");
        let plugins = &self.0.plugins;
        plugins.read(place, &plugin, &alice, &uri, context()).await
    }

    async fn text(&self, what: &str) -> String {
        match self.read(what).await.unwrap().remove(0).body {
            Body::Text(text) => text,
            Body::Bytes(bytes) => panic!("{} bytes", bytes.len()),
        }
    }

    async fn page(&self, cursor: Option<&str>) -> Result<Page, CallError> {
        let (plugin, alice) = (self.plugin(), self.0.caller("alice"));
        let place = self.0.plugins.admit(&plugin.name, &alice).await.unwrap();
        let plugins = &self.0.plugins;
        plugins
            .enumerate(place, &plugin, &alice, cursor, context())
            .await
    }

    /// What the prompt says for what was filled in.
    async fn say(&self, arguments: Value) -> Result<String, CallError> {
        let (prompt, alice) = (self.prompt(), self.0.caller("alice"));
        let plugins = &self.0.plugins;
        let place = plugins.admit(&prompt.plugin.name, &alice).await.unwrap();
        let messages = plugins
            .render(place, &prompt, &alice, object(arguments), context())
            .await?;
        match &messages[0].content {
            Content::Text(text) => Ok(text.clone()),
            other => panic!("{other:?}"),
        }
    }

    async fn complete(&self, value: &str) -> Result<Vec<String>, CallError> {
        let (plugin, alice) = (self.plugin(), self.0.caller("alice"));
        let place = self.0.plugins.admit(&plugin.name, &alice).await.unwrap();
        let typing = Typing {
            target: Target::Prompt("say".to_owned()),
            argument: "what".to_owned(),
            value: value.to_owned(),
            known: vec![("more".to_owned(), "x".to_owned())],
        };
        let plugins = &self.0.plugins;
        plugins
            .complete(place, &plugin, &alice, typing, context())
            .await
    }
}

async fn report(word: &str) -> LoadReport {
    let folder = Folder::new();
    folder.add("hostile", |_| {}, beside(word));
    let host = Host::empty(|_| {}).await;
    let selection = Selection::default();
    host.plugins.load(folder.path(), &selection).await.unwrap()
}

#[tokio::test]
async fn what_is_described_badly_keeps_the_plugin_from_loading() {
    for (word, because) in [
        (
            "badadres",
            "address of the resource `thing` does not begin with `nc://`",
        ),
        (
            "longtext",
            "description of the prompt `say` is longer than 4096 bytes",
        ),
        ("flooding", "describes 65 resources; at most 64"),
        ("panicked", "crashed"),
    ] {
        let report = report(word).await;
        assert!(report.loaded.is_empty(), "{word}");
        assert!(report.to_string().contains(because), "{word}: {report}");
    }
}

#[tokio::test]
async fn a_plugin_without_any_of_it_has_none() {
    let host = Host::new(|_| {}).await;
    let catalogue = host.plugins.catalogue();
    assert!(catalogue.owner("nc://hostile/x").is_none());
    assert_eq!(catalogue.prompts().count(), 0);
    assert!(catalogue.plugins()[0].templates().is_empty());
}

#[tokio::test]
async fn a_shelf_belongs_to_one_plugin() {
    let folder = Folder::new();
    for name in ["one", "two"] {
        let named = |text: &mut String| {
            *text = text.replace("\"hostile\"", &format!("\"{name}\""));
        };
        folder.add(name, named, beside("shelves_"));
    }
    let host = Host::empty(|_| {}).await;
    let selection = Selection::default();
    let report = host.plugins.load(folder.path(), &selection).await.unwrap();
    assert!(report.loaded.is_empty());
    let sentence = "below `nc://hostile`, as are those of `two`; leave one of the two out";
    assert!(report.to_string().contains(sentence), "{report}");
}

#[tokio::test]
async fn what_reads_a_resource_is_stopped_like_a_tool_and_the_next_is_served() {
    let shelf = Shelf::new().await;
    for (what, reason) in [
        ("spin", StopReason::Cpu(Duration::from_millis(300))),
        ("panic", StopReason::Crashed),
        ("allocate", StopReason::Memory(64 << 20)),
        ("huge", StopReason::HostCallBytes(16 << 20)),
    ] {
        assert_eq!(shelf.read(what).await, Err(CallError::Stopped(reason)));
        assert_eq!(shelf.text("fine").await, "fine");
    }
    let crashed = CallError::Stopped(StopReason::Crashed);
    assert_eq!(shelf.page(Some("panic")).await, Err(crashed.clone()));
    assert_eq!(
        shelf.say(json!({"what": "panic"})).await,
        Err(crashed.clone())
    );
    assert_eq!(shelf.complete("panic").await, Err(crashed));
}

#[tokio::test]
async fn nothing_of_one_reading_is_left_for_the_next() {
    let shelf = Shelf::new().await;
    for _ in 0..3 {
        assert_eq!(shelf.text("count").await, "1");
    }
}

#[tokio::test]
async fn reading_is_all_that_a_resource_or_a_prompt_can_do() {
    let shelf = Shelf::new().await;
    let told = [
        shelf.text("write").await,
        shelf.say(json!({"what": "write"})).await.unwrap(),
    ];
    for told in told {
        assert!(told.contains("forbidden"), "{told}");
    }
    assert!(shelf.0.nextcloud.seen().is_empty());
}

#[tokio::test]
async fn a_refused_sign_in_ends_it_whatever_the_plugin_makes_of_it() {
    let shelf = Shelf::new().await;
    assert_eq!(shelf.read("refused").await, Err(CallError::Unauthorized));
}

#[tokio::test]
async fn a_reading_that_nobody_waits_for_ends() {
    let shelf = Shelf::new().await;
    let (plugin, alice) = (shelf.plugin(), shelf.0.caller("alice"));
    let place = shelf.0.plugins.admit(&plugin.name, &alice).await.unwrap();
    let context = context();
    let cancelled = context.cancelled.clone();
    let plugins = &shelf.0.plugins;
    let reading = plugins.read(place, &plugin, &alice, "nc://hostile/sleep", context);
    let (ended, ()) = tokio::join!(reading, async {
        tokio::time::sleep(Duration::from_millis(50)).await;
        cancelled.cancel();
    });
    assert_eq!(ended, Err(CallError::Cancelled));
}

#[tokio::test]
async fn what_is_read_lies_on_the_plugins_own_shelf() {
    let shelf = Shelf::new().await;
    for (what, said) in [("empty", "nothing"), ("foreign", "`nc://notes/1`")] {
        let error = shelf.read(what).await.unwrap_err();
        assert!(matches!(error, CallError::InvalidOutput(_)), "{error}");
        assert!(error.to_string().contains(said), "{error}");
    }
    let CallError::Failed(failure) = shelf.read("absent").await.unwrap_err() else {
        panic!("no failure");
    };
    assert_eq!(failure.kind, FailureKind::NotFound);
}

#[tokio::test]
async fn a_page_is_bounded_and_shows_nothing_hidden() {
    let shelf = Shelf::new().await;
    let page = shelf.page(None).await.unwrap();
    assert_eq!(page.next.as_deref(), Some("more"));
    assert_eq!(page.entries[0].uri, "nc://hostile/one");
    assert_eq!(page.entries[0].name, "a\\u{202e}b");
    assert_eq!(
        (&page.entries[0].mime_type, page.entries[0].size),
        (&None, Some(1))
    );
    assert_eq!(shelf.page(Some("more")).await.unwrap().next, None);
    for (cursor, said) in [
        ("flood", "1001 entries"),
        ("foreign", "`nc://notes/1`"),
        ("encoded", "`nc://hostile/a b`"),
        ("long", "a cursor longer than 1024 bytes"),
    ] {
        let error = shelf.page(Some(cursor)).await.unwrap_err();
        assert!(matches!(error, CallError::InvalidOutput(_)), "{error}");
        assert!(error.to_string().contains(said), "{error}");
    }
}

#[tokio::test]
async fn a_prompt_gets_what_it_declared_and_nothing_else() {
    let shelf = Shelf::new().await;
    let said = shelf.say(json!({"what": "x", "more": null})).await.unwrap();
    assert_eq!(said, json!({"said": r#"{"what":"x"}"#}).to_string());
    for (arguments, because) in [
        (json!({}), "`what` is required and missing"),
        (json!({"what": 1}), "`what` must be a string"),
        (json!({"what": "x", "wat": "y"}), "`wat` is not known"),
    ] {
        let error = shelf.say(arguments).await.unwrap_err();
        assert!(matches!(error, CallError::InvalidArguments(_)), "{error}");
        assert!(error.to_string().contains(because), "{error}");
    }
    let error = shelf.say(json!({"what": "nothing"})).await.unwrap_err();
    assert!(matches!(error, CallError::InvalidOutput(_)), "{error}");
}

#[tokio::test]
async fn proposals_are_shown_as_they_are_or_not_at_all() {
    let shelf = Shelf::new().await;
    assert_eq!(shelf.complete("hidden").await.unwrap(), ["good"]);
    let told = shelf.complete("x").await.unwrap().remove(0);
    assert!(
        told.contains("say") && told.contains("what") && told.contains("more"),
        "{told}"
    );
}
