//! State fixation and the confused deputy: a sign-in goes on in the browser that began it, and in no other, although
//! Nextcloud consents without a word for whoever is signed in there.

use nextcloud_mcp_tests::harness::sign_in::Departure;
use nextcloud_mcp_tests::harness::{Arrival, Browser, Form, Page, Person, Server, SignIn};
use nextcloud_mcp_tests::nextcloud::StandIn;
use url::Url;

use crate::wire::{http, with_token};
use crate::{NOTES, stage};

/// A client, and its request, of somebody who wants others' notes.
struct Attack {
    nextcloud: StandIn,
    server: Server,
    client: SignIn,
    departure: Departure,
}

async fn attack() -> Attack {
    let (nextcloud, server) = stage().await;
    let client = SignIn::registered(&server.endpoint()).await;
    let departure = client.depart(NOTES);
    Attack {
        nextcloud,
        server,
        client,
        departure,
    }
}

impl Attack {
    /// Bob's browser: signed in at Nextcloud, which from now on consents for him silently.
    async fn victim(&self) -> Browser {
        let mut browser = Browser::stopping_at(&self.client.redirect_uri);
        let bob = Person::example("bob");
        self.client.tokens(&mut browser, &bob, NOTES).await;
        // Silently indeed: the same again asks nothing of Nextcloud's.
        let trail = browser.trail.len();
        self.client.tokens(&mut browser, &bob, NOTES).await;
        let again = &browser.trail[trail..];
        assert!(
            again
                .iter()
                .all(|(_, url, _)| !url.path().ends_with("/login")),
            "{again:?}"
        );
        browser
    }

    /// The attacker's browser at the consent page.
    async fn asked(&self, browser: &mut Browser) -> Page {
        match browser.open(self.departure.url.as_str()).await {
            Arrival::Page(page) => page,
            Arrival::Stopped(url) => panic!("not asked, but sent to {url}"),
        }
    }

    /// The attacker agrees, and stops where these addresses begin.
    async fn agreed(&self, stop: &str) -> (Browser, Url) {
        let mut browser = Browser::stopping_at(stop);
        let alice = Person::example("alice");
        let at = browser.sign_in(self.departure.url.as_str(), &alice).await;
        let at = at.expect("it stops there");
        assert!(at.query_pairs().any(|(name, _)| name == "state"), "{at}");
        (browser, at)
    }

    /// The attacker's own browser can finish what it began: what was refused to the other was good.
    async fn works_at_home(&self, attacker: &Browser, at: &Url) {
        let mut home = Browser::stopping_at(&self.client.redirect_uri);
        home.jar = attacker.jar.clone();
        let alice = Person::example("alice");
        let at = home.sign_in(at.as_str(), &alice).await.expect("an answer");
        let code = self.client.arrived(&self.departure, &at).expect("a code");
        let tokens = self.client.redeem(&self.departure, &code).await.tokens();
        assert_eq!(with_token(&self.server, &tokens.access).await.status, 200);
    }

    fn upstream(&self) -> String {
        format!("{}/apps/oidc/authorize?", self.nextcloud.url())
    }
}

/// A page that says that it does not go on, and no way on.
fn assert_ended(arrival: Arrival, what: &str) {
    let Arrival::Page(page) = arrival else {
        panic!("{what}: the client got an answer: {arrival:?}");
    };
    assert_eq!(page.status, 400, "{what}: {}", page.text());
    assert!(page.text().contains("has ended"), "{what}: {}", page.text());
    assert!(!page.headers.contains_key("location"), "{what}");
    assert!(page.forms().is_empty(), "{what}");
    assert!(!page.body.contains("ncmcp"), "{what}: something sealed");
}

/// Presses Allow.
async fn allow(browser: &mut Browser, page: &Page, form: &Form) -> Arrival {
    let button = form.button("Allow").cloned();
    browser.submit(page, form, button.as_ref()).await
}

