//! What people see of the broker: the consent page, and why a sign-in cannot go on.
//!
//! Names and addresses of clients are data of strangers: escaped, isolated from the text around them (`bdi`) and marked
//! as what they are. Never here: a decision.

use axum::response::{IntoResponse, Response};
use http::header::RETRY_AFTER;
use http::{HeaderValue, StatusCode};
use maud::{Markup, html};
use thiserror::Error;
use url::Url;

use super::client::ClientError;
use super::parameters::FormError;
use super::redirect::Destination;
use super::request::RequestError;
use super::{Broker, Client};
use crate::auth::oauth::NotReady;
use crate::auth::scope::{Scope, ScopeSet};
use crate::config::StaySignedIn;
use crate::page::{Width, form_page, page};

/// Why a sign-in cannot go on, where there is no client to tell it to. The text is what the page says.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub(super) enum Problem {
    #[error("{0}")]
    NotReady(#[from] NotReady),
    #[error("The request cannot be read: {0}.")]
    Form(#[from] FormError),
    #[error("The application did not say who it is (client_id is missing).")]
    NoClient,
    #[error("The application that sent you here is not known: {0}.")]
    Client(#[from] ClientError),
    #[error("The application did not say where to send you back to (redirect_uri is missing).")]
    NoRedirectUri,
    #[error(
        "The application wants you to be sent to an address that it did not register (redirect_uri). You are not sent \
         there, since somebody else may have put it into the link."
    )]
    RedirectUri,
    #[error(
        "This browser is not in the middle of a sign-in here, or took longer than ten minutes. That also happens when \
         the sign-in began in another browser, or when cookies are blocked."
    )]
    NoTransaction,
    #[error("The answer came from another website than this one, so it does not count.")]
    OtherSite,
    #[error("Nothing was ticked, so there is nothing that the application could do.")]
    NothingChosen,
    #[error("This server cannot go on. Its log says why.")]
    Server,
}

impl Problem {
    fn status(&self) -> StatusCode {
        match self {
            Self::NotReady(_) => StatusCode::SERVICE_UNAVAILABLE,
            Self::OtherSite => StatusCode::FORBIDDEN,
            Self::Server => StatusCode::INTERNAL_SERVER_ERROR,
            _ => StatusCode::BAD_REQUEST,
        }
    }

    fn title(&self) -> &'static str {
        match self {
            Self::NotReady(_) => "Not ready yet",
            Self::NoTransaction => "This sign-in has ended",
            Self::NothingChosen => "Nothing was chosen",
            _ => "This sign-in cannot go on",
        }
    }

    /// What to do next.
    fn next(&self) -> &'static str {
        match self {
            Self::NotReady(_) => "Wait a moment, then load this page again.",
            Self::NothingChosen => "Go back and tick what the application may do, or cancel there.",
            Self::Client(_) => {
                "In the application, remove this server and add it again, so that it registers anew."
            }
            Self::NoTransaction | Self::OtherSite => {
                "Go back to your application and start to connect again, in this browser."
            }
            _ => {
                "Go back to your application and start to connect again. If that does not help, tell whoever makes it \
                  what this page says."
            }
        }
    }
}

impl IntoResponse for Problem {
    fn into_response(self) -> Response {
        tracing::debug!("a sign-in ends with a page: {self}");
        let body = html! {
            h1 { (self.title()) }
            p { (self.to_string()) }
            p { (self.next()) }
        };
        let mut response = page(self.status(), self.title(), Width::Card, &body);
        if matches!(self, Self::NotReady(_)) {
            let seconds = HeaderValue::from(NotReady::RETRY_AFTER.as_secs());
            response.headers_mut().insert(RETRY_AFTER, seconds);
        }
        response
    }
}

/// The page for a request that a website got wrong: the person decides whether to go on there.
pub(super) fn faulty(redirect_uri: &Url, location: &str, error: RequestError) -> Response {
    let title = "This sign-in cannot go on";
    let host = redirect_uri.host_str().unwrap_or_default();
    let body = html! {
        h1 { (title) }
        p { "The application asked for something that this server does not give: " (error.to_string()) "." }
        p { a href=(location) rel="noreferrer" { "Back to " (host) } }
        p.soft { "Go there only if you came from there. Somebody else may have made the link that brought you here." }
    };
    page(StatusCode::BAD_REQUEST, title, Width::Card, &body)
}

