//! What administrators set: `/api/v1/admin/users` and the like. `docs/site-api.md` describes it.

mod audit;
mod backup;
mod certificates;
mod exchange;
mod failure;
mod interfaces;
mod lines;
pub mod numbers;
mod objects;
pub(in crate::web) mod pairing;
pub(in crate::web) mod passwords;
pub(in crate::web) mod pictures;
pub(in crate::web) mod request;
mod rights;
mod rule_files;
mod security;
pub mod test_call;
pub(in crate::web) mod tokens;
pub mod trial;

pub use self::failure::Failure;
pub(super) use self::security::{keep_second_factor, report_sessions, second_factor};
use super::table::Routes;
use crate::call::cause::CauseCode;
use crate::site::{Administrator, Computer, Group, Location, ObjectId, Profile, Role, User};

/// The routes with their table.
pub fn routes() -> Routes {
    objects::routes::<User>(Role::Users)
        .and(objects::routes::<Group>(Role::Users))
        .and(objects::routes::<Computer>(Role::Users))
        .and(objects::routes::<Profile>(Role::Users))
        .and(objects::routes::<Administrator>(Role::Full))
        .and(objects::routes::<Location>(Role::Full))
        .and(rule_files::routes())
        .and(lines::routes())
        .and(trial::routes())
        .and(test_call::routes())
        .and(numbers::routes())
        .and(objects::of_settings())
        .and(passwords::routes::<User>(Role::Users))
        .and(passwords::routes::<Administrator>(Role::Full))
        .and(pictures::routes())
        .and(pairing::routes())
        .and(security::of::<User>(Role::Users))
        .and(security::of::<Administrator>(Role::Full))
        .and(security::routes())
        .and(rights::routes())
        .and(tokens::routes())
        .and(certificates::routes())
        .and(interfaces::routes())
        .and(audit::routes())
        .and(exchange::routes())
        .and(backup::routes())
}

/// An id that no object has.
fn new_id() -> Result<ObjectId, Failure> {
    let mut random = [0; 16];
    getrandom::fill(&mut random).map_err(|_| CauseCode::Internal)?;
    Ok(ObjectId::random(random))
}
