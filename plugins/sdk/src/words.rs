//! A typed struct from named texts: the variables of an address, the arguments of a prompt. Both arrive as text, whatever
//! the author's field is.

use serde::de::value::{Error, MapDeserializer};
use serde::de::{DeserializeOwned, Deserializer, Error as _, IntoDeserializer, Visitor};
use serde::forward_to_deserialize_any;

use crate::Failure;

/// Reads a `T` out of `words`. Numbers and booleans are parsed; an empty text is no value for a field that may be left
/// out, because clients send one for what a person did not fill in.
///
/// # Errors
/// [`crate::FailureKind::Invalid`], with the name of what does not fit.
pub(crate) fn read<T: DeserializeOwned>(
    words: impl IntoIterator<Item = (String, String)>,
) -> Result<T, Failure> {
    let named = words.into_iter().map(|(name, text)| {
        let word = Word {
            name: name.clone(),
            text,
        };
        (name, word)
    });
    T::deserialize(MapDeserializer::<_, Error>::new(named))
        .map_err(|error| Failure::invalid(format!("The arguments do not fit: {error}.")))
}

/// One text and whose it is.
struct Word {
    name: String,
    text: String,
}

impl Word {
    fn parsed<T: std::str::FromStr>(&self, what: &str) -> Result<T, Error> {
        self.text.trim().parse().map_err(|_| {
            Error::custom(format!(
                "`{}` must be {what}, not {:?}",
                self.name, self.text
            ))
        })
    }
}

impl IntoDeserializer<'_, Error> for Word {
    type Deserializer = Self;

    fn into_deserializer(self) -> Self {
        self
    }
}

/// Methods that parse the text and hand over the value.
macro_rules! parsed {
    ($($deserialize:ident $visit:ident $what:literal;)*) => {$(
        fn $deserialize<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Error> {
            let value = self.parsed($what)?;
            visitor.$visit(value).map_err(|error: Error| named(&self.name, &error))
        }
    )*};
}

impl<'de> Deserializer<'de> for Word {
    type Error = Error;

    parsed! {
        deserialize_bool visit_bool "true or false";
        deserialize_i8 visit_i8 "a whole number";
        deserialize_i16 visit_i16 "a whole number";
        deserialize_i32 visit_i32 "a whole number";
        deserialize_i64 visit_i64 "a whole number";
        deserialize_u8 visit_u8 "a whole number from 0";
        deserialize_u16 visit_u16 "a whole number from 0";
        deserialize_u32 visit_u32 "a whole number from 0";
        deserialize_u64 visit_u64 "a whole number from 0";
        deserialize_f32 visit_f32 "a number";
        deserialize_f64 visit_f64 "a number";
    }

    fn deserialize_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Error> {
        visitor
            .visit_string(self.text)
            .map_err(|error: Error| named(&self.name, &error))
    }

    fn deserialize_option<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Error> {
        if self.text.is_empty() {
            visitor.visit_none()
        } else {
            visitor.visit_some(self)
        }
    }

    fn deserialize_newtype_struct<V: Visitor<'de>>(
        self,
        _name: &'static str,
        visitor: V,
    ) -> Result<V::Value, Error> {
        visitor.visit_newtype_struct(self)
    }

    fn deserialize_enum<V: Visitor<'de>>(
        self,
        _name: &'static str,
        _variants: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, Error> {
        visitor
            .visit_enum(self.text.into_deserializer())
            .map_err(|error: Error| named(&self.name, &error))
    }

    forward_to_deserialize_any! {
        i128 u128 char str string bytes byte_buf unit unit_struct seq tuple tuple_struct map struct identifier ignored_any
    }
}

fn named(name: &str, error: &Error) -> Error {
    Error::custom(format!("`{name}`: {error}"))
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

    use serde::Deserialize;

    use super::*;

    #[derive(Debug, PartialEq, Deserialize)]
    #[serde(deny_unknown_fields)]
    struct Arguments {
        id: u64,
        span: Option<Span>,
        days: Option<u8>,
        #[serde(default)]
        sure: bool,
        name: Option<String>,
    }

    #[derive(Debug, PartialEq, Deserialize)]
    #[serde(rename_all = "lowercase")]
    enum Span {
        Day,
        Week,
    }

    fn parse(words: &[(&str, &str)]) -> Result<Arguments, String> {
        let words = words
            .iter()
            .map(|(name, text)| ((*name).to_owned(), (*text).to_owned()));
        read(words).map_err(|failure| failure.message)
    }

    #[test]
    fn texts_become_what_the_fields_are() {
        let all = [
            ("id", "118"),
            ("span", "week"),
            ("days", " 7 "),
            ("sure", "true"),
            ("name", "7"),
        ];
        let expected = Arguments {
            id: 118,
            span: Some(Span::Week),
            days: Some(7),
            sure: true,
            name: Some("7".to_owned()),
        };
        assert_eq!(parse(&all), Ok(expected));
    }

    #[test]
    fn what_a_person_did_not_fill_in_is_absent() {
        let some = parse(&[("id", "1"), ("span", ""), ("name", "")]).unwrap();
        assert_eq!((some.span, some.days, some.name), (None, None, None));
    }

    #[test]
    fn what_does_not_fit_is_named() {
        for (words, said) in [
            (&[][..], "missing field `id`"),
            (
                &[("id", "x")],
                "`id` must be a whole number from 0, not \"x\"",
            ),
            (&[("id", "")], "`id` must be"),
            (&[("id", "1"), ("days", "256")], "`days` must be"),
            (
                &[("id", "1"), ("span", "year")],
                "`span`: unknown variant `year`, expected `day` or `week`",
            ),
            (&[("id", "1"), ("idd", "1")], "unknown field `idd`"),
        ] {
            let message = parse(words).unwrap_err();
            assert!(message.contains(said), "{message}");
        }
    }
}
