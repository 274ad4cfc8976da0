//! Where to keep what outlives the process, if nobody says where.

use std::ffi::OsString;
use std::path::PathBuf;

/// The folder's name where many programs have theirs.
const NAME: &str = env!("CARGO_PKG_NAME");

/// The place that the system has for this server: what systemd made for its service (`StateDirectory=`), else the user's
/// folder for data (XDG Base Directory Specification). `None` without a home.
pub fn default_data_dir() -> Option<PathBuf> {
    choose(|name| std::env::var_os(name))
}

fn choose(variable: impl Fn(&str) -> Option<OsString>) -> Option<PathBuf> {
    // systemd separates several by colons.
    let first = |text: OsString| {
        let text = text.into_string().ok()?;
        text.split(':').next().map(PathBuf::from)
    };
    // Both specifications ask for absolute paths; what is not one counts as unset.
    let absolute = |path: &PathBuf| path.is_absolute();
    let of_the_service = variable("STATE_DIRECTORY").and_then(first).filter(absolute);
    let of_the_user = || {
        let data = variable("XDG_DATA_HOME").map(PathBuf::from);
        let home = || Some(PathBuf::from(variable("HOME")?).join(".local/share"));
        let data = data.filter(absolute).or_else(home).filter(absolute)?;
        Some(data.join(NAME))
    };
    of_the_service.or_else(of_the_user)
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use super::*;

    fn chosen(variables: &[(&str, &str)]) -> Option<PathBuf> {
        choose(|name| {
            let found = variables.iter().find(|(one, _)| *one == name);
            found.map(|(_, value)| OsString::from(value))
        })
    }

    #[test]
    fn the_services_folder_comes_before_the_users() {
        let all = [
            ("STATE_DIRECTORY", "/var/lib/mcp:/var/lib/other"),
            ("XDG_DATA_HOME", "/home/a/data"),
            ("HOME", "/home/a"),
        ];
        for (from, folder) in [
            (0, "/var/lib/mcp"),
            (1, "/home/a/data/nextcloud-mcp-server"),
            (2, "/home/a/.local/share/nextcloud-mcp-server"),
        ] {
            assert_eq!(chosen(&all[from..]).as_deref(), Some(Path::new(folder)));
        }
        assert_eq!(chosen(&[]), None);
    }

    #[test]
    fn a_path_that_depends_on_where_it_is_started_counts_as_unset() {
        let relative = [
            ("STATE_DIRECTORY", "state"),
            ("XDG_DATA_HOME", "data"),
            ("HOME", ""),
        ];
        assert_eq!(chosen(&relative), None);
    }
}
