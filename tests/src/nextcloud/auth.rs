//! Who a request is answered as: session cookie, Basic with a login or app password, bearer with an app password or
//! a token of the OIDC provider. Decides, sets the cookies of the decision, and refuses nothing itself: each part
//! of Nextcloud says no in its own words.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

use super::request::Request;
use super::session::CookieJar;
use super::state::State;
use super::time;

/// Who a request is answered as.
#[derive(Debug, Clone)]
pub(super) struct Identity {
    /// The account; `None` for nobody.
    pub(super) user: Option<String>,
    /// What speaks for the account, or why nothing does.
    pub(super) by: By,
    /// `Set-Cookie` values that the answer carries.
    pub(super) cookies: Vec<String>,
}

/// What speaks for the account, or why nothing does.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum By {
    /// No credential at all.
    Nothing,
    /// The cookie of an earlier request, whatever else the request carries.
    Session,
    /// Basic with the login password.
    LoginPassword,
    /// An app password, as Basic or as bearer.
    AppPassword(String),
    /// An access token of the OIDC provider.
    Token,
    /// Basic that is wrong, or a disabled account's.
    WrongBasic,
    /// Basic of a client of the OIDC provider.
    Client,
    /// Bearer that nobody knows.
    WrongBearer,
    /// A bearer header without a token.
    EmptyBearer,
    /// A token of a disabled account.
    Disabled(String),
    /// An address that failed too often.
    Throttled,
}

/// The part of Nextcloud that asks.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Part {
    /// `/ocs/` and everything else behind the front controller.
    FrontController,
    /// An app's API that other sites may call (`#[CORS]`): without `OCS-APIRequest` only Basic counts there.
    Cors,
    /// `/remote.php/dav`.
    Dav,
    /// The OIDC provider's endpoints, where Basic names a client and no account.
    Provider,
}

impl Identity {
    /// Nobody, with no cookie set.
    pub(super) fn unknown() -> Self {
        Self {
            user: None,
            by: By::Nothing,
            cookies: Vec::new(),
        }
    }

    /// Nobody, with a fresh session, as answers that come before any login.
    pub(super) fn fresh(state: &mut State, request: &Request) -> Self {
        let session = state.sessions.open("", "");
        Self {
            user: None,
            by: By::Nothing,
            cookies: CookieJar::new(&request.web_root)
                .passphrase()
                .session(&session)
                .into_vec(),
        }
    }

    /// The account that answers, once it is known that there is one.
    pub(super) fn name(&self) -> &str {
        self.user.as_deref().unwrap_or_default()
    }
}

/// Finds out who a request is answered as.
pub(super) fn identify(state: &mut State, request: &Request, part: Part) -> Identity {
    let cors = part == Part::Cors && !request.is_api_request();
    let session = state
        .sessions
        .of(request)
        .filter(|user| !user.is_empty())
        .map(str::to_owned);
    let by = credential(state, request, part);
    if let Some(user) = session.filter(|_| !cors) {
        return with_session(state, request, user, &by.1);
    }
    if cors {
        state.sessions.end(request);
    }
    let (user, by) = by;
    if matches!(by, By::WrongBasic) {
        state.throttle.failed(request.peer.ip());
    }
    // A foreign origin's request is logged out unless Basic logs it in again (bearer/001, auth/004).
    let basic =
        matches!(scheme(request), Some((scheme, _)) if scheme.eq_ignore_ascii_case("basic"));
    let session = open_session(state, request, user.as_deref(), &by);
    let logs_out = state.settings.user_oidc_app;
    let cookies = cookies(
        request,
        part,
        cors,
        &by,
        logs_out,
        user.as_deref(),
        &session,
    );
    let user = user.filter(|_| !cors || basic);
    Identity { user, by, cookies }
}

fn with_session(state: &State, request: &Request, user: String, by: &By) -> Identity {
    let bearer =
        matches!(scheme(request), Some((scheme, _)) if scheme.eq_ignore_ascii_case("bearer"));
    let user = if state.settings.refuse_bearer_with_cookie && bearer {
        None
    } else {
        Some(user)
    };
    let by = if user.is_some() {
        By::Session
    } else {
        by.clone()
    };
    Identity {
        user,
        by,
        cookies: Vec::new(),
    }
}

