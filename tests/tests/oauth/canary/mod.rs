//! Secrets stay where they belong: after a run through every flow at trace level, no part of any secret that ever existed
//! is in a log line, a page, an error, a header or in what a hostile guest could see.

mod run;

use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, URL_SAFE};

use crate::secrets::Place;
use run::begin;

/// The kinds of secrets that a run must have had.
const EXPECTED: [&str; 17] = [
    "ID token",
    "MCP client's secret",
    "Nextcloud's code",
    "Nextcloud's cookie",
    "Nextcloud's refresh token",
    "app password",
    "client secret",
    "client's verifier",
    "our code",
    "our token",
    "registration token",
    "secret key",
    "token of Nextcloud's",
    "transaction",
    "upstream verifier",
    "user's password",
    // The search itself, see below.
    "planted",
];

#[tokio::test]
async fn no_part_of_a_secret_is_where_it_does_not_belong() {
    for log_format in ["text", "json"] {
        let mut run = begin(log_format).await;
        run.broker().await;
        run.lasting().await;
        run.direct().await;
        run.pages().await;
        run.log = run.server.logs.text();
        // The next start asks Nextcloud about its registration with the token for that.
        run.server = run.server.restart().await;
        run.pages().await;
        run.log.push_str(&run.server.logs.text());

        let mut secrets = run.secrets();
        let planted = "planted-secret-of-a-test-0123456789";
        secrets.add("planted", Place::Nowhere, planted);
        let kinds = secrets.kinds();
        for kind in EXPECTED {
            assert!(kinds.contains(&kind), "no {kind} among {kinds:?}");
        }
        let search = secrets.search();

        let hex: Vec<String> = planted.bytes().map(|byte| format!("{byte:02x}")).collect();
        // The search finds what is there, in every form.
        for form in [
            planted.to_owned(),
            planted[7..23].to_owned(),
            STANDARD.encode(planted),
            URL_SAFE.encode(format!("x:{planted}")),
            STANDARD.encode(format!("xy{planted}zzz")),
            hex.concat(),
        ] {
            let found = search.anywhere(format!("{}\nline with {form} in it", run.log).as_bytes());
            assert!(
                found.iter().any(|one| one.starts_with("planted")),
                "{form} is not found"
            );
        }
        let exchanges = run.recorder.exchanges();
        assert!(exchanges.len() > 50, "{} exchanges", exchanges.len());
        let token = exchanges
            .iter()
            .find(|one| one.path == "/oauth/token" && one.status == 200);
        let mut elsewhere = token.expect("a token answer").clone();
        elsewhere.path = "/oauth/revoke".into();
        assert!(!search.misplaced(&elsewhere).is_empty(), "the place counts");

        assert!(
            run.log.contains("TRACE") || run.log.contains("DEBUG"),
            "{log_format}"
        );
        assert!(run.log.lines().count() > 100, "a log to search in");
        assert_eq!(
            search.anywhere(run.log.as_bytes()),
            [""; 0],
            "in the log, {log_format}"
        );
        for exchange in &exchanges {
            assert_eq!(search.misplaced(exchange), [""; 0]);
        }
        for entry in std::fs::read_dir(run.server.folder().join("data"))
            .unwrap()
            .flatten()
        {
            if entry.file_type().unwrap().is_file() {
                let content = std::fs::read(entry.path()).unwrap();
                assert_eq!(
                    search.anywhere(&content),
                    [""; 0],
                    "in {}",
                    entry.path().display()
                );
            }
        }
    }
}
