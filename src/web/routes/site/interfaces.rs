//! How interfaces stand, and changes of them that wait to be confirmed.

use axum::extract::State;
use axum::http::StatusCode;
use axum::{Extension, Json};

use super::failure::Failure;
use super::objects;
use crate::call::cause::CauseCode;
use crate::line::report::ListenerReport;
use crate::site::{Interface, LineGroup, ObjectId, ProblemCode, Role, Stored};
use crate::web::interfaces::{Standing, Through};
use crate::web::protocol::interfaces::{
    AudioPlaces, InterfaceState, InterfaceStates, InterfaceTrial, Listening, SipInterface, SipInterfaces, SipUser,
};
use crate::web::routes::table::{Method, Operation, Routes};
use crate::web::{AudioLabel, GroupLabel, WebState, interfaces};

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
    let sip = Operation {
        refusals: &[503],
        ..Operation::giving::<SipInterfaces>("list_sip_interfaces", "Where SIP and audio are received")
    };
    objects::routes::<Interface>(Role::Full)
        .described(Role::ReadOnly, (Method::Get, &format!("{PATH}/sip")), sip, show_sip)
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

async fn show_sip(State(state): State<WebState>) -> Result<Json<SipInterfaces>, Failure> {
    let report = state.core.report().await.ok_or(CauseCode::ShuttingDown)?;
    let (labels, site) = (state.labels(), state.administration.site());
    let listener = |listener: ListenerReport| {
        let label = labels.listeners.iter().find(|label| label.name == listener.name);
        let names_it = |group: &&GroupLabel| !group.removed && group.listener.as_ref() == Some(&listener.name);
        let user = |group: &GroupLabel| SipUser {
            id: site.named::<LineGroup>(&group.name).map(|stored| stored.id),
            name: group.name.clone(),
        };
        let certificate = label.and_then(|label| label.certificate.as_ref());
        SipInterface {
            setting: label.map(|label| label.setting.to_owned()).unwrap_or_default(),
            transports: listener.transport.split(", ").map(str::to_owned).collect(),
            address: listener.address.to_string(),
            public_address: label.and_then(|label| label.public_address).map(|address| address.to_string()),
            certificate: certificate.map(|file| file.display().to_string()),
            mutual: label.is_some_and(|label| label.is_mutual),
            state: if listener.problem.is_none() { Listening::Listening } else { Listening::Failed },
            english: listener.problem,
            german: listener.german,
            line_groups: labels.groups.iter().filter(names_it).map(user).collect(),
            name: listener.name,
        }
    };
    let AudioLabel { pbx, ports: (first_port, last_port), browsers } = &labels.audio;
    let audio = AudioPlaces {
        pbx: pbx.iter().map(ToString::to_string).collect(),
        first_port: *first_port,
        last_port: *last_port,
        browsers: browsers.iter().map(ToString::to_string).collect(),
    };
    Ok(Json(SipInterfaces { listeners: report.listeners.into_iter().map(listener).collect(), audio }))
}

async fn confirm_trial(
    State(state): State<WebState>,
    through: Option<Extension<Through>>,
) -> Result<StatusCode, Failure> {
    if !state.interfaces.confirm(through.map(|Extension(through)| through)) {
        return Err(Failure::of(ProblemCode::NothingToConfirm));
    }
    interfaces::keep_trial(&state.administration, &state.interfaces).await;
    Ok(StatusCode::NO_CONTENT)
}
