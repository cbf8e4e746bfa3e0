//! Faults at write points: each may be lost, persisted but reported failed, or end the process.

use std::sync::{Arc, Mutex};

use super::{Disk, DiskError};

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Fault {
    /// Not written, reported failed.
    Lost,
    /// Written, reported failed.
    Persisted,
    /// The process dies before the write.
    DieBefore,
    /// The process dies after the write.
    DieAfter,
}

#[derive(Clone, Debug, Default)]
pub(crate) struct Faults(Arc<Mutex<Plan>>);

#[derive(Debug, Default)]
struct Plan {
    passed: Vec<&'static str>,
    fail_at: Option<(usize, Fault)>,
}

impl Faults {
    /// Plans a fault at the write point with this number, counted from now.
    pub(crate) fn plan(&self, at: usize, fault: Fault) {
        *self.0.lock().unwrap() = Plan {
            passed: Vec::new(),
            fail_at: Some((at, fault)),
        };
    }

    pub(crate) fn clear(&self) {
        *self.0.lock().unwrap() = Plan::default();
    }

    /// The write points passed since the plan was made.
    pub(crate) fn passed(&self) -> Vec<&'static str> {
        self.0.lock().unwrap().passed.clone()
    }

    fn next(&self, name: &'static str) -> Option<Fault> {
        let mut plan = self.0.lock().unwrap();
        let number = plan.passed.len();
        plan.passed.push(name);
        plan.fail_at.filter(|(at, _)| *at == number).map(|f| f.1)
    }
}

impl Disk {
    pub(crate) fn point<T, E: From<DiskError>>(
        &self,
        name: &'static str,
        write: impl FnOnce() -> Result<T, E>,
    ) -> Result<T, E> {
        match self.faults.next(name) {
            None => write(),
            Some(Fault::Lost) => Err(DiskError::injected().into()),
            Some(Fault::Persisted) => {
                write()?;
                Err(DiskError::injected().into())
            }
            Some(Fault::DieBefore) => std::process::abort(),
            Some(Fault::DieAfter) => {
                let _ = write();
                std::process::abort()
            }
        }
    }
}
