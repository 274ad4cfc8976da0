//! A scripted browser for sign-ins: follows redirects across sites with a real cookie jar, fills in the forms that it
//! meets, and stops where a client waits for its answer. It runs no scripts.

use reqwest::header::{CONTENT_TYPE, COOKIE, LOCATION, ORIGIN, SET_COOKIE};
use reqwest::redirect::Policy;
use url::Url;

use super::jar::{Jar, Journey, same_site};
use super::page::{Button, Form, Page};

/// Redirects in a row that a browser follows, at most; Chromium's own bound.
const REDIRECTS: usize = 20;
/// Pages that a sign-in takes, at most: ours, Nextcloud's login, its consent, and some patience.
const PAGES: usize = 8;

/// A browser with its cookies.
#[derive(Debug, Clone)]
pub struct Browser {
    http: reqwest::Client,
    /// Its cookies, to look at and to tamper with.
    pub jar: Jar,
    stops: Vec<String>,
    /// The requests so far: method, address, status.
    pub trail: Vec<(String, Url, u16)>,
}

/// Who sits in front of a browser, and what they want.
#[derive(Debug, Clone)]
pub struct Person {
    /// Login name at Nextcloud.
    pub login: String,
    /// Password at Nextcloud.
    pub password: String,
    /// Which of the scopes that this server's consent page offers; `None` leaves the boxes as they are.
    pub scopes: Option<Vec<String>>,
    /// Whether to stay signed in; `None` leaves the box as it is.
    pub stay: Option<bool>,
    /// Whether to agree at all.
    pub agrees: bool,
}

/// Where a browser ended up.
#[derive(Debug, Clone)]
pub enum Arrival {
    /// On a page.
    Page(Page),
    /// At an address that it was told to stop at.
    Stopped(Url),
}

impl Person {
    /// An account of the stand-in's examples, who agrees to everything.
    pub fn example(name: &str) -> Self {
        Self {
            login: name.to_owned(),
            password: format!("{name}-pass-12345"),
            scopes: None,
            stay: None,
            agrees: true,
        }
    }

    /// Chooses these scopes only.
    #[must_use]
    pub fn choosing(mut self, scopes: &[&str]) -> Self {
        self.scopes = Some(scopes.iter().map(|&scope| scope.to_owned()).collect());
        self
    }

    /// Wants to stay signed in, or not.
    #[must_use]
    pub fn staying(mut self, stay: bool) -> Self {
        self.stay = Some(stay);
        self
    }

    /// Does not agree.
    #[must_use]
    pub fn refusing(mut self) -> Self {
        self.agrees = false;
        self
    }
}

impl Browser {
    /// A fresh browser that stops at addresses that begin like this, where a client waits.
    pub fn stopping_at(redirect_uri: &str) -> Self {
        let _ = rustls::crypto::ring::default_provider().install_default();
        let http = reqwest::Client::builder()
            .no_proxy()
            .redirect(Policy::none());
        Self {
            http: http.build().expect("a client"),
            jar: Jar::default(),
            stops: vec![redirect_uri.to_owned()],
            trail: Vec::new(),
        }
    }

    /// Types an address in.
    pub async fn open(&mut self, url: &str) -> Arrival {
        let url = url.parse().unwrap_or_else(|error| panic!("{url}: {error}"));
        self.go(url, None, None).await
    }

    /// Goes to an address by a link on a page of another address.
    pub async fn follow(&mut self, from: &Url, url: &str) -> Arrival {
        let url = from.join(url).expect("an address");
        self.go(url, None, Some(from.clone())).await
    }

    /// Sends a form of a page, by one of its buttons.
    pub async fn submit(&mut self, page: &Page, form: &Form, button: Option<&Button>) -> Arrival {
        let action = button
            .and_then(|button| button.action.as_ref())
            .unwrap_or(&form.action);
        let mut to = if action.is_empty() {
            page.url.clone()
        } else {
            page.url.join(action).expect("an address")
        };
        let pairs = form.pairs(button);
        let mut form_data = url::form_urlencoded::Serializer::new(String::new());
        let encoded = form_data.extend_pairs(&pairs).finish();
        if form.method == "post" {
            return self.go(to, Some(encoded), Some(page.url.clone())).await;
        }
        to.set_query(Some(&encoded));
        self.go(to, None, Some(page.url.clone())).await
    }

