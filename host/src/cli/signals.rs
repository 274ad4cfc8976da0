//! How the process is told to stop (SIGTERM or Ctrl-C; a second time means at once) and to load its plugins again (SIGHUP).

use tokio_util::sync::CancellationToken;

/// A token that is cancelled at the first signal. At the second the process ends without waiting any longer.
pub(super) fn stop() -> CancellationToken {
    let stop = CancellationToken::new();
    let told = stop.clone();
    tokio::spawn(async move {
        signal().await;
        tracing::info!("stopping; calls in flight may end (once more to stop at once)");
        told.cancel();
        signal().await;
        tracing::warn!("stopped at once");
        std::process::exit(1);
    });
    stop
}

/// Hears SIGHUP, which would end the process if nobody did. Several that come before anybody listens count as one.
pub(super) struct Hangup(#[cfg(unix)] Option<tokio::signal::unix::Signal>);

impl Hangup {
    /// From here on it is heard.
    #[cfg(unix)]
    pub(super) fn listen() -> Self {
        use tokio::signal::unix::{SignalKind, signal};
        let heard = signal(SignalKind::hangup());
        Self(
            heard
                .inspect_err(|error| tracing::warn!("SIGHUP cannot be listened for: {error}"))
                .ok(),
        )
    }

    /// There is no such signal.
    #[cfg(not(unix))]
    pub(super) fn listen() -> Self {
        Self()
    }

    /// Waits for the next one.
    #[cfg(unix)]
    pub(super) async fn heard(&mut self) {
        match &mut self.0 {
            Some(signal) => {
                signal.recv().await;
            }
            None => std::future::pending().await,
        }
    }

    /// Never comes.
    #[cfg(not(unix))]
    pub(super) async fn heard(&mut self) {
        std::future::pending().await
    }
}

#[cfg(unix)]
async fn signal() {
    use tokio::signal::unix::{SignalKind, signal};
    let terminate = async {
        match signal(SignalKind::terminate()) {
            Ok(mut signal) => signal.recv().await,
            // Without a handler the system ends the process, as it does with any other.
            Err(_) => std::future::pending().await,
        }
    };
    tokio::select! {
        _ = terminate => {}
        () = interrupt() => {}
    }
}

#[cfg(not(unix))]
async fn signal() {
    interrupt().await;
}

async fn interrupt() {
    if tokio::signal::ctrl_c().await.is_err() {
        std::future::pending::<()>().await;
    }
}
