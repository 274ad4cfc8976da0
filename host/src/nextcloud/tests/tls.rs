//! TLS with a CA of the operator's own, HTTP/2 where it is offered, and no trust in anybody else.

use std::io;
use std::net::SocketAddr;
use std::sync::Arc;

use axum::Router;
use axum::serve::Listener;
use http::Version;
use rcgen::{BasicConstraints, CertificateParams, IsCa, Issuer, KeyPair};
use rustls::ServerConfig;
use rustls::crypto::ring;
use rustls::pki_types::{PrivateKeyDer, PrivatePkcs8KeyDer};
use tempfile::NamedTempFile;
use tokio::net::{TcpListener, TcpStream};
use tokio_rustls::TlsAcceptor;
use tokio_rustls::server::TlsStream;

use super::server::World;
use super::*;

struct TlsListener {
    tcp: TcpListener,
    acceptor: TlsAcceptor,
}

impl Listener for TlsListener {
    type Io = TlsStream<TcpStream>;
    type Addr = SocketAddr;

    async fn accept(&mut self) -> (Self::Io, Self::Addr) {
        loop {
            let (stream, address) = self.tcp.accept().await.unwrap();
            if let Ok(stream) = self.acceptor.accept(stream).await {
                return (stream, address);
            }
        }
    }

    fn local_addr(&self) -> io::Result<Self::Addr> {
        self.tcp.local_addr()
    }
}

/// A server for `localhost` under a new CA, the CA's file, and what the server sees.
async fn start(protocols: &[&[u8]]) -> (u16, NamedTempFile, Arc<World>) {
    let world = Arc::<World>::default();
    let (port, file) = serve(protocols, server::app(Arc::clone(&world), "")).await;
    (port, file, world)
}

/// Serves `app` as `localhost` under a new CA; its port and the CA's file.
pub(super) async fn serve(protocols: &[&[u8]], app: Router) -> (u16, NamedTempFile) {
    let ca_key = KeyPair::generate().unwrap();
    let mut ca = CertificateParams::new(Vec::new()).unwrap();
    ca.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    let ca_certificate = ca.self_signed(&ca_key).unwrap();
    let key = KeyPair::generate().unwrap();
    let certificate = CertificateParams::new(vec!["localhost".to_owned()])
        .unwrap()
        .signed_by(&key, &Issuer::new(ca, ca_key))
        .unwrap();
    let file = NamedTempFile::new().unwrap();
    std::fs::write(file.path(), ca_certificate.pem()).unwrap();

    let key = PrivateKeyDer::Pkcs8(PrivatePkcs8KeyDer::from(key.serialize_der()));
    let provider = Arc::new(ring::default_provider());
    let mut config = ServerConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_no_client_auth()
        .with_single_cert(vec![certificate.der().clone()], key)
        .unwrap();
    config.alpn_protocols = protocols.iter().map(|name| name.to_vec()).collect();
    let tcp = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let port = tcp.local_addr().unwrap().port();
    tokio::spawn(async move {
        axum::serve(
            TlsListener {
                tcp,
                acceptor: TlsAcceptor::from(Arc::new(config)),
            },
            app.into_make_service(),
        )
        .await
        .unwrap();
    });
    (port, file)
}

fn trusting(port: u16, ca: Option<&NamedTempFile>, host: &str) -> Caller {
    let mut settings = Settings::new(format!("https://{host}:{port}"));
    settings.ca_bundle = ca.map(|file| file.path().to_owned());
    Nextcloud::new(settings)
        .unwrap()
        .caller(credential("alice"), Scopes::All)
}

#[tokio::test]
async fn http_2_is_spoken_where_it_is_offered() {
    for (offered, spoken) in [
        (&[&b"h2"[..], b"http/1.1"][..], Version::HTTP_2),
        (&[b"http/1.1"], Version::HTTP_11),
    ] {
        let (port, ca, world) = start(offered).await;
        let alice = trusting(port, Some(&ca), "localhost");
        assert_eq!(
            get(&alice, "/apps/test/api/a").await.unwrap().text(),
            "alice"
        );
        assert!(
            world
                .seen
                .lock()
                .unwrap()
                .iter()
                .all(|seen| seen.version == spoken)
        );
    }
}

#[tokio::test]
async fn without_its_ca_or_under_another_name_nothing_is_sent() {
    let (port, ca, world) = start(&[b"h2"]).await;
    let (_, other_ca, _) = start(&[b"h2"]).await;
    for caller in [
        trusting(port, None, "localhost"),
        trusting(port, Some(&other_ca), "localhost"),
        trusting(port, Some(&ca), "127.0.0.1"),
    ] {
        let refused = get(&caller, "/apps/test/api/a").await.unwrap_err();
        assert!(
            matches!(&refused, FetchError::Unreachable(why) if why.contains("certificate")),
            "{refused:?}"
        );
    }
    assert!(world.seen.lock().unwrap().is_empty());
}
