//! Real programs in a real sandbox: the kernel decides, the journal tells.

mod calls;
mod complete;
mod egress;
mod escapes;
mod faults;
mod files;
mod grants;
mod people;
mod races;
mod reach;
mod world;
