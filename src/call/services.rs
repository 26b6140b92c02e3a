//! What can be asked for in a call as it stands, and why not: for what clients are shown, and to refuse.

use super::cause::CauseCode;
use super::directory::Directory;
use super::service::{Service, Services};
use super::state::{Awaiting, Call, Far, Stage, Transfer, TransferStep, Vacancy};
use crate::ids::ClientId;
use crate::rights::{ServiceRight, ServiceSet};

/// What no function switch takes away: a call that somebody has can always be left, and one on hold be got back.
const ALWAYS: [Service; 5] =
    [Service::AnswerCall, Service::ClearConnection, Service::ClearCall, Service::RetrieveCall, Service::ReconnectCall];

/// Services for one call.
const SINGLE: [Service; 11] = [
    Service::AnswerCall,
    Service::DeclineCall,
    Service::DeflectCall,
    Service::ClearConnection,
    Service::ClearCall,
    Service::HoldCall,
    Service::RetrieveCall,
    Service::ConsultationCall,
    Service::SingleStepTransferCall,
    Service::ParkCall,
    Service::GenerateDigits,
];

/// Services for two calls.
const PAIR: [Service; 4] =
    [Service::AlternateCall, Service::ReconnectCall, Service::TransferCall, Service::ConferenceCall];

/// What a user must have been given to ask for a service; emergency calls need nothing.
pub(super) fn needed(service: Service) -> &'static [ServiceRight] {
    match service {
        Service::MakeCall | Service::AnswerCall | Service::ConsultationCall => &[ServiceRight::Audio],
        Service::DirectedPickupCall => &[ServiceRight::ControlLines, ServiceRight::Audio],
        Service::SetForwarding | Service::SetDoNotDisturb | Service::SetRemoteOffice => &[ServiceRight::ControlLines],
        _ => &[],
    }
}

/// Of these services those that a user with these may ask for.
pub fn given(services: Services, has: ServiceSet) -> Services {
    services.iter().filter(|&service| needed(service).iter().all(|&needed| has.contains(needed))).collect()
}

/// What a client may ask for in a call; `siblings` are the other calls whose audio it has.
pub(super) fn of(call: &Call, siblings: &[&Call], client: ClientId, directory: &Directory) -> Services {
    let single = SINGLE.into_iter().filter(|&service| check(service, call, client, directory).is_ok());
    let mut services: Services = single.collect();
    for service in PAIR {
        let fits = |active, held| check_pair(service, active, held, client, directory).is_ok();
        if siblings.iter().any(|&other| fits(call, other) || fits(other, call)) {
            services.insert(service);
        }
    }
    services
}

/// Whether a client may ask this of a call.
pub(super) fn check(service: Service, call: &Call, client: ClientId, directory: &Directory) -> Result<(), CauseCode> {
    switched_on(service, call, directory)?;
    match service {
        Service::AnswerCall => match (&call.vacancy, &call.far) {
            _ if call.rings_at_clients() => Ok(()),
            (Some(Vacancy::Parked { taker: None, .. }), _) => Ok(()),
            (None, Far::Clients { .. }) | (Some(Vacancy::Parked { .. } | Vacancy::Recalling { .. }), _) => {
                Err(CauseCode::AnsweredElsewhere)
            }
            _ => Err(CauseCode::NotPossibleNow),
        },
        Service::DeclineCall => declinable(call, directory),
        Service::DeflectCall => {
            let alerting = call.rings_at_clients() && call.vacancy.is_none();
            alerting.then_some(()).ok_or(CauseCode::NotPossibleNow)
        }
        // From every device of its user, so that a call can be ended whose audio is elsewhere.
        Service::ClearConnection | Service::ClearCall => {
            if call.active_client().is_some() {
                Ok(())
            } else {
                declinable(call, directory)
            }
        }
        Service::GenerateDigits => {
            let heard = call.active_client().is_some() && (call.stage == Stage::Connected || call.has_early_media());
            heard.then_some(()).ok_or(CauseCode::NotPossibleNow)
        }
        Service::HoldCall => {
            standing(call, client)?;
            if call.on_hold { Err(CauseCode::OnHold) } else { Ok(()) }
        }
        Service::RetrieveCall => {
            theirs(call, client)?;
            match &call.transfer {
                Some(Transfer { way: TransferStep::Bridge { .. }, .. }) => Ok(()),
                Some(_) => Err(CauseCode::TransferUnderWay),
                None if call.on_hold => Ok(()),
                None => Err(CauseCode::NotHeld),
            }
        }
        Service::ConsultationCall => standing(call, client),
        Service::SingleStepTransferCall => {
            standing(call, client)?;
            dialled(call)?;
            movable(call)
        }
        Service::ParkCall => {
            standing(call, client)?;
            movable(call)
        }
        _ => Err(CauseCode::NotPossibleNow),
    }
}

