//! Nextcloud's certificate, looked at by itself: what is wrong with it, or how long it still lasts.
//!
//! A handshake of its own and nothing more; requests go through `wire`, which only says that there was none.

use std::io;
use std::net::{TcpStream, ToSocketAddrs as _};
use std::sync::Arc;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use rustls::pki_types::ServerName;
use rustls::{CertificateError, ClientConfig, ClientConnection};
use thiserror::Error;

use super::Nextcloud;

/// How long each step may take: the connection, and each wait for the other side.
const WITHIN: Duration = Duration::from_secs(10);

/// Why there is no secure connection.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum CertificateTrouble {
    /// Nobody to shake hands with.
    #[error("no connection could be made: {0}")]
    Unreachable(String),
    /// Its time is over.
    #[error("its certificate has expired")]
    Expired,
    /// Its time has not come, or this machine's clock is wrong.
    #[error("its certificate is not valid yet, by this machine's clock")]
    NotYet,
    /// For another name.
    #[error("its certificate is not for `{0}`")]
    Name(String),
    /// Issued by nobody that is trusted here.
    #[error(
        "its certificate was issued by nobody that this server trusts, or the chain to them is not whole"
    )]
    Issuer,
    /// Anything else.
    #[error("{0}")]
    Other(String),
}

impl Nextcloud {
    /// When the certificate at `NEXTCLOUD_HOST` ends. `None` where there is none to look at: over plain http, and behind
    /// `NEXTCLOUD_MCP_PROXY`.
    pub async fn certificate_ends(&self) -> Result<Option<SystemTime>, CertificateTrouble> {
        let Some((host, port)) = self.tls_address() else {
            return Ok(None);
        };
        let config = Arc::new(self.tls_config());
        let looking = tokio::task::spawn_blocking(move || look(config, &host, port));
        let ends = looking
            .await
            .map_err(|error| CertificateTrouble::Other(error.to_string()))?;
        ends.map(Some)
    }
}

fn look(
    config: Arc<ClientConfig>,
    host: &str,
    port: u16,
) -> Result<SystemTime, CertificateTrouble> {
    let unreachable = |error: io::Error| CertificateTrouble::Unreachable(error.to_string());
    let name = ServerName::try_from(host.to_owned())
        .map_err(|error| CertificateTrouble::Other(error.to_string()))?;
    let mut connection = ClientConnection::new(config, name)
        .map_err(|error| CertificateTrouble::Other(error.to_string()))?;
    let mut last = io::Error::from(io::ErrorKind::NotFound);
    let addresses = (host, port).to_socket_addrs().map_err(unreachable)?;
    let socket = addresses.into_iter().find_map(|address| {
        match TcpStream::connect_timeout(&address, WITHIN) {
            Ok(socket) => Some(socket),
            Err(error) => {
                last = error;
                None
            }
        }
    });
    let Some(mut socket) = socket else {
        return Err(unreachable(last));
    };
    socket.set_read_timeout(Some(WITHIN)).map_err(unreachable)?;
    while connection.is_handshaking() {
        connection
            .complete_io(&mut socket)
            .map_err(|error| translate(&error, host))?;
    }
    let certificate = connection.peer_certificates().and_then(<[_]>::first);
    certificate
        .and_then(|der| not_after(der))
        .ok_or_else(|| CertificateTrouble::Other("its certificate cannot be read".to_owned()))
}

fn translate(error: &io::Error, host: &str) -> CertificateTrouble {
    let inner = error.get_ref().and_then(|inner| inner.downcast_ref());
    let Some(rustls::Error::InvalidCertificate(why)) = inner else {
        return CertificateTrouble::Other(error.to_string());
    };
    match why {
        CertificateError::Expired | CertificateError::ExpiredContext { .. } => {
            CertificateTrouble::Expired
        }
        CertificateError::NotValidYet | CertificateError::NotValidYetContext { .. } => {
            CertificateTrouble::NotYet
        }
        CertificateError::NotValidForName | CertificateError::NotValidForNameContext { .. } => {
            CertificateTrouble::Name(host.to_owned())
        }
        // An authority of the same name with another key.
        CertificateError::UnknownIssuer | CertificateError::BadSignature => {
            CertificateTrouble::Issuer
        }
        other => CertificateTrouble::Other(other.to_string()),
    }
}

/// `notAfter` of a certificate (RFC 5280, section 4.1): the second time in the fifth element of what is signed, which may
/// have its version before the first.
fn not_after(certificate: &[u8]) -> Option<SystemTime> {
    const SEQUENCE: u8 = 0x30;
    const VERSION: u8 = 0xa0;
    let (SEQUENCE, whole, _) = element(certificate)? else {
        return None;
    };
    let (SEQUENCE, mut signed, _) = element(whole)? else {
        return None;
    };
    if signed.first() == Some(&VERSION) {
        signed = element(signed)?.2;
    }
    // Serial number, algorithm, issuer.
    for _ in 0..3 {
        signed = element(signed)?.2;
    }
    let (SEQUENCE, validity, _) = element(signed)? else {
        return None;
    };
    let (_, _, rest) = element(validity)?;
    let (tag, time, _) = element(rest)?;
    time_of(tag, std::str::from_utf8(time).ok()?)
}