#[tokio::test]
async fn an_upstream_address_of_an_attacker_leads_a_victim_nowhere() {
    let attack = attack().await;
    let mut victim = attack.victim().await;
    let (attacker, upstream) = attack.agreed(&attack.upstream()).await;
    attack.nextcloud.forget_requests();
    let arrival = victim.open(upstream.as_str()).await;
    let (_, last, _) = victim.trail.last().unwrap();
    assert_eq!(
        last.path(),
        "/oauth/callback",
        "Nextcloud consented silently"
    );
    assert!(last.query_pairs().any(|(name, _)| name == "code"));
    assert_ended(arrival, "the victim's callback");
    assert!(attack.nextcloud.requests_to("/apps/oidc/token").is_empty());
    attack.works_at_home(&attacker, &upstream).await;
}

#[tokio::test]
async fn a_callback_of_an_attacker_does_not_sign_a_victim_in_as_the_attacker() {
    let attack = attack().await;
    let mut victim = attack.victim().await;
    let callback = format!("{}/oauth/callback", attack.server.url());
    let (attacker, at) = attack.agreed(&callback).await;
    assert_ended(victim.open(at.as_str()).await, "the attacker's callback");
    let mut fresh = Browser::stopping_at(&attack.client.redirect_uri);
    assert_ended(fresh.open(at.as_str()).await, "in a fresh browser");
    attack.works_at_home(&attacker, &at).await;
}

#[tokio::test]
async fn a_consent_page_of_an_attacker_is_not_answered_by_another_browser() {
    let attack = attack().await;
    let mut victim = attack.victim().await;
    let mut attacker = Browser::stopping_at(&attack.upstream());
    let page = attack.asked(&mut attacker).await;
    let form = page.forms().remove(0);
    assert_ended(allow(&mut victim, &page, &form).await, "no cookie of it");

    // The victim is in the middle of a sign-in of their own, and the form is given the attacker's transaction.
    let Arrival::Page(own) = victim.open(attack.client.depart(NOTES).url.as_str()).await else {
        panic!("not asked");
    };
    let mut own_form = own.forms().remove(0);
    let honest = own_form.clone();
    let name = |form: &Form| {
        let field = form.fields.iter().find(|field| field.name == "transaction");
        field.unwrap().value.clone()
    };
    own_form.fill("transaction", &name(&form));
    assert_ended(allow(&mut victim, &own, &own_form).await, "another's name");
    let arrival = allow(&mut victim, &own, &honest).await;
    assert!(
        matches!(arrival, Arrival::Stopped(_)),
        "their own goes on: {arrival:?}"
    );

    let Arrival::Stopped(upstream) = allow(&mut attacker, &page, &form).await else {
        panic!("the attacker's own browser goes on");
    };
    assert_ended(
        allow(&mut attacker, &page, &form).await,
        "answered once already",
    );
    attack.works_at_home(&attacker, &upstream).await;
}

#[tokio::test]
async fn the_consent_page_cannot_be_left_out() {
    let attack = attack().await;
    let mut browser = attack.victim().await;
    let page = attack.asked(&mut browser).await;
    let form = page.forms().remove(0);
    let name = &form.fields.iter().find(|field| field.name == "transaction");
    let name = name.unwrap().value.clone();
    let server = attack.server.url();
    // A code of Nextcloud's and the name of a transaction that nobody agreed to.
    let skipped = format!("{server}/oauth/callback?code=abc&state={name}");
    assert_ended(browser.open(&skipped).await, "consent left out");
    for query in [
        "",
        "code=abc",
        "state=x&code=abc",
        "code=abc&state=",
        "error=access_denied",
    ] {
        let url = format!("{server}/oauth/callback?{query}");
        assert_ended(browser.open(&url).await, query);
    }
    let arrival = allow(&mut browser, &page, &form).await;
    assert!(matches!(arrival, Arrival::Stopped(_)), "{arrival:?}");
}

