//! What a component wants of the host and offers to it, looked at before it is linked, so that the operator reads a
//! reason instead of a linker's complaint.

use thiserror::Error;
use wasmtime::component::Component;

use super::manifest::CONTRACT;
use super::text::visible;

/// The contract's package.
const PACKAGE: &str = "nextcloud-mcp:plugin";

/// What is wrong with a component's imports or exports.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum ImportError {
    /// Built for another contract.
    #[error("built for contract {0}, this host speaks {CONTRACT}")]
    Contract(String),
    /// A way around `fetch`.
    #[error(
        "imports `{0}`; a plugin reaches Nextcloud through `nextcloud.fetch` only (build it without the toolchain's HTTP feature)"
    )]
    Http(String),
    /// A WASI that this host does not have.
    #[error("imports `{0}`; this host has WASI 0.2 only")]
    Wasi(String),
    /// Anything else.
    #[error("imports `{0}`, which this host does not have")]
    Unknown(String),
    /// Not a plugin.
    #[error("does not export `{PACKAGE}/tools`: it is no plugin, or one without tools")]
    NoTools,
}

/// The names of all imports, if every one of them can be had and the tools are there. `Err` is all that is wrong, never
/// empty.
pub(super) fn check(component: &Component) -> Result<Vec<String>, Vec<ImportError>> {
    let (ty, engine) = (component.component_type(), component.engine());
    let imports: Vec<_> = ty
        .imports(engine)
        .map(|(name, _)| name.to_owned())
        .collect();
    let tools = ty
        .exports(engine)
        .find_map(|(name, _)| contract_version(name, "tools").map(str::to_owned));
    let tools = match tools {
        Some(version) if speaks(&version) => Ok(()),
        Some(version) => Err(ImportError::Contract(minor(&version))),
        None => Err(ImportError::NoTools),
    };
    let wanted = imports.iter().map(|name| check_import(name));
    let mut wrong: Vec<_> = wanted.chain([tools]).filter_map(Result::err).collect();
    // Another contract is the same mistake in each of its interfaces.
    wrong.dedup();
    if wrong.is_empty() {
        Ok(imports)
    } else {
        Err(wrong)
    }
}

fn check_import(name: &str) -> Result<(), ImportError> {
    let (path, version) = name.split_once('@').unwrap_or((name, ""));
    let package = path.split_once('/').map_or(path, |(package, _)| package);
    let shown = || visible(name, 120);
    match package {
        PACKAGE if speaks(version) => Ok(()),
        PACKAGE => Err(ImportError::Contract(minor(version))),
        "wasi:http" => Err(ImportError::Http(shown())),
        _ if !package.starts_with("wasi:") => Err(ImportError::Unknown(shown())),
        _ if version.starts_with("0.2.") => Ok(()),
        _ => Err(ImportError::Wasi(shown())),
    }
}

fn contract_version<'a>(name: &'a str, interface: &str) -> Option<&'a str> {
    name.strip_prefix(PACKAGE)?
        .strip_prefix('/')?
        .strip_prefix(interface)?
        .strip_prefix('@')
}

/// Patches of one minor version fit each other in both directions.
fn speaks(version: &str) -> bool {
    minor(version) == CONTRACT
}

/// `0.2` of `0.2.1`.
fn minor(version: &str) -> String {
    let mut parts = version.splitn(3, '.');
    let (major, minor) = (
        parts.next().unwrap_or_default(),
        parts.next().unwrap_or_default(),
    );
    visible(&format!("{major}.{minor}"), 32)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn another_contract_is_named_with_ours() {
        assert_eq!(check_import("nextcloud-mcp:plugin/log@0.1.7"), Ok(()));
        let error =
            check_import("nextcloud-mcp:plugin/log@0.2.0").map_err(|error| error.to_string());
        assert_eq!(
            error,
            Err("built for contract 0.2, this host speaks 0.1".to_owned())
        );
        assert_eq!(
            contract_version("nextcloud-mcp:plugin/tools@0.1.0", "tools"),
            Some("0.1.0")
        );
        assert_eq!(
            contract_version("nextcloud-mcp:plugin/toolsmith@0.1.0", "tools"),
            None
        );
    }

    #[test]
    fn there_is_no_way_around_fetch() {
        for name in ["wasi:http/outgoing-handler@0.2.0", "wasi:http/types@0.3.0"] {
            assert_eq!(check_import(name), Err(ImportError::Http(name.to_owned())));
        }
        assert_eq!(check_import("wasi:cli/stdout@0.2.9"), Ok(()));
        assert_eq!(
            check_import("wasi:cli/stdout@0.3.0"),
            Err(ImportError::Wasi("wasi:cli/stdout@0.3.0".to_owned()))
        );
        assert_eq!(
            check_import("acme:sql/query@1.0.0"),
            Err(ImportError::Unknown("acme:sql/query@1.0.0".to_owned()))
        );
        assert_eq!(
            check_import("run"),
            Err(ImportError::Unknown("run".to_owned()))
        );
    }
}
