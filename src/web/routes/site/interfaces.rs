//! How interfaces stand, and changes of them that wait to be confirmed.

use axum::extract::State;
use axum::http::StatusCode;
use axum::{Extension, Json};

use super::failure::Failure;
use super::objects;
use crate::site::{Interface, ObjectId, ProblemCode, Role, Stored};
use crate::web::WebState;
use crate::web::interfaces::{Standing, Through};
use crate::web::protocol::interfaces::{InterfaceState, InterfaceStates, InterfaceTrial, Listening};
use crate::web::routes::table::{Method, Operation, Routes};

const PATH: &str = "/api/v1/admin/interfaces";

pub(super) fn routes() -> Routes {
    let states = Operation::giving::<InterfaceStates>("list_interface_states", "Where the interfaces listen");
    let confirm = Operation {
        refusals: &[409],
        ..Operation::silent(
            "confirm_interfaces",
            "Keeps changes that would be undone; asked by an interface that is there",
        )
    };
    objects::routes::<Interface>(Role::Full)
        .described(Role::ReadOnly, (Method::Get, &format!("{PATH}/states")), states, show_states)
        .described(Role::Full, (Method::Post, &format!("{PATH}/confirm")), confirm, confirm_trial)
}

async fn show_states(State(state): State<WebState>, through: Option<Extension<Through>>) -> Json<InterfaceStates> {
    let site = state.administration.site();
    let yours = through.map(|Extension(through)| through.id());
    let mut interfaces: Vec<_> = site.iter::<Interface>().map(|stored| state_of(&state, stored, yours)).collect();
    interfaces.sort_by_key(|interface| interface.id);
    let trial =
        state.interfaces.on_trial().map(|(interfaces, left)| InterfaceTrial { interfaces, seconds: left.as_secs() });
    Json(InterfaceStates { interfaces, trial })
}

fn state_of(state: &WebState, stored: &Stored<Interface>, yours: Option<ObjectId>) -> InterfaceState {
    let standing = state.interfaces.standing(stored.id);
    let listening = match &standing {
        _ if !stored.object.active => Listening::Off,
        Some(Standing::Listening(_)) => Listening::Listening,
        Some(Standing::Failed(_)) => Listening::Failed,
        None => Listening::Starting,
    };
    let (address, trouble) = match standing {
        Some(Standing::Listening(address)) => (Some(address.to_string()), None),
        Some(Standing::Failed(trouble)) => (None, Some(trouble)),
        None => (None, None),
    };
    InterfaceState {
        id: stored.id,
        state: listening,
        address,
        english: trouble.as_ref().map(|trouble| trouble.english()),
        german: trouble.map(|trouble| trouble.german()),
        yours: yours == Some(stored.id),
    }
}

async fn confirm_trial(
    State(state): State<WebState>,
    through: Option<Extension<Through>>,
) -> Result<StatusCode, Failure> {
    match state.interfaces.confirm(through.map(|Extension(through)| through)) {
        true => Ok(StatusCode::NO_CONTENT),
        false => Err(Failure::of(ProblemCode::NothingToConfirm)),
    }
}
