//! Whose request it is, as far as addresses say: the connection's other end, or whom a trusted proxy names.
//!
//! Only `X-Forwarded-For` is read, and only as far as trusted proxies wrote it. `Forwarded`, `X-Forwarded-Host` and
//! `X-Forwarded-Proto` are never read: under which address clients know this server, `NEXTCLOUD_MCP_SERVER_URL` says.
//! An address decides how much somebody may ask for, never who they are.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use axum::extract::{ConnectInfo, Request, State};
use axum::middleware::Next;
use axum::response::Response;
use http::{HeaderMap, HeaderName};
use ipnet::IpNet;

const X_FORWARDED_FOR: HeaderName = HeaderName::from_static("x-forwarded-for");

/// The address of whoever sent a request: an extension of every request that `router` hands on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct ClientAddress(IpAddr);

/// Addresses that one person has at will, and that limits therefore count as one: an IPv4 address, or the /64 that every
/// IPv6 host chooses its addresses from (RFC 4291, section 2.5.4).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(super) struct AddressGroup(IpAddr);

/// The proxies that are believed.
#[derive(Debug, Default)]
pub(super) struct Proxies {
    trusted: Vec<IpNet>,
    /// Whether the operator was told about a proxy that is not.
    told: AtomicBool,
}

/// A layer: says by an extension whose request it is.
pub(super) async fn identify(
    State(proxies): State<Arc<Proxies>>,
    mut request: Request,
    next: Next,
) -> Response {
    let peer = request.extensions().get::<ConnectInfo<SocketAddr>>();
    // Without a connection, nobody can be told from anybody: all share one address.
    let peer = peer.map_or(IpAddr::V4(Ipv4Addr::UNSPECIFIED), |peer| peer.0.ip());
    let client = proxies.client(peer, request.headers());
    request.extensions_mut().insert(client);
    next.run(request).await
}

impl Proxies {
    pub(super) fn new(trusted: Vec<IpNet>) -> Self {
        Self {
            trusted,
            told: AtomicBool::new(false),
        }
    }

    pub(super) fn trust(&self, address: IpAddr) -> bool {
        let address = address.to_canonical();
        self.trusted
            .iter()
            .any(|network| network.contains(&address))
    }

    /// Each proxy appends whom it saw, so the list is read from its end, and believed until the first entry that is not
    /// a trusted proxy: that one is the client, and whatever stands before it the client may have written.
    fn client(&self, peer: IpAddr, headers: &HeaderMap) -> ClientAddress {
        let mut client = peer.to_canonical();
        if !self.trust(client) {
            if headers.contains_key(X_FORWARDED_FOR) {
                self.tell(client);
            }
            return ClientAddress(client);
        }
        let lines: Vec<_> = headers.get_all(X_FORWARDED_FOR).iter().collect();
        let entries = lines
            .iter()
            .rev()
            .flat_map(|line| line.as_bytes().rsplit(|byte| *byte == b','));
        for entry in entries {
            // `unknown`, or a name: the proxy that wrote it is all that is known.
            let Some(address) = address(entry) else { break };
            client = address;
            if !self.trust(client) {
                break;
            }
        }
        ClientAddress(client)
    }

    /// Once: a client can send the header, too, and must not fill the log.
    fn tell(&self, peer: IpAddr) {
        if !self.told.swap(true, Ordering::Relaxed) {
            tracing::warn!(
                "{peer} sends X-Forwarded-For and is not believed. If it is a proxy of yours, add it to \
                 NEXTCLOUD_MCP_TRUSTED_PROXIES: until then, everybody behind it shares one address's limits"
            );
        }
    }
}

/// An address, with or without a port: proxies write both.
fn address(entry: &[u8]) -> Option<IpAddr> {
    let text = std::str::from_utf8(entry).ok()?.trim();
    let bare = text
        .strip_prefix('[')
        .and_then(|text| text.strip_suffix(']'))
        .unwrap_or(text);
    let address = bare
        .parse()
        .or_else(|_| text.parse::<SocketAddr>().map(|socket| socket.ip()));
    address.ok().map(|address: IpAddr| address.to_canonical())
}

impl ClientAddress {
    pub(super) fn group(self) -> AddressGroup {
        AddressGroup::from(self.0)
    }
}

impl AddressGroup {
    /// Of the client that `identify` found.
    pub(super) fn of(request: &Request) -> Self {
        request.extensions().get().map_or(
            Self(IpAddr::V4(Ipv4Addr::UNSPECIFIED)),
            |client: &ClientAddress| client.group(),
        )
    }
}

