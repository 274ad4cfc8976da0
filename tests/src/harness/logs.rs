//! What a server writes to standard error, line by line, to wait for and to look at.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use tokio::io::{AsyncBufReadExt as _, AsyncRead, BufReader};
use tokio::sync::watch;

/// The lines so far.
#[derive(Debug, Clone)]
pub struct Logs {
    lines: Arc<Mutex<Vec<String>>>,
    /// How many lines there are, and whether there will be more.
    count: watch::Receiver<(usize, bool)>,
}

impl Logs {
    /// Reads until the stream ends.
    pub fn of(stream: impl AsyncRead + Unpin + Send + 'static) -> Self {
        let lines = Arc::new(Mutex::new(Vec::new()));
        let (sender, count) = watch::channel((0, true));
        let written = lines.clone();
        tokio::spawn(async move {
            let mut reader = BufReader::new(stream).lines();
            while let Ok(Some(line)) = reader.next_line().await {
                let count = {
                    let mut lines = written.lock().expect("a lock nobody panics with");
                    lines.push(line);
                    lines.len()
                };
                sender.send_replace((count, true));
            }
            sender.send_modify(|state| state.1 = false);
        });
        Self { lines, count }
    }

    /// All lines so far.
    pub fn all(&self) -> Vec<String> {
        self.lines
            .lock()
            .expect("a lock nobody panics with")
            .clone()
    }

    /// All lines so far as one text.
    pub fn text(&self) -> String {
        self.all().join("\n")
    }

    /// Waits for a line that holds a text; `None` when the stream ended or the time is up.
    pub async fn wait_for(&self, text: &str, limit: Duration) -> Option<String> {
        let mut count = self.count.clone();
        let search = async {
            loop {
                // Before the lines are looked through: what comes meanwhile is news.
                let goes_on = count.borrow_and_update().1;
                if let Some(line) = self.all().into_iter().find(|line| line.contains(text)) {
                    return Some(line);
                }
                if !goes_on || count.changed().await.is_err() {
                    return None;
                }
            }
        };
        tokio::time::timeout(limit, search).await.ok().flatten()
    }
}
