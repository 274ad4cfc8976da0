//! Everything the stand-in remembers, and the switches of the server. One lock around all of it: a test's
//! Nextcloud answers one request at a time, which keeps it deterministic.

use std::collections::BTreeMap;

use super::activity::Activity;
use super::caldav::store::Calendars;
use super::carddav::Contacts;
use super::elsewhere::CalendarServer;
use super::login_flow::Flows;
use super::notes::store::Notes;
use super::oidc::Oidc;
use super::session::Sessions;
use super::throttle::Throttle;
use super::user::User;
use super::user_status::Statuses;

/// What the stand-in remembers.
#[derive(Debug)]
pub struct State {
    /// Server-wide switches.
    pub settings: Settings,
    pub(super) users: BTreeMap<String, User>,
    pub(super) app_passwords: BTreeMap<String, AppPassword>,
    pub(super) tokens: BTreeMap<String, String>,
    pub(super) oidc: Oidc,
    pub(super) sessions: Sessions,
    pub(super) throttle: Throttle,
    pub(super) flows: Flows,
    pub(super) notes: BTreeMap<String, Notes>,
    /// Ids of shared folders by name.
    pub(super) folders: BTreeMap<String, i64>,
    pub(super) calendars: Calendars,
    /// Who keeps the calendars, if not [`State::calendars`].
    pub(super) elsewhere: Option<CalendarServer>,
    pub(super) contacts: Contacts,
    pub(super) statuses: Statuses,
    /// Oldest first.
    pub(super) activities: Vec<Activity>,
    pub(super) ids: Ids,
}

/// Server-wide switches, as an administrator sets them.
#[derive(Debug, Clone)]
#[allow(
    clippy::struct_excessive_bools,
    reason = "each is one switch of the real server"
)]
pub struct Settings {
    /// Maintenance mode: 503 in the form of each part (errors/063-071).
    pub maintenance: bool,
    /// Whether the Notes app is enabled (errors/053, 054).
    pub notes_app: bool,
    /// Whether ten failed logins from an address lead to 429 (errors/072-074). Off, as in the recordings' server.
    pub brute_force_protection: bool,
    /// Whether `user_oidc` accepts bearer tokens of the OIDC provider (errors/055-062).
    pub bearer_validation: bool,
    /// Whether the app `user_oidc` is enabled at all (errors/059-062).
    pub user_oidc_app: bool,
    /// A `user_oidc` of 8.7.0-8.10.x: 401 to a bearer token that comes with the cookie of an earlier session.
    pub refuse_bearer_with_cookie: bool,
    /// Hosts besides loopback that may be named in `Host` (errors/028).
    pub trusted_hosts: Vec<String>,
    /// `overwritehost` in config.php: absolute URLs are made of it, whatever `Host` says.
    pub overwrite_host: Option<String>,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            maintenance: false,
            notes_app: true,
            brute_force_protection: false,
            bearer_validation: true,
            user_oidc_app: true,
            refuse_bearer_with_cookie: false,
            trusted_hosts: Vec::new(),
            overwrite_host: None,
        }
    }
}

/// An app password and whose it is.
#[derive(Debug, Clone)]
pub(super) struct AppPassword {
    pub(super) user: String,
    /// The User-Agent that asked for it: its name in the user's list of devices.
    pub(super) name: String,
}

/// Numbers for new things, server-wide as in a database.
#[derive(Debug, Default)]
pub(super) struct Ids(i64);

impl Ids {
    pub(super) fn next(&mut self) -> i64 {
        self.0 += 1;
        self.0
    }
}

impl State {
    pub(super) fn new(users: Vec<User>, elsewhere: Option<CalendarServer>) -> Self {
        let mut state = Self {
            settings: Settings::default(),
            users: BTreeMap::new(),
            app_passwords: BTreeMap::new(),
            tokens: BTreeMap::new(),
            oidc: Oidc::default(),
            sessions: Sessions::default(),
            throttle: Throttle::default(),
            flows: Flows::default(),
            notes: BTreeMap::new(),
            folders: BTreeMap::new(),
            calendars: Calendars::default(),
            elsewhere,
            contacts: Contacts::default(),
            statuses: Statuses::default(),
            activities: Vec::new(),
            ids: Ids(100),
        };
        for user in users {
            state.add_user(user);
        }
        state
    }

    /// Adds an account with an empty notes folder, a calendar `personal` and the calendar of birthdays.
    pub fn add_user(&mut self, user: User) {
        self.notes.insert(user.id.clone(), Notes::default());
        self.calendars.open_home(&user.id, &mut self.ids);
        if let Some(server) = &self.elsewhere {
            server.add_calendar(&user.id, "personal", "Personal", "VEVENT");
        }
        self.users.insert(user.id.clone(), user);
    }

    /// An account, to look at or to change.
    pub fn user(&mut self, id: &str) -> &mut User {
        self.users.get_mut(id).expect("an account with this id")
    }

    /// Adds an app password.
    pub fn add_app_password(&mut self, user: &str, password: &str) {
        assert!(self.users.contains_key(user), "no account {user}");
        let app_password = AppPassword {
            user: user.to_owned(),
            name: "stand-in".into(),
        };
        self.app_passwords.insert(password.to_owned(), app_password);
    }

    /// Revokes an app password; its sessions die with it.
    pub fn revoke_app_password(&mut self, password: &str) {
        self.app_passwords.remove(password);
        self.sessions.end_of(password);
    }

    /// Takes an app password out of the list while the sessions that it opened live on: the worst that a server can do
    /// to a client, and what Nextcloud does with sessions of access tokens (errors/035).
    pub fn forget_app_password(&mut self, password: &str) {
        self.app_passwords.remove(password);
    }

    /// The app passwords of an account with the names they are listed by.
    pub fn app_passwords(&self, user: &str) -> Vec<(String, String)> {
        let own = self
            .app_passwords
            .iter()
            .filter(|(_, one)| one.user == user);
        own.map(|(password, one)| (password.clone(), one.name.clone()))
            .collect()
    }

    /// Makes the OIDC provider's access token of an account known to the APIs.
    pub fn add_token(&mut self, user: &str, token: &str) {
        assert!(self.users.contains_key(user), "no account {user}");
        self.tokens.insert(token.to_owned(), user.to_owned());
    }

    /// Forgets failed logins, so that no address is refused any more.
    pub fn forget_failed_logins(&mut self) {
        self.throttle.reset();
    }

    /// Ends every session, as a server does that lost its cache.
    pub fn end_all_sessions(&mut self) {
        self.sessions.clear();
    }

    /// How many sessions were opened so far: each costs a real server a row and a key pair.
    pub fn sessions_opened(&self) -> usize {
        self.sessions.opened()
    }
}
