//! Egress broker: the only way out of a sandbox.
