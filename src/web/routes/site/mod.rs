//! What administrators set: `/api/v1/admin/users` and the like. `docs/site-api.md` describes it.

mod audit;
mod backup;
mod exchange;
mod failure;
mod objects;
mod passwords;
mod request;
mod rights;
pub(in crate::web) mod tokens;

pub use self::failure::Failure;
use super::table::Routes;
use crate::call::cause::CauseCode;
use crate::site::{Administrator, Computer, Group, ObjectId, Profile, Role, User};

/// The routes with their table.
pub fn routes() -> Routes {
    objects::routes::<User>(Role::Users)
        .and(objects::routes::<Group>(Role::Users))
        .and(objects::routes::<Computer>(Role::Users))
        .and(objects::routes::<Profile>(Role::Users))
        .and(objects::routes::<Administrator>(Role::Full))
        .and(objects::of_settings())
        .and(passwords::routes::<User>(Role::Users))
        .and(passwords::routes::<Administrator>(Role::Full))
        .and(rights::routes())
        .and(tokens::routes())
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
