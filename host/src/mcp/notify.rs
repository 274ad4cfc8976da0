//! What a running call tells its client: its progress, for a client that sent a progress token, and its log lines, for one
//! that asked for them (`levels`). Both in the order in which they happened, before the result and never after it.

use std::future::Future;
use std::pin::pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use rmcp::model::{ProgressNotificationParam, ProgressToken};
use rmcp::service::{Peer, RequestContext, RoleServer};
use tokio::sync::mpsc;

use super::levels;
use crate::plugin::{Level, LogSink, PluginName, ProgressSink};

/// What may wait for a slow client. A line is cut at 4 KiB, so this is half a megabyte of a call's at most; further reports
/// are dropped, since a newer one says more, and further lines are counted.
const WAITING: usize = 128;

enum News {
    Progress {
        done: f64,
        total: Option<f64>,
        message: Option<String>,
    },
    Line(Level, String),
}

/// The plugin's end.
#[derive(Clone)]
struct Sink {
    news: mpsc::Sender<News>,
    /// Lines below this are not sent.
    threshold: Option<Level>,
    lost: Arc<AtomicU64>,
}

impl ProgressSink for Sink {
    fn report(&self, done: f64, total: Option<f64>, message: Option<String>) {
        // Full or closed: nobody waits for this one.
        let _ = self.news.try_send(News::Progress {
            done,
            total,
            message,
        });
    }
}

impl LogSink for Sink {
    fn line(&self, level: Level, message: &str) {
        if self.threshold.is_none_or(|least| level < least) {
            return;
        }
        if self
            .news
            .try_send(News::Line(level, message.to_owned()))
            .is_err()
        {
            self.lost.fetch_add(1, Ordering::Relaxed);
        }
    }
}

/// The client's end.
pub(super) struct Forward {
    news: mpsc::Receiver<News>,
    token: Option<ProgressToken>,
    logger: String,
    lost: Arc<AtomicU64>,
    client: Peer<RoleServer>,
}

/// What a call is given, and what forwards it; nothing where the client wants to hear nothing.
#[derive(Default)]
pub(super) struct Channel {
    pub(super) progress: Option<Arc<dyn ProgressSink>>,
    pub(super) log: Option<Arc<dyn LogSink>>,
    pub(super) forward: Option<Forward>,
}

/// For a call in `plugin`; lines from `threshold` on.
pub(super) fn channel(
    context: &RequestContext<RoleServer>,
    plugin: &PluginName,
    threshold: Option<Level>,
    with_progress: bool,
) -> Channel {
    let token = context.meta.get_progress_token().filter(|_| with_progress);
    if token.is_none() && threshold.is_none() {
        return Channel::default();
    }
    let (sender, news) = mpsc::channel(WAITING);
    let lost = Arc::new(AtomicU64::new(0));
    let sink = Arc::new(Sink {
        news: sender,
        threshold,
        lost: Arc::clone(&lost),
    });
    let progress = token
        .is_some()
        .then(|| -> Arc<dyn ProgressSink> { sink.clone() });
    let log = threshold.map(|_| -> Arc<dyn LogSink> { sink });
    Channel {
        progress,
        log,
        forward: Some(Forward {
            news,
            token,
            logger: plugin.to_string(),
            lost,
            client: context.peer.clone(),
        }),
    }
}

/// Runs `call` and forwards its news meanwhile. All of them are sent before the result, none after it.
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
    let result = match result {
        Some(result) => result,
        // The plugin dropped its end early.
        None => call.await,
    };
    while let Ok(news) = forward.news.try_recv() {
        forward.send(news).await;
    }
    forward.own_up().await;
    result
}

impl Forward {
    async fn all(&mut self) {
        while let Some(news) = self.news.recv().await {
            self.send(news).await;
        }
    }

    async fn send(&self, news: News) {
        match news {
            News::Progress {
                done,
                total,
                message,
            } => {
                let Some(token) = self.token.clone() else {
                    return;
                };
                let mut progress = ProgressNotificationParam::new(token, done);
                progress.total = total;
                progress.message = message;
                // A client that went away is noticed by the call itself.
                let _ = self.client.notify_progress(progress).await;
            }
            News::Line(level, text) => {
                levels::send(&self.client, level, &self.logger, &text).await;
            }
        }
    }

    /// Says how many lines are missing.
    async fn own_up(&self) {
        let lost = self.lost.load(Ordering::Relaxed);
        if lost > 0 {
            let text = format!(
                "{lost} more lines were left out: they came faster than they could be sent"
            );
            levels::send(&self.client, Level::Warn, &self.logger, &text).await;
        }
    }
}
