//! Whoever sits in front of a client: opens the addresses that it asks for, and signs in.

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
        let client = reqwest::Client::builder().no_proxy().build();
        let answer = client.expect("a client").get(back).send().await;
        let answer = answer.expect("the client listens at its redirect URI");
        assert!(answer.status().is_success(), "{}", answer.status());
    }
}

/// Where a client wants its answer.
pub(crate) fn redirect_uri(url: &str) -> String {
    let url: Url = url.parse().expect("an address");
    let mut pairs = url.query_pairs();
    let found = pairs.find(|(name, _)| name == "redirect_uri");
    found.expect("a redirect URI").1.into_owned()
}
