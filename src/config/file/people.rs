//! Users and administrators.

use argon2::password_hash::phc::PasswordHash;
use serde::Deserialize;
use toml::Spanned;

use super::super::body::is_number;
use super::super::{Administrator, Secret, User};
use super::{Numbers, Problem, problem};

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct FileUser {
    name: Spanned<String>,
    display_name: Option<String>,
    password: Spanned<Secret>,
    #[serde(default)]
    lines: Vec<Spanned<String>>,
    voice_mailbox: Option<Spanned<String>>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct FileAdministrator {
    name: Spanned<String>,
    password: Spanned<Secret>,
}

impl FileUser {
    pub(super) fn validate(self, users: &[User], numbers: &Numbers) -> Result<User, Problem> {
        if users.iter().any(|user| user.name.eq_ignore_ascii_case(self.name.get_ref())) {
            return Err(problem(&self.name, format!("there are two users called {:?}.", self.name.get_ref())));
        }
        check_sign_in(&self.name, &self.password, "user")?;
        let lines = self.lines.iter().map(|number| {
            numbers
                .get(number.get_ref())
                .copied()
                .ok_or_else(|| problem(number, format!("no line has the number {:?}.", number.get_ref())))
        });
        let lines = lines.collect::<Result<Vec<_>, _>>()?;
        if let Some(number) = &self.voice_mailbox
            && !is_number(number.get_ref())
        {
            return Err(problem(number, format!("{:?} cannot be dialled.", number.get_ref())));
        }
        let name = self.name.into_inner();
        Ok(User {
            voice_mailbox: self.voice_mailbox.map(Spanned::into_inner),
            display_name: self.display_name.unwrap_or_else(|| name.clone()),
            name,
            password: self.password.into_inner(),
            lines,
            removed: false,
        })
    }
}

impl FileAdministrator {
    pub(super) fn validate(self, others: &[Administrator]) -> Result<Administrator, Problem> {
        if others.iter().any(|other| other.name.eq_ignore_ascii_case(self.name.get_ref())) {
            return Err(problem(&self.name, format!("there are two administrators called {:?}.", self.name.get_ref())));
        }
        check_sign_in(&self.name, &self.password, "administrator")?;
        Ok(Administrator { name: self.name.into_inner(), password: self.password.into_inner(), removed: false })
    }
}

fn check_sign_in(name: &Spanned<String>, password: &Spanned<Secret>, who: &str) -> Result<(), Problem> {
    let secret = password.get_ref().expose();
    if name.get_ref().is_empty() || secret.is_empty() {
        let article = if who == "user" { "a" } else { "an" };
        return Err(problem(name, format!("{article} {who} needs a name and a password that are not empty.")));
    }
    if secret.starts_with("$argon2") && PasswordHash::new(secret).is_err() {
        let sentence = "this is no argon2 hash that can be used; make one with: offhook hash-password";
        return Err(problem(password, sentence));
    }
    Ok(())
}
