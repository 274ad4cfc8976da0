//! What came out of the checks, for people and for programs.

use std::io;

use serde::Serialize;

use super::check::{ALL, Check};
use crate::cli::output::Output;
use crate::plugin::visible;

/// Longest detail that is shown, in bytes: some hold other programs' words.
const DETAIL_BYTES: usize = 600;

/// What is said of a check that the mode or the settings leave nothing to look at for.
pub(super) const DOES_NOT_APPLY: &str = "does not apply here";

/// How a check went.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub(super) enum Status {
    Ok,
    /// A decision of the operator's that cannot be judged from here.
    Note,
    /// It works, but not as well or as safely as it could.
    Warning,
    /// Something does not work until it is put right.
    Problem,
    /// Could not be looked at, or does not apply.
    Skipped,
}

impl Status {
    fn word(self) -> &'static str {
        match self {
            Self::Ok => "ok",
            Self::Note => "note",
            Self::Warning => "warning",
            Self::Problem => "problem",
            Self::Skipped => "skipped",
        }
    }
}

/// One line of the list. The field names are what programs read; they do not change.
#[derive(Debug, Clone, Serialize)]
pub(super) struct Finding {
    #[serde(skip)]
    check: Check,
    id: &'static str,
    status: Status,
    title: &'static str,
    detail: String,
    remedy: Option<String>,
}

/// All findings of a run.
#[derive(Debug, Default)]
pub(super) struct Findings(Vec<Finding>);

/// For programs.
#[derive(Serialize)]
struct Document<'a> {
    version: &'static str,
    problems: usize,
    warnings: usize,
    checks: &'a [Finding],
}

impl Findings {
    pub(super) fn ok(&mut self, check: Check, detail: impl Into<String>) {
        self.add(check, Status::Ok, &detail.into(), None);
    }

    pub(super) fn note(
        &mut self,
        check: Check,
        detail: impl Into<String>,
        remedy: impl Into<String>,
    ) {
        self.add(check, Status::Note, &detail.into(), Some(remedy.into()));
    }

    pub(super) fn warning(
        &mut self,
        check: Check,
        detail: impl Into<String>,
        remedy: impl Into<String>,
    ) {
        self.add(check, Status::Warning, &detail.into(), Some(remedy.into()));
    }

    pub(super) fn problem(
        &mut self,
        check: Check,
        detail: impl Into<String>,
        remedy: impl Into<String>,
    ) {
        self.add(check, Status::Problem, &detail.into(), Some(remedy.into()));
    }

    pub(super) fn skipped(&mut self, check: Check, why: impl Into<String>) {
        self.add(check, Status::Skipped, &why.into(), None);
    }

    /// What nobody could look at because of `why`.
    pub(super) fn skip_all(&mut self, checks: &[Check], why: &str) {
        for check in checks {
            if !self.0.iter().any(|finding| finding.check == *check) {
                self.skipped(*check, why);
            }
        }
    }

    /// A later word about a check takes the place of an earlier one.
    fn add(&mut self, check: Check, status: Status, detail: &str, remedy: Option<String>) {
        self.0.retain(|finding| finding.check != check);
        self.0.push(Finding {
            check,
            id: check.id(),
            status,
            title: check.title(),
            detail: visible(detail, DETAIL_BYTES),
            remedy,
        });
    }

    /// In the order of the list, with a word about each check.
    pub(super) fn complete(mut self) -> Self {
        let all: Vec<Check> = ALL.iter().map(|(check, ..)| *check).collect();
        self.skip_all(&all, DOES_NOT_APPLY);
        let place = |check: Check| all.iter().position(|one| *one == check);
        self.0.sort_by_key(|finding| place(finding.check));
        self
    }

    pub(super) fn count(&self, status: Status) -> usize {
        let found = self.0.iter().filter(|finding| finding.status == status);
        found.count()
    }

    /// The status of a check so far.
    pub(super) fn status(&self, check: Check) -> Option<Status> {
        let found = self.0.iter().find(|finding| finding.check == check);
        found.map(|finding| finding.status)
    }

    pub(super) fn json(&self, output: &mut Output) -> io::Result<()> {
        output.json(&Document {
            version: env!("CARGO_PKG_VERSION"),
            problems: self.count(Status::Problem),
            warnings: self.count(Status::Warning),
            checks: &self.0,
        })
    }

    /// A list for people: what is wrong with its remedy below it, what was not looked at by its reason, and a sum.
    pub(super) fn list(&self, output: &mut Output) -> io::Result<()> {
        let widest = ALL.iter().map(|(_, id, _)| id.len()).max().unwrap_or(0);
        let looked_at = |finding: &&Finding| finding.status != Status::Skipped;
        for finding in self.0.iter().filter(looked_at) {
            let Finding {
                id, status, detail, ..
            } = finding;
            output.line(&format!("{:8} {id:widest$}  {detail}", status.word()))?;
            if let Some(remedy) = &finding.remedy {
                output.line(&format!("{:8} {:widest$}  -> {remedy}", "", ""))?;
            }
        }
        output.line("")?;
        for (why, ids) in self.skips() {
            output.line(&format!("not looked at: {why}: {}", ids.join(", ")))?;
        }
        let sums = [
            Status::Ok,
            Status::Note,
            Status::Warning,
            Status::Problem,
            Status::Skipped,
        ];
        let sums = sums.map(|status| format!("{} {}", self.count(status), status.word()));
        output.line(&sums.join(", "))
    }

    /// Why checks were left out, and which, in the order of the list. What does not apply is not worth a line.
    fn skips(&self) -> Vec<(&str, Vec<&'static str>)> {
        let mut reasons: Vec<(&str, Vec<&'static str>)> = Vec::new();
        let skipped = self.0.iter().filter(|one| one.status == Status::Skipped);
        for finding in skipped.filter(|one| one.detail != DOES_NOT_APPLY) {
            match reasons.iter_mut().find(|(why, _)| *why == finding.detail) {
                Some((_, ids)) => ids.push(finding.id),
                None => reasons.push((&finding.detail, vec![finding.id])),
            }
        }
        reasons
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_last_word_about_a_check_counts_and_none_is_left_out() {
        let mut findings = Findings::default();
        findings.ok(Check::Pkce, "S256");
        findings.problem(Check::Pkce, "gone\u{1b}[2J", "update it");
        let findings = findings.complete();
        assert_eq!(findings.0.len(), ALL.len());
        assert_eq!(findings.status(Check::Pkce), Some(Status::Problem));
        assert_eq!(findings.status(Check::Clock), Some(Status::Skipped));
        let pkce = findings.0.iter().find(|one| one.check == Check::Pkce);
        assert!(pkce.is_some_and(|one| !one.detail.contains('\u{1b}')));
    }
}
