//! `list_attachments`, `get_attachment` and `upload_attachment`.

use nextcloud_mcp_plugin::nextcloud::FetchError;
use nextcloud_mcp_plugin::testing::{Answer, Nextcloud, recordings};
use nextcloud_mcp_plugin::{Body, Content, FailureKind};
use serde_json::{Value, json};

use super::{call, head, note, whole, with};
use crate::tools;

/// In a category, and a notes folder that is not called `Notes`.
const FOLDER: &str = "/remote.php/dav/files/alice/My%20notes/Home/%C3%9C/.attachments.118/";

fn stored(content: &str) -> Value {
    let stored = with(note(118, "List", content, "e"), "category", "Home/Ü");
    with(stored, "internalPath", "/My notes/Home/Ü/List.md")
}

fn route(path: &str) -> String {
    format!("/index.php/apps/notes/api/v1.4/attachment/118?path={path}")
}

fn absent() -> Answer {
    Answer::json(404, &json!({"errorType": "Exception"}))
}

fn get(name: &str) -> Result<(Vec<Content>, Value), nextcloud_mcp_plugin::Failure> {
    let arguments = json!({"note_id": 118, "attachment_filename": name});
    let output = tools().call("get_attachment", &arguments.to_string())?;
    let data = serde_json::from_str(&output.structured.unwrap()).unwrap();
    Ok((output.content, data))
}

fn multistatus(files: &[(&str, &str, u64)]) -> Answer {
    let file = |(href, kind, size): &(&str, &str, u64)| {
        format!(
            "<d:response><d:href>{href}</d:href><d:propstat><d:prop><d:resourcetype/><d:getcontentlength>{size}\
             </d:getcontentlength><d:getcontenttype>{kind}</d:getcontenttype></d:prop><d:status>HTTP/1.1 200 OK</d:status>\
             </d:propstat></d:response>"
        )
    };
    let folder = format!(
        "<d:response><d:href>{FOLDER}</d:href><d:propstat><d:prop><d:resourcetype><d:collection/></d:resourcetype>\
         </d:prop><d:status>HTTP/1.1 200 OK</d:status></d:propstat></d:response>"
    );
    let body = format!(
        "<?xml version=\"1.0\"?><d:multistatus xmlns:d=\"DAV:\">{folder}{}</d:multistatus>",
        files.iter().map(file).collect::<String>()
    );
    Answer::new(207, "application/xml; charset=utf-8", body)
}

/// D17: bytes that are no UTF-8, in the note's category and the user's own notes folder.
#[test]
fn an_image_comes_as_an_image_from_where_its_note_lies() {
    let nextcloud = Nextcloud::start();
    let png = b"\x89PNG\r\n\x1a\n\xff";
    nextcloud
        .on("GET", &head(118), Answer::json(200, &stored("")))
        .on(
            "GET",
            &route(".attachments.118%2Fa%20b.png"),
            Answer::new(200, "image/png", *png),
        );
    let (content, data) = get("a b.png").unwrap();
    let Some(Content::Image(image)) = content.last() else {
        panic!("{content:?}");
    };
    assert_eq!(
        (image.data.as_slice(), image.mime_type.as_str()),
        (png.as_slice(), "image/png")
    );
    assert_eq!(
        data,
        json!({
            "path": ".attachments.118/a b.png", "mime_type": "image/png", "size": 9,
            "url": "https://cloud.example/index.php/apps/notes/note/118",
        })
    );
}

#[test]
fn texts_come_as_text_and_other_files_as_files() {
    let nextcloud = Nextcloud::start();
    for (answer, name) in [
        (Answer::new(200, "text/csv; charset=UTF-8", "ä,b"), "a.csv"),
        (Answer::new(200, "text/plain", *b"caf\xe9"), "latin1.txt"),
        (Answer::new(200, "application/pdf", *b"%PDF-1"), "a.pdf"),
    ] {
        nextcloud
            .on("GET", &head(118), Answer::json(200, &stored("")))
            .on("GET", &route(&format!(".attachments.118%2F{name}")), answer);
    }
    let (_, text) = get("a.csv").unwrap();
    assert_eq!((&text["text"], text.get("cut")), (&json!("ä,b"), None));
    for (name, mime_type, bytes) in [
        ("latin1.txt", "text/plain", b"caf\xe9".as_slice()),
        ("a.pdf", "application/pdf", b"%PDF-1"),
    ] {
        let (content, _) = get(name).unwrap();
        let Some(Content::Embedded(file)) = content.last() else {
            panic!("{content:?}");
        };
        assert_eq!(
            file.uri,
            format!("nc://notes/118/attachments/.attachments.118%2F{name}")
        );
        assert_eq!(file.mime_type.as_deref(), Some(mime_type));
        assert!(matches!(&file.body, Body::Bytes(own) if own == bytes));
    }
}

