//! Which part of Nextcloud a request is for, and what is said before any part is asked: redirects of the web server,
//! untrusted hosts, maintenance, `status.php`.

use super::auth::{self, Identity, Part};
use super::reply::Reply;
use super::request::{Request, segments};
use super::state::State;
use super::{
    account, activity, caldav, capabilities, carddav, files, html, login, login_flow, notes, ocs,
    oidc, search, session, sharees, user_status,
};

/// The answer of the part of Nextcloud that a request is for.
pub(super) fn answer(state: &mut State, request: &Request) -> Reply {
    let path = request
        .path
        .strip_prefix("/index.php")
        .unwrap_or(&request.path);
    if path == "/status.php" {
        return status(state, request);
    }
    if let Some(name) = path.strip_prefix("/.well-known/")
        && matches!(name.trim_end_matches('/'), "caldav" | "carddav")
    {
        let to = format!("{}/remote.php/dav/", request.base());
        return Reply::plain(301)
            .with("Location", to)
            .with("Content-Type", "text/html")
            .body(html::MOVED);
    }
    if request.path.starts_with("/.well-known/") {
        // nginx, as the manual configures it (oidc/001, 005).
        let to = format!("{}/index.php{}", request.base(), request.path);
        return Reply::plain(301)
            .with("Location", to)
            .with("Content-Type", "text/html")
            .body(html::MOVED);
    }
    if !trusted(state, request) {
        let who = Identity::fresh(state, request);
        return Reply::early(400, &who, "Access through untrusted domain");
    }
    if state.settings.maintenance {
        let who = Identity::fresh(state, request);
        return maintenance(request, &who);
    }
    if path.starts_with("/remote.php/") {
        return dav(state, request);
    }
    let segments = segments(path);
    let parts: Vec<&str> = segments.iter().map(String::as_str).collect();
    match parts.as_slice() {
        ["ocs", version @ ("v1.php" | "v2.php"), rest @ ..] => {
            ocs_route(state, request, version, rest)
        }
        ["apps", "notes", "api", rest @ ..] if state.settings.notes_app => {
            notes::answer(state, request, rest)
        }
        ["apps", "oidc", rest @ ..] if state.oidc.settings.enabled => {
            oidc::answer(state, request, rest)
        }
        [".well-known", name] => oidc::well_known(state, request, name),
        ["login"] => login::answer(state, request),
        ["login", "v2", rest @ ..] => login_flow::answer(state, request, rest),
        // Browsers ask for it beside a page, whose session it must leave alone.
        ["favicon.ico"] => {
            let visit = session::visit(state, request);
            Reply::template(404, &visit.who, "Page not found")
        }
        _ => {
            let who = auth::identify(state, request, Part::FrontController);
            ocs::login_error(&who).unwrap_or_else(|| Reply::template(404, &who, "Page not found"))
        }
    }
}

fn ocs_route(state: &mut State, request: &Request, version: &str, rest: &[&str]) -> Reply {
    let who = auth::identify(state, request, Part::FrontController);
    let ocs = ocs::Ocs::new(request, version, &who);
    if let Some(refusal) = ocs.refuse(rest) {
        return refusal;
    }
    match rest {
        ["cloud", "capabilities"] => capabilities::answer(state, &ocs),
        ["cloud", "user"] => account::own(state, &ocs),
        ["cloud", "users", _] => ocs.failure(404, 998, ""),
        ["core", "getapppassword"] => account::new_app_password(state, &ocs),
        ["core", "apppassword"] if request.method == "DELETE" => {
            account::revoke_app_password(state, &ocs)
        }
        ["core", "navigation", "apps"] => capabilities::navigation(&ocs),
        ["search", "providers"] => search::providers(&ocs),
        ["search", "providers", provider, "search"] => search::answer(state, &ocs, provider),
        ["apps", "files_sharing", "api", "v1", "sharees"] => sharees::answer(state, &ocs),
        ["apps", "files_sharing", "api", "v1", "shares"] if request.method == "POST" => {
            files::share(state, &ocs)
        }
        [
            "apps",
            "user_status",
            "api",
            "v1",
            "user_status",
            below @ ..,
        ] => user_status::answer(state, &ocs, below),
        ["apps", "activity", "api", "v2", "activity", filter] => {
            activity::answer(state, &ocs, filter)
        }
        _ => ocs.unknown_route(),
    }
}

