//! Loads the plugins again when something in their folder changed, or when SIGHUP asks for it, and says what changed.
//!
//! Nothing that goes wrong here ends the server: what was loaded serves on, and the log says why.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use notify::{EventKind, RecommendedWatcher};
use tokio::sync::Notify;
use tokio::time::{Instant, sleep, timeout};
use tokio_util::sync::CancellationToken;

use super::places::Places;
use super::tell_denied;
use crate::cli::signals::Hangup;
use crate::cli::tree::Tree;
use crate::config::{PluginSettings, PluginWatch};
use crate::plugin::{Changes, LoadReport, Plugin, Plugins};

/// While files were written this lately, more of them may follow.
const QUIET: Duration = Duration::from_millis(500);

/// A folder that never rests is looked at after this long all the same.
const RESTLESS: Duration = Duration::from_secs(10);

/// How often a folder is looked at that does not tell of its changes.
const LOOK_AGAIN: Duration = Duration::from_secs(2);

/// Waits for reasons to load the plugins again.
pub(super) struct Watch {
    hangup: Hangup,
    places: Places,
    eyes: Eyes,
}

/// How changes are seen.
enum Eyes {
    /// The system tells.
    Told {
        #[expect(dead_code, reason = "held only: dropping it ends the watch")]
        watcher: RecommendedWatcher,
        changed: Arc<Notify>,
    },
    /// It does not; this is how everything was.
    Looking(Vec<Tree>),
    /// Nobody wants to know.
    Closed,
}

impl Watch {
    /// From here on nothing is missed, so this comes before the first load.
    pub(super) fn start(settings: &PluginSettings) -> Self {
        let places = Places::of(settings);
        let eyes = match settings.watch {
            _ if places.is_empty() => Eyes::Closed,
            PluginWatch::Auto => Eyes::told(&places, Arc::default()),
            PluginWatch::Poll => Eyes::Looking(places.look()),
            PluginWatch::Off => Eyes::Closed,
        };
        Self {
            hangup: Hangup::listen(),
            places,
            eyes,
        }
    }

    /// Loads again, each time there is a reason, until `stop`.
    pub(super) async fn run(
        mut self,
        settings: &PluginSettings,
        plugins: &Plugins,
        stop: &CancellationToken,
    ) {
        loop {
            let why = tokio::select! {
                () = stop.cancelled() => return,
                () = self.hangup.heard() => Why::Asked,
                () = self.eyes.changed(&self.places) => Why::Changed,
            };
            // The folder may be another one by now, under the same name.
            self.eyes.open_again(&self.places);
            tokio::select! {
                () = stop.cancelled() => return,
                () = reload(settings, plugins, why) => {}
            }
        }
    }
}

/// Why plugins are loaded again.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Why {
    Asked,
    Changed,
}

impl fmt::Display for Why {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Asked => "SIGHUP",
            Self::Changed => "something changed",
        })
    }
}

impl Eyes {
    fn told(places: &Places, changed: Arc<Notify>) -> Self {
        let (wake, concerned) = (Arc::clone(&changed), places.clone());
        let handler = move |event: notify::Result<notify::Event>| {
            // Reading is no change; whatever else happens, an error included, is worth a look.
            let nothing = |event: notify::Event| {
                let mut paths = event.paths.iter();
                matches!(event.kind, EventKind::Access(_))
                    || !event.paths.is_empty() && !paths.any(|path| concerned.concern(path))
            };
            if !event.is_ok_and(nothing) {
                wake.notify_one();
            }
        };
        let watcher = notify::recommended_watcher(handler).and_then(|mut watcher| {
            places.watch(&mut watcher)?;
            Ok(watcher)
        });
        match watcher {
            Ok(watcher) => Self::Told { watcher, changed },
            Err(error) => {
                tracing::warn!(
                    "{places} cannot be watched ({error}); it is looked at every {} s instead",
                    LOOK_AGAIN.as_secs()
                );
                Self::Looking(places.look())
            }
        }
    }

    fn open_again(&mut self, places: &Places) {
        if let Self::Told { changed, .. } = self {
            *self = Self::told(places, Arc::clone(changed));
        }
    }

    /// Waits until something changed and then nothing any more.
    async fn changed(&mut self, places: &Places) {
        match self {
            Self::Closed => std::future::pending().await,
            Self::Told { changed, .. } => {
                changed.notified().await;
                let begun = Instant::now();
                while begun.elapsed() < RESTLESS && timeout(QUIET, changed.notified()).await.is_ok()
                {
                }
            }
            Self::Looking(before) => {
                while places.look() == *before {
                    sleep(LOOK_AGAIN).await;
                }
                let begun = Instant::now();
                loop {
                    *before = places.look();
                    sleep(QUIET).await;
                    if places.look() == *before || begun.elapsed() >= RESTLESS {
                        break;
                    }
                }
            }
        }
    }
}

async fn reload(settings: &PluginSettings, plugins: &Plugins, why: Why) {
    match plugins
        .load(settings.plugin_dir.as_deref(), &settings.selection())
        .await
    {
        Ok(report)
            if why == Why::Changed && report.changes.is_none() && report.refused.is_empty() =>
        {
            tracing::debug!("something in the plugin folder changed, no plugin did");
        }
        Ok(report) => tell(&report, why),
        Err(error) => {
            tracing::error!("plugins are not loaded again: {error}; what was loaded serves on");
        }
    }
}

/// What changed, a line for each plugin, and one for those that did not.
fn tell(report: &LoadReport, why: Why) {
    let Changes {
        added,
        replaced,
        removed,
        kept,
    } = &report.changes;
    for plugin in added {
        let (name, version, digest) = (&plugin.name, plugin.version(), plugin.digest());
        tracing::info!(version, digest, "plugin {name} is added");
    }
    for (before, after) in replaced {
        let (name, version, digest) = (&after.name, after.version(), after.digest());
        let (old_version, old_digest) = (before.version(), before.digest());
        tracing::info!(
            version,
            digest,
            old_version,
            old_digest,
            "plugin {name} is replaced"
        );
    }
    for plugin in removed {
        let (name, version, digest) = (&plugin.name, plugin.version(), plugin.digest());
        tracing::info!(version, digest, "plugin {name} is removed");
    }
    for sentence in report.refusals() {
        tracing::warn!("{sentence}");
    }
    let new = added.iter().chain(replaced.iter().map(|(_, after)| after));
    for plugin in new {
        let denied = report.denied_by_policy();
        for (denied, rule) in denied.filter(|(one, _)| one.plugin == plugin.name) {
            tell_denied(denied, rule);
        }
        for warning in plugin.warnings() {
            tracing::warn!("{}: {warning}", plugin.name);
        }
    }
    if report.loaded.is_empty() {
        tracing::warn!("no plugin is left; clients are offered nothing");
    }
    let (added, replaced, removed) = (added.len(), replaced.len(), removed.len());
    let kept = names(kept);
    tracing::info!(
        added,
        replaced,
        removed,
        kept,
        "plugins are loaded again ({why})"
    );
}

fn names(plugins: &[Arc<Plugin>]) -> String {
    let names: Vec<_> = plugins.iter().map(|plugin| plugin.name.as_str()).collect();
    names.join(" ")
}