#[test]
fn a_long_text_is_cut_between_letters_and_says_so() {
    let nextcloud = Nextcloud::start();
    nextcloud
        .on("GET", &head(118), Answer::json(200, &stored("")))
        .on(
            "GET",
            &route(".attachments.118%2Flog.txt"),
            Answer::new(200, "text/plain", format!("a{}", "ä".repeat(150 << 10))),
        );
    let (content, data) = get("log.txt").unwrap();
    assert!(matches!(&content[0], Content::Text(text) if text.contains("beginning")));
    assert_eq!(data["cut"], json!(true));
    assert_eq!(data["text"].as_str().unwrap().len(), (200 << 10) - 1);
}

#[test]
fn a_file_is_found_by_the_path_that_the_text_has_or_beside_the_note() {
    let nextcloud = Nextcloud::start();
    for _ in 0..3 {
        nextcloud.on("GET", &head(118), Answer::json(200, &stored("")));
    }
    let png = || Answer::new(200, "image/png", "x");
    nextcloud
        .on("GET", &route(".attachments.118%2Fb9.png"), absent())
        .on("GET", &route("b9.png"), png())
        .on("GET", &route("..%2Fimg%2Fa%2520b.png"), absent())
        .on("GET", &route("..%2Fimg%2Fa%20b.png"), png());
    assert_eq!(get("b9.png").unwrap().1["path"], "b9.png");
    assert_eq!(
        get("../img/./a%20b.png").unwrap().1["path"],
        "../img/a b.png"
    );
    let outside = get("../../../secret.png").unwrap_err();
    assert_eq!(outside.kind, FailureKind::Invalid);
}

#[test]
fn what_cannot_be_read_is_named() {
    let too_long = vec![0; (5 << 20) + 1];
    for (answer, kind, word) in [
        (
            Answer::error(FetchError::TooLarge(8 << 20)),
            FailureKind::Limited,
            "5 MiB",
        ),
        (
            Answer::new(200, "image/png", too_long),
            FailureKind::Limited,
            "note/118",
        ),
        (
            Answer::json(400, &json!([])),
            FailureKind::Unsupported,
            "too old",
        ),
        (
            Answer::json(429, &json!({})),
            FailureKind::Limited,
            "more requests",
        ),
        (Answer::page(404), FailureKind::Unsupported, "not installed"),
    ] {
        let nextcloud = Nextcloud::start();
        nextcloud
            .on("GET", &head(118), Answer::json(200, &stored("")))
            .on("GET", &route(".attachments.118%2Fx.png"), answer);
        let failure = get("x.png").unwrap_err();
        assert_eq!(failure.kind, kind, "{}", failure.message);
        assert!(failure.message.contains(word), "{}", failure.message);
    }
    let nextcloud = Nextcloud::start();
    nextcloud
        .on("GET", &head(118), Answer::json(200, &stored("")))
        .on("GET", &route(".attachments.118%2Fx.png"), absent())
        .on("GET", &route("x.png"), absent());
    let failure = get("x.png").unwrap_err();
    assert_eq!(failure.kind, FailureKind::NotFound);
    assert!(
        failure.message.contains("list_attachments"),
        "{}",
        failure.message
    );
}

#[test]
fn the_list_joins_what_is_stored_and_what_the_text_names() {
    let text = "![](.attachments.118/a%20b.png) ![](.attachments.118/gone.png) ![](img/c.webp) [x](../lost.pdf) \
        ![](../../../secret.png) ![](https://x.example/y.png)";
    let nextcloud = Nextcloud::start();
    let inside = FOLDER.strip_suffix(".attachments.118/").unwrap();
    nextcloud
        .on("GET", &whole(118), Answer::json(200, &stored(text)))
        .on(
            "PROPFIND",
            FOLDER,
            multistatus(&[
                (&format!("{FOLDER}a%20b.png"), "image/png", 70),
                (&format!("{FOLDER}old.pdf"), "application/pdf", 9),
            ]),
        )
        .on(
            "PROPFIND",
            &format!("{inside}img/c.webp"),
            multistatus(&[(&format!("{inside}img/c.webp"), "image/webp", 5)]),
        )
        .on(
            "PROPFIND",
            "/remote.php/dav/files/alice/My%20notes/Home/lost.pdf",
            Answer::new(404, "application/xml", "<d:error xmlns:d=\"DAV:\"/>"),
        );
    let (text, data) = call("list_attachments", json!({"note_id": 118})).unwrap();
    assert_eq!(
        text,
        "Note 118 \"List\" in category \"Home/Ü\" has 3 attachments."
    );
    assert_eq!(
        data,
        json!({
            "attachments": [
                {"name": "a b.png", "mime_type": "image/png", "size": 70},
                {"name": "old.pdf", "mime_type": "application/pdf", "size": 9, "unused": true},
                {"name": "img/c.webp", "mime_type": "image/webp", "size": 5},
            ],
            "missing": [".attachments.118/gone.png", "../lost.pdf"],
            "url": "https://cloud.example/index.php/apps/notes/note/118",
        })
    );
    let sent = nextcloud.sent();
    assert_eq!(
        (sent[1].header("depth"), sent[2].header("depth")),
        (Some("1"), Some("0"))
    );
}