    /// Goes through a whole sign-in from an address on, until the client has its answer; or says where it got stuck.
    pub async fn sign_in(&mut self, url: &str, person: &Person) -> Result<Url, Box<Page>> {
        let mut arrival = self.open(url).await;
        let mut logged_in = false;
        for _ in 0..PAGES {
            let page = match arrival {
                Arrival::Stopped(url) => return Ok(url),
                Arrival::Page(page) => page,
            };
            let Some(mut form) = page.forms().into_iter().next() else {
                return Err(Box::new(page));
            };
            let button = if form.has("password") {
                if std::mem::replace(&mut logged_in, true) {
                    return Err(Box::new(page));
                }
                form.fill("user", &person.login)
                    .fill("password", &person.password);
                form.buttons.first().cloned()
            } else {
                answer(&mut form, person)
            };
            let Some(button) = button else {
                return Err(Box::new(page));
            };
            arrival = self.submit(&page, &form, Some(&button)).await;
        }
        match arrival {
            Arrival::Stopped(url) => Ok(url),
            Arrival::Page(page) => Err(Box::new(page)),
        }
    }

    async fn go(&mut self, url: Url, form: Option<String>, from: Option<Url>) -> Arrival {
        let (mut url, mut form) = (url, form);
        // Once another site was part of the way, the rest of it is cross-site.
        let mut cross_site = from.as_ref().is_some_and(|from| !same_site(from, &url));
        for _ in 0..REDIRECTS {
            if self.stops.iter().any(|stop| url.as_str().starts_with(stop)) {
                return Arrival::Stopped(url);
            }
            let page = self
                .request(&url, form.as_deref(), from.as_ref(), cross_site)
                .await;
            let to = page.headers.get(LOCATION).and_then(|to| to.to_str().ok());
            let next = match to.filter(|_| (300..400).contains(&page.status)) {
                Some(to) => Some(url.join(to).expect("an address in Location")),
                None => page.refresh(),
            };
            let Some(next) = next else {
                return Arrival::Page(page);
            };
            // 307 and 308 send a form again; after the others a GET follows.
            if !matches!(page.status, 307 | 308) {
                form = None;
            }
            cross_site |= !same_site(&url, &next);
            url = next;
        }
        panic!("more than {REDIRECTS} redirects: {:?}", self.trail)
    }

    async fn request(
        &mut self,
        url: &Url,
        form: Option<&str>,
        from: Option<&Url>,
        cross_site: bool,
    ) -> Page {
        let journey = Journey {
            cross_site,
            safe: form.is_none(),
        };
        let mut request = match form {
            None => self.http.get(url.clone()),
            Some(form) => self
                .http
                .post(url.clone())
                .header(CONTENT_TYPE, "application/x-www-form-urlencoded")
                .header(
                    ORIGIN,
                    from.map_or_else(|| "null".into(), |from| from.origin().ascii_serialization()),
                )
                .body(form.to_owned()),
        };
        request = request.header("Accept", "text/html,application/xhtml+xml,*/*;q=0.8");
        if let Some(cookies) = self.jar.header(url, journey) {
            request = request.header(COOKIE, cookies);
        }
        let answer = request
            .send()
            .await
            .unwrap_or_else(|error| panic!("{url}: {error}"));
        let (status, headers) = (answer.status().as_u16(), answer.headers().clone());
        for cookie in headers.get_all(SET_COOKIE) {
            self.jar
                .set(url, cookie.to_str().expect("a cookie of plain text"));
        }
        let method = if form.is_none() { "GET" } else { "POST" };
        self.trail.push((method.into(), url.clone(), status));
        let body = answer.text().await.expect("a page");
        Page {
            url: url.clone(),
            status,
            headers,
            body,
        }
    }
}

/// Answers a question for consent, ours or Nextcloud's; the button to press.
fn answer(form: &mut Form, person: &Person) -> Option<Button> {
    if let Some(scopes) = &person.scopes {
        form.tick("scope", |scope| scopes.iter().any(|one| one == scope));
    }
    if let Some(stay) = person.stay {
        form.tick("stay", |_| stay);
    }
    let wanted = if person.agrees {
        &["Allow"][..]
    } else {
        &["Cancel", "Deny"]
    };
    wanted.iter().find_map(|text| form.button(text)).cloned()
}