/// Whether a client may ask this of two calls.
pub(super) fn check_pair(
    service: Service,
    active: &Call,
    held: &Call,
    client: ClientId,
    directory: &Directory,
) -> Result<(), CauseCode> {
    switched_on(service, active, directory)?;
    switched_on(service, held, directory)?;
    if active.id == held.id {
        return Err(CauseCode::NoOtherCall);
    }
    let together = active.conference.is_some() && active.conference == held.conference;
    match service {
        Service::AlternateCall => {
            standing(active, client)?;
            standing(held, client)?;
            match (active.on_hold, held.on_hold) {
                (true, _) => Err(CauseCode::OnHold),
                (false, false) => Err(CauseCode::NotHeld),
                (false, true) => Ok(()),
            }
        }
        Service::ReconnectCall => {
            check(Service::RetrieveCall, held, client, directory)?;
            if is_target(active, held) {
                return Ok(());
            }
            theirs(active, client)?;
            match active.transfer {
                Some(_) => Err(CauseCode::TransferUnderWay),
                None if together => Err(CauseCode::InConference),
                None => Ok(()),
            }
        }
        Service::TransferCall => {
            standing(held, client)?;
            dialled(held)?;
            movable(held)?;
            // Also while it rings: whoever answers is put through then.
            if active.is_dialled() {
                theirs(active, client)?;
            } else {
                standing(active, client)?;
            }
            dialled(active)?;
            movable(active)
        }
        Service::ConferenceCall => {
            standing(active, client)?;
            standing(held, client)?;
            if together { Err(CauseCode::InConference) } else { Ok(()) }
        }
        _ => Err(CauseCode::NotPossibleNow),
    }
}

/// Whether a call was made for the transfer of another, and rings.
fn is_target(call: &Call, of: &Call) -> bool {
    of.transfer.as_ref().is_some_and(|transfer| transfer.way == TransferStep::Bridge { other: call.id })
}

/// Whether the client has the call's audio.
fn theirs(call: &Call, client: ClientId) -> Result<(), CauseCode> {
    match call.active_client() {
        // A call that its client has not heard of is none yet.
        Some(_) if call.awaiting[0].contains(&Awaiting::BrowserAnswer) => Err(CauseCode::NotPossibleNow),
        Some(active) if active == client => Ok(()),
        Some(_) => Err(CauseCode::AudioElsewhere),
        None if call.rings_at_clients() => Err(CauseCode::NotAnswered),
        None => Err(CauseCode::NotPossibleNow),
    }
}

/// Whether the client talks in the call, or holds it.
fn standing(call: &Call, client: ClientId) -> Result<(), CauseCode> {
    theirs(call, client)?;
    match call.transfer {
        _ if call.stage != Stage::Connected => Err(CauseCode::NotAnswered),
        Some(_) => Err(CauseCode::TransferUnderWay),
        None => Ok(()),
    }
}

/// Whether nothing is to be sent any more that belongs to the number: it would not go with the other side.
fn dialled(call: &Call) -> Result<(), CauseCode> {
    if call.still_dials() { Err(CauseCode::StillDialling) } else { Ok(()) }
}

/// Whether its other side can be given to somebody else.
fn movable(call: &Call) -> Result<(), CauseCode> {
    match (&call.conference, &call.takeover) {
        (Some(_), _) => Err(CauseCode::InConference),
        (None, Some(_)) => Err(CauseCode::TransferUnderWay),
        (None, None) => Ok(()),
    }
}

/// Whether the call rings, and may be let go before somebody has answered it.
fn declinable(call: &Call, directory: &Directory) -> Result<(), CauseCode> {
    let group = call.line().and_then(|line| directory.group(directory.group_of(line)?));
    match call.rings_at_clients() {
        true if group.is_some_and(|group| group.hide_decline) => Err(CauseCode::FunctionOff),
        true => Ok(()),
        false => Err(CauseCode::NotPossibleNow),
    }
}

fn switched_on(service: Service, call: &Call, directory: &Directory) -> Result<(), CauseCode> {
    let group = call.line().and_then(|line| directory.group_of(line));
    let offered = ALWAYS.contains(&service) || group.is_some_and(|group| directory.offers(group, service));
    offered.then_some(()).ok_or(CauseCode::FunctionOff)
}