#[test]
fn a_note_without_files_has_none() {
    let nextcloud = Nextcloud::start();
    nextcloud
        .on("GET", &whole(118), Answer::json(200, &stored("")))
        .on(
            "PROPFIND",
            FOLDER,
            Answer::new(404, "application/xml", "<d:error xmlns:d=\"DAV:\"/>"),
        );
    let (text, data) = call("list_attachments", json!({"note_id": 118})).unwrap();
    assert!(text.ends_with("has 0 attachments."), "{text}");
    assert_eq!(data["attachments"], json!([]));
}

#[test]
fn an_upload_makes_the_folder_overwrites_nothing_and_gives_the_markdown() {
    for folder in [201, 405] {
        let nextcloud = Nextcloud::start();
        nextcloud
            .on("GET", &head(118), Answer::json(200, &stored("")))
            .on("MKCOL", FOLDER, Answer::new(folder, "text/html", ""))
            .on(
                "PUT",
                &format!("{FOLDER}a%20b.png"),
                Answer::new(201, "text/html", "").header("ETag", "\"x\""),
            );
        let (text, data) = call(
            "upload_attachment",
            json!({"note_id": 118, "attachment_filename": "a b.png", "data": "iVBORw=="}),
        )
        .unwrap();
        let put = &nextcloud.sent()[2];
        assert_eq!(put.body, b"\x89PNG");
        assert_eq!(
            (put.header("if-none-match"), put.header("content-type")),
            (Some("*"), Some("image/png"))
        );
        assert_eq!(
            data,
            json!({
                "path": ".attachments.118/a b.png", "mime_type": "image/png", "size": 4,
                "markdown": "![a b.png](.attachments.118/a%20b.png)",
                "url": "https://cloud.example/index.php/apps/notes/note/118",
            })
        );
        assert!(
            text.contains("![a b.png](.attachments.118/a%20b.png)"),
            "{text}"
        );
    }
}

#[test]
fn an_upload_that_is_refused_stores_nothing_and_says_why() {
    let arguments = json!({"note_id": 118, "attachment_filename": "x.txt", "text": "hi"});
    for (status, kind) in [
        (412, FailureKind::Conflict),
        (403, FailureKind::Denied),
        (507, FailureKind::Limited),
    ] {
        let nextcloud = Nextcloud::start();
        nextcloud
            .on("GET", &head(118), Answer::json(200, &stored("")))
            .on("MKCOL", FOLDER, Answer::new(405, "application/xml", ""))
            .on(
                "PUT",
                &format!("{FOLDER}x.txt"),
                Answer::new(status, "application/xml", "<d:error xmlns:d=\"DAV:\"/>"),
            );
        let failure = call("upload_attachment", arguments.clone()).unwrap_err();
        assert_eq!(failure.kind, kind, "{}", failure.message);
    }
    let nextcloud = Nextcloud::start();
    let readonly = with(stored(""), "readonly", true);
    nextcloud.on("GET", &head(118), Answer::json(200, &readonly));
    let failure = call("upload_attachment", arguments).unwrap_err();
    assert_eq!(failure.kind, FailureKind::Denied);
    assert!(failure.message.contains("read-only"), "{}", failure.message);
    for wrong in [
        json!({"note_id": 118, "attachment_filename": "../x", "text": "hi"}),
        json!({"note_id": 118, "attachment_filename": "x"}),
        json!({"note_id": 118, "attachment_filename": "x", "data": "%%"}),
    ] {
        let failure = call("upload_attachment", wrong).unwrap_err();
        assert_eq!(failure.kind, FailureKind::Invalid);
    }
}

#[test]
fn the_recorded_attachment_is_understood() {
    let names = [
        "notes/067-attachment-get-v1.4.json",
        "notes/068-attachment-get-v1.4-missing.json",
        "notes/053-attachment-get-missing.json",
    ];
    let Some([_, missing, old]) = recordings(names) else {
        return;
    };
    let nextcloud = Nextcloud::start();
    nextcloud
        .on("GET", &head(118), Answer::json(200, &stored("")))
        .on("GET", &route(".attachments.118%2Fnope.png"), missing.answer)
        .on("GET", &route("nope.png"), old.answer);
    let failure = get("nope.png").unwrap_err();
    assert_eq!(
        failure.kind,
        FailureKind::Unsupported,
        "{}",
        failure.message
    );
}
