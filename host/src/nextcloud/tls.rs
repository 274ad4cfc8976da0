//! The one place that builds HTTP clients towards Nextcloud: trust, protocols, timeouts and the name we go by.
//!
//! Never here: credentials and cookies; a client from here knows neither. Redirects, decompression and proxy variables
//! are off in every client: redirects are followed by hand where policy is, `mod_deflate` alters `ETags` (so nothing is
//! asked for compressed), and where requests go is the operator's decision alone.

use std::sync::Arc;

use http::HeaderValue;
use reqwest::{Client, Proxy, redirect};
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
            tls: tls(settings)?,
            proxy: proxy.transpose().map_err(|_| SetupError::Proxy)?,
            user_agent: user_agent(settings.device.as_deref())?,
            limits: settings.limits.clone(),
        })
    }

    /// A client with connections of its own.
    ///
    /// Sending again is left at the two cases that reqwest and hyper know to be unprocessed: a connection that was
    /// found closed before a byte was written, and a stream that HTTP/2 refused (RFC 9113, section 8.7).
    pub(super) fn client(&self) -> Result<Client, SetupError> {
        let mut tls = self.tls.clone();
        tls.resumption = Resumption::in_memory_sessions(TLS_SESSIONS);
        let mut builder = Client::builder()
            .tls_backend_preconfigured(tls)
            .user_agent(self.user_agent.clone())
            .redirect(redirect::Policy::none())
            .referer(false)
            .no_proxy()
            .connect_timeout(self.limits.connect_timeout)
            .read_timeout(self.limits.read_timeout)
            .pool_max_idle_per_host(self.limits.idle_connections)
            .pool_idle_timeout(self.limits.connection_idle);
        if let Some(proxy) = &self.proxy {
            builder = builder.proxy(proxy.clone());
        }
        builder
            .build()
            .map_err(|error| SetupError::Client(error.without_url().to_string()))
    }
}

fn tls(settings: &Settings) -> Result<ClientConfig, SetupError> {
    let mut config = ClientConfig::builder_with_provider(Arc::new(ring::default_provider()))
        .with_safe_default_protocol_versions()
        .map_err(|error| SetupError::Client(error.to_string()))?
        .with_root_certificates(roots(settings)?)
        .with_no_client_auth();
    // reqwest sets these only on a configuration of its own.
    config.alpn_protocols = vec![b"h2".to_vec(), b"http/1.1".to_vec()];
    Ok(config)
}

/// The operator's file alone, if there is one; else the system's roots; else, in an image without any, Mozilla's.
fn roots(settings: &Settings) -> Result<RootCertStore, SetupError> {
    let mut store = RootCertStore::empty();
    if let Some(path) = &settings.ca_bundle {
        let refuse = |problem: String| SetupError::CaBundle {
            path: path.clone(),
            problem,
        };
        let read =
            CertificateDer::pem_file_iter(path).map_err(|error| refuse(error.to_string()))?;
        for certificate in read {
            let certificate = certificate.map_err(|error| refuse(error.to_string()))?;
            store
                .add(certificate)
                .map_err(|error| refuse(error.to_string()))?;
        }
        return if store.is_empty() {
            Err(refuse("it holds no certificate".to_owned()))
        } else {
            Ok(store)
        };
    }
    store.add_parsable_certificates(rustls_native_certs::load_native_certs().certs);
    if store.is_empty() {
        store.extend(webpki_roots::TLS_SERVER_ROOTS.iter().cloned());
    }
    Ok(store)
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