/// The page that asks. Its form carries the transaction's name and the user's choice, nothing else.
pub(super) fn consent(
    broker: &Broker,
    client: &Client,
    redirect_uri: &Url,
    scopes: &ScopeSet,
    transaction: &str,
) -> Response {
    let name = client.name.as_deref();
    let nextcloud = nextcloud(broker);
    let known = (broker.oauth.known)();
    let asked = known.iter().filter(|scope| scopes.contains(&scope.name));
    let (writing, reading): (Vec<&Scope>, Vec<&Scope>) = asked.partition(|scope| scope.writes);
    let place = &broker.oauth.place;
    let body = html! {
        p.from { "Nextcloud MCP server at " (place.host()) }
        h1 {
            @match name {
                Some(name) => { bdi { (name) } }
                None => { "An application without a name" }
            }
            " asks to use your Nextcloud"
        }
        p {
            "If you allow it, you sign in at " strong { (nextcloud) } " next. The application does not see your password."
        }
        (facts(client, redirect_uri))
        (warning(client))
        form method="post" action={ (place.path()) "/oauth/consent" } {
            input type="hidden" name="transaction" value=(transaction);
            h2 { "What it may do" }
            p.soft { "Untick what you do not want. Tools without permission do not work." }
            (choices("It may read", "reads", &reading))
            (choices("It may add, change and delete", "writes", &writing))
            (stay(broker.oauth.settings.stay_signed_in))
            p {
                "Allow this only if you started it yourself, just now. If somebody else's link brought you here, cancel."
            }
            div.buttons {
                button.primary type="submit" name="decision" value="allow" { "Allow" }
                button type="submit" name="decision" value="deny" { "Cancel" }
            }
        }
    };
    let title = format!(
        "{} asks to use your Nextcloud",
        name.unwrap_or("An application")
    );
    form_page(&title, &body, &targets(broker, redirect_uri))
}

fn facts(client: &Client, redirect_uri: &Url) -> Markup {
    html! {
        dl.facts {
            div {
                dt { "Application" }
                dd {
                    bdi { (client.name.as_deref().unwrap_or("It gives no name")) }
                    @if let Some(host) = client.vouched_by() {
                        p.soft { "So says the website " strong { (host) } ", which describes it." }
                    } @else if client.name.is_some() {
                        p.soft { "So it calls itself. Nobody has checked that." }
                    }
                }
            }
            @if let Some(uri) = &client.uri {
                div {
                    dt { "Its website, as it says" }
                    dd.plain { bdi { (uri) } }
                }
            }
            div {
                dt { "Afterwards you are sent to" }
                @match Destination::of(redirect_uri) {
                    Destination::Web(host) => { dd { bdi.where { (host) } } }
                    Destination::Loopback(host) => {
                        dd {
                            span.where { "a program on this computer" }
                            p.soft { "at " code { (host) } }
                        }
                    }
                    Destination::Application(scheme) => {
                        dd {
                            span.where { "an application on this device" }
                            p.soft { "whichever opens links that begin with " code { (scheme) } }
                        }
                    }
                }
            }
        }
    }
}

/// A document names its client, but a program that only listens on loopback can use anybody's document.
fn warning(client: &Client) -> Markup {
    html! {
        @if client.vouched_by().is_some() && client.is_loopback_only() {
            div.note role="note" {
                p {
                    strong { "Any program on this computer can pretend to be this application. " }
                    "Go on only if you just started it yourself."
                }
            }
        }
    }
}

fn choices(legend: &str, class: &str, scopes: &[&Scope]) -> Markup {
    html! {
        @if !scopes.is_empty() {
            fieldset class=(class) {
                legend { (legend) }
                @for scope in scopes {
                    div.choice {
                        input type="checkbox" name="scope" value=(scope.name) id={ "scope-" (scope.name) } checked;
                        label for={ "scope-" (scope.name) } {
                            (scope.title)
                            small { code { (scope.name) } }
                        }
                    }
                }
            }
        }
    }
}

fn stay(setting: StaySignedIn) -> Markup {
    html! {
        @if setting != StaySignedIn::Off {
            fieldset {
                legend { "How long" }
                div.choice {
                    input type="checkbox" name="stay" value="on" id="stay" checked[setting == StaySignedIn::Preselect];
                    label for="stay" {
                        "Stay signed in for 90 days"
                        small {
                            "Your Nextcloud then makes an app password, named after this application, which you can revoke "
                            "there at any time: Settings, Security, Devices & sessions. If somebody copies the application's "
                            "sign-in, nobody notices, and it works until you revoke it or the 90 days are over."
                        }
                        small {
                            "Without this, you sign in again after every longer pause; by Nextcloud's default, after 15 minutes."
                        }
                    }
                }
            }
        }
    }
}

/// Where people reach Nextcloud, without `https://`.
fn nextcloud(broker: &Broker) -> String {
    let url = broker.oauth.nextcloud.public_url();
    let shown = url.split_once("://").map(|(_, rest)| rest.to_owned());
    shown.unwrap_or(url)
}

/// Where the form leads. Chromium holds every redirect after a form against `form-action`: on the way lie Nextcloud, the
/// identity provider that its administrator may have put before it (any https), and at last the client.
fn targets(broker: &Broker, redirect_uri: &Url) -> String {
    let nextcloud = Url::parse(&broker.oauth.nextcloud.public_url()).ok();
    let nextcloud = nextcloud.map(|url| Destination::csp_source(&url));
    let client = Destination::csp_source(redirect_uri);
    let mut sources = vec!["https:".to_owned()];
    sources.extend(nextcloud);
    sources.push(client);
    sources.retain(|source| !source.is_empty());
    sources.join(" ")
}
