//! Sends recorded requests to a stand-in and compares what comes back.

use std::collections::BTreeMap;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use nextcloud_mcp_tests::nextcloud::{Options, StandIn, User, set_clock};

use crate::browser::{self, Browser};
use crate::canon::Canon;
use crate::compare::{Answer, Rules, limit, normal};
use crate::oidc;
use crate::plan;
use crate::recording::Recording;

/// The recorded server's address.
const HOST: &str = "127.0.0.1:8080";
/// Where the stand-in's clock begins: early enough for the times that requests name to lie ahead (notes/026).
pub(crate) const CLOCK: i64 = 1_795_280_000;

/// A stand-in with the accounts of the recorded server, and what is known of both sides.
pub(crate) struct Replay {
    pub(crate) stand_in: StandIn,
    pub(crate) recorded: Canon,
    pub(crate) ours: Canon,
    pub(crate) all: BTreeMap<String, Recording>,
    /// Cookies of ours that stand for the recorded ones.
    pub(crate) cookies: Option<String>,
    /// The recorder's browser, at our side.
    pub(crate) browser: Browser,
    /// Codes of ours by the recording that trades them in, where it does not show its own.
    pub(crate) codes: BTreeMap<String, String>,
    pub(crate) client: reqwest::Client,
}

impl Replay {
    pub(crate) async fn start(all: &BTreeMap<String, Recording>) -> Self {
        set_clock(CLOCK);
        let users = ["alice", "bob", "carol"].map(User::example).to_vec();
        let options = Options {
            users,
            ..Options::default()
        };
        let stand_in = StandIn::start(options).await.expect("a free port");
        let ours = Canon::new(&stand_in.address().to_string());
        let mut replay = Self {
            stand_in,
            recorded: Canon::new(HOST),
            ours,
            all: all.clone(),
            cookies: None,
            browser: Browser::default(),
            codes: BTreeMap::new(),
            client: client(),
        };
        plan::accounts(&mut replay);
        replay
    }

    /// Sends a recorded request and compares the answer; says what differs.
    pub(crate) async fn answer_again(&mut self, recording: &Recording) -> Result<(), String> {
        let (status, headers, body) = self.send(recording).await;
        browser::seen(self, recording, &headers, &body);
        let rules = Rules {
            // Requests that come with cookies were answered with and without new ones (bearer/039, bearer-variants/006).
            cookies: recording.header("Cookie").is_none(),
            // The database lists the calendars of a home in the order in which their rows lie (caldav/127).
            unordered: recording.method == "PROPFIND" && is_home(&recording.target),
            limit: limit(&recording.answer_body),
        };
        let before = (self.recorded.clone(), self.ours.clone());
        let expected = Answer {
            status: recording.status,
            headers: &recording.answer_headers,
            body: &recording.answer_body,
        };
        let expected = normal(&expected, &mut self.recorded, rules);
        let actual = Answer {
            status,
            headers: &headers,
            body: &body,
        };
        let actual = normal(&actual, &mut self.ours, rules);
        if expected == actual {
            return Ok(());
        }
        (self.recorded, self.ours) = before;
        Err(difference(&expected, &actual))
    }

    /// Sends a recorded request with ids, tags and secrets exchanged for ours.
    pub(crate) async fn send(&self, recording: &Recording) -> (u16, Vec<(String, String)>, String) {
        let target = self.target(&recording.target);
        let url = format!("http://{}{target}", self.stand_in.address());
        let method = reqwest::Method::from_bytes(recording.method.as_bytes()).expect("a method");
        let mut request = self.client.request(method, url);
        for (name, value) in &recording.headers {
            match name.to_lowercase().as_str() {
                "host" if value == HOST => {}
                "content-length" => {}
                "cookie" => {
                    let browser = recording.area().starts_with("oidc-");
                    let cookies = self.cookies.clone().filter(|_| !browser);
                    request =
                        request.header("Cookie", cookies.unwrap_or_else(|| self.browser.header()));
                }
                "authorization" => {
                    request = request.header("Authorization", self.authorization(value));
                }
                _ => request = request.header(name, self.recorded.translate(value, &self.ours)),
            }
        }
        // The recorder's browser, whose cookies the recording does not show.
        if recording.name.starts_with("errors/043") {
            request = request.header("Cookie", self.browser.header());
        }
        let own = oidc::body(self, recording);
        if own.is_some() && recording.header("Content-Type").is_none() {
            request = request.header("Content-Type", "application/x-www-form-urlencoded");
        }
        let body = own.or_else(|| plan::body(recording)).unwrap_or_else(|| {
            self.recorded
                .translate(&recording.body, &self.ours)
                .into_bytes()
        });
        let answer = request.body(body).send().await.expect("an answer");
        let status = answer.status().as_u16();
        let headers = answer.headers().iter();
        let headers = headers
            .map(|(name, value)| {
                (
                    name.to_string(),
                    String::from_utf8_lossy(value.as_bytes()).into_owned(),
                )
            })
            .collect();
        let body = answer.bytes().await.expect("a body");
        (status, headers, String::from_utf8_lossy(&body).into_owned())
    }

