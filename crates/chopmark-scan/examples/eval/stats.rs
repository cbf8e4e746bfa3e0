//! Counts and how sure they are.

#![expect(
    clippy::as_conversions,
    clippy::cast_precision_loss,
    reason = "counts of samples become fractions"
)]

/// `hits` of `all`.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Rate {
    pub(crate) hits: f64,
    pub(crate) all: usize,
}

impl Rate {
    /// Adds one sample, or one campaign of which a fraction was found.
    pub(crate) fn add(&mut self, hit: f64) {
        self.hits += hit;
        self.all = self.all.saturating_add(1);
    }

    pub(crate) fn percent(self) -> f64 {
        if self.all == 0 {
            return 0.0;
        }
        100.0 * self.hits / self.all as f64
    }

    /// Wilson's interval at 95 %, in percent.
    pub(crate) fn interval(self) -> (f64, f64) {
        if self.all == 0 {
            return (0.0, 100.0);
        }
        let (n, z) = (self.all as f64, 1.959_964);
        let p = self.hits / n;
        let centre = p + z * z / (2.0 * n);
        let spread = z * (p * (1.0 - p) / n + z * z / (4.0 * n * n)).sqrt();
        let scale = 1.0 + z * z / n;
        (
            100.0 * ((centre - spread) / scale).max(0.0),
            100.0 * ((centre + spread) / scale).min(1.0),
        )
    }

    pub(crate) fn text(self) -> String {
        let (low, high) = self.interval();
        format!(
            "{:5.1} of {:4}  {:5.1} %  [{low:5.1}, {high:5.1}]",
            self.hits,
            self.all,
            self.percent()
        )
    }
}

/// The mean of fractions.
pub(crate) fn mean(values: &[bool]) -> f64 {
    let hits = values.iter().filter(|value| **value).count();
    if values.is_empty() {
        return 0.0;
    }
    hits as f64 / values.len() as f64
}

/// The value below which `part` of the values lie.
pub(crate) fn quantile(values: &mut [u128], hundredths: usize) -> u128 {
    values.sort_unstable();
    let last = values.len().saturating_sub(1);
    let at = last
        .saturating_mul(hundredths)
        .checked_div(100)
        .unwrap_or_default();
    values.get(at).copied().unwrap_or_default()
}

/// Megabytes a second.
pub(crate) fn speed(bytes: u64, micros: u128) -> f64 {
    if micros == 0 {
        return 0.0;
    }
    bytes as f64 / micros as f64
}
