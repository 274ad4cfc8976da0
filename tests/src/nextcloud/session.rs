//! PHP sessions and their cookies. Nextcloud's quirk is kept on purpose: **the cookie wins over the
//! `Authorization` header** (bearer/039-042) and outlives the token that opened it (errors/035).

use std::collections::BTreeMap;

use super::auth::{By, Identity};
use super::etag;
use super::reply::random;
use super::request::Request;
use super::state::State;

/// Name of the PHP session cookie: the instance's id.
pub(super) const INSTANCE: &str = "ocr4ku107hbg";
/// Instant at which a deleted cookie expired.
const EPOCH: &str = "Thu, 01 Jan 1970 00:00:01 GMT";
/// Seconds that a remembered login lasts: 15 days.
const REMEMBERED: u32 = 1_296_000;

/// The open sessions.
#[derive(Debug, Default)]
pub(super) struct Sessions {
    open: BTreeMap<String, Session>,
    opened: usize,
}

#[derive(Debug)]
struct Session {
    user: String,
    /// The credential that opened it: revoking an app password ends its sessions.
    credential: String,
    /// The authorization request that a login or a consent interrupted.
    interrupted: Option<Vec<(String, String)>>,
}

impl Sessions {
    /// Opens a session and says its id.
    pub(super) fn open(&mut self, user: &str, credential: &str) -> String {
        let id = random(26);
        let session = Session {
            user: user.to_owned(),
            credential: credential.to_owned(),
            interrupted: None,
        };
        self.open.insert(id.clone(), session);
        self.opened += 1;
        id
    }

    /// Signs a session in: it gets another id, and keeps what it remembers.
    pub(super) fn sign_in(&mut self, id: &str, user: &str) -> String {
        let interrupted = self.open.remove(id).and_then(|session| session.interrupted);
        let new = self.open(user, "login page");
        if let Some(session) = self.open.get_mut(&new) {
            session.interrupted = interrupted;
        }
        new
    }

    /// Lets a session remember an authorization request.
    pub(super) fn interrupt(&mut self, id: &str, request: Vec<(String, String)>) {
        if let Some(session) = self.open.get_mut(id) {
            session.interrupted = Some(request);
        }
    }

    /// The authorization request that a session remembers.
    pub(super) fn interrupted(&self, id: &str) -> Option<Vec<(String, String)>> {
        self.open.get(id)?.interrupted.clone()
    }

    /// The id and the account of the session that a request's cookies name; signed in or not.
    fn named(&self, request: &Request) -> Option<(String, String)> {
        let id = request.cookies().find(|(name, _)| *name == INSTANCE)?.1;
        let session = self.open.get(id)?;
        Some((id.to_owned(), session.user.clone()))
    }

    /// The account of the session that a request's cookies name.
    pub(super) fn of(&self, request: &Request) -> Option<&str> {
        let id = request.cookies().find(|(name, _)| *name == INSTANCE)?.1;
        self.open.get(id).map(|session| session.user.as_str())
    }

    /// Ends the session that a request's cookies name.
    pub(super) fn end(&mut self, request: &Request) {
        for (_, id) in request.cookies().filter(|(name, _)| *name == INSTANCE) {
            self.open.remove(id);
        }
    }

    /// Ends the sessions that a credential opened.
    pub(super) fn end_of(&mut self, credential: &str) {
        self.open
            .retain(|_, session| session.credential != credential);
    }

    /// Ends all sessions.
    pub(super) fn clear(&mut self) {
        self.open.clear();
    }

    pub(super) fn opened(&self) -> usize {
        self.opened
    }
}

/// A browser's visit to a page: only the session counts there.
#[derive(Debug)]
pub(super) struct Visit {
    pub(super) session: String,
    pub(super) who: Identity,
}

/// Finds the session of a browser, or opens one.
pub(super) fn visit(state: &mut State, request: &Request) -> Visit {
    let jar = CookieJar::new(&request.web_root);
    let Some((session, user)) = state.sessions.named(request) else {
        let session = state.sessions.open("", "");
        let mut who = Identity::unknown();
        who.cookies = jar.passphrase().session(&session).into_vec();
        return Visit { session, who };
    };
    let user = state.users.get(&user).filter(|user| user.enabled);
    let who = Identity {
        user: user.map(|user| user.id.clone()),
        by: if user.is_some() {
            By::Session
        } else {
            By::Nothing
        },
        cookies: jar.session(&session).into_vec(),
    };
    Visit { session, who }
}

/// What the forms of a session's pages carry, so that no other site can send them.
pub(super) fn request_token(session: &str) -> String {
    format!(
        "{}:{}",
        etag::of(format!("1/{session}")),
        etag::of(format!("2/{session}"))
    )
}

/// The cookies of a session in the making, in the order in which Nextcloud sends them.
#[derive(Debug)]
pub(super) struct CookieJar {
    path: String,
    cookies: Vec<String>,
}

impl CookieJar {
    /// For a Nextcloud below this sub-path.
    pub(super) fn new(web_root: &str) -> Self {
        let path = if web_root.is_empty() { "/" } else { web_root };
        Self {
            path: path.to_owned(),
            cookies: Vec::new(),
        }
    }

    /// What every first answer begins with.
    #[must_use]
    pub(super) fn passphrase(mut self) -> Self {
        let path = &self.path;
        let passphrase = format!(
            "oc_sessionPassphrase={}; path={path}; HttpOnly; SameSite=Lax",
            random(128)
        );
        self.cookies.push(passphrase);
        self.same_site()
    }

    /// The two cookies that show whether a request comes from the same site.
    #[must_use]
    pub(super) fn same_site(mut self) -> Self {
        for kind in ["lax", "strict"] {
            self.cookies.push(format!(
                "nc_sameSiteCookie{kind}=true; path={}; httponly;expires=Fri, 31-Dec-2100 23:59:59 GMT; SameSite={kind}",
                self.path
            ));
        }
        self
    }

    /// Forgets a remembered login, which each login and each logout does.
    #[must_use]
    pub(super) fn forget(mut self) -> Self {
        for path in [String::new(), format!(" path={};", self.path)] {
            for name in ["nc_username", "nc_token", "nc_session_id"] {
                self.cookies.push(format!(
                    "{name}=deleted; expires={EPOCH}; Max-Age=0;{path} HttpOnly"
                ));
            }
        }
        self
    }

    /// A remembered login, as a bearer token opens one.
    #[must_use]
    pub(super) fn remember(mut self, user: &str, session: &str) -> Self {
        let token = random(32);
        for (name, value) in [
            ("nc_username", user),
            ("nc_token", &token),
            ("nc_session_id", session),
        ] {
            self.cookies.push(format!(
                "{name}={value}; Path={}; Max-Age={REMEMBERED}; HttpOnly; SameSite=Lax",
                self.path
            ));
        }
        self
    }

    /// The PHP session.
    #[must_use]
    pub(super) fn session(mut self, id: &str) -> Self {
        let cookie = format!(
            "{INSTANCE}={id}; path={}; HttpOnly; SameSite=Lax",
            self.path
        );
        self.cookies.push(cookie);
        self
    }

    /// What a login with the login password leaves behind at the front controller.
    #[must_use]
    pub(super) fn test(mut self, expires: &str) -> Self {
        self.cookies
            .push(format!("cookie_test=test; expires={expires}; Max-Age=3600"));
        self
    }

    pub(super) fn into_vec(self) -> Vec<String> {
        self.cookies
    }
}
