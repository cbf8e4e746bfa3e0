//! The requirement table and the numbers of the gates, as one versioned piece of data.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use thiserror::Error;

use super::{Condition, Need};
use crate::{
    json::{self, JsonError, MAX_INTEGER},
    level::Level,
};

/// A requirement table with the numbers that the gates use.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Preset {
    name: String,
    version: u64,
    gates: Gates,
    // INVARIANT: holds every condition, so `need` always finds one.
    levels: BTreeMap<Condition, Need>,
}

/// The numbers that the gates use.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Gates {
    /// How many engine families must have scanned for L2; at least 1.
    pub engine_families: u32,
    /// How long a release must have stood in the log for L2, in seconds.
    pub cool_down_seconds: u64,
    /// How old a scan may be and still count, in seconds.
    pub scan_max_age_seconds: u64,
}

impl Preset {
    /// Reads a preset in canonical JSON.
    ///
    /// # Errors
    ///
    /// [`PresetError`]: another spelling, a row that is missing or unknown, a word that is no
    /// level, a gate out of its bounds.
    pub fn parse(bytes: &[u8]) -> Result<Self, PresetError> {
        Self::try_from(json::from_canonical::<PresetWire>(bytes)?)
    }

    /// The preset's name, a label.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }

    /// The preset's version.
    #[must_use]
    pub fn version(&self) -> u64 {
        self.version
    }

    /// The numbers of the gates.
    #[must_use]
    pub fn gates(&self) -> Gates {
        self.gates
    }

    /// What a condition needs.
    #[must_use]
    pub fn need(&self, condition: Condition) -> Need {
        self.levels.get(&condition).copied().unwrap_or(Need::Never)
    }

    /// The preset as it is written.
    #[must_use]
    pub fn to_wire(&self) -> PresetWire {
        PresetWire {
            name: self.name.clone(),
            version: self.version,
            gates: GatesWire {
                engine_families: self.gates.engine_families,
                cool_down_seconds: self.gates.cool_down_seconds,
                scan_max_age_seconds: self.gates.scan_max_age_seconds,
            },
            levels: self
                .levels
                .iter()
                .map(|(condition, need)| (condition.as_str().to_owned(), need.to_string()))
                .collect(),
        }
    }
}

/// The presets that come with this version. They are where a host starts from: its roots file
/// holds a whole table, and that is what decides.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Shipped {
    /// One person and their agents.
    Personal,
    /// A team: unconfined text takes a reviewer.
    Team,
    /// Regulated work: two engine families, two weeks, reviewers for all that starts.
    Regulated,
    /// As [`Shipped::Personal`], without a cool-down. For demonstrations and tests.
    Demo,
}

impl Shipped {
    /// All of them.
    pub const ALL: [Self; 4] = [Self::Personal, Self::Team, Self::Regulated, Self::Demo];

    /// The preset's name.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Personal => "personal",
            Self::Team => "team",
            Self::Regulated => "regulated",
            Self::Demo => "demo",
        }
    }

    /// Reads the preset's name.
    #[must_use]
    pub fn from_word(word: &str) -> Option<Self> {
        Self::ALL
            .into_iter()
            .find(|shipped| shipped.as_str() == word)
    }

    /// The preset's text, as it stands in the source.
    #[must_use]
    pub fn text(self) -> &'static str {
        match self {
            Self::Personal => include_str!("presets/personal.json"),
            Self::Team => include_str!("presets/team.json"),
            Self::Regulated => include_str!("presets/regulated.json"),
            Self::Demo => include_str!("presets/demo.json"),
        }
    }

    /// The preset.
    ///
    /// # Errors
    ///
    /// None in a build that passed its tests: they parse every shipped text.
    pub fn preset(self) -> Result<Preset, PresetError> {
        Preset::parse(self.text().trim_end().as_bytes())
    }
}

/// A preset as JSON.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct PresetWire {
    name: String,
    version: u64,
    gates: GatesWire,
    levels: BTreeMap<String, String>,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct GatesWire {
    engine_families: u32,
    cool_down_seconds: u64,
    scan_max_age_seconds: u64,
}

impl TryFrom<PresetWire> for Preset {
    type Error = PresetError;

    fn try_from(wire: PresetWire) -> Result<Self, PresetError> {
        let mut levels = BTreeMap::new();
        for (row, word) in &wire.levels {
            let condition =
                Condition::from_word(row).ok_or_else(|| PresetError::Row(row.clone()))?;
            let need = Need::from_word(word).ok_or_else(|| PresetError::Level(word.clone()))?;
            if need == Need::Level(Level::L0) {
                return Err(PresetError::Level(word.clone()));
            }
            levels.insert(condition, need);
        }
        if let Some(missing) = Condition::ALL.into_iter().find(|c| !levels.contains_key(c)) {
            return Err(PresetError::Missing(missing.as_str()));
        }
        let gates = Gates {
            engine_families: wire.gates.engine_families,
            cool_down_seconds: wire.gates.cool_down_seconds,
            scan_max_age_seconds: wire.gates.scan_max_age_seconds,
        };
        let seconds = gates.cool_down_seconds.max(gates.scan_max_age_seconds);
        if gates.engine_families == 0 || seconds.max(wire.version) > MAX_INTEGER {
            return Err(PresetError::Gate);
        }
        if wire.name.is_empty() || wire.name.len() > 64 {
            return Err(PresetError::Name);
        }
        Ok(Self {
            name: wire.name,
            version: wire.version,
            gates,
            levels,
        })
    }
}

/// Why data is no preset.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum PresetError {
    /// Not the expected JSON.
    #[error(transparent)]
    Json(#[from] JsonError),
    /// A row that this version does not know.
    #[error("`{0}` is no row of the requirement table")]
    Row(String),
    /// A row that is not there.
    #[error("the requirement table lacks the row `{0}`")]
    Missing(&'static str),
    /// A word that is no requirement.
    #[error("`{0}` is not one of `L1` to `L5` and `never`")]
    Level(String),
    /// A gate's number out of its bounds.
    #[error("a gate's number is out of its bounds")]
    Gate,
    /// A name that is empty or too long.
    #[error("a preset's name has 1 to 64 bytes")]
    Name,
}
