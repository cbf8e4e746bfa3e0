//! The servers over real HTTP: a registry with witnesses, each on a port of its own.

mod publish;
mod setup;
mod witness;
