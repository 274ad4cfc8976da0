//! What a component's files tell about the requests it will send: little, since paths are put together while it runs. So
//! these are warnings, for a person to judge.

use std::collections::BTreeSet;

use super::super::manifest::{AllowLine, Manifest};
use crate::nextcloud::{Access, access_of};

/// What the paths of Nextcloud's interfaces for programs begin with; others are links for people as often as not.
const BEGINNINGS: [&str; 3] = ["/ocs/v", "/index.php/apps/", "/remote.php/dav/"];

/// What an app's own interface has in its path.
const INTERFACE: &str = "/api/";

/// Fewest segments of a path that says what it is for: `/ocs/v2.php/cloud`.
const SEGMENTS: usize = 3;

/// Longest piece of a text that is looked at, in bytes.
const PIECE: usize = 80;

/// Most warnings of this kind.
const TOLD: usize = 8;

/// What a component imports that sends requests.
const SENDS: &str = "nextcloud-mcp:plugin/nextcloud@";

/// The front controller, which may stand in front of a path or be left out.
const FRONT: &str = "/index.php";

/// Paths that stand in the component's data and that no allow line covers.
pub(super) fn uncovered(component: &[u8], manifest: &Manifest) -> Vec<String> {
    let lines = manifest.allow.iter().map(|line| plain(&line.path));
    let lines: Vec<_> = lines.collect();
    let covered = |text: &str| lines.iter().any(|line| may_cover(line, plain(text)));
    let found: BTreeSet<_> = texts(component).filter(|text| !covered(text)).collect();
    let tell = |text: String| {
        format!(
            "the component holds a text that begins like the path `{text}`, which no allow line covers; a request there is refused"
        )
    };
    found.into_iter().take(TOLD).map(tell).collect()
}

/// What a component that can send requests and may send none has to hear.
pub(in crate::plugin) fn none_open(
    imports: &[String],
    manifest: Option<&Manifest>,
) -> Option<String> {
    let sends = imports.iter().any(|import| import.starts_with(SENDS));
    let none = manifest.is_some_and(|manifest| manifest.allow.is_empty());
    (sends && none).then(|| {
        "the component uses `nextcloud`, and the manifest has no allow line: every request is refused".to_owned()
    })
}

/// Whether a path that begins with `text` can be one that the pattern `line` covers. In a component's data one text follows the
/// next without a mark, so `text` may have more at its end than its path has.
fn may_cover(line: &str, text: &str) -> bool {
    let mut pattern = line.split('/');
    let mut pieces = text.split('/').peekable();
    while let Some(piece) = pieces.next() {
        match pattern.next() {
            Some("**") => return true,
            None => return false,
            Some(open) if open == piece || open.contains(['*', '{']) => {}
            Some(open) => {
                let is_last = pieces.peek().is_none();
                return piece.starts_with(open) || (is_last && open.starts_with(piece));
            }
        }
    }
    true
}

/// Everything in the component that begins like a path of an interface.
fn texts(component: &[u8]) -> impl Iterator<Item = String> {
    let begins = |start: &usize| {
        let rest = &component[*start..];
        BEGINNINGS
            .iter()
            .any(|beginning| rest.starts_with(beginning.as_bytes()))
    };
    let slashes = component.iter().enumerate();
    let slashes = slashes.filter(|(_, byte)| **byte == b'/').map(|(at, _)| at);
    let pieces = slashes.filter(begins).map(|start| {
        let piece = component[start..].iter().take(PIECE);
        let piece = piece.take_while(|byte| byte.is_ascii_alphanumeric() || b"_.-/".contains(byte));
        piece.map(|byte| char::from(*byte)).collect::<String>()
    });
    pieces.filter(|piece| {
        let mut segments = piece.split('/').skip(1);
        let is_specific = segments.clone().count() >= SEGMENTS;
        // As in `/ocs/v2.php/...`, which stands in documentation.
        let is_path = segments.all(|segment| !segment.starts_with('.'));
        is_specific && is_path && (!piece.starts_with(FRONT) || piece.contains(INTERFACE))
    })
}

fn plain(path: &str) -> &str {
    path.strip_prefix(FRONT).unwrap_or(path)
}

/// Methods of an allow line that no tool's access is enough for.
pub(super) fn never_used(line: &AllowLine, most: Access) -> Option<String> {
    let idle: Vec<_> = line
        .methods
        .iter()
        .filter(|method| line.access.unwrap_or_else(|| access_of(method)) > most)
        .map(String::as_str)
        .collect();
    let methods = idle.join(", ");
    (!idle.is_empty()).then(|| {
        format!(
            "the allow line for `{}` opens {methods}, and no tool declares an access that is enough for it",
            line.path
        )
    })
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "a test fails by panicking")]
mod tests {
    use super::*;

    fn manifest(paths: &[&str]) -> Manifest {
        let mut text = "name = 'aa'\nversion = '1'\nwit = '0.1'\ncomponent = 'a.wasm'\n".to_owned();
        for path in paths {
            text = format!("{text}[[allow]]\nmethods = ['GET']\npath = '{path}'\n");
        }
        toml::from_str(&text).unwrap()
    }

    #[test]
    fn a_path_in_the_component_that_no_line_covers_is_told_once() {
        let component =
            b"\x01/ocs/v2.php/apps/deck/api\x00..a/ocs/v2.php/apps/deck/api?x /remote.php/dav/files/ /ocs/v2.php/... /ocs/v2.php";
        let told = |paths: &[&str]| uncovered(component, &manifest(paths));
        assert_eq!(told(&[]).len(), 2, "{:?}", told(&[]));
        let deck = ["/ocs/v2.php/apps/deck/**"];
        assert!(
            told(&deck)[0].contains("`/remote.php/dav/files/`"),
            "{:?}",
            told(&deck)
        );
        let both = [deck[0], "/remote.php/dav/files/{user}/**"];
        assert_eq!(told(&both), Vec::<String>::new());
    }

    #[test]
    fn texts_run_into_each_other_and_links_for_people_are_none_of_these() {
        let component = b"/index.php/apps/notes/api/v1/notesThe/next /ocs/v2.php/cloud/userMOVE/index.php/apps/notes/note/";
        let told = |paths: &[&str]| uncovered(component, &manifest(paths));
        let both = ["/apps/notes/api/v1/notes/*", "/ocs/v2.php/cloud/user"];
        assert_eq!(told(&both), Vec::<String>::new());
        assert_eq!(told(&["/apps/notes/api/v1/{user}/*"]).len(), 1);
        assert!(!may_cover(
            "/ocs/v2.php/cloud/user",
            "/ocs/v2.php/cloud/user/x"
        ));
        assert!(may_cover(
            "/ocs/v2.php/cloud/**",
            "/ocs/v2.php/cloud/user/x"
        ));
        assert!(may_cover("/ocs/v2.php/cloud/user", "/ocs/v2.php/clo"));
    }

    #[test]
    fn a_method_that_nothing_may_use_is_told() {
        let line = |methods: &[&str], access| AllowLine {
            methods: methods.iter().map(|one| (*one).to_owned()).collect(),
            path: "/a/b".to_owned(),
            access,
        };
        let told = never_used(&line(&["GET", "DELETE"], None), Access::Read).unwrap();
        assert!(told.contains("opens DELETE,"), "{told}");
        assert_eq!(never_used(&line(&["DELETE"], None), Access::Delete), None);
        let searches = line(&["POST"], Some(Access::Read));
        assert_eq!(never_used(&searches, Access::Read), None);
    }
}
