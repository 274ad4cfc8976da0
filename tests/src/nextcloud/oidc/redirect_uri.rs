//! Whether a redirect URI is one of a client's. Nextcloud's own rules, laxer than any RFC (oidc-misc/001-009): wildcards,
//! and a pattern without a port accepts every port.

/// Whether a redirect URI matches a registered one.
pub(super) fn matches(registered: &str, asked: &str) -> bool {
    if registered == asked {
        return true;
    }
    let (Some(pattern), Some(asked)) = (Parts::of(registered), Parts::of(asked)) else {
        return false;
    };
    let port = match pattern.port {
        None | Some("*") => true,
        port => port == asked.port,
    };
    let path = match pattern.path.strip_suffix("/*") {
        // `..` passes (oidc-misc/006).
        Some(base) => asked
            .path
            .strip_prefix(base)
            .is_some_and(|rest| rest.starts_with('/')),
        None => pattern.path == asked.path,
    };
    port && path
        && pattern.scheme == asked.scheme
        && pattern.host == asked.host
        && pattern.query == asked.query
}

/// A URI in pieces, none of them decoded.
struct Parts<'a> {
    scheme: &'a str,
    host: &'a str,
    port: Option<&'a str>,
    path: &'a str,
    query: Option<&'a str>,
}

impl<'a> Parts<'a> {
    fn of(uri: &'a str) -> Option<Self> {
        let (scheme, rest) = uri.split_once("://")?;
        let (rest, query) = match rest.split_once('?') {
            Some((rest, query)) => (rest, Some(query)),
            None => (rest, None),
        };
        let slash = rest.find('/').unwrap_or(rest.len());
        let (authority, path) = rest.split_at(slash);
        let (host, port) = match authority.rsplit_once(':') {
            Some((host, port)) if !port.ends_with(']') => (host, Some(port)),
            _ => (authority, None),
        };
        Some(Self {
            scheme,
            host,
            port,
            path,
            query,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::matches;

    #[test]
    fn a_pattern_without_a_port_takes_any_and_one_with_a_port_just_that() {
        let any = "http://127.0.0.1/callback";
        assert!(matches(any, "http://127.0.0.1:53123/callback"));
        assert!(!matches(any, "http://localhost:53123/callback"));
        assert!(!matches(any, "http://[::1]:53123/callback"));
        assert!(!matches(any, "http://127.0.0.1:53123/callback?a=b"));
        let one = "http://127.0.0.1:9999/callback";
        assert!(matches(one, one));
        assert!(!matches(one, "http://127.0.0.1:1234/callback"));
    }

    #[test]
    fn wildcards_stand_for_a_port_and_for_the_rest_of_a_path() {
        assert!(matches("http://localhost:*/cb", "http://localhost:4711/cb"));
        let below = "https://app.example/base/*";
        assert!(matches(below, "https://app.example/base/x/y"));
        assert!(matches(below, "https://app.example/base/../evil"));
        assert!(!matches(below, "https://app.example/bases/x"));
        assert!(!matches(below, "https://app.example.evil/base/x"));
    }
}
