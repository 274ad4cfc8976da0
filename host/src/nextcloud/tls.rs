//! The one place that builds HTTP clients: trust, protocols, timeouts and the name we go by.
//!
//! Never here: credentials and cookies; a client from here knows neither. Redirects, decompression and proxy variables
//! are off in every client: redirects are followed by hand where policy is, `mod_deflate` alters `ETags` (so nothing is
//! asked for compressed), and where requests go is the operator's decision alone.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use http::HeaderValue;
use reqwest::dns::Resolve;
use reqwest::{Client, ClientBuilder, Proxy, redirect};
use rustls::client::Resumption;
use rustls::crypto::ring;
use rustls::pki_types::CertificateDer;
use rustls::pki_types::pem::PemObject;
use rustls::{ClientConfig, RootCertStore};
use secrecy::ExposeSecret;

use super::settings::{Limits, Settings, SetupError};

/// TLS sessions remembered for one user's reconnects.
const TLS_SESSIONS: usize = 8;

/// Makes clients that share settings and trust, and no connection.
pub(super) struct ClientFactory {
    tls: ClientConfig,
    ca_bundle: Option<PathBuf>,
    proxy: Option<Proxy>,
    user_agent: HeaderValue,
    limits: Limits,
}

impl ClientFactory {
    pub(super) fn new(settings: &Settings) -> Result<Self, SetupError> {
        let proxy = settings
            .proxy
            .as_ref()
            .map(|address| Proxy::all(address.expose_secret()));
        Ok(Self {
            tls: tls(roots(settings)?)?,
            ca_bundle: settings.ca_bundle.clone(),
            proxy: proxy.transpose().map_err(|_| SetupError::Proxy)?,
            user_agent: user_agent(settings.device.as_deref())?,
            limits: settings.limits.clone(),
        })
    }

    /// A client towards Nextcloud with connections of its own.
    ///
    /// Sending again is left at the two cases that reqwest and hyper know to be unprocessed: a connection that was
    /// found closed before a byte was written, and a stream that HTTP/2 refused (RFC 9113, section 8.7).
    pub(super) fn client(&self) -> Result<Client, SetupError> {
        let mut tls = self.tls.clone();
        tls.resumption = Resumption::in_memory_sessions(TLS_SESSIONS);
        let mut builder = self
            .builder(tls)
            .pool_max_idle_per_host(self.limits.idle_connections)
            .pool_idle_timeout(self.limits.connection_idle);
        if let Some(proxy) = &self.proxy {
            builder = builder.proxy(proxy.clone());
        }
        finish(builder)
    }

    /// A client towards third parties' web servers: https alone, names resolved by `resolver`, and past the operator's
    /// proxy, which would resolve them itself. It trusts the public roots and the operator's file, and keeps no
    /// connection, so that every request is one that `resolver` judged.
    pub(super) fn public_client(&self, resolver: Arc<dyn Resolve>) -> Result<Client, SetupError> {
        let mut roots = public_roots();
        if let Some(path) = &self.ca_bundle {
            add_bundle(&mut roots, path)?;
        }
        let builder = self.builder(tls(roots)?);
        finish(
            builder
                .https_only(true)
                .dns_resolver(resolver)
                .pool_max_idle_per_host(0),
        )
    }

    /// What connections are secured with.
    pub(super) fn tls(&self) -> ClientConfig {
        self.tls.clone()
    }

    pub(super) fn has_proxy(&self) -> bool {
        self.proxy.is_some()
    }

    fn builder(&self, tls: ClientConfig) -> ClientBuilder {
        Client::builder()
            .tls_backend_preconfigured(tls)
            .user_agent(self.user_agent.clone())
            .redirect(redirect::Policy::none())
            .referer(false)
            .no_proxy()
            .connect_timeout(self.limits.connect_timeout)
            .read_timeout(self.limits.read_timeout)
    }
}

fn finish(builder: ClientBuilder) -> Result<Client, SetupError> {
    builder
        .build()
        .map_err(|error| SetupError::Client(error.without_url().to_string()))
}

fn tls(roots: RootCertStore) -> Result<ClientConfig, SetupError> {
    let mut config = ClientConfig::builder_with_provider(Arc::new(ring::default_provider()))
        .with_safe_default_protocol_versions()
        .map_err(|error| SetupError::Client(error.to_string()))?
        .with_root_certificates(roots)
        .with_no_client_auth();
    // reqwest sets these only on a configuration of its own.
    config.alpn_protocols = vec![b"h2".to_vec(), b"http/1.1".to_vec()];
    Ok(config)
}

/// The operator's file alone, if there is one; else the public roots.
fn roots(settings: &Settings) -> Result<RootCertStore, SetupError> {
    let Some(path) = &settings.ca_bundle else {
        return Ok(public_roots());
    };
    let mut store = RootCertStore::empty();
    add_bundle(&mut store, path)?;
    Ok(store)
}

fn public_roots() -> RootCertStore {
    public_roots_of(rustls_native_certs::load_native_certs().certs)
}

/// The system's roots; in an image without any, Mozilla's.
fn public_roots_of(system: Vec<CertificateDer<'_>>) -> RootCertStore {
    let mut store = RootCertStore::empty();
    store.add_parsable_certificates(system);
    if store.is_empty() {
        store.extend(webpki_roots::TLS_SERVER_ROOTS.iter().cloned());
    }
    store
}

fn add_bundle(store: &mut RootCertStore, path: &Path) -> Result<(), SetupError> {
    let refuse = |problem: String| SetupError::CaBundle {
        path: path.to_owned(),
        problem,
    };
    let before = store.len();
    let read = CertificateDer::pem_file_iter(path).map_err(|error| refuse(error.to_string()))?;
    for certificate in read {
        let certificate = certificate.map_err(|error| refuse(error.to_string()))?;
        store
            .add(certificate)
            .map_err(|error| refuse(error.to_string()))?;
    }
    if store.len() == before {
        return Err(refuse("it holds no certificate".to_owned()));
    }
    Ok(())
}

/// What Nextcloud shows under Settings, Security, Devices and sessions.
fn user_agent(device: Option<&str>) -> Result<HeaderValue, SetupError> {
    const NAME: &str = concat!("Nextcloud MCP Server/", env!("CARGO_PKG_VERSION"));
    let Some(device) = device else {
        return Ok(HeaderValue::from_static(NAME));
    };
    let fits = device
        .bytes()
        .all(|byte| matches!(byte, b' '..=b'~') && !matches!(byte, b'(' | b')' | b'\\'));
    let value = HeaderValue::try_from(format!("{NAME} ({device})"));
    value
        .ok()
        .filter(|_| fits)
        .ok_or_else(|| SetupError::Device(device.to_owned()))
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "a test fails by panicking")]
mod tests {
    use super::*;

    #[test]
    fn the_systems_roots_are_kept_and_only_a_system_without_any_gets_mozillas() {
        let mozillas = public_roots_of(Vec::new());
        assert_eq!(mozillas.roots, webpki_roots::TLS_SERVER_ROOTS);
        let unreadable = public_roots_of(vec![b"no certificate".as_slice().into()]);
        assert_eq!(unreadable.roots, webpki_roots::TLS_SERVER_ROOTS);
        let own = rcgen::generate_simple_self_signed(["own.example".to_owned()]).unwrap();
        let systems = public_roots_of(vec![own.cert.der().clone()]);
        assert_eq!(systems.len(), 1);
        assert!(!mozillas.roots.contains(&systems.roots[0]));
    }
}
