//! What is to be served next, given what is served now and what lies in the folder: unchanged plugins as they are, changed
//! ones in their new version, and the version before it where the new one cannot be served.
//!
//! Nothing is loaded here and nothing is stored. Calls in flight hold what they run, so they end as they began.

use std::collections::BTreeSet;
use std::sync::Arc;

use super::catalogue::{Catalogue, Offer, Plugin};
use super::folder::Approval;
use super::name::PluginName;
use super::policy::PluginPolicy;
use super::report::{LoadReport, Refused};
use super::selection::Choice;
use super::source::Source;

/// Everything that a plugin was made from. Of two equal ones the second need not be loaded.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct MadeFrom {
    pub(super) source: Source,
    pub(super) manifest_sha256: String,
    /// SHA-256 of the component, in hex. Not its time: copying may keep it, and a file can be written twice in a tick.
    pub(super) digest: String,
    pub(super) choice: Choice,
    pub(super) approval: Approval,
    pub(super) policy: PluginPolicy,
    pub(super) read_only: bool,
}

/// A plugin with what it has for clients and what it was made from. Cheap to clone.
#[derive(Debug, Clone)]
pub(super) struct Served {
    pub(super) offer: Offer,
    pub(super) made_from: MadeFrom,
}

/// What is kept from one load to the next.
#[derive(Debug, Default)]
pub(super) struct Kept {
    pub(super) served: Vec<Served>,
    /// Every plugin that was served since the process began.
    pub(super) known: BTreeSet<PluginName>,
}

impl Served {
    fn is(&self, plugin: &Arc<Plugin>) -> bool {
        Arc::ptr_eq(&self.offer.plugin, plugin)
    }
}

/// What became of the plugins that were served before.
#[derive(Debug, Default)]
pub struct Changes {
    /// Were not there before.
    pub added: Vec<Arc<Plugin>>,
    /// Of each what was served before, and what is served in its place.
    pub replaced: Vec<(Arc<Plugin>, Arc<Plugin>)>,
    /// Are not there any more, or not wanted.
    pub removed: Vec<Arc<Plugin>>,
    /// Are as they were.
    pub kept: Vec<Arc<Plugin>>,
}

impl Changes {
    /// Whether what is served is what was served before.
    pub fn is_none(&self) -> bool {
        self.added.is_empty() && self.replaced.is_empty() && self.removed.is_empty()
    }

    fn between(before: &[Served], after: &[Arc<Plugin>]) -> Self {
        let mut changes = Self::default();
        for plugin in after {
            let earlier = before.iter().map(|served| &served.offer.plugin);
            match earlier.into_iter().find(|one| one.name == plugin.name) {
                None => changes.added.push(plugin.clone()),
                Some(earlier) if Arc::ptr_eq(earlier, plugin) => changes.kept.push(plugin.clone()),
                Some(earlier) => changes.replaced.push((earlier.clone(), plugin.clone())),
            }
        }
        let gone = before
            .iter()
            .map(|served| &served.offer.plugin)
            .filter(|earlier| after.iter().all(|plugin| plugin.name != earlier.name));
        changes.removed.extend(gone.cloned());
        changes
    }
}

/// `found` is everything of the folder that loads; `report` knows already what does not, and is told the rest. `wanted`
/// says whether the operator still wants a plugin as it was served.
pub(super) fn settle(
    before: &[Served],
    mut found: Vec<Served>,
    wanted: impl Fn(&Served) -> bool,
    report: &mut LoadReport,
) -> (Catalogue, Vec<Served>) {
    for refused in &report.refused {
        let earlier = earlier_in(before, &refused.source).filter(|one| wanted(one));
        found.extend(stand_in(earlier, &found));
    }
    let catalogue = loop {
        let offers = found.iter().map(|served| served.offer.clone()).collect();
        let (catalogue, collisions) = Catalogue::new(offers);
        // Those that were served together do not collide, so each round takes at least one newcomer away.
        let newcomers = collisions
            .into_iter()
            .filter(|one| !before.iter().any(|served| served.is(&one.plugin)));
        let newcomers: Vec<_> = newcomers.collect();
        if newcomers.is_empty() {
            break catalogue;
        }
        for collision in newcomers {
            found.retain(|served| !served.is(&collision.plugin));
            let earlier = earlier_in(before, &collision.plugin.source).filter(|one| wanted(one));
            found.extend(stand_in(earlier, &found));
            report.refused.push(Refused::from(collision));
        }
    };
    report.changes = Changes::between(before, catalogue.plugins());
    report.loaded = catalogue.plugins().to_vec();
    let denied = found.iter().flat_map(|served| &served.offer.denied);
    report.denied = denied.cloned().collect();
    (catalogue, found)
}

/// What was served from `source` until now.
fn earlier_in<'a>(before: &'a [Served], source: &Source) -> Option<&'a Served> {
    before
        .iter()
        .find(|served| served.offer.plugin.source == *source)
}

/// The earlier version, unless its name has gone to another folder meanwhile.
fn stand_in(earlier: Option<&Served>, found: &[Served]) -> Option<Served> {
    let name = |served: &Served| served.offer.plugin.name.clone();
    earlier
        .filter(|earlier| found.iter().all(|other| name(other) != name(earlier)))
        .cloned()
}
