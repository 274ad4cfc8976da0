//! Nextcloud's provider, as the recordings show it: codes once, a replay revokes, refresh tokens rotate and kill the
//! access token before.

use std::collections::HashMap;
use std::sync::Mutex;
use std::time::Duration;

use futures_util::future::BoxFuture;
use secrecy::{ExposeSecret as _, SecretString};

use super::super::Code;
use super::super::issuer::Issuer;
use crate::auth::upstream::{ClientCredentials, Tokens, UpstreamError};

/// Our client there.
pub(super) const CLIENT: &str = "ours";

#[derive(Default)]
pub(super) struct FakeIssuer(Mutex<State>);

#[derive(Default)]
struct State {
    /// What was asked, in order.
    log: Vec<String>,
    /// The access token that was given for a code; none yet.
    codes: HashMap<String, Option<String>>,
    /// Access tokens that live, by the refresh token beside them.
    live: HashMap<String, String>,
    counter: u32,
    /// What all are told instead.
    failing: Option<UpstreamError>,
    delay: Duration,
    client_gone: bool,
    reported: Vec<String>,
    subject: Option<String>,
    no_refresh: bool,
    padding: usize,
    refresh_life: Option<Duration>,
}

impl FakeIssuer {
    pub(super) fn new_code(&self) -> String {
        let mut state = self.0.lock().unwrap();
        state.counter += 1;
        let code = format!("code-{}", state.counter);
        state.codes.insert(code.clone(), None);
        code
    }

    pub(super) fn log(&self) -> Vec<String> {
        self.0.lock().unwrap().log.clone()
    }

    /// Access tokens that work.
    pub(super) fn live(&self) -> Vec<String> {
        self.0.lock().unwrap().live.values().cloned().collect()
    }

    pub(super) fn reported(&self) -> Vec<String> {
        self.0.lock().unwrap().reported.clone()
    }

    pub(super) fn fail(&self, error: Option<UpstreamError>) {
        self.0.lock().unwrap().failing = error;
    }

    pub(super) fn delay(&self, delay: Duration) {
        self.0.lock().unwrap().delay = delay;
    }

    pub(super) fn forget_client(&self) {
        self.0.lock().unwrap().client_gone = true;
    }

    pub(super) fn sign_in_as(&self, subject: &str) {
        self.0.lock().unwrap().subject = Some(subject.to_owned());
    }

    pub(super) fn give_no_refresh_tokens(&self) {
        self.0.lock().unwrap().no_refresh = true;
    }

    pub(super) fn let_refresh_tokens_live(&self, life: Duration) {
        self.0.lock().unwrap().refresh_life = Some(life);
    }

    /// Makes tokens that long.
    pub(super) fn pad(&self, characters: usize) {
        self.0.lock().unwrap().padding = characters;
    }

    fn ask<'a>(
        &'a self,
        question: String,
        answer: impl FnOnce(&mut State) -> Result<Tokens, UpstreamError> + Send + 'a,
    ) -> BoxFuture<'a, Result<Tokens, UpstreamError>> {
        let (delay, failing) = {
            let mut state = self.0.lock().unwrap();
            state.log.push(question);
            (state.delay, state.failing.clone())
        };
        Box::pin(async move {
            tokio::time::sleep(delay).await;
            match failing {
                Some(error) => Err(error),
                None => answer(&mut self.0.lock().unwrap()),
            }
        })
    }
}

impl State {
    fn issue(&mut self) -> Tokens {
        self.counter += 1;
        let padding = "x".repeat(self.padding);
        let (access, refresh) = (
            format!("access-{}{padding}", self.counter),
            format!("refresh-{}", self.counter),
        );
        self.live.insert(refresh.clone(), access.clone());
        Tokens {
            access: access.into(),
            expires_in: Duration::from_mins(15),
            refresh: (!self.no_refresh).then(|| refresh.into()),
            refresh_expires_in: Some(self.refresh_life.unwrap_or(Duration::from_mins(15))),
            subject: self.subject.clone().unwrap_or_else(|| "alice".to_owned()),
        }
    }
}

fn invalid_grant() -> UpstreamError {
    UpstreamError::Refused {
        code: "invalid_grant".to_owned(),
    }
}

impl Issuer for FakeIssuer {
    fn client_of(&self, client_id: &str) -> Option<ClientCredentials> {
        let gone = self.0.lock().unwrap().client_gone;
        (client_id == CLIENT && !gone).then(|| ClientCredentials {
            id: CLIENT.to_owned(),
            secret: "secret".into(),
        })
    }

    fn report_unknown(&self, client_id: &str) {
        let mut state = self.0.lock().unwrap();
        state.reported.push(client_id.to_owned());
    }

    fn redeem<'a>(
        &'a self,
        client: &'a ClientCredentials,
        code: &'a Code,
    ) -> BoxFuture<'a, Result<Tokens, UpstreamError>> {
        assert_eq!(client.id, CLIENT);
        let name = code.upstream_code.expose_secret();
        self.ask(format!("redeem {name}"), move |state| {
            match state.codes.get(name).cloned() {
                None => Err(invalid_grant()),
                // `oidc-flow/025` and `oidc-flow/026`.
                Some(Some(given)) => {
                    state.live.retain(|_, access| *access != given);
                    Err(invalid_grant())
                }
                Some(None) => {
                    let tokens = state.issue();
                    let given = tokens.access.expose_secret().to_owned();
                    state.codes.insert(name.to_owned(), Some(given));
                    Ok(tokens)
                }
            }
        })
    }

    fn refresh<'a>(
        &'a self,
        client: &'a ClientCredentials,
        token: &'a SecretString,
    ) -> BoxFuture<'a, Result<Tokens, UpstreamError>> {
        assert_eq!(client.id, CLIENT);
        let name = token.expose_secret();
        self.ask(format!("refresh {name}"), move |state| {
            // `oidc-flow/017` and `oidc-flow/019`.
            state.live.remove(name).ok_or_else(invalid_grant)?;
            Ok(state.issue())
        })
    }
}