/// The tag and content of the first element of DER, and what follows it.
fn element(der: &[u8]) -> Option<(u8, &[u8], &[u8])> {
    let (&tag, rest) = der.split_first()?;
    let (&first, rest) = rest.split_first()?;
    let (length, rest) = if first < 0x80 {
        (usize::from(first), rest)
    } else {
        let (bytes, rest) = rest.split_at_checked(usize::from(first & 0x7f))?;
        if bytes.len() > 3 {
            return None;
        }
        let length = bytes
            .iter()
            .fold(0, |sum, byte| (sum << 8) | usize::from(*byte));
        (length, rest)
    };
    let (content, rest) = rest.split_at_checked(length)?;
    Some((tag, content, rest))
}

/// `UTCTime` (two digits of a year until 2049) or `GeneralizedTime`, both in UTC to the second.
fn time_of(tag: u8, text: &str) -> Option<SystemTime> {
    const UTC_TIME: u8 = 0x17;
    const GENERALIZED_TIME: u8 = 0x18;
    let digits = text.strip_suffix('Z')?;
    let number = |from: usize, to: usize| digits.get(from..to)?.parse::<u64>().ok();
    let (year, at) = match tag {
        UTC_TIME => (
            number(0, 2).map(|year| year + if year < 50 { 2000 } else { 1900 })?,
            2,
        ),
        GENERALIZED_TIME => (number(0, 4)?, 4),
        _ => return None,
    };
    let part = |place: usize| number(at + 2 * place, at + 2 * place + 2);
    let (month, day) = (part(0)?, part(1)?);
    let seconds = part(2)? * 3600 + part(3)? * 60 + part(4)?;
    let days = days_since_1970(year, month, day)?;
    UNIX_EPOCH.checked_add(Duration::from_secs(days * 86_400 + seconds))
}

/// Of the Gregorian calendar.
pub(crate) fn days_since_1970(year: u64, month: u64, day: u64) -> Option<u64> {
    const BEFORE: [u64; 12] = [0, 31, 59, 90, 120, 151, 181, 212, 243, 273, 304, 334];
    let month = usize::try_from(month).ok()?.checked_sub(1)?;
    let is_leap = |year: u64| {
        year.is_multiple_of(4) && (!year.is_multiple_of(100) || year.is_multiple_of(400))
    };
    let leaps = |year: u64| year / 4 - year / 100 + year / 400;
    let before = *BEFORE.get(month)? + u64::from(month > 1 && is_leap(year));
    let years = year.checked_sub(1970)?;
    Some(years * 365 + leaps(year - 1) - leaps(1969) + before + day.checked_sub(1)?)
}

#[cfg(test)]
#[allow(
    clippy::unwrap_used,
    clippy::expect_used,
    reason = "a test fails by panicking"
)]
mod tests {
    use super::*;

    fn seconds(tag: u8, text: &str) -> Option<u64> {
        let time = time_of(tag, text)?.duration_since(UNIX_EPOCH).ok()?;
        Some(time.as_secs())
    }

    #[test]
    fn times_are_read_in_both_forms() {
        assert_eq!(seconds(0x17, "700101000000Z"), Some(0));
        assert_eq!(seconds(0x17, "240229235959Z"), Some(1_709_251_199));
        assert_eq!(seconds(0x18, "20240301000000Z"), Some(1_709_251_200));
        assert_eq!(seconds(0x17, "491231235959Z"), Some(2_524_607_999));
        assert_eq!(seconds(0x18, "21000301000000Z"), Some(4_107_542_400));
        for wrong in [
            "",
            "Z",
            "24022923595Z",
            "240229235959",
            "24x229235959Z",
            "241329235959Z",
        ] {
            assert_eq!(seconds(0x17, wrong), None, "{wrong}");
        }
    }

    #[test]
    fn the_end_of_a_real_certificate_is_found_and_of_nothing_else() {
        let mut params = rcgen::CertificateParams::new(vec!["cloud.example".to_owned()]).unwrap();
        params.not_after = rcgen::date_time_ymd(2051, 2, 3);
        let key = rcgen::KeyPair::generate().unwrap();
        let certificate = params.self_signed(&key).unwrap();
        let ends = not_after(certificate.der()).unwrap();
        let expected = days_since_1970(2051, 2, 3).unwrap() * 86_400;
        assert_eq!(ends.duration_since(UNIX_EPOCH).unwrap().as_secs(), expected);
        for cut in 0..certificate.der().len().min(200) {
            let _ = not_after(&certificate.der()[..cut]);
        }
        assert_eq!(not_after(b"\x30\x84\xff\xff\xff\xff"), None);
    }
}
