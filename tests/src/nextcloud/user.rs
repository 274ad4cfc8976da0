//! An account: its names, password and the settings that answers mention.

/// An account of the stand-in.
#[derive(Debug, Clone)]
pub struct User {
    /// The id, as in DAV paths; may hold spaces, `@` and letters of any script.
    pub id: String,
    /// The login password. App passwords are in [`super::State`].
    pub password: String,
    /// Name for people.
    pub display_name: String,
    /// Address; also accepted as a login name, as in Nextcloud.
    pub email: String,
    /// Group names.
    pub groups: Vec<String>,
    /// A disabled account is refused everywhere (errors/047-052).
    pub enabled: bool,
    /// `language` of `cloud/user`.
    pub language: String,
    /// `locale` of `cloud/user`; empty as on a fresh account.
    pub locale: String,
    /// `timezone` of `cloud/user`.
    pub timezone: String,
    /// Bytes of notes that fit; `None` for no quota.
    pub quota: Option<usize>,
    /// Bytes of files that are no notes.
    pub other_files: usize,
}

impl User {
    /// An account with the id for its first name.
    pub fn new(id: &str, password: &str) -> Self {
        let mut letters = id.chars();
        let capital: String = letters
            .next()
            .into_iter()
            .flat_map(char::to_uppercase)
            .collect();
        Self {
            id: id.to_owned(),
            password: password.to_owned(),
            display_name: format!("{capital}{} Example", letters.as_str()),
            email: format!("{id}@example.org"),
            groups: Vec::new(),
            enabled: true,
            language: "en".into(),
            locale: String::new(),
            timezone: "UTC".into(),
            quota: None,
            other_files: 0,
        }
    }

    /// An account as in the recordings: password `ID-pass-12345`, alice in the group `testers`.
    pub fn example(id: &str) -> Self {
        let mut user = Self::new(id, &format!("{id}-pass-12345"));
        if id == "alice" {
            user.groups.push("testers".into());
        }
        user
    }
}