fn dav(state: &mut State, request: &Request) -> Reply {
    match request.parts().as_slice() {
        ["remote.php", "dav", "files", rest @ ..] => files::answer(state, request, rest),
        ["remote.php", "dav"] if request.method == "SEARCH" => {
            files::search::answer(state, request)
        }
        ["remote.php", "dav", "addressbooks", "users", rest @ ..]
            if matches!(request.method.as_str(), "PROPFIND" | "REPORT") =>
        {
            carddav::answer(state, request, rest)
        }
        ["remote.php", "dav", rest @ ..] => caldav::answer(state, request, rest),
        // The old endpoint, which Nextcloud keeps for old clients (caldav/138).
        ["remote.php", "caldav", rest @ ..] => caldav::legacy(state, request, rest),
        _ => {
            // An unknown service is a page with status 200 (errors/027).
            let who = Identity::fresh(state, request);
            Reply::template(200, &who, "Path not found")
                .without("X-Request-Id")
                .without("Cache-Control")
                .without("Feature-Policy")
                .without("Content-Security-Policy")
                .without("X-Robots-Tag")
                .with("X-Robots-Tag", "noindex, nofollow")
                .with("Content-Security-Policy", "default-src 'none';")
        }
    }
}

fn status(state: &State, request: &Request) -> Reply {
    let mut who = Identity::unknown();
    who.cookies = session::CookieJar::new(&request.web_root)
        .same_site()
        .into_vec();
    let status = serde_json::json!({
        "installed": true, "maintenance": state.settings.maintenance, "needsDbUpgrade": false, "version": "33.0.3.2",
        "versionstring": "33.0.3", "edition": "", "productname": "Nextcloud", "extendedSupport": false,
    });
    Reply::early(200, &who, "")
        .with("Access-Control-Allow-Origin", "*")
        .with("Content-Type", "application/json")
        .body(status.to_string())
}

fn maintenance(request: &Request, who: &Identity) -> Reply {
    if request.path.starts_with("/remote.php/") {
        let message = "System is in maintenance mode.";
        return caldav::error(
            503,
            who,
            "OCA\\DAV\\Exception\\ServerMaintenanceMode",
            message,
        );
    }
    if request.path.starts_with("/ocs/") {
        return ocs::Ocs::new(request, "v2.php", who)
            .failure(503, 503, "Service unavailable")
            .with("X-Nextcloud-Maintenance-Mode", "1");
    }
    Reply::early(503, who, "Maintenance mode")
        .with("X-Nextcloud-Maintenance-Mode", "1")
        .with("Retry-After", "120")
}

/// A status in the words of the part that is asked, for faults.
pub(super) fn refuse(request: &Request, status: u16) -> Reply {
    let who = Identity::unknown();
    if request.path.starts_with("/remote.php/") {
        return caldav::refuse(status, &who);
    }
    if request.path.starts_with("/ocs/") {
        let (code, message) = match status {
            401 => (997, "Current user is not logged in"),
            429 => (429, "Reached maximum delay"),
            other => (i64::from(other), ""),
        };
        return ocs::Ocs::new(request, "v2.php", &who).failure(status, code, message);
    }
    notes::refuse(status, &who)
}

fn trusted(state: &State, request: &Request) -> bool {
    let host = request.host();
    let name = host.rsplit_once(':').map_or(host, |(name, port)| {
        if port.bytes().all(|byte| byte.is_ascii_digit()) {
            name
        } else {
            host
        }
    });
    let own = ["127.0.0.1", "localhost", "[::1]"];
    own.contains(&name)
        || state
            .settings
            .trusted_hosts
            .iter()
            .any(|trusted| trusted == name || trusted == host)
}
