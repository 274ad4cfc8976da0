//! What a guest writes: `log.write`, stdout and stderr become lines of the operator's log, capped, with nothing in them
//! that could pass for a line of the host's. And what the host says of a call's refused requests.

use std::pin::Pin;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll};

use bytes::Bytes;
use tokio::io::AsyncWrite;
use wasmtime_wasi::cli::{IsTerminal, StdoutStream};
use wasmtime_wasi::p2::{OutputStream, Pollable, StreamError};

use super::limit::SetBy;
use super::limits::{LOG_LINE_BYTES, REFUSAL_LINES};
use super::output::StopReason;
use super::task::LogSink;
use super::text::visible;
use crate::nextcloud::{Layer, Refusal};

/// How loud a line is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Level {
    /// For the plugin's author.
    Debug,
    /// What an operator may want to know.
    Info,
    /// What an operator should look at.
    Warn,
    /// A mistake.
    Error,
}

/// Which call a line belongs to.
#[derive(Debug, Clone, Default)]
pub(super) struct Origin {
    pub(super) plugin: String,
    pub(super) tool: String,
    pub(super) request_id: String,
}

/// The lines of one call, from all three sources.
#[derive(Clone)]
pub(super) struct Console(Arc<Mutex<Lines>>);

struct Lines {
    origin: Origin,
    /// Besides the operator.
    client: Option<Arc<dyn LogSink>>,
    allowed: u64,
    written: u64,
    /// Requests that were refused. Counted apart, so that no guest can use up its lines first and then try in silence.
    refused: u64,
    /// What stdout and stderr hold that is no whole line yet.
    begun: [Vec<u8>; 2],
}

/// The two streams that WASI has for text.
#[derive(Debug, Clone, Copy)]
enum Stream {
    Stdout = 0,
    Stderr = 1,
}

impl Console {
    pub(super) fn new(origin: Origin, allowed: u64, client: Option<Arc<dyn LogSink>>) -> Self {
        Self(Arc::new(Mutex::new(Lines {
            origin,
            client,
            allowed,
            written: 0,
            refused: 0,
            begun: Default::default(),
        })))
    }

    /// Writes one line, whatever it holds. An error once the call has written all its lines.
    pub(super) fn write(&self, level: Level, message: &str) -> Result<(), StopReason> {
        self.lines().write(level, message)
    }

    /// Tells the operator that a request was refused, and by which rule: never its path, query or content.
    pub(super) fn refused(&self, refusal: &Refusal) {
        let Some(Origin {
            plugin,
            tool,
            request_id,
        }) = self.one_more_refused()
        else {
            return;
        };
        let Refusal {
            layer,
            method,
            rule,
            ..
        } = refusal;
        // Expected: the operator said so.
        if *layer == Layer::Policy {
            tracing::info!(target: "plugin", plugin, tool, request_id, method, %layer, rule, "a request is refused");
        } else {
            tracing::warn!(target: "plugin", plugin, tool, request_id, method, %layer, rule, "a request is refused");
        }
    }

    /// The same of a request, or its answer, that is beyond a limit of the call.
    pub(super) fn limited(&self, limit: &str, set_by: &SetBy) {
        let Some(Origin {
            plugin,
            tool,
            request_id,
        }) = self.one_more_refused()
        else {
            return;
        };
        if let SetBy::Rule(rule) = set_by {
            tracing::info!(target: "plugin", plugin, tool, request_id, limit, layer = "policy", rule, "a request is refused");
        } else {
            tracing::warn!(target: "plugin", plugin, tool, request_id, limit, layer = %set_by, "a request is refused");
        }
    }

    /// Whose request it was, if there is to be a line about it.
    fn one_more_refused(&self) -> Option<Origin> {
        let mut lines = self.lines();
        lines.refused += 1;
        let Origin {
            plugin,
            tool,
            request_id,
        } = &lines.origin;
        if lines.refused == REFUSAL_LINES + 1 {
            tracing::warn!(target: "plugin", plugin, tool, request_id, "more requests of this call are refused; no more lines about it");
        }
        (lines.refused <= REFUSAL_LINES).then(|| lines.origin.clone())
    }

    pub(super) fn stdout(&self) -> impl StdoutStream + 'static {
        GuestStream {
            console: self.clone(),
            stream: Stream::Stdout,
        }
    }

    pub(super) fn stderr(&self) -> impl StdoutStream + 'static {
        GuestStream {
            console: self.clone(),
            stream: Stream::Stderr,
        }
    }

    fn lines(&self) -> MutexGuard<'_, Lines> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Lines {
    fn write(&mut self, level: Level, message: &str) -> Result<(), StopReason> {
        if self.written >= self.allowed {
            return Err(StopReason::LogLines(self.allowed));
        }
        self.written += 1;
        // An empty line says nothing, yet writing them is not free.
        if !message.is_empty() {
            let line = visible(message, LOG_LINE_BYTES);
            emit(level, &self.origin, &line);
            if let Some(client) = &self.client {
                client.line(level, &line);
            }
        }
        Ok(())
    }

    fn stream(&mut self, stream: Stream, mut bytes: &[u8]) -> Result<(), StopReason> {
        while !bytes.is_empty() {
            let room = LOG_LINE_BYTES - self.begun[stream as usize].len();
            let newline = bytes.iter().take(room).position(|byte| *byte == b'\n');
            let (piece, rest) = bytes.split_at(newline.unwrap_or_else(|| room.min(bytes.len())));
            self.begun[stream as usize].extend_from_slice(piece);
            bytes = if newline.is_some() {
                rest.get(1..).unwrap_or_default()
            } else {
                rest
            };
            if newline.is_some() || self.begun[stream as usize].len() >= LOG_LINE_BYTES {
                let line = std::mem::take(&mut self.begun[stream as usize]);
                self.write(stream.level(), &String::from_utf8_lossy(&line))?;
            }
        }
        Ok(())
    }
}

