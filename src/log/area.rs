//! The areas that log lines belong to, and how much of each is logged.

use std::collections::BTreeMap;
use std::fmt;
use std::str::FromStr;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use tracing::Level;
use tracing::level_filters::LevelFilter;
use tracing_subscriber::filter::{ParseError, Targets};
use ts_rs::TS;

/// A part of the server that writes log lines.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize, JsonSchema, TS)]
#[serde(rename_all = "lowercase")]
pub enum Area {
    /// What happens to calls.
    Calls,
    /// SIP messages, transactions, sessions and connections.
    Sip,
    /// PBX connections and their lines: registrations, and where PBXs are.
    Registration,
    /// Audio.
    Media,
    /// Browsers and programs of users.
    Clients,
    /// HTTP, signing in, and what administrators do.
    Web,
    /// The database.
    Store,
    /// Captures and what is noted of calls.
    Capture,
    /// Starting, stopping, and the rest of the server.
    Server,
    /// The libraries that the server is made with.
    Libraries,
}

impl Area {
    /// All, in the order in which they are shown.
    pub const ALL: [Area; 10] = [
        Area::Calls,
        Area::Sip,
        Area::Registration,
        Area::Media,
        Area::Clients,
        Area::Web,
        Area::Store,
        Area::Capture,
        Area::Server,
        Area::Libraries,
    ];

    /// Its name, as in the configuration.
    pub fn name(self) -> &'static str {
        match self {
            Area::Calls => "calls",
            Area::Sip => "sip",
            Area::Registration => "registration",
            Area::Media => "media",
            Area::Clients => "clients",
            Area::Web => "web",
            Area::Store => "store",
            Area::Capture => "capture",
            Area::Server => "server",
            Area::Libraries => "libraries",
        }
    }

    /// The area of what is logged with a target.
    pub fn of(target: &str) -> Area {
        let matching = TARGETS.iter().filter(|(begin, _)| target.starts_with(begin));
        matching.max_by_key(|(begin, _)| begin.len()).map_or(Area::Libraries, |(_, area)| *area)
    }
}

/// What the targets of an area begin with; of several the longest counts.
const TARGETS: &[(&str, Area)] = &[
    ("offhook::call", Area::Calls),
    ("offhook::quality", Area::Calls),
    ("offhook::net::core", Area::Sip),
    ("offhook::net::effects", Area::Calls),
    ("offhook::net::transport", Area::Sip),
    ("offhook::net::strangers", Area::Sip),
    ("offhook_sip", Area::Sip),
    ("offhook_sip::registration", Area::Registration),
    ("offhook_sip::registrar", Area::Registration),
    ("offhook::line", Area::Registration),
    ("offhook::net::groups", Area::Registration),
    ("offhook::net::gateway", Area::Registration),
    ("offhook::net::dns", Area::Registration),
    ("offhook::net::media", Area::Media),
    ("offhook::net::figures", Area::Media),
    ("offhook_media", Area::Media),
    ("offhook::net::clients", Area::Clients),
    ("offhook::web::socket", Area::Clients),
    ("offhook::user", Area::Clients),
    ("offhook::web", Area::Web),
    ("offhook::store", Area::Store),
    ("offhook::app::line_settings", Area::Store),
    ("offhook::web::keeper", Area::Store),
    ("sqlx", Area::Store),
    ("offhook::capture", Area::Capture),
    ("offhook::net::capture", Area::Capture),
    ("offhook::net::trace", Area::Capture),
    ("offhook", Area::Server),
    ("offhook::lint", Area::Server),
];

impl fmt::Display for Area {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

impl FromStr for Area {
    type Err = UnknownArea;

    fn from_str(name: &str) -> Result<Area, UnknownArea> {
        Area::ALL.into_iter().find(|area| area.name() == name).ok_or_else(|| UnknownArea(name.to_owned()))
    }
}

/// No area has this name.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error(
    "there is no area {0:?}; choose of calls, sip, registration, media, clients, web, store, capture, server, libraries."
)]
pub struct UnknownArea(String);

/// How important a line must be to be logged.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema, TS)]
#[serde(rename_all = "lowercase")]
pub enum LogLevel {
    /// None is.
    Off,
    /// What does not work and somebody must see to.
    Error,
    /// What may go wrong, or did once.
    Warn,
    /// What an administrator wants to know of usual operation.
    Info,
    /// Every transition of calls, sessions and registrations with its reason.
    Debug,
    /// Each step.
    Trace,
}

