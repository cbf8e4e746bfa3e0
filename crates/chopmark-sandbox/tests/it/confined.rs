//! Real programs in a real sandbox: the kernel decides, the journal tells.

mod calls;
mod capture;
mod complete;
mod control;
mod egress;
mod escapes;
mod faults;
mod files;
mod grants;
mod legitimate;
mod outward;
mod people;
mod pipes;
mod races;
mod reach;
mod storms;
mod world;
