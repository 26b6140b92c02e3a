//! The services that clients may ask for, and sets of them.

use serde::de::IntoDeserializer;
use serde::{Deserialize, Serialize};
use ts_rs::TS;

/// A service, by its name in ECMA-269 where that has one. Also the function switches of a line group.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, TS)]
#[serde(rename_all = "snake_case")]
pub enum Service {
    /// Make Call.
    MakeCall,
    /// Answer Call.
    AnswerCall,
    /// Refuse an alerting call.
    DeclineCall,
    /// Clear Connection.
    ClearConnection,
    /// Clear Call: a conference, for everybody.
    ClearCall,
    /// Hold Call.
    HoldCall,
    /// Retrieve Call.
    RetrieveCall,
    /// Alternate Call.
    AlternateCall,
    /// Consultation Call.
    ConsultationCall,
    /// Reconnect Call.
    ReconnectCall,
    /// Transfer Call.
    TransferCall,
    /// Single Step Transfer Call.
    SingleStepTransferCall,
    /// Conference Call.
    ConferenceCall,
    /// Deflect Call.
    DeflectCall,
    /// Directed Pickup Call.
    DirectedPickupCall,
    /// Park Call.
    ParkCall,
    /// Generate Digits.
    GenerateDigits,
    /// Set Forwarding.
    SetForwarding,
    /// Set Do Not Disturb.
    SetDoNotDisturb,
    /// Calls by way of another telephone.
    SetRemoteOffice,
}

impl Service {
    /// All of them.
    pub const ALL: [Service; 20] = [
        Service::MakeCall,
        Service::AnswerCall,
        Service::DeclineCall,
        Service::ClearConnection,
        Service::ClearCall,
        Service::HoldCall,
        Service::RetrieveCall,
        Service::AlternateCall,
        Service::ConsultationCall,
        Service::ReconnectCall,
        Service::TransferCall,
        Service::SingleStepTransferCall,
        Service::ConferenceCall,
        Service::DeflectCall,
        Service::DirectedPickupCall,
        Service::ParkCall,
        Service::GenerateDigits,
        Service::SetForwarding,
        Service::SetDoNotDisturb,
        Service::SetRemoteOffice,
    ];

    /// The service with a name, as it stands in JSON.
    pub fn named(name: &str) -> Option<Service> {
        Service::deserialize(name.into_deserializer()).map_err(|_: serde::de::value::Error| ()).ok()
    }
}

/// A set of services; in JSON a list of their names.
#[derive(Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(into = "Vec<Service>", from = "Vec<Service>")]
pub struct Services(u32);

impl Services {
    /// Every service.
    pub fn all() -> Services {
        Service::ALL.into_iter().collect()
    }

    /// Whether it is in the set.
    pub fn contains(self, service: Service) -> bool {
        self.0 & (1 << service as u32) != 0
    }

    /// Puts it into the set.
    pub fn insert(&mut self, service: Service) {
        self.0 |= 1 << service as u32;
    }

    /// Takes it out of the set.
    pub fn remove(&mut self, service: Service) {
        self.0 &= !(1 << service as u32);
    }

    /// Those that are in one of both sets.
    pub fn union(self, other: Services) -> Services {
        Services(self.0 | other.0)
    }

    /// Those that are in both sets.
    pub fn both(self, other: Services) -> Services {
        Services(self.0 & other.0)
    }

    /// Those in the set, in their order.
    pub fn iter(self) -> impl Iterator<Item = Service> {
        Service::ALL.into_iter().filter(move |&service| self.contains(service))
    }
}

impl FromIterator<Service> for Services {
    fn from_iter<I: IntoIterator<Item = Service>>(services: I) -> Services {
        let mut set = Services::default();
        services.into_iter().for_each(|service| set.insert(service));
        set
    }
}

impl From<Services> for Vec<Service> {
    fn from(services: Services) -> Vec<Service> {
        services.iter().collect()
    }
}

impl From<Vec<Service>> for Services {
    fn from(services: Vec<Service>) -> Services {
        services.into_iter().collect()
    }
}

impl std::fmt::Debug for Services {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_set().entries(self.iter()).finish()
    }
}
