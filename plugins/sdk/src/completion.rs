//! Completions: proposals while a person fills in a prompt's argument or the variable of an address.

use crate::Failure;
use crate::bindings::completions::exported::Target;

/// What the person typed so far.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Typed {
    /// The beginning of the value that proposals are wanted for; may be empty.
    pub value: String,
    /// Arguments that are filled in already, by name.
    pub known: Vec<(String, String)>,
}

impl Typed {
    /// What was filled in for another argument.
    pub fn known(&self, name: &str) -> Option<&str> {
        self.known
            .iter()
            .find(|(own, _)| own == name)
            .map(|(_, value)| value.as_str())
    }
}

/// A function that proposes values, best first.
type Propose = dyn Fn(&Typed) -> Result<Vec<String>, Failure>;

/// Which argument of what, and who knows its values.
struct Completion {
    target: Target,
    argument: &'static str,
    propose: Box<Propose>,
}

/// The completions of a plugin. An argument that none is for gets no proposals.
#[derive(Default)]
pub struct Completions(Vec<Completion>);

impl Completions {
    /// None yet.
    pub fn new() -> Self {
        Self::default()
    }

    /// Proposes values for one argument of a prompt. What does not begin with what was typed, in any case, is left out
    /// afterwards, so `propose` may answer with all that there are.
    #[must_use]
    pub fn prompt(
        self,
        prompt: &str,
        argument: &'static str,
        propose: impl Fn(&Typed) -> Result<Vec<String>, Failure> + 'static,
    ) -> Self {
        self.with(Target::Prompt(prompt.to_owned()), argument, propose)
    }

    /// Proposes values for one variable of a resource's template; as [`Completions::prompt`].
    #[must_use]
    pub fn resource(
        self,
        template: &str,
        variable: &'static str,
        propose: impl Fn(&Typed) -> Result<Vec<String>, Failure> + 'static,
    ) -> Self {
        self.with(Target::Resource(template.to_owned()), variable, propose)
    }

    /// What the host asks while a person types.
    pub fn complete(
        &self,
        target: &Target,
        argument: &str,
        typed: &Typed,
    ) -> Result<Vec<String>, Failure> {
        let completion = self
            .0
            .iter()
            .find(|one| same(&one.target, target) && one.argument == argument);
        let Some(completion) = completion else {
            return Ok(Vec::new());
        };
        let beginning = typed.value.to_lowercase();
        let mut values = (completion.propose)(typed)?;
        values.retain(|value| value.to_lowercase().starts_with(&beginning));
        Ok(values)
    }

    fn with(
        mut self,
        target: Target,
        argument: &'static str,
        propose: impl Fn(&Typed) -> Result<Vec<String>, Failure> + 'static,
    ) -> Self {
        self.0.push(Completion {
            target,
            argument,
            propose: Box::new(propose),
        });
        self
    }
}

/// The generated type has no equality.
fn same(one: &Target, other: &Target) -> bool {
    match (one, other) {
        (Target::Prompt(one), Target::Prompt(other))
        | (Target::Resource(one), Target::Resource(other)) => one == other,
        _ => false,
    }
}
