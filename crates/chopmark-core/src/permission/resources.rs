//! How much of the machine a skill may use.

use super::error::PermissionError;

/// One kind of resource.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Resource {
    /// Memory of all processes together, in bytes.
    Memory,
    /// Processor time of all processes together, in seconds.
    Cpu,
    /// Processes and threads at one time.
    Processes,
    /// Time from start to end, in seconds.
    Wall,
    /// Bytes written to standard output and standard error together.
    Output,
}

impl Resource {
    /// Every resource, in the order in which they are shown.
    pub const ALL: [Self; 5] = [
        Self::Memory,
        Self::Cpu,
        Self::Processes,
        Self::Wall,
        Self::Output,
    ];

    /// The field of the manifest.
    #[must_use]
    pub fn field(self) -> &'static str {
        match self {
            Self::Memory => "memoryMiB",
            Self::Cpu => "cpuSeconds",
            Self::Processes => "processes",
            Self::Wall => "wallSeconds",
            Self::Output => "outputMiB",
        }
    }

    /// How many base units one unit of the field has.
    #[must_use]
    pub fn field_unit(self) -> u64 {
        match self {
            Self::Memory | Self::Output => MIB,
            Self::Cpu | Self::Processes | Self::Wall => 1,
        }
    }

    /// What a run gets that asks for nothing; in bytes, seconds or processes.
    #[must_use]
    pub fn default_amount(self) -> u64 {
        match self {
            Self::Memory => 512 * MIB,
            Self::Cpu => 60,
            Self::Processes => 64,
            Self::Wall => 300,
            Self::Output => 64 * MIB,
        }
    }

    /// The most that may be asked; in bytes, seconds or processes.
    #[must_use]
    pub fn cap(self) -> u64 {
        match self {
            Self::Memory => 65_536 * MIB,
            Self::Cpu | Self::Wall => 86_400,
            Self::Processes => 4096,
            Self::Output => 16_384 * MIB,
        }
    }

    fn index(self) -> usize {
        match self {
            Self::Memory => 0,
            Self::Cpu => 1,
            Self::Processes => 2,
            Self::Wall => 3,
            Self::Output => 4,
        }
    }
}

/// What a manifest asks; what it does not name has its default.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Resources {
    amounts: [Option<u64>; 5],
}

impl Resources {
    /// The same with `amount` of `resource` asked; in bytes, seconds or processes.
    ///
    /// # Errors
    ///
    /// [`PermissionError::Resource`] for nothing, or for more than the cap.
    pub fn with(mut self, resource: Resource, amount: u64) -> Result<Self, PermissionError> {
        if amount == 0 || amount > resource.cap() {
            let cap = resource
                .cap()
                .checked_div(resource.field_unit())
                .unwrap_or(0);
            return Err(PermissionError::Resource { resource, cap });
        }
        if let Some(slot) = self.amounts.get_mut(resource.index()) {
            *slot = Some(amount);
        }
        Ok(self)
    }

    /// What is asked of `resource`; in bytes, seconds or processes.
    #[must_use]
    pub fn asked(&self, resource: Resource) -> Option<u64> {
        self.amounts.get(resource.index()).copied().flatten()
    }

    /// What is asked of `resource`, or its default.
    #[must_use]
    pub fn effective(&self, resource: Resource) -> u64 {
        self.asked(resource)
            .unwrap_or_else(|| resource.default_amount())
    }

    /// Bytes of memory asked.
    #[must_use]
    pub fn memory_bytes(&self) -> Option<u64> {
        self.asked(Resource::Memory)
    }

    /// Seconds of processor time asked.
    #[must_use]
    pub fn cpu_seconds(&self) -> Option<u64> {
        self.asked(Resource::Cpu)
    }

    /// Processes and threads asked.
    #[must_use]
    pub fn processes(&self) -> Option<u64> {
        self.asked(Resource::Processes)
    }

    /// Seconds from start to end asked.
    #[must_use]
    pub fn wall_seconds(&self) -> Option<u64> {
        self.asked(Resource::Wall)
    }

    /// Bytes of output asked.
    #[must_use]
    pub fn output_bytes(&self) -> Option<u64> {
        self.asked(Resource::Output)
    }
}

/// What a grant gives: an amount of every resource.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limits {
    amounts: [u64; 5],
}

impl Limits {
    /// `amount` says how much of each resource; never more than the cap.
    #[must_use]
    pub fn new(amount: impl Fn(Resource) -> u64) -> Self {
        Self {
            amounts: Resource::ALL.map(|resource| amount(resource).min(resource.cap())),
        }
    }

    /// What a run gets that asks for nothing.
    #[must_use]
    pub fn defaults() -> Self {
        Self::new(Resource::default_amount)
    }

    /// How much of `resource`; in bytes, seconds or processes.
    #[must_use]
    pub fn amount(&self, resource: Resource) -> u64 {
        self.amounts.get(resource.index()).copied().unwrap_or(0)
    }

    /// Bytes of memory.
    #[must_use]
    pub fn memory_bytes(&self) -> u64 {
        self.amount(Resource::Memory)
    }

    /// Seconds of processor time.
    #[must_use]
    pub fn cpu_seconds(&self) -> u64 {
        self.amount(Resource::Cpu)
    }

    /// Processes and threads at one time.
    #[must_use]
    pub fn processes(&self) -> u64 {
        self.amount(Resource::Processes)
    }

    /// Seconds from start to end.
    #[must_use]
    pub fn wall_seconds(&self) -> u64 {
        self.amount(Resource::Wall)
    }

    /// Bytes of output.
    #[must_use]
    pub fn output_bytes(&self) -> u64 {
        self.amount(Resource::Output)
    }
}

const MIB: u64 = 1024 * 1024;
