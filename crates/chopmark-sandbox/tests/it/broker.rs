//! The broker between real clients and a real TLS server.

mod hosts;
mod limits;
mod origin;
mod requests;
mod secrets;
mod world;

pub(crate) use origin::Origin;
pub(crate) use world::{SECRET, narrow, near, placeholder, token};
