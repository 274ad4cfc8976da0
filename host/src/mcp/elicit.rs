//! A question in the protocol's words (elicitation, form mode), and its answer back.

use rmcp::model::{
    ClientCapabilities, ElicitRequestParams, ElicitResult, ElicitationAction, ElicitationSchema,
};
use serde_json::Value;

use crate::plugin::{Answer, Question};

/// Whether a client can show a form. One that names no mode has this one, since there was no other before 2025-11-25.
pub(super) fn shows_forms(capabilities: &ClientCapabilities) -> bool {
    let elicitation = capabilities.elicitation.as_ref();
    elicitation.is_some_and(|modes| modes.form.is_some() || modes.url.is_none())
}

/// What the client is sent. `None` for a form that rmcp has no words for, which no question has.
pub(super) fn request(question: &Question) -> Option<ElicitRequestParams> {
    let form = ElicitationSchema::from_json_schema(question.form.clone()).ok()?;
    Some(ElicitRequestParams::FormElicitationParams {
        meta: None,
        message: question.message.clone(),
        requested_schema: form,
    })
}

/// What the client sent back; `None` if that is no answer.
pub(super) fn answer(result: ElicitResult) -> Option<Answer> {
    Some(match (result.action, result.content) {
        (ElicitationAction::Accept, Some(Value::Object(content))) => Answer::Accepted(content),
        (ElicitationAction::Accept, None) => Answer::Accepted(serde_json::Map::new()),
        (ElicitationAction::Decline, _) => Answer::Declined,
        (ElicitationAction::Cancel, _) => Answer::Cancelled,
        _ => return None,
    })
}

#[cfg(test)]
#[allow(
    clippy::unwrap_used,
    clippy::expect_used,
    reason = "a test fails by panicking"
)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_question_loses_nothing_on_the_way() {
        let form = json!({"type": "object", "required": ["name"], "properties": {
            "name": {"type": "string", "title": "Name", "minLength": 1, "maxLength": 9, "default": "Ada"},
            "mail": {"type": "string", "format": "email"},
            "age": {"type": "integer", "minimum": 0, "maximum": 150},
            "sure": {"type": "boolean", "default": false},
            "color": {"type": "string", "enum": ["red", "blue"]},
            "old": {"type": "string", "enum": ["r"], "enumNames": ["Red"]},
            "size": {"type": "string", "oneOf": [{"const": "s", "title": "Small"}]},
            "days": {"type": "array", "minItems": 1, "items": {"type": "string", "enum": ["mo"]}},
            "tags": {"type": "array", "items": {"anyOf": [{"const": "x", "title": "X"}]}},
        }});
        let question = Question {
            message: "Who?".to_owned(),
            form: form.as_object().unwrap().clone(),
        };
        let sent = serde_json::to_value(request(&question).unwrap()).unwrap();
        assert_eq!(
            sent,
            json!({"mode": "form", "message": "Who?", "requestedSchema": form})
        );
        let yes_or_no =
            serde_json::to_value(request(&Question::agreement("Sure?")).unwrap()).unwrap();
        assert_eq!(
            yes_or_no["requestedSchema"],
            json!({"type": "object", "properties": {}})
        );
    }

    #[test]
    fn only_an_answer_is_an_answer() {
        let of = |value: Value| answer(serde_json::from_value(value).unwrap());
        let Some(Answer::Accepted(content)) = of(json!({"action": "accept", "content": {"a": 1}}))
        else {
            panic!("an answer");
        };
        assert_eq!(Value::Object(content), json!({"a": 1}));
        assert_eq!(of(json!({"action": "decline"})), Some(Answer::Declined));
        assert_eq!(of(json!({"action": "cancel"})), Some(Answer::Cancelled));
        assert_eq!(of(json!({"action": "accept", "content": "yes"})), None);
    }

    #[test]
    fn a_client_that_only_opens_addresses_is_asked_nothing() {
        let can = |value: Value| shows_forms(&serde_json::from_value(value).unwrap());
        assert!(
            can(json!({"elicitation": {}})) && can(json!({"elicitation": {"form": {}, "url": {}}}))
        );
        assert!(!can(json!({"elicitation": {"url": {}}})) && !can(json!({"sampling": {}})));
    }
}