impl LogLevel {
    /// All, the quietest first.
    pub const ALL: [LogLevel; 6] =
        [LogLevel::Off, LogLevel::Error, LogLevel::Warn, LogLevel::Info, LogLevel::Debug, LogLevel::Trace];

    /// Its name, as in the configuration.
    pub fn name(self) -> &'static str {
        match self {
            LogLevel::Off => "off",
            LogLevel::Error => "error",
            LogLevel::Warn => "warn",
            LogLevel::Info => "info",
            LogLevel::Debug => "debug",
            LogLevel::Trace => "trace",
        }
    }
}

impl FromStr for LogLevel {
    type Err = UnknownLevel;

    fn from_str(name: &str) -> Result<LogLevel, UnknownLevel> {
        LogLevel::ALL.into_iter().find(|level| level.name() == name).ok_or_else(|| UnknownLevel(name.to_owned()))
    }
}

/// No level has this name.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("there is no level {0:?}; choose of off, error, warn, info, debug, trace.")]
pub struct UnknownLevel(String);

impl From<LogLevel> for LevelFilter {
    fn from(level: LogLevel) -> LevelFilter {
        match level {
            LogLevel::Off => LevelFilter::OFF,
            LogLevel::Error => LevelFilter::ERROR,
            LogLevel::Warn => LevelFilter::WARN,
            LogLevel::Info => LevelFilter::INFO,
            LogLevel::Debug => LevelFilter::DEBUG,
            LogLevel::Trace => LevelFilter::TRACE,
        }
    }
}

impl From<LevelFilter> for LogLevel {
    fn from(level: LevelFilter) -> LogLevel {
        level.into_level().map_or(LogLevel::Off, LogLevel::from)
    }
}

impl From<Level> for LogLevel {
    fn from(level: Level) -> LogLevel {
        match level {
            Level::ERROR => LogLevel::Error,
            Level::WARN => LogLevel::Warn,
            Level::INFO => LogLevel::Info,
            Level::DEBUG => LogLevel::Debug,
            Level::TRACE => LogLevel::Trace,
        }
    }
}

/// How much of each area is logged.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Levels {
    /// Of what is nobody's target.
    libraries: LogLevel,
    /// By what targets begin with: those of [`TARGETS`], and narrower ones.
    targets: BTreeMap<String, LogLevel>,
}

impl Levels {
    /// The same for all areas.
    pub fn all(level: LogLevel) -> Levels {
        Levels { libraries: level, targets: TARGETS.iter().map(|(begin, _)| ((*begin).to_owned(), level)).collect() }
    }

    /// As in `info,offhook=debug,offhook_sip=trace`: levels, and targets with their levels.
    ///
    /// # Errors
    /// Where the text is none of that.
    pub fn parse(text: &str) -> Result<Levels, ParseError> {
        let directives: Targets = text.parse()?;
        let level = |target: &str| {
            let matching = directives.iter().filter(|(begin, _)| target.starts_with(begin));
            let level = matching.max_by_key(|(begin, _)| begin.len()).map(|(_, level)| level);
            LogLevel::from(level.or(directives.default_level()).unwrap_or(LevelFilter::OFF))
        };
        let known = TARGETS.iter().map(|(begin, _)| ((*begin).to_owned(), level(begin)));
        let narrower = directives.iter().map(|(begin, level)| (begin.to_owned(), LogLevel::from(level)));
        let libraries = LogLevel::from(directives.default_level().unwrap_or(LevelFilter::OFF));
        Ok(Levels { libraries, targets: known.chain(narrower).collect() })
    }

    /// How much of an area is logged; of its part with most, where they differ.
    pub fn get(&self, area: Area) -> LogLevel {
        let of_it = self.targets.iter().filter(|(begin, _)| Area::of(begin) == area).map(|(_, level)| *level);
        match area {
            Area::Libraries => of_it.max().map_or(self.libraries, |level| level.max(self.libraries)),
            _ => of_it.max().unwrap_or(LogLevel::Off),
        }
    }