/// Writes what was begun and not ended: the last words of a guest that panicked may be there.
impl Drop for Lines {
    fn drop(&mut self) {
        for stream in [Stream::Stdout, Stream::Stderr] {
            let rest = std::mem::take(&mut self.begun[stream as usize]);
            if !rest.is_empty() {
                // The call is over: a limit reached now stops nothing more.
                let _ = self.write(stream.level(), &String::from_utf8_lossy(&rest));
            }
        }
    }
}

impl Stream {
    /// A panic's message comes on stderr, and is all that its author has to go by.
    fn level(self) -> Level {
        match self {
            Self::Stdout => Level::Debug,
            Self::Stderr => Level::Warn,
        }
    }
}

/// One place where a guest's text enters the log.
fn emit(level: Level, origin: &Origin, message: &str) {
    let Origin {
        plugin,
        tool,
        request_id,
    } = origin;
    match level {
        Level::Debug => tracing::debug!(target: "plugin", plugin, tool, request_id, "{message}"),
        Level::Info => tracing::info!(target: "plugin", plugin, tool, request_id, "{message}"),
        Level::Warn => tracing::warn!(target: "plugin", plugin, tool, request_id, "{message}"),
        Level::Error => tracing::error!(target: "plugin", plugin, tool, request_id, "{message}"),
    }
}

#[derive(Clone)]
struct GuestStream {
    console: Console,
    stream: Stream,
}

impl GuestStream {
    fn take(&self, bytes: &[u8]) -> Result<(), StopReason> {
        self.console.lines().stream(self.stream, bytes)
    }
}

impl IsTerminal for GuestStream {
    fn is_terminal(&self) -> bool {
        false
    }
}

impl StdoutStream for GuestStream {
    fn p2_stream(&self) -> Box<dyn OutputStream> {
        Box::new(self.clone())
    }

    fn async_stream(&self) -> Box<dyn AsyncWrite + Send + Sync> {
        Box::new(self.clone())
    }
}

/// What a guest may write at once; also what the host may have to allocate for it (`write-zeroes`).
const PERMIT: usize = 64 * 1024;

impl OutputStream for GuestStream {
    fn write(&mut self, bytes: Bytes) -> Result<(), StreamError> {
        self.take(&bytes)
            .map_err(|stop| StreamError::Trap(wasmtime::Error::new(stop)))
    }

    fn flush(&mut self) -> Result<(), StreamError> {
        Ok(())
    }

    fn check_write(&mut self) -> Result<usize, StreamError> {
        Ok(PERMIT)
    }
}

#[wasmtime_wasi::async_trait]
impl Pollable for GuestStream {
    async fn ready(&mut self) {}
}

/// Asked for by the trait, used by WASI 0.3 only.
impl AsyncWrite for GuestStream {
    fn poll_write(
        self: Pin<&mut Self>,
        _: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<std::io::Result<usize>> {
        Poll::Ready(
            self.take(bytes)
                .map(|()| bytes.len())
                .map_err(std::io::Error::other),
        )
    }

    fn poll_flush(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<std::io::Result<()>> {
        Poll::Ready(Ok(()))
    }

    fn poll_shutdown(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<std::io::Result<()>> {
        Poll::Ready(Ok(()))
    }
}

#[cfg(test)]
#[allow(
    clippy::unwrap_used,
    clippy::expect_used,
    reason = "a test fails by panicking"
)]
mod tests {
    use super::*;

    fn console(allowed: u64) -> Console {
        Console::new(Origin::default(), allowed, None)
    }

    fn written(console: &Console) -> u64 {
        console.lines().written
    }

    #[test]
    fn lines_of_all_sources_count_together() {
        let console = console(3);
        let mut stdout = GuestStream {
            console: console.clone(),
            stream: Stream::Stdout,
        };
        stdout.write(Bytes::from_static(b"one\ntw")).unwrap();
        console.write(Level::Info, "log").unwrap();
        stdout.write(Bytes::from_static(b"o\nfour")).unwrap();
        assert_eq!(written(&console), 3);
        assert_eq!(
            console.write(Level::Info, "five"),
            Err(StopReason::LogLines(3))
        );
        assert!(matches!(
            stdout.write(Bytes::from_static(b"\n")),
            Err(StreamError::Trap(_))
        ));
    }

    #[test]
    fn a_stream_without_newlines_is_cut_into_lines_and_holds_no_memory() {
        let console = console(10);
        let stdout = GuestStream {
            console: console.clone(),
            stream: Stream::Stdout,
        };
        stdout.take(&vec![b'x'; 3 * LOG_LINE_BYTES + 1]).unwrap();
        assert_eq!(written(&console), 3);
        assert_eq!(console.lines().begun[0].len(), 1);
        assert!(stdout.take(&vec![b'x'; 20 * LOG_LINE_BYTES]).is_err());
    }
}