#[tokio::test]
async fn nothing_ticked_grants_nothing_and_nothing_more_than_asked_can_be_ticked() {
    let (_nextcloud, server) = stage().await;
    let client = SignIn::registered(&server.endpoint()).await;
    let departure = client.depart("notes.read");
    let mut browser = Browser::stopping_at(&client.redirect_uri);
    let Arrival::Page(page) = browser.open(departure.url.as_str()).await else {
        panic!("not asked");
    };
    let mut form = page.forms().remove(0);
    form.tick("scope", |_| false);
    let Arrival::Page(refusal) = allow(&mut browser, &page, &form).await else {
        panic!("nothing was ticked");
    };
    assert_eq!(refusal.status, 400, "{}", refusal.text());
    // More than was asked for, put into the form by hand.
    let mut more = page.forms().remove(0);
    let mut field = more
        .fields
        .iter()
        .find(|field| field.name == "scope")
        .cloned()
        .unwrap();
    field.value = "notes.write".into();
    field.sent = true;
    more.fields.push(field);
    let arrival = allow(&mut browser, &page, &more).await;
    let at = match arrival {
        Arrival::Stopped(at) => at,
        Arrival::Page(login) => {
            assert!(login.url.path().ends_with("/login"), "{}", login.text());
            let back = login.url.to_string();
            let alice = Person::example("alice");
            browser.sign_in(&back, &alice).await.expect("an answer")
        }
    };
    let code = client.arrived(&departure, &at).unwrap();
    let tokens = client.redeem(&departure, &code).await.tokens();
    assert_eq!(tokens.scope.as_deref(), Some("notes.read"));
    let names = server.client_with(&tokens.access).await.tool_names().await;
    assert!(
        !names.contains(&"nc_notes_create_note".to_owned()),
        "{names:?}"
    );
}

#[tokio::test]
async fn another_website_cannot_post_the_answer_and_a_changed_cookie_is_none() {
    let attack = attack().await;
    let mut browser = Browser::stopping_at(&attack.upstream());
    let page = attack.asked(&mut browser).await;
    let form = page.forms().remove(0);
    let pairs = form.pairs(form.button("Allow"));
    let body = url::form_urlencoded::Serializer::new(String::new())
        .extend_pairs(&pairs)
        .finish();
    let cookie = &browser.jar.cookies()[0];
    let (name, value) = (cookie.name.clone(), cookie.value.clone());
    assert!(cookie.http_only, "no script reads it");
    let consent = format!("{}/oauth/consent", attack.server.url());
    let send = async |origin: Option<&str>, site: Option<&str>, cookies: &str| {
        let mut request = http()
            .post(&consent)
            .header("Content-Type", "application/x-www-form-urlencoded")
            .header("Cookie", cookies)
            .body(body.clone());
        if let Some(origin) = origin {
            request = request.header("Origin", origin);
        }
        if let Some(site) = site {
            request = request.header("Sec-Fetch-Site", site);
        }
        let answer = request.send().await.unwrap();
        assert!(answer.status() == 303 || !answer.headers().contains_key("location"));
        answer.status().as_u16()
    };
    let own = attack.server.url();
    let good = format!("{name}={value}");
    for origin in [
        "https://evil.example",
        "null",
        "http://127.0.0.1:1",
        "http://localhost",
    ] {
        assert_eq!(send(Some(origin), None, &good).await, 403, "{origin}");
    }
    for site in ["cross-site", "same-site", "none"] {
        assert_eq!(send(Some(own), Some(site), &good).await, 403, "{site}");
    }
    let middle = value.len() / 2;
    let flipped = if value.as_bytes()[middle] == b'A' {
        "B"
    } else {
        "A"
    };
    let changed = format!("{}{flipped}{}", &value[..middle], &value[middle + 1..]);
    for cookies in [
        String::new(),
        format!("{name}={changed}"),
        format!("{name}={value}; {name}={value}"),
        format!("{name}={value}; {name}={changed}"),
        format!("{name}x={value}"),
    ] {
        assert_eq!(
            send(Some(own), None, &cookies).await,
            400,
            "{}",
            cookies.len()
        );
    }
    assert_eq!(send(Some(own), Some("same-origin"), &good).await, 303);
}