impl From<IpAddr> for AddressGroup {
    fn from(address: IpAddr) -> Self {
        Self(match address.to_canonical() {
            IpAddr::V6(address) => {
                let network = u128::from(address) & !u128::from(u64::MAX);
                IpAddr::V6(Ipv6Addr::from(network))
            }
            address @ IpAddr::V4(_) => address,
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
    use std::io::{Read as _, Seek as _};

    use super::*;

    fn client(peer: &str, forwarded: &[&str]) -> String {
        let trusted = ["127.0.0.1/32", "10.0.0.0/8", "fd00::/8"].map(|text| text.parse().unwrap());
        let mut headers = HeaderMap::new();
        for line in forwarded {
            headers.append(X_FORWARDED_FOR, line.parse().unwrap());
        }
        let ClientAddress(address) =
            Proxies::new(trusted.to_vec()).client(peer.parse().unwrap(), &headers);
        address.to_string()
    }

    #[test]
    fn what_an_untrusted_peer_says_about_itself_counts_for_nothing() {
        assert_eq!(client("192.0.2.1", &["203.0.113.9"]), "192.0.2.1");
        assert_eq!(client("192.0.2.1", &["127.0.0.1"]), "192.0.2.1");
        assert_eq!(client("2001:db8::1", &["fd00::1"]), "2001:db8::1");
    }

    #[test]
    fn the_list_is_believed_from_its_end_and_through_trusted_proxies_only() {
        for (forwarded, expected) in [
            (&[][..], "127.0.0.1"),
            (&["203.0.113.9"], "203.0.113.9"),
            (&["198.51.100.7, 203.0.113.9"], "203.0.113.9"),
            (&["203.0.113.9, 10.1.2.3 ,10.4.5.6"], "203.0.113.9"),
            (&["203.0.113.9, 192.0.2.1, 10.4.5.6"], "192.0.2.1"),
            (&["203.0.113.9", "10.4.5.6"], "203.0.113.9"),
            (&["10.1.2.3, 10.4.5.6"], "10.1.2.3"),
            (&["2001:db8::1, fd00::2"], "2001:db8::1"),
        ] {
            assert_eq!(client("127.0.0.1", forwarded), expected, "{forwarded:?}");
        }
    }

    #[test]
    fn an_entry_that_is_no_address_ends_what_is_believed() {
        for (forwarded, expected) in [
            ("203.0.113.9, unknown", "127.0.0.1"),
            ("203.0.113.9, unknown, 10.1.2.3", "10.1.2.3"),
            ("203.0.113.9,", "127.0.0.1"),
            ("", "127.0.0.1"),
            ("localhost", "127.0.0.1"),
        ] {
            assert_eq!(client("127.0.0.1", &[forwarded]), expected, "{forwarded}");
        }
    }

    #[test]
    fn an_address_is_read_in_each_form_that_proxies_write() {
        for (entry, expected) in [
            ("203.0.113.9:4711", "203.0.113.9"),
            ("[2001:db8::1]:4711", "2001:db8::1"),
            ("[2001:db8::1]", "2001:db8::1"),
            ("::ffff:203.0.113.9", "203.0.113.9"),
        ] {
            assert_eq!(client("127.0.0.1", &[entry]), expected, "{entry}");
        }
        assert_eq!(
            client("::ffff:127.0.0.1", &["203.0.113.9"]),
            "203.0.113.9",
            "a socket for both families"
        );
    }

    #[test]
    fn the_operator_is_told_of_an_unlisted_proxy_once() {
        let file = Arc::new(tempfile::tempfile().unwrap());
        let subscriber = tracing_subscriber::fmt()
            .with_writer(Arc::clone(&file))
            .finish();
        let mut headers = HeaderMap::new();
        headers.insert(X_FORWARDED_FOR, "203.0.113.9".parse().unwrap());
        tracing::subscriber::with_default(subscriber, || {
            let proxies = Proxies::default();
            for peer in ["127.0.0.1", "127.0.0.1", "192.0.2.1"] {
                proxies.client(peer.parse().unwrap(), &headers);
            }
        });
        let (mut file, mut log) = (&*file, String::new());
        file.rewind().unwrap();
        file.read_to_string(&mut log).unwrap();
        assert_eq!(log.matches("127.0.0.1 sends X-Forwarded-For").count(), 1);
        assert_eq!(log.lines().count(), 1, "{log}");
        assert!(log.contains("NEXTCLOUD_MCP_TRUSTED_PROXIES"), "{log}");
    }

    #[test]
    fn who_has_one_ipv6_network_has_one_budget() {
        let group = |text: &str| AddressGroup::from(text.parse::<IpAddr>().unwrap());
        assert_eq!(group("2001:db8:0:1::1"), group("2001:db8:0:1:ffff::2"));
        assert_ne!(group("2001:db8:0:1::1"), group("2001:db8:0:2::1"));
        assert_ne!(group("192.0.2.1"), group("192.0.2.2"));
        assert_eq!(group("::ffff:192.0.2.1"), group("192.0.2.1"));
    }
}
