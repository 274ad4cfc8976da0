//! Somebody at the other end of a connection that stays open both ways: asked while the call waits (before 2026-07-28, over standard
//! input and output). It never waits for ever.

use std::time::Duration;

use futures_util::future::BoxFuture;
use rmcp::model::{ClientResult, ElicitRequest, ServerRequest};
use rmcp::service::{Peer, PeerRequestOptions, RoleServer, ServiceError};

use super::elicit;
use crate::plugin::{ANSWER_WITHIN, Answer, Asked, Person, Question};

pub(super) struct Live {
    peer: Peer<RoleServer>,
    /// How long a person has for one question.
    within: Duration,
}

impl Live {
    pub(super) fn at(peer: Peer<RoleServer>) -> Self {
        Self {
            peer,
            within: ANSWER_WITHIN,
        }
    }
}

impl Person for Live {
    fn ask<'a>(&'a self, question: &'a Question) -> BoxFuture<'a, Asked> {
        Box::pin(async move {
            let Some(params) = elicit::request(question) else {
                return Asked::Nobody;
            };
            let request = ServerRequest::ElicitRequest(ElicitRequest::new(params));
            // When time runs out the client is told that nobody waits any more.
            let options = PeerRequestOptions::with_timeout(self.within);
            let sent = self.peer.send_request_with_option(request, options).await;
            let answer = match sent {
                Ok(sent) => sent.await_response().await,
                Err(error) => Err(error),
            };
            match answer {
                Ok(ClientResult::ElicitResult(result)) => {
                    elicit::answer(result).map_or(Asked::Nobody, Asked::Answered)
                }
                Err(ServiceError::Timeout { .. }) => Asked::Answered(Answer::Cancelled),
                Ok(_) | Err(_) => Asked::Nobody,
            }
        })
    }
}

#[cfg(test)]
#[allow(
    clippy::unwrap_used,
    clippy::expect_used,
    reason = "a test fails by panicking"
)]
mod tests {
    use rmcp::ServerHandler;
    use rmcp::service::{RunningService, serve_server};
    use serde_json::{Value, json};
    use tokio::io::{AsyncBufReadExt as _, AsyncWriteExt as _, BufReader, DuplexStream};

    use super::*;

    /// A server of nothing.
    struct Nothing;

    impl ServerHandler for Nothing {}

    /// The client's end of the pipes.
    struct Client(BufReader<DuplexStream>);

    impl Client {
        async fn send(&mut self, mut message: Value) {
            message["jsonrpc"] = json!("2.0");
            let line = format!("{message}\n");
            self.0.write_all(line.as_bytes()).await.unwrap();
        }

        async fn read(&mut self) -> Value {
            let mut line = String::new();
            self.0.read_line(&mut line).await.unwrap();
            serde_json::from_str(&line).unwrap()
        }

        /// Waits to be asked, and answers so.
        async fn answer(&mut self, mut answer: Value) {
            let asked = self.read().await;
            assert_eq!(asked["method"], "elicitation/create");
            answer["id"] = asked["id"].clone();
            self.send(answer).await;
        }
    }

    /// A client over pipes that can be asked, and the server's end of it.
    async fn connected(within: Duration) -> (Client, Live, RunningService<RoleServer, Nothing>) {
        let (here, there) = tokio::io::duplex(4096);
        let mut client = Client(BufReader::new(here));
        let greeting = async {
            let about = json!({"protocolVersion": "2025-11-25", "capabilities": {"elicitation": {}},
                "clientInfo": {"name": "test", "version": "1"}});
            client
                .send(json!({"id": 1, "method": "initialize", "params": about}))
                .await;
            client.read().await;
            client
                .send(json!({"method": "notifications/initialized"}))
                .await;
        };
        let (server, ()) = tokio::join!(serve_server(Nothing, there), greeting);
        let server = server.unwrap();
        let live = Live {
            within,
            ..Live::at(server.peer().clone())
        };
        (client, live, server)
    }

    #[tokio::test]
    async fn a_question_that_nobody_answers_is_closed_and_the_client_is_told() {
        let (mut client, live, _server) = connected(Duration::from_millis(50)).await;
        let asked = live.ask(&Question::agreement("Sure?")).await;
        assert_eq!(asked, Asked::Answered(Answer::Cancelled));
        let question = client.read().await;
        assert_eq!(question["method"], "elicitation/create");
        let taken_back = client.read().await;
        assert_eq!(taken_back["method"], "notifications/cancelled");
        assert_eq!(taken_back["params"]["requestId"], question["id"]);
    }

    #[tokio::test]
    async fn an_answer_in_time_is_the_answer_and_a_client_that_cannot_is_nobody() {
        let (mut client, live, server) = connected(ANSWER_WITHIN).await;
        let question = Question::agreement("Sure?");
        let declined = json!({"result": {"action": "decline"}});
        let (asked, ()) = tokio::join!(live.ask(&question), client.answer(declined));
        assert_eq!(asked, Asked::Answered(Answer::Declined));
        let unable = json!({"error": {"code": -32601, "message": "no such method"}});
        let (asked, ()) = tokio::join!(live.ask(&question), client.answer(unable));
        assert_eq!(asked, Asked::Nobody);
        server.cancel().await.unwrap();
        assert_eq!(live.ask(&question).await, Asked::Nobody, "it has gone");
    }
}
