//! What every client must have seen.

use serde_json::{Value, json};

/// Whether a client is told that there are other tools now.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum News {
    Heard,
    /// It is not promised any.
    Unheard,
}

/// Holds what a client saw on its tour to what is there.
pub(crate) fn check(seen: &Value, news: News) {
    let tools = seen["tools"].as_array().expect("a list of tools");
    for tool in [
        "nc_notes_create_note",
        "nc_library_count",
        "nc_conformance_test_simple_text",
    ] {
        assert!(tools.iter().any(|name| name == tool), "{tool}: {tools:?}");
    }
    let resources = seen["resources"].as_array().expect("a list of resources");
    // In two pages of one plugin, beside those of the others.
    for resource in [
        "reader",
        "Moby Dick",
        "Q&A: 100% / \"why?\" ü",
        "Middlemarch",
        "static_text",
    ] {
        assert!(
            resources.iter().any(|name| name == resource),
            "{resource}: {resources:?}"
        );
    }
    let templates = seen["templates"].as_array().expect("a list of templates");
    let template = "nc://library/books/{title}";
    assert!(templates.iter().any(|one| one == template), "{templates:?}");
    let prompts = seen["prompts"].as_array().expect("a list of prompts");
    assert!(
        prompts.iter().any(|one| one == "nc_library_discuss"),
        "{prompts:?}"
    );
    let unread = seen["unread"].as_str().expect("a refusal");
    assert!(
        unread.contains("There is no book called `Ulysses`."),
        "{unread}"
    );
    for (what, is) in [
        ("structured", json!({"books": 3})),
        ("failed", json!(true)),
        ("read", json!("# Q&A: 100% / \"why?\" ü\n\nBook 2.")),
        (
            "said",
            json!(["# Moby Dick\n\nBook 1.", "Be brief.", "With pleasure."]),
        ),
        ("proposed", json!(["Moby Dick", "Middlemarch"])),
        ("gave_up", json!(true)),
        ("afterwards", json!({"books": 3})),
    ] {
        assert_eq!(seen[what], is, "{what}");
    }
    let progress = seen["progress"].as_array().expect("reports");
    let progress: Vec<_> = progress.iter().filter_map(Value::as_f64).collect();
    assert_eq!(progress, [0.0, 50.0, 100.0]);
    if news == News::Unheard {
        assert_eq!(seen["heard"], Value::Null);
        return;
    }
    let heard = seen["heard"].as_array().expect("a list of tools");
    // Of the plugin that came while it listened, and of no other.
    assert!(
        heard.iter().any(|name| name == "nc_talker_say"),
        "{heard:?}"
    );
    for tool in heard {
        assert!(
            tool.as_str().unwrap().starts_with("nc_talker_"),
            "{heard:?}"
        );
    }
}
