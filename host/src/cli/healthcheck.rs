//! `healthcheck`: asks the server that runs with the same settings, for a container that has no other program to ask with.

use std::error::Error;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};
use std::time::Duration;

use axum::body::{Body, to_bytes};
use http::header::HOST;
use http::{Request, StatusCode};
use hyper::client::conn::http1::handshake;
use hyper_util::rt::TokioIo;
use tokio::net::TcpStream;

use super::CommandError;
use super::output::Output;
use crate::config::{ServerSettings, Transport};

/// How long the answer may take: the server itself gives Nextcloud three seconds before it says how things are.
const WITHIN: Duration = Duration::from_secs(5);

/// Longest answer that is shown.
const SHOWN_BYTES: usize = 4096;

/// Shows what the server says of itself; an error unless it is well.
pub(super) async fn healthcheck(
    server: &ServerSettings,
    live: bool,
    out: &mut Output,
) -> Result<(), CommandError> {
    if server.transport == Transport::Stdio {
        return Err(CommandError::Unwell(
            "NEXTCLOUD_MCP_TRANSPORT is stdio, so there is no server to ask".to_owned(),
        ));
    }
    let host = reachable(&server.listen_host);
    let path = if live {
        "/health/live"
    } else {
        "/health/ready"
    };
    let asked = tokio::time::timeout(WITHIN, ask(&host, server.listen_port, path)).await;
    let unwell = |why: &str| {
        let place = authority(&host, server.listen_port);
        CommandError::Unwell(format!("http://{place}{path} {why}"))
    };
    match asked {
        Ok(Ok((StatusCode::OK, text))) => Ok(out.line(&text)?),
        Ok(Ok((status, text))) => Err(unwell(&format!("answers {status}: {text}"))),
        Ok(Err(error)) => Err(unwell(&format!("does not answer: {error}"))),
        Err(_) => Err(unwell("does not answer in time")),
    }
}

/// Where a server that listens on `host` can be reached from here.
fn reachable(host: &str) -> String {
    match host.parse() {
        Ok(IpAddr::V4(Ipv4Addr::UNSPECIFIED)) => Ipv4Addr::LOCALHOST.to_string(),
        Ok(IpAddr::V6(Ipv6Addr::UNSPECIFIED)) => Ipv6Addr::LOCALHOST.to_string(),
        _ => host.to_owned(),
    }
}

/// As `Host` says it.
fn authority(host: &str, port: u16) -> String {
    if host.contains(':') {
        format!("[{host}]:{port}")
    } else {
        format!("{host}:{port}")
    }
}

async fn ask(
    host: &str,
    port: u16,
    path: &str,
) -> Result<(StatusCode, String), Box<dyn Error + Send + Sync>> {
    let stream = TcpStream::connect((host, port)).await?;
    let (mut sender, connection) = handshake(TokioIo::new(stream)).await?;
    tokio::spawn(connection);
    let request = Request::get(path)
        .header(HOST, authority(host, port))
        .body(Body::empty())?;
    let (parts, body) = sender.send_request(request).await?.into_parts();
    let body = to_bytes(Body::new(body), SHOWN_BYTES).await?;
    let text = String::from_utf8_lossy(&body);
    Ok((parts.status, text.trim().to_owned()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_server_on_all_addresses_is_asked_on_this_machine() {
        for (listening, asked) in [
            ("0.0.0.0", "127.0.0.1:8000"),
            ("::", "[::1]:8000"),
            ("127.0.0.2", "127.0.0.2:8000"),
            ("localhost", "localhost:8000"),
        ] {
            assert_eq!(authority(&reachable(listening), 8000), asked);
        }
    }
}