    /// Sets how much of an area is logged. The others stay as they are.
    pub fn set(&mut self, area: Area, level: LogLevel) {
        let known = |begin: &str| TARGETS.iter().any(|(known, _)| *known == begin);
        self.targets.retain(|begin, _| known(begin) || Area::of(begin) != area);
        for (begin, known) in &mut self.targets {
            if Area::of(begin) == area {
                *known = level;
            }
        }
        if area == Area::Libraries {
            self.libraries = level;
        }
    }

    /// Each area with its level.
    pub fn areas(&self) -> impl Iterator<Item = (Area, LogLevel)> + '_ {
        Area::ALL.into_iter().map(|area| (area, self.get(area)))
    }

    /// What decides about each place that logs.
    pub(super) fn filter(&self) -> Targets {
        let targets = self.targets.iter().map(|(begin, level)| (begin.clone(), LevelFilter::from(*level)));
        Targets::new().with_default(LevelFilter::from(self.libraries)).with_targets(targets)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn logs(levels: &Levels, target: &str, level: Level) -> bool {
        levels.filter().would_enable(target, &level)
    }

    #[test]
    fn names_lead_back_to_areas_and_levels() {
        for area in Area::ALL {
            assert_eq!(area.name().parse(), Ok(area));
            assert_eq!(serde_json::to_value(area).unwrap(), area.name());
            assert!("x".parse::<Area>().unwrap_err().to_string().contains(area.name()));
        }
        for level in LogLevel::ALL {
            assert_eq!(level.name().parse(), Ok(level));
            assert_eq!(serde_json::to_value(level).unwrap(), level.name());
        }
    }

    #[test]
    fn the_longest_begin_of_a_target_says_its_area() {
        for (target, area) in [
            ("offhook::call::flow::end", Area::Calls),
            ("offhook_sip::session", Area::Sip),
            ("offhook_sip::registration", Area::Registration),
            ("offhook::web::socket", Area::Clients),
            ("offhook::web::routes::admin", Area::Web),
            ("offhook::app", Area::Server),
            ("hickory_resolver", Area::Libraries),
        ] {
            assert_eq!(Area::of(target), area, "{target}");
        }
    }

    #[test]
    fn one_area_changes_and_the_others_stay() {
        let mut levels = Levels::all(LogLevel::Info);
        levels.set(Area::Media, LogLevel::Off);
        levels.set(Area::Sip, LogLevel::Trace);
        assert!(logs(&levels, "offhook_sip::session", Level::TRACE));
        assert!(!logs(&levels, "offhook_sip::registration", Level::DEBUG), "an area of its own");
        assert!(!logs(&levels, "offhook_media::session", Level::ERROR));
        assert!(logs(&levels, "offhook::call::flow", Level::INFO) && !logs(&levels, "offhook::call", Level::DEBUG));
        levels.set(Area::Libraries, LogLevel::Error);
        assert!(logs(&levels, "hyper", Level::ERROR) && !logs(&levels, "hyper", Level::WARN));
        let shown: Vec<_> = levels.areas().filter(|(_, level)| *level != LogLevel::Info).collect();
        assert_eq!(
            shown,
            [(Area::Sip, LogLevel::Trace), (Area::Media, LogLevel::Off), (Area::Libraries, LogLevel::Error)]
        );
    }

    #[test]
    fn directives_of_the_environment_become_levels() {
        let mut levels =
            Levels::parse("warn,offhook=debug,offhook_sip=trace,offhook_sip::session=info,hyper=error").unwrap();
        assert_eq!(levels.get(Area::Calls), LogLevel::Debug);
        assert_eq!(levels.get(Area::Sip), LogLevel::Trace);
        assert!(logs(&levels, "offhook_sip::transaction", Level::TRACE));
        assert!(!logs(&levels, "offhook_sip::session", Level::DEBUG));
        assert!(!logs(&levels, "hyper", Level::WARN) && logs(&levels, "sqlx", Level::WARN));
        levels.set(Area::Sip, LogLevel::Debug);
        assert!(logs(&levels, "offhook_sip::session", Level::DEBUG), "what was narrower has gone");
        levels.set(Area::Libraries, LogLevel::Info);
        assert!(logs(&levels, "hyper", Level::INFO));
        assert!(Levels::parse("offhook=loud").is_err());
    }
}
