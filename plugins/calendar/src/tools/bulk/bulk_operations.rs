//! `bulk_operations`: one operation on every event that fits, first as a dry run, then for good with its handle.
//!
//! Nothing is written unless the second call would touch exactly what the first one showed, all of it as it was then.

use std::time::Instant;

use nextcloud_mcp_plugin::{Failure, Reply};

use super::super::confirmation;
use super::answer::{Answer, Report};
use super::carry_out::carry_out;
use super::order::{Arguments, Order};
use super::prepare::{Step, plan};
use super::select::select;
use crate::dav::{self, Home};

pub(crate) const DESCRIPTION: &str = "Updates, deletes or moves every event that fits. The first call changes nothing: \
it lists what would be touched, with a handle; the same call with confirm does just that, if nothing changed \
since. Of a series only the occurrences that fit, unless apply_to_series. Example: operation delete, \
title_contains \"standup\", start_date 2026-12-21, end_date 2026-12-31.";

#[expect(
    clippy::needless_pass_by_value,
    reason = "a tool's function owns its arguments"
)]
pub(crate) fn bulk_operations(arguments: Arguments) -> Result<Reply<Answer>, Failure> {
    let began = Instant::now();
    let home = Home::of_caller()?;
    let order = Order::of_arguments(&arguments, &home)?;
    let listing = dav::listing(&home)?;
    let places = order.places(&listing.calendars)?;
    let selection = select(&home, &order, &places)?;
    let mut steps = plan(&home, &order, &places, selection.steps);
    let touched: Vec<(String, String)> = steps.iter().flat_map(Step::touched).collect();
    let handle = confirmation::handle("bulk_operations", &order.digested()?, &touched);
    let report = Report {
        home: &home,
        order: &order,
        trash: listing.trash,
        read_only: places.read_only.clone(),
        skipped: selection.skipped,
        unreadable: selection.unreadable,
        unread: selection.unread,
    };
    let confirmed = match confirmation::confirmed(arguments.confirm.as_deref(), &handle) {
        Ok(confirmed) => confirmed,
        Err(conflict) => return Err(conflict.with(&report.dry_run(steps, handle).data)),
    };
    if !confirmed {
        return Ok(report.dry_run(steps, handle));
    }
    carry_out(&home, &order, &places, &mut steps, began);
    report.done(steps)
}
