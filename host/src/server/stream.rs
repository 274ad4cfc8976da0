//! A connection whose other end must take what it is sent, and gets the time to.
//!
//! A client that stops reading would hold its connection, the answer and everything behind it without end. How long an
//! answer takes as a whole is not limited: a stream of events may be quiet for as long as there is nothing to say.
//!
//! And a client that is refused before its request was read would lose the answer: a socket that is closed while it
//! still has something to read resets the connection (RFC 9112, section 9.6). So the end is only announced at first, and
//! what still arrives is thrown away for a while.

use std::io;
use std::pin::Pin;
use std::task::{Context, Poll, ready};
use std::time::Duration;

use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::time::{Instant, Sleep, sleep, sleep_until};

/// How long after an answer a client may take to notice that the connection ends.
const LINGER: Duration = Duration::from_secs(2);

/// `S`, on which no write may wait longer than a given time.
#[derive(Debug)]
pub(super) struct Stream<S> {
    inner: S,
    write_within: Duration,
    /// Runs while a write waits.
    patience: Option<Pin<Box<Sleep>>>,
    /// When the client was last sent something.
    wrote: Option<Instant>,
    /// Runs once the end is announced.
    linger: Option<Pin<Box<Sleep>>>,
}

impl<S> Stream<S> {
    pub(super) fn new(inner: S, write_within: Duration) -> Self {
        Self {
            inner,
            write_within,
            patience: None,
            wrote: None,
            linger: None,
        }
    }

    /// What a write came to, or an error if none got on for too long.
    fn in_time<T>(
        &mut self,
        context: &mut Context<'_>,
        written: Poll<io::Result<T>>,
    ) -> Poll<io::Result<T>> {
        if written.is_ready() {
            self.patience = None;
            self.wrote = Some(Instant::now());
            return written;
        }
        let within = self.write_within;
        let patience = self
            .patience
            .get_or_insert_with(|| Box::pin(sleep(within)))
            .as_mut();
        patience.poll(context).map(|()| {
            Err(io::Error::new(
                io::ErrorKind::TimedOut,
                "the client does not read what it is sent",
            ))
        })
    }
}

impl<S: AsyncRead + Unpin> AsyncRead for Stream<S> {
    fn poll_read(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        Pin::new(&mut self.inner).poll_read(context, buffer)
    }
}

impl<S: AsyncRead + AsyncWrite + Unpin> AsyncWrite for Stream<S> {
    fn poll_write(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: &[u8],
    ) -> Poll<io::Result<usize>> {
        let written = Pin::new(&mut self.inner).poll_write(context, buffer);
        self.in_time(context, written)
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffers: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        let written = Pin::new(&mut self.inner).poll_write_vectored(context, buffers);
        self.in_time(context, written)
    }

    fn is_write_vectored(&self) -> bool {
        self.inner.is_write_vectored()
    }

    // A socket has nothing to wait for here: it holds what it took.
    fn poll_flush(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.inner).poll_flush(context)
    }

    fn poll_shutdown(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        let this = self.get_mut();
        // Nobody waits for an answer on a connection that has been quiet.
        let Some(wrote) = this.wrote else {
            return Pin::new(&mut this.inner).poll_shutdown(context);
        };
        if this.linger.is_none() {
            ready!(Pin::new(&mut this.inner).poll_shutdown(context))?;
        }
        let linger = this
            .linger
            .get_or_insert_with(|| Box::pin(sleep_until(wrote + LINGER)));
        let mut thrown_away = [0; 4096];
        while linger.as_mut().poll(context).is_pending() {
            let mut buffer = ReadBuf::new(&mut thrown_away);
            let read = ready!(Pin::new(&mut this.inner).poll_read(context, &mut buffer));
            if read.is_err() || buffer.filled().is_empty() {
                break;
            }
        }
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
    use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _, duplex};

    use super::*;

    const WITHIN: Duration = Duration::from_millis(150);

    #[tokio::test]
    async fn a_write_that_does_not_get_on_ends() {
        let (ours, _theirs) = duplex(8);
        let begun = Instant::now();
        let ended = Stream::new(ours, WITHIN).write_all(&[0; 9]).await;
        assert_eq!(ended.unwrap_err().kind(), io::ErrorKind::TimedOut);
        assert!(begun.elapsed() >= WITHIN);
    }

    #[tokio::test]
    async fn the_end_waits_for_what_is_still_on_its_way_but_not_without_end() {
        let (ours, mut theirs) = duplex(8);
        let mut ours = Stream::new(ours, WITHIN);
        ours.write_all(b"no").await.unwrap();
        let begun = Instant::now();
        let ended = tokio::spawn(async move { ours.shutdown().await });
        theirs.write_all(&[0; 64]).await.unwrap();
        let mut answer = String::new();
        theirs.read_to_string(&mut answer).await.unwrap();
        assert_eq!(answer, "no");
        assert!(begun.elapsed() < LINGER, "the end is announced at once");
        ended.await.unwrap().unwrap();
        assert!(begun.elapsed() + WITHIN >= LINGER, "and awaited");
    }

    #[tokio::test]
    async fn a_connection_ends_at_once_where_nobody_waits_for_anything() {
        let (ours, theirs) = duplex(8);
        let begun = Instant::now();
        Stream::new(ours, WITHIN).shutdown().await.unwrap();
        drop(theirs);
        let (ours, theirs) = duplex(8);
        let mut ours = Stream::new(ours, WITHIN);
        ours.write_all(b"bye").await.unwrap();
        drop(theirs);
        ours.shutdown().await.unwrap();
        assert!(begun.elapsed() < LINGER);
    }

    #[tokio::test]
    async fn a_quiet_writer_and_then_a_slow_reader_are_waited_for() {
        let (ours, mut theirs) = duplex(8);
        let mut ours = Stream::new(ours, WITHIN * 4);
        ours.write_all(&[0; 8]).await.unwrap();
        sleep(WITHIN * 5).await;
        let reading = tokio::spawn(async move {
            for _ in 0..6 {
                sleep(WITHIN).await;
                theirs.read_exact(&mut [0; 8]).await.unwrap();
            }
            theirs
        });
        // Six times as long as one write waits, and longer than any may.
        ours.write_all(&[0; 48]).await.unwrap();
        drop(reading.await.unwrap());
    }
}
