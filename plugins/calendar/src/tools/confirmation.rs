//! The handle with which a second call confirms what the first one showed: a digest over the operation, its arguments
//! and everything it will touch. Nothing is kept between the two calls; the second one computes it anew, so anything that
//! changed in between makes another handle. It is no secret and proves no identity: it says "this, and as it was".

use nextcloud_mcp_plugin::Failure;
use serde_json::Value;

use super::digest::hex;

/// Half of SHA-256: a chance meeting is out of the question, and a model copies 32 characters without mistakes.
const HANDLE_BYTES: usize = 16;

/// The handle of `operation` with these arguments on these (address, etag) pairs, whatever order they come in.
/// `arguments` is without the handle itself; an argument that is `null` is one that was not given.
pub(crate) fn handle(operation: &str, arguments: &Value, touched: &[(String, String)]) -> String {
    let mut touched: Vec<&(String, String)> = touched.iter().collect();
    touched.sort();
    // JSON separates the parts whatever they contain.
    let shown = serde_json::json!([operation, canonical(arguments), touched]).to_string();
    hex(&shown, HANDLE_BYTES)
}

/// Whether the call goes through: `Ok(false)` for a first call, that is to be shown and to get `handle`.
///
/// # Errors
/// A conflict for another handle than this one: what the user saw is not what would be done.
pub(crate) fn confirmed(given: Option<&str>, handle: &str) -> Result<bool, Failure> {
    match given.map(str::trim).filter(|given| !given.is_empty()) {
        None => Ok(false),
        Some(given) if given == handle => Ok(true),
        Some(_) => Err(Failure::conflict(
            "Nothing was done: confirm does not fit. Either something that would be touched changed since it was given, or \
             the other arguments are not the same. Call again without confirm to see what would be done now.",
        )),
    }
}

/// The same for the same arguments, in whatever order a client wrote them.
fn canonical(value: &Value) -> Value {
    match value {
        Value::Object(members) => {
            let mut members: Vec<_> = members.iter().filter(|(_, v)| !v.is_null()).collect();
            members.sort_by_key(|(name, _)| *name);
            members
                .into_iter()
                .map(|(name, value)| (name.clone(), canonical(value)))
                .collect()
        }
        Value::Array(items) => items.iter().map(canonical).collect(),
        other => other.clone(),
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "a test fails by panicking")]
mod tests {
    use nextcloud_mcp_plugin::FailureKind;
    use serde_json::json;

    use super::*;

    fn touched(pairs: &[(&str, &str)]) -> Vec<(String, String)> {
        pairs
            .iter()
            .map(|(href, etag)| ((*href).to_owned(), (*etag).to_owned()))
            .collect()
    }

    #[test]
    fn a_handle_is_the_same_in_any_order() {
        let one = handle(
            "delete",
            &json!({"a": 1, "b": {"c": [1, 2], "d": "x"}}),
            &touched(&[("/a", "1"), ("/b", "2")]),
        );
        let other = handle(
            "delete",
            &json!({"b": {"d": "x", "c": [1, 2]}, "gone": null, "a": 1}),
            &touched(&[("/b", "2"), ("/a", "1")]),
        );
        assert_eq!(one, other);
        assert_eq!(one.len(), 32);
    }

    #[test]
    fn anything_that_differs_makes_another_handle() {
        let base = || {
            (
                "delete",
                json!({"calendar": "work", "ids": [1, 2]}),
                touched(&[("/a", "1"), ("/b", "2")]),
            )
        };
        let of = |(operation, arguments, touched): (&str, Value, Vec<(String, String)>)| {
            handle(operation, &arguments, &touched)
        };
        let different = [
            ("move", base().1, base().2),
            (
                base().0,
                json!({"calendar": "home", "ids": [1, 2]}),
                base().2,
            ),
            (
                base().0,
                json!({"calendar": "work", "ids": [2, 1]}),
                base().2,
            ),
            (base().0, base().1, touched(&[("/a", "1"), ("/b", "3")])),
            (base().0, base().1, touched(&[("/a", "1")])),
            (
                base().0,
                base().1,
                touched(&[("/a", "1"), ("/b", "2"), ("/c", "")]),
            ),
            // The parts do not run together.
            (base().0, base().1, touched(&[("/a", "1/b"), ("", "2")])),
        ];
        for other in different {
            let shown = format!("{other:?}");
            assert_ne!(of(base()), of(other), "{shown}");
        }
    }

    #[test]
    fn only_the_handle_itself_goes_through() {
        assert!(!confirmed(None, "abc").unwrap());
        assert!(!confirmed(Some(" "), "abc").unwrap());
        assert!(confirmed(Some(" abc "), "abc").unwrap());
        let failure = confirmed(Some("abd"), "abc").unwrap_err();
        assert_eq!(failure.kind, FailureKind::Conflict);
    }
}