    /// The session cookies that an answer to this request sets.
    pub(crate) async fn cookies_of(&self, name: &str) -> String {
        let recording = &self.all[name];
        let (_, headers, _) = self.send(recording).await;
        let set = headers
            .iter()
            .filter(|(name, value)| name == "set-cookie" && !value.contains("=deleted"));
        let pairs: Vec<&str> = set
            .filter_map(|(_, value)| value.split(';').next())
            .collect();
        pairs.join("; ")
    }

    /// A path with the ids of notes exchanged.
    fn target(&self, target: &str) -> String {
        let target = self.recorded.translate(target, &self.ours);
        let mut parts: Vec<String> = target.split('/').map(str::to_owned).collect();
        for place in 1..parts.len() {
            if !matches!(parts[place - 1].as_str(), "notes" | "attachment") {
                continue;
            }
            let (id, query) = parts[place]
                .split_once('?')
                .map_or((parts[place].as_str(), ""), |(id, query)| (id, query));
            if let Some(ours) = self.recorded.counterpart("id", id, &self.ours) {
                parts[place] = if query.is_empty() {
                    ours
                } else {
                    format!("{ours}?{query}")
                };
            }
        }
        parts.join("/")
    }

    fn authorization(&self, value: &str) -> String {
        match value.split_once(' ') {
            Some((scheme, value)) if scheme.eq_ignore_ascii_case("basic") => {
                let plain = STANDARD.decode(value).expect("base64");
                let plain = String::from_utf8(plain).expect("text");
                format!(
                    "{scheme} {}",
                    STANDARD.encode(self.recorded.translate(&plain, &self.ours))
                )
            }
            _ => self.recorded.translate(value, &self.ours),
        }
    }
}

/// Whether a path is that of the calendars of an account.
fn is_home(target: &str) -> bool {
    let below = target.strip_prefix("/remote.php/dav/calendars/");
    below.is_some_and(|below| below.trim_end_matches('/').split('/').count() == 1)
}

fn client() -> reqwest::Client {
    let _ = rustls::crypto::ring::default_provider().install_default();
    let builder = reqwest::Client::builder()
        .redirect(reqwest::redirect::Policy::none())
        .no_proxy();
    builder.build().expect("a client")
}

/// The first lines that differ, from shortly before where they do.
fn difference(expected: &str, actual: &str) -> String {
    const LINES: usize = 12;
    const BEFORE: usize = 80;
    const SHOWN: usize = 400;
    let mut lines = Vec::new();
    let (expected, actual): (Vec<&str>, Vec<&str>) =
        (expected.lines().collect(), actual.lines().collect());
    for place in 0..expected.len().max(actual.len()) {
        let (one, other) = (
            expected.get(place).copied().unwrap_or("(nothing)"),
            actual.get(place).copied().unwrap_or("(nothing)"),
        );
        if one != other && lines.len() < LINES {
            let same = one
                .chars()
                .zip(other.chars())
                .take_while(|(one, other)| one == other)
                .count();
            let show = |line: &str| {
                line.chars()
                    .skip(same.saturating_sub(BEFORE))
                    .take(SHOWN)
                    .collect::<String>()
            };
            lines.push(format!(
                "  recorded {}\n  ours     {}",
                show(one),
                show(other)
            ));
        }
    }
    format!("\n{}", lines.join("\n"))
}
