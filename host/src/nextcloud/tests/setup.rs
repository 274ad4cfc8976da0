//! Which settings are taken, and what is said about the others.

use std::io::Write as _;

use super::super::SetupError;
use super::*;

fn refused(settings: Settings) -> String {
    Nextcloud::new(settings)
        .map(|_| ())
        .unwrap_err()
        .to_string()
}

#[test]
fn addresses_with_a_slash_or_a_folder_are_taken() {
    for (given, public) in [
        ("https://cloud.example.org", "https://cloud.example.org"),
        ("https://cloud.example.org/", "https://cloud.example.org"),
        (
            " https://cloud.example.org:8443/nextcloud/ ",
            "https://cloud.example.org:8443/nextcloud",
        ),
        (
            "HTTPS://Cloud.Example.org/a/b",
            "https://cloud.example.org/a/b",
        ),
        ("http://localhost:8080", "http://localhost:8080"),
        ("http://127.0.0.1:8080/", "http://127.0.0.1:8080"),
        ("http://[::1]:8080", "http://[::1]:8080"),
    ] {
        assert_eq!(
            Nextcloud::new(Settings::new(given))
                .map_err(|why| why.to_string())
                .unwrap()
                .public_url(),
            public,
            "{given}"
        );
    }
}

#[test]
fn other_addresses_are_refused_with_what_to_write_instead() {
    for (given, problem) in [
        ("", "not a URL"),
        ("cloud.example.org", "not a URL"),
        ("cloud.example.org:8443", "https://"),
        ("ftp://cloud.example.org", "https://"),
        ("https://", "not a URL"),
        ("https://cloud.example.org/?x", "`?`"),
        ("https://cloud.example.org/#x", "`#`"),
        ("https://cloud.example.org/index.php", "without index.php"),
        ("https://cloud.example.org/remote.php/", "without index.php"),
        ("https://cloud.example.org/a;b", "plain folder"),
        ("https://cloud.example.org//a", "plain folder"),
    ] {
        let said = refused(Settings::new(given));
        assert!(
            said.contains(problem)
                && said.contains("NEXTCLOUD_HOST")
                && said.contains("https://cloud.example.org"),
            "{given}: {said}"
        );
    }
    let secret = refused(Settings::new("https://alice:tiger@cloud.example.org"));
    assert!(
        !secret.contains("tiger") && secret.contains("user name or password"),
        "{secret}"
    );
    let mut public = Settings::new("https://cloud.example.org");
    public.public_url = Some("cloud".to_owned());
    assert!(refused(public).contains("NEXTCLOUD_PUBLIC_URL"));
}

#[test]
fn plain_http_needs_a_switch_beyond_loopback() {
    for given in [
        "http://cloud.example.org",
        "http://192.168.1.2",
        "http://localhost.example.org",
        "http://127.0.0.1.example.org",
    ] {
        assert!(
            refused(Settings::new(given)).contains("NEXTCLOUD_MCP_ALLOW_PLAIN_HTTP"),
            "{given}"
        );
        let mut settings = Settings::new(given);
        settings.allow_plain_http = true;
        assert!(Nextcloud::new(settings).is_ok());
    }
}

#[test]
fn a_ca_bundle_must_hold_a_certificate() {
    let mut file = tempfile::NamedTempFile::new().unwrap();
    let with = |path: &std::path::Path| {
        let mut settings = Settings::new("https://cloud.example.org");
        settings.ca_bundle = Some(path.to_owned());
        refused(settings)
    };
    assert!(with(file.path()).contains("holds no certificate"));
    file.write_all(b"-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n")
        .unwrap();
    assert!(with(file.path()).contains("NEXTCLOUD_CA_BUNDLE"));
    assert!(with(std::path::Path::new("/does/not/exist.pem")).contains("/does/not/exist.pem"));
}

#[test]
fn the_device_is_a_name_that_a_header_can_hold() {
    for (device, taken) in [
        ("mcp.example.org", true),
        ("https://mcp.example.org/mcp", true),
        ("a)b", false),
        ("a\r\nb", false),
        ("büro", false),
    ] {
        let mut settings = Settings::new("https://cloud.example.org");
        settings.device = Some(device.to_owned());
        assert_eq!(Nextcloud::new(settings).is_ok(), taken, "{device}");
    }
}

#[test]
fn a_proxy_that_is_not_understood_is_refused_without_repeating_it() {
    let mut settings = Settings::new("https://cloud.example.org");
    settings.proxy = Some("ht tp://user:tiger@proxy".into());
    let why = Nextcloud::new(settings).map(|_| ()).unwrap_err();
    assert!(matches!(why, SetupError::Proxy) && !why.to_string().contains("tiger"));
}
