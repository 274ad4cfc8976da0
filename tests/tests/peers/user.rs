//! Whoever sits in front of a client: opens the addresses that it asks for, and signs in.

use std::time::{Duration, Instant};

use nextcloud_mcp_tests::harness::{Browser, Person};
use url::Url;

/// Opens an address, goes through the pages and comes back to the client, which listens on loopback.
pub(crate) trait Browses {
    async fn open(&mut self, url: &str);
}

/// A person with a scripted browser.
#[derive(Debug)]
pub(crate) struct User {
    person: Person,
    /// How often the client sent this person to a browser.
    pub(crate) sign_ins: usize,
}

impl User {
    /// An account of the stand-in's examples.
    pub(crate) fn example(name: &str) -> Self {
        Self {
            person: Person::example(name),
            sign_ins: 0,
        }
    }
}

impl Browses for User {
    async fn open(&mut self, url: &str) {
        self.sign_ins += 1;
        let mut browser = Browser::stopping_at(&redirect_uri(url));
        let arrived = browser.sign_in(url, &self.person).await;
        let back = arrived.unwrap_or_else(|page| {
            panic!("stuck at {} ({}): {}", page.url, page.status, page.text())
        });
        let answer = come_back(back).await;
        assert!(answer.status().is_success(), "{}", answer.status());
    }
}

/// How long a client may take to listen: some open the browser first, and no person is as fast as this one.
const LISTENS_WITHIN: Duration = Duration::from_secs(10);

async fn come_back(to: Url) -> reqwest::Response {
    let client = reqwest::Client::builder().no_proxy().build();
    let client = client.expect("a client");
    let begun = Instant::now();
    loop {
        match client.get(to.clone()).send().await {
            Err(error) if error.is_connect() && begun.elapsed() < LISTENS_WITHIN => {
                tokio::time::sleep(Duration::from_millis(50)).await;
            }
            answer => return answer.expect("the client listens at its redirect URI"),
        }
    }
}

/// Where a client wants its answer.
pub(crate) fn redirect_uri(url: &str) -> String {
    let url: Url = url.parse().expect("an address");
    let mut pairs = url.query_pairs();
    let found = pairs.find(|(name, _)| name == "redirect_uri");
    found.expect("a redirect URI").1.into_owned()
}
