//! Progress of a call, for a client that asked for it with a progress token.

use std::future::Future;
use std::pin::pin;
use std::sync::Arc;

use rmcp::model::{ProgressNotificationParam, ProgressToken};
use rmcp::service::{Peer, RequestContext, RoleServer};
use tokio::sync::mpsc;

use crate::plugin::ProgressSink;

/// Reports that may wait for a slow client; further ones are dropped, since a newer one says more.
const WAITING: usize = 16;

struct Report {
    done: f64,
    total: Option<f64>,
    message: Option<String>,
}

/// The plugin's end.
struct Sink(mpsc::Sender<Report>);

impl ProgressSink for Sink {
    fn report(&self, done: f64, total: Option<f64>, message: Option<String>) {
        // Full or closed: nobody waits for this one.
        let _ = self.0.try_send(Report {
            done,
            total,
            message,
        });
    }
}

/// The client's end.
pub(super) struct Forward {
    reports: mpsc::Receiver<Report>,
    token: ProgressToken,
    client: Peer<RoleServer>,
}

/// Both ends, if the client listens.
pub(super) fn channel(
    context: &RequestContext<RoleServer>,
) -> (Option<Arc<dyn ProgressSink>>, Option<Forward>) {
    let Some(token) = context.meta.get_progress_token() else {
        return (None, None);
    };
    let (sender, reports) = mpsc::channel(WAITING);
    (
        Some(Arc::new(Sink(sender))),
        Some(Forward {
            reports,
            token,
            client: context.peer.clone(),
        }),
    )
}

/// Runs `call` and forwards its reports meanwhile. What was reported is sent before the result, never after it.
pub(super) async fn alongside<T>(forward: Option<Forward>, call: impl Future<Output = T>) -> T {
    let Some(mut forward) = forward else {
        return call.await;
    };
    let mut call = pin!(call);
    let result = {
        let mut forwarding = pin!(forward.all());
        tokio::select! {
            biased;
            result = &mut call => Some(result),
            () = &mut forwarding => None,
        }
    };
    match result {
        Some(result) => {
            while let Ok(report) = forward.reports.try_recv() {
                forward.send(report).await;
            }
            result
        }
        // The plugin dropped its end early.
        None => call.await,
    }
}

impl Forward {
    async fn all(&mut self) {
        while let Some(report) = self.reports.recv().await {
            self.send(report).await;
        }
    }

    async fn send(&self, report: Report) {
        let mut progress = ProgressNotificationParam::new(self.token.clone(), report.done);
        progress.total = report.total;
        progress.message = report.message;
        // A client that went away is noticed by the call itself.
        let _ = self.client.notify_progress(progress).await;
    }
}
