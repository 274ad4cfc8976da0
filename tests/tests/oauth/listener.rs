//! A port that nothing should connect to, and that knows whether something did.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use tokio::net::TcpListener;

/// How long a connection that was begun may take to arrive.
const ARRIVES_WITHIN: Duration = Duration::from_millis(300);

/// A listener that takes connections, counts them and hangs up.
pub(crate) struct Trap {
    /// Where it listens.
    pub(crate) port: u16,
    connections: Arc<AtomicUsize>,
    task: tokio::task::JoinHandle<()>,
}

impl Trap {
    /// On an address of this machine; port 0 takes a free one.
    pub(crate) async fn at(address: &str, port: u16) -> std::io::Result<Self> {
        let listener = TcpListener::bind((address, port)).await?;
        let port = listener.local_addr()?.port();
        let connections = Arc::new(AtomicUsize::new(0));
        let seen = connections.clone();
        let task = tokio::spawn(async move {
            while listener.accept().await.is_ok() {
                seen.fetch_add(1, Ordering::SeqCst);
            }
        });
        Ok(Self {
            port,
            connections,
            task,
        })
    }

    /// How many connected so far.
    pub(crate) async fn connections(&self) -> usize {
        tokio::time::sleep(ARRIVES_WITHIN).await;
        self.connections.load(Ordering::SeqCst)
    }
}

impl Drop for Trap {
    fn drop(&mut self) {
        self.task.abort();
    }
}