/// What the `Authorization` header says, whatever the cookies say.
fn credential(state: &mut State, request: &Request, part: Part) -> (Option<String>, By) {
    let Some((scheme, value)) = scheme(request) else {
        return (None, By::Nothing);
    };
    if scheme.eq_ignore_ascii_case("basic") && part == Part::Provider {
        return (None, By::Client);
    }
    if scheme.eq_ignore_ascii_case("basic") {
        return basic(state, request, value);
    }
    // `Bearer` and `bearer` count, `BEARER` does not.
    if scheme == "Bearer" || scheme == "bearer" {
        return bearer(state, value);
    }
    (None, By::Nothing)
}

fn basic(state: &State, request: &Request, value: &str) -> (Option<String>, By) {
    if state.settings.brute_force_protection && state.throttle.refuses(request.peer.ip()) {
        return (None, By::Throttled);
    }
    let Some((login, password)) = decode_basic(value) else {
        return (None, By::WrongBasic);
    };
    let known = state
        .users
        .values()
        .find(|user| user.id == login || user.email == login);
    let Some(user) = known.filter(|user| user.enabled) else {
        return (None, By::WrongBasic);
    };
    if user.password == password {
        return (Some(user.id.clone()), By::LoginPassword);
    }
    match state.app_passwords.get(&password) {
        Some(app_password) if app_password.user == user.id => {
            (Some(user.id.clone()), By::AppPassword(password))
        }
        _ => (None, By::WrongBasic),
    }
}

fn bearer(state: &mut State, token: &str) -> (Option<String>, By) {
    if token.is_empty() {
        return (None, By::EmptyBearer);
    }
    let (user, by) = if let Some(app_password) = state.app_passwords.get(token) {
        (app_password.user.clone(), By::AppPassword(token.to_owned()))
    } else {
        let validates = state.settings.bearer_validation && state.settings.user_oidc_app;
        let known = state.tokens.get(token).cloned();
        match known.or_else(|| state.oidc.account_of(token)) {
            Some(user) if validates => (user, By::Token),
            _ => return (None, By::WrongBearer),
        }
    };
    if state.users.get(&user).is_some_and(|user| user.enabled) {
        (Some(user), by)
    } else {
        (None, By::Disabled(user))
    }
}

fn open_session(state: &mut State, request: &Request, user: Option<&str>, by: &By) -> String {
    let credential = match by {
        By::AppPassword(password) => password.clone(),
        _ => request
            .header("Authorization")
            .unwrap_or_default()
            .to_owned(),
    };
    state.sessions.open(user.unwrap_or_default(), &credential)
}

/// The cookies of the decision, as each recorded case sets them.
fn cookies(
    request: &Request,
    part: Part,
    cors: bool,
    by: &By,
    logs_out: bool,
    user: Option<&str>,
    session: &str,
) -> Vec<String> {
    let jar = CookieJar::new(&request.web_root).passphrase();
    let bearer =
        matches!(scheme(request), Some((scheme, _)) if scheme.eq_ignore_ascii_case("bearer"));
    let jar = match by {
        By::Nothing if cors => jar.forget().session(session),
        By::Nothing => jar.session(session),
        By::Token | By::Disabled(_) if cors => jar
            .forget()
            .remember(user.unwrap_or_default(), session)
            .forget()
            .session(session),
        By::Token => jar
            .forget()
            .remember(user.unwrap_or_default(), session)
            .session(session),
        By::AppPassword(_) if part == Part::Dav && bearer => jar.session(session),
        By::WrongBearer if !cors && !logs_out => jar.session(session),
        By::WrongBearer | By::EmptyBearer | By::Client | By::Throttled if !cors => {
            jar.session(session).forget()
        }
        By::LoginPassword if part == Part::FrontController => jar
            .forget()
            .session(session)
            .test(&time::http(time::now() + 3600)),
        By::WrongBasic => jar.forget().session(session),
        _ if cors => jar.forget().forget().session(session),
        _ => jar.forget().session(session),
    };
    jar.into_vec()
}

/// Scheme and value of the `Authorization` header.
fn scheme(request: &Request) -> Option<(&str, &str)> {
    let header = request.header("Authorization")?.trim();
    let (scheme, value) = header.split_once(' ').unwrap_or((header, ""));
    Some((scheme, value.trim()))
}

fn decode_basic(value: &str) -> Option<(String, String)> {
    let text = String::from_utf8(STANDARD.decode(value).ok()?).ok()?;
    let (login, password) = text.split_once(':')?;
    Some((login.to_owned(), password.to_owned()))
}
