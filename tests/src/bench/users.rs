//! Many users, each with a credential of their own: tokens of Nextcloud's provider at this server in OAuth mode, the
//! `Authorization: Basic` of each request at the Python server in its multi-user mode, which is the one it has without a
//! sign-in by hand. So it compares what users cost, not the two ways to sign in.

use std::time::{Duration, Instant};

use anyhow::Result;
use serde::{Deserialize, Serialize};

use super::known::Known;
use super::peer::{Installed, Mode};
use super::plan::Plan;
use super::report::Name;
use super::spread::Spread;
use super::subject::{Running, raised};
use super::usage::Memory;
use super::uses::TIMED;
use crate::harness::{Client, Server};
use crate::nextcloud::{NewClient, Options, StandIn, TokenKind, User};

/// Calls of each user: the first, which finds out who that is, and some more.
const CALLS: usize = 10;

/// Where the client that the tokens were issued to waits for its answers; nothing listens there.
const ELSEWHERE: &str = "http://127.0.0.1:33418/callback";

/// One server and its users.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Users {
    /// Whose.
    pub name: Name,
    /// How many.
    pub count: usize,
    /// A user's first call.
    pub first: Spread,
    /// Their later calls.
    pub later: Spread,
    /// Requests of a first call, the median user's.
    pub first_requests: usize,
    /// Requests of a later call, the median user's.
    pub later_requests: usize,
    /// Memory before the first user came.
    pub before: Memory,
    /// Memory once all had called.
    pub after: Memory,
}

pub(super) async fn measure(plan: &Plan, peer: Option<&Installed>) -> Result<Vec<Users>> {
    let mut all = Vec::new();
    let (nextcloud, notes) = stage(plan).await?;
    // Tokens as the provider issues them for this server, whose words for its scopes an operator maps.
    let server =
        raised(Server::oauth(&nextcloud)).with("NEXTCLOUD_MCP_DEFAULT_SCOPES", "notes.read");
    let running = Running::here(server.start().await);
    let issuer = nextcloud.create_client(NewClient::at(ELSEWHERE)).id;
    let resource = running.endpoint();
    let connect = async |user: &str| {
        let scopes = "openid notes.read";
        let token =
            nextcloud.issue_token(user, &issuer, scopes, Some(&resource), TokenKind::Opaque);
        Client::http(&resource, Some(&token.access_token)).await
    };
    all.push(of(Name::Here, &nextcloud, &running, &notes, connect).await?);
    running.end().await?;

    if let Some(peer) = peer {
        let (nextcloud, notes) = stage(plan).await?;
        let running = Running::peer(peer, &nextcloud, Mode::MultiUser, false)?;
        running.until("/health/ready").await?;
        let endpoint = running.endpoint();
        let connect = async |user: &str| {
            let password = nextcloud.state().user(user).password.clone();
            Client::basic(&endpoint, user, &password).await
        };
        all.push(of(Name::Peer, &nextcloud, &running, &notes, connect).await?);
        running.end().await?;
    }
    Ok(all)
}

/// Users with a note each.
async fn stage(plan: &Plan) -> Result<(StandIn, Vec<(String, i64)>)> {
    let ids: Vec<String> = (1..=plan.users)
        .map(|number| format!("user{number}"))
        .collect();
    let options = Options {
        users: ids.iter().map(|id| User::example(id)).collect(),
        ..Options::default()
    };
    let nextcloud = StandIn::start(options).await?;
    let notes = ids.into_iter().map(|id| {
        let note = nextcloud
            .state()
            .add_note(&id, "Mine", "", &"x".repeat(2_000));
        (id, note)
    });
    let notes = notes.collect();
    Ok((nextcloud, notes))
}

async fn of(
    name: Name,
    nextcloud: &StandIn,
    running: &Running,
    notes: &[(String, i64)],
    connect: impl AsyncFn(&str) -> Result<Client, String>,
) -> Result<Users> {
    let before = running.memory()?;
    let (mut first, mut later) = (Timed::default(), Timed::default());
    let mut clients = Vec::new();
    for (user, note) in notes {
        let client = connect(user).await.map_err(anyhow::Error::msg)?;
        let mut known = Known::note(*note);
        for number in 0..CALLS {
            nextcloud.forget_requests();
            let begun = Instant::now();
            known.perform(&client, TIMED[0].of(name)).await?;
            let timed = if number == 0 { &mut first } else { &mut later };
            timed.times.push(begun.elapsed());
            timed.requests.push(nextcloud.requests().len());
        }
        // All stay connected, as people's assistants do.
        clients.push(client);
    }
    let after = running.memory()?;
    for client in clients {
        client.close().await;
    }
    Ok(Users {
        name,
        count: notes.len(),
        first_requests: first.median_requests(),
        later_requests: later.median_requests(),
        first: Spread::of(first.times),
        later: Spread::of(later.times),
        before,
        after,
    })
}

/// Calls of one kind.
#[derive(Default)]
struct Timed {
    times: Vec<Duration>,
    requests: Vec<usize>,
}

impl Timed {
    fn median_requests(&mut self) -> usize {
        self.requests.sort_unstable();
        let middle = self.requests.len() / 2;
        self.requests.get(middle).copied().unwrap_or_default()
    }
}
