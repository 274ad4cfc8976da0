//! Certificates: good ones, and each way to be bad.

use std::net::SocketAddr;
use std::sync::Arc;

use nextcloud_mcp_tests::harness::{Server, Start};
use nextcloud_mcp_tests::nextcloud::StandIn;
use rcgen::{BasicConstraints, CertificateParams, IsCa, Issuer, KeyPair, date_time_ymd};
use rustls::pki_types::{PrivateKeyDer, PrivatePkcs8KeyDer};
use tokio::io::copy_bidirectional;
use tokio::net::{TcpListener, TcpStream};
use tokio_rustls::TlsAcceptor;

use super::before;

/// What the certificate says.
struct Certificate {
    name: &'static str,
    /// Year, month, day.
    ends: (i32, u8, u8),
    begins: (i32, u8, u8),
}

const GOOD: Certificate = Certificate {
    name: "localhost",
    begins: (2020, 1, 1),
    ends: (2090, 1, 1),
};

/// TLS in front of a stand-in; ends with the test. Basic mode at it, with the authority's file or a stranger's.
async fn behind(nextcloud: &StandIn, certificate: Certificate, trusted: bool) -> Start {
    let mut authority = CertificateParams::default();
    authority.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    let key = KeyPair::generate().unwrap();
    let root = authority.self_signed(&key).unwrap();
    let strangers = authority
        .self_signed(&KeyPair::generate().unwrap())
        .unwrap();
    let issuer = Issuer::new(authority, key);
    let mut params = CertificateParams::new(vec![certificate.name.to_owned()]).unwrap();
    let ((y, m, d), (year, month, day)) = (certificate.begins, certificate.ends);
    params.not_before = date_time_ymd(y, m, d);
    params.not_after = date_time_ymd(year, month, day);
    let own = KeyPair::generate().unwrap();
    let leaf = params.signed_by(&own, &issuer).unwrap();
    let own = PrivateKeyDer::from(PrivatePkcs8KeyDer::from(own.serialize_der()));
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let config = rustls::ServerConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_no_client_auth()
        .with_single_cert(vec![leaf.der().clone()], own)
        .unwrap();
    let port = serve(TlsAcceptor::from(Arc::new(config)), nextcloud.address()).await;
    let bundle = if trusted { root.pem() } else { strangers.pem() };
    let start = Server::basic(nextcloud, "alice").file("ca.pem", &bundle);
    let path = start.folder().join("ca.pem").display().to_string();
    start
        .with("NEXTCLOUD_HOST", format!("https://localhost:{port}"))
        .with("NEXTCLOUD_CA_BUNDLE", path)
}

async fn serve(acceptor: TlsAcceptor, to: SocketAddr) -> u16 {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let port = listener.local_addr().unwrap().port();
    tokio::spawn(async move {
        while let Ok((client, _)) = listener.accept().await {
            let acceptor = acceptor.clone();
            tokio::spawn(async move {
                let Ok(mut client) = acceptor.accept(client).await else {
                    return;
                };
                let Ok(mut server) = TcpStream::connect(to).await else {
                    return;
                };
                let _ = copy_bidirectional(&mut client, &mut server).await;
            });
        }
    });
    port
}

#[tokio::test]
async fn a_good_certificate_is_told_with_its_end() {
    let nextcloud = StandIn::with_two_users().await;
    let start = behind(&nextcloud, GOOD, true).await;
    let found = before(&start).await;
    found.problems(&[]);
    assert!(
        found.detail("nextcloud.tls").contains("days"),
        "{}",
        found.detail("nextcloud.tls")
    );
    assert_eq!(found.status("access.notes"), "ok");
}

#[tokio::test]
async fn each_way_to_be_bad_is_told_apart() {
    let nextcloud = StandIn::with_two_users().await;
    let bad = |name, begins, ends| Certificate { name, ends, begins };
    for (certificate, trusted, said) in [
        (
            bad("localhost", (2020, 1, 1), (2024, 1, 1)),
            true,
            "has expired",
        ),
        (
            bad("localhost", (2089, 1, 1), (2090, 1, 1)),
            true,
            "not valid yet",
        ),
        (
            bad("cloud.example", (2020, 1, 1), (2090, 1, 1)),
            true,
            "not for `localhost`",
        ),
        (GOOD, false, "issued by nobody"),
    ] {
        let start = behind(&nextcloud, certificate, trusted).await;
        let found = before(&start).await;
        found.problems(&["nextcloud.reachable", "nextcloud.tls"]);
        found.tells("and that Nextcloud runs", "nextcloud.tls");
        assert!(
            found.detail("nextcloud.tls").contains(said),
            "{}",
            found.detail("nextcloud.tls")
        );
    }
}
