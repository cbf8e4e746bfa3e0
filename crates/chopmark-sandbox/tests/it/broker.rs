//! The broker between real clients and a real TLS server.

mod answers;
mod counts;
mod hosts;
mod http2;
mod limits;
mod origin;
mod requests;
mod secrets;
mod wire;
mod world;

pub(crate) use origin::Origin;
pub(crate) use world::{SECRET, narrow, near, placeholder, token};
