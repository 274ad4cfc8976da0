//! The envelope of the OCS API: JSON or XML, version 1 or 2, and the refusals that come before any controller.

use serde_json::{Value, json};

use super::auth::{By, Identity};
use super::etag;
use super::reply::Reply;
use super::request::Request;

/// What Nextcloud says to a route that it does not know (capabilities/022).
const UNKNOWN_ROUTE: &str = "Invalid query, please check the syntax. API specifications are here: \
     http://www.freedesktop.org/wiki/Specifications/open-collaboration-services.\n";

/// One OCS request and who asks.
pub(super) struct Ocs<'a> {
    pub(super) request: &'a Request,
    pub(super) who: &'a Identity,
    version: &'a str,
}

impl<'a> Ocs<'a> {
    pub(super) fn new(request: &'a Request, version: &'a str, who: &'a Identity) -> Self {
        Self {
            request,
            who,
            version,
        }
    }

    /// Why this request gets no further, if so.
    pub(super) fn refuse(&self, route: &[&str]) -> Option<Reply> {
        if let Some(refusal) = login_error(self.who) {
            let failure = match &self.who.by {
                By::Throttled => self.failure(429, 429, "Reached maximum delay"),
                By::Disabled(user) => self.unauthorised().with("X-User-Id", user.clone()),
                By::WrongBasic => self.unauthorised(),
                _ => refusal,
            };
            return Some(failure);
        }
        let bearer = self
            .request
            .header("Authorization")
            .is_some_and(|value| value.starts_with(['B', 'b']) && !value.starts_with("Basic"));
        let exempt = bearer && self.who.user.is_some() && self.who.by != By::Session;
        if !self.request.is_api_request() && !exempt {
            let message = json!({"message": "CSRF check failed"});
            return Some(Reply::api(412, self.who).json(&message));
        }
        // A preflight asks for no account.
        let public = route == ["cloud", "capabilities"] || self.request.method == "OPTIONS";
        if self.who.user.is_none() && !public {
            return Some(self.failure(401, 997, "Current user is not logged in"));
        }
        None
    }

    /// The data of an answer.
    pub(super) fn success(&self, data: &Value) -> Reply {
        self.envelope(
            200,
            "ok",
            if self.version == "v1.php" { 100 } else { 200 },
            "OK",
            data,
        )
    }

    /// The data of an answer that carries an entity tag; 304 where the client has it.
    pub(super) fn success_tagged(&self, data: &Value) -> Reply {
        let tag = etag::of(data.to_string());
        let known = self.request.header("If-None-Match");
        if known.is_some_and(|header| etag::named_by(header, &tag)) {
            return Reply::api(304, self.who).with("ETag", format!("\"{tag}\""));
        }
        self.success(data).with("ETag", format!("\"{tag}\""))
    }

    /// A failure: HTTP status, OCS status and message.
    pub(super) fn failure(&self, status: u16, code: i64, message: &str) -> Reply {
        self.failure_with(status, code, message, &json!([]))
    }

    /// A failure with data of its own (notes/061).
    pub(super) fn failure_with(
        &self,
        status: u16,
        code: i64,
        message: &str,
        data: &Value,
    ) -> Reply {
        let status = if self.version == "v1.php" && code != 997 {
            200
        } else {
            status
        };
        self.envelope(status, "failure", code, message, data)
    }

    /// A route that nobody serves.
    pub(super) fn unknown_route(&self) -> Reply {
        self.failure(404, 998, UNKNOWN_ROUTE)
    }

    fn unauthorised(&self) -> Reply {
        self.failure(401, 997, "Unauthorised")
            .with("WWW-Authenticate", "Basic realm=\"Authorisation Required\"")
    }

    fn envelope(&self, status: u16, word: &str, code: i64, message: &str, data: &Value) -> Reply {
        let mut meta = json!({"status": word, "statuscode": code, "message": message});
        if self.version == "v1.php" {
            meta["totalitems"] = json!("");
            meta["itemsperpage"] = json!("");
        }
        let reply = Reply::api(status, self.who);
        if self.wants_json() {
            return reply.json(&json!({"ocs": {"meta": meta, "data": data}}));
        }
        let mut xml = String::from("<?xml version=\"1.0\"?>\n<ocs>\n");
        write_xml(&mut xml, "meta", &meta, 1);
        write_xml(&mut xml, "data", data, 1);
        xml.push_str("</ocs>\n");
        reply.xml(xml)
    }

    fn wants_json(&self) -> bool {
        match self.request.parameter("format") {
            Some(format) => format == "json",
            None => self
                .request
                .header("Accept")
                .is_some_and(|accept| accept.contains("application/json")),
        }
    }
}

/// What a login that failed is told outside OCS and DAV (errors/007, 048).
pub(super) fn login_error(who: &Identity) -> Option<Reply> {
    let message = match &who.by {
        By::WrongBasic => "",
        By::Disabled(_) => "Account disabled",
        By::Throttled => {
            let message = json!({"message": "Reached maximum delay"});
            return Some(Reply::api(429, who).json(&message));
        }
        _ => return None,
    };
    Some(Reply::early(401, who, "").json(&json!({"message": message})))
}

/// PHP's way of writing values as XML: true is `1`, false is empty, list items are `element`.
fn write_xml(out: &mut String, name: &str, value: &Value, depth: usize) {
    let pad = " ".repeat(depth);
    let name = if name.bytes().all(|byte| byte.is_ascii_digit()) {
        "element"
    } else {
        name
    };
    if name == "$comment" {
        let text = value.as_str().unwrap_or_default();
        out.push_str(&format!("{pad}<!--{text}-->\n"));
        return;
    }
    let text = match value {
        Value::Array(items) if items.is_empty() => {
            return out.push_str(&format!("{pad}<{name}/>\n"));
        }
        Value::Object(items) if items.is_empty() => {
            return out.push_str(&format!("{pad}<{name}/>\n"));
        }
        Value::Array(items) => {
            out.push_str(&format!("{pad}<{name}>\n"));
            for item in items {
                write_xml(out, "element", item, depth + 1);
            }
            return out.push_str(&format!("{pad}</{name}>\n"));
        }
        Value::Object(items) => {
            out.push_str(&format!("{pad}<{name}>\n"));
            for (key, item) in items {
                write_xml(out, key, item, depth + 1);
            }
            return out.push_str(&format!("{pad}</{name}>\n"));
        }
        Value::Bool(true) => "1".to_owned(),
        Value::Bool(false) | Value::Null => String::new(),
        Value::Number(number) => number.to_string(),
        Value::String(text) => quick_xml::escape::partial_escape(text.as_str()).into_owned(),
    };
    out.push_str(&format!("{pad}<{name}>{text}</{name}>\n"));
}
