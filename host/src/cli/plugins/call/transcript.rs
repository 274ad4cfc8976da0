//! What a call does, as its author reads it: each request when it ends, progress, the answer, the cost.

use std::io;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use serde_json::{Value, json};

use super::super::shown;
use super::job::{Ended, Job};
use crate::cli::output::Output;
use crate::plugin::{Fetched, ProgressSink, Question, Spent, Witness};

/// Width of a method, so that paths begin below each other: `PROPPATCH`.
const METHOD: usize = 9;

/// Writes to standard output: line by line, or as one JSON value at the end.
pub(super) struct Transcript(Mutex<Lines>);

struct Lines {
    out: Output,
    json: bool,
    call: Value,
    requests: Vec<Value>,
    received: usize,
    progress: Vec<Value>,
    questions: Vec<Value>,
    spent: Option<Spent>,
}

impl Transcript {
    pub(super) fn new(out: Output, json: bool) -> Self {
        Self(Mutex::new(Lines {
            out,
            json,
            call: Value::Null,
            requests: Vec::new(),
            received: 0,
            progress: Vec::new(),
            questions: Vec::new(),
            spent: None,
        }))
    }

    pub(super) fn begin(&self, job: &Job) -> io::Result<()> {
        let (kind, access) = job.kind();
        let (plugin, version) = (&job.plugin.name, shown(job.plugin.version()));
        let mut lines = self.lines();
        lines.call = json!({
            "plugin": plugin.as_str(), "version": version, "kind": kind, "name": job.name, "access": access,
            "arguments": job.arguments,
        });
        let name = shown(&job.name);
        lines.line(&format!(
            "{kind} {name} of {plugin} {version}, access {access}"
        ))
    }

    /// `remark` is the last line.
    pub(super) fn end(&self, ended: &Ended, remark: Option<&str>) -> io::Result<()> {
        let mut lines = self.lines();
        if lines.json {
            return lines.end_json(ended, remark);
        }
        let answer = serde_json::to_string_pretty(&ended.json()).map_err(io::Error::other)?;
        lines.line("answer")?;
        for line in answer.lines() {
            lines.line(&format!("  {}", shown(line)))?;
        }
        if let Some(spent) = lines.spent {
            let (count, received) = (lines.requests.len(), bytes(lines.received));
            let requests = if count == 1 { "request" } else { "requests" };
            lines.line(&format!(
                "{count} {requests} with {received} of answers; {} in all, {} of it in the plugin; {} of memory",
                time(spent.time),
                time(spent.computing),
                bytes(usize::try_from(spent.memory).unwrap_or(usize::MAX)),
            ))?;
        }
        remark.map_or(Ok(()), |remark| lines.line(&shown(remark)))
    }

    /// A question of the plugin's, and what was answered if anybody was there.
    pub(super) fn asked(&self, question: &Question, answer: Option<&Value>) {
        let mut lines = self.lines();
        let fields = question.form.get("properties").and_then(Value::as_object);
        let fields: Vec<_> = fields
            .into_iter()
            .flatten()
            .map(|(name, _)| name.as_str())
            .collect();
        lines.step(&format!(
            "asks: {} ({})",
            question.message,
            fields.join(", ")
        ));
        lines.step(&match answer {
            Some(answer) => format!("answered: {answer}"),
            None => "nobody answers; --answer says what a person would".to_owned(),
        });
        let asked = json!({ "message": question.message, "form": question.form, "answer": answer });
        lines.questions.push(asked);
    }

    fn lines(&self) -> MutexGuard<'_, Lines> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Lines {
    fn line(&mut self, text: &str) -> io::Result<()> {
        if self.json {
            Ok(())
        } else {
            self.out.line(text)
        }
    }

    /// A reader that is gone is noticed when the answer is written.
    fn step(&mut self, text: &str) {
        let _ = self.line(&format!("  {}", shown(text)));
    }

    fn end_json(&mut self, ended: &Ended, remark: Option<&str>) -> io::Result<()> {
        let spent = self.spent.map(|spent| {
            json!({
                "time_ms": millis(spent.time), "computing_ms": millis(spent.computing), "memory_bytes": spent.memory,
                "requests": self.requests.len(), "received_bytes": self.received,
            })
        });
        let whole = json!({
            "call": self.call, "requests": self.requests, "progress": self.progress, "questions": self.questions, "answer": ended.json(), "spent": spent,
            "remark": remark,
        });
        self.out.json(&whole)
    }
}

impl Witness for Transcript {
    fn fetched(&self, fetched: Fetched) {
        let mut lines = self.lines();
        let took = time(fetched.took);
        let Fetched { method, path, .. } = &fetched;
        let (line, request) = match &fetched.answer {
            Ok((status, received)) => {
                lines.received += received;
                let line = format!(
                    "{method:METHOD$} {path}  {status}, {}, {took}",
                    bytes(*received)
                );
                (
                    line,
                    json!({ "status": status, "received_bytes": received }),
                )
            }
            Err(error) => {
                let line = format!("{method:METHOD$} {path}  no answer: {error}");
                (line, json!({ "error": error.to_string() }))
            }
        };
        lines.step(&line);
        let mut whole = json!({
            "method": method, "path": path, "sent_bytes": fetched.sent, "time_ms": millis(fetched.took),
        });
        if let (Some(whole), Value::Object(request)) = (whole.as_object_mut(), request) {
            whole.extend(request);
        }
        lines.requests.push(whole);
    }

    fn spent(&self, spent: Spent) {
        self.lines().spent = Some(spent);
    }
}

impl ProgressSink for Transcript {
    fn report(&self, done: f64, total: Option<f64>, message: Option<String>) {
        let mut lines = self.lines();
        let of = total
            .map(|total| format!(" of {total}"))
            .unwrap_or_default();
        let text = message.as_ref().map(|text| format!(": {text}"));
        lines.step(&format!("progress {done}{of}{}", text.unwrap_or_default()));
        let report = json!({ "done": done, "total": total, "message": message });
        lines.progress.push(report);
    }
}

fn time(time: Duration) -> String {
    format!("{:.1} ms", millis(time))
}

fn millis(time: Duration) -> f64 {
    time.as_secs_f64() * 1e3
}

fn bytes(count: usize) -> String {
    const KIB: usize = 1 << 10;
    const MIB: usize = 1 << 20;
    // One digit after the point, cut.
    let tenths = |unit: usize| (count / unit, count % unit * 10 / unit);
    match count {
        0..KIB => format!("{count} B"),
        KIB..MIB => {
            let (whole, tenth) = tenths(KIB);
            format!("{whole}.{tenth} KiB")
        }
        _ => {
            let (whole, tenth) = tenths(MIB);
            format!("{whole}.{tenth} MiB")
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sizes_and_times_are_for_people() {
        assert_eq!(bytes(0), "0 B");
        assert_eq!(bytes(1023), "1023 B");
        assert_eq!(bytes(1536), "1.5 KiB");
        assert_eq!(bytes(3 << 20), "3.0 MiB");
        assert_eq!(time(Duration::from_micros(1250)), "1.2 ms");
    }
}
