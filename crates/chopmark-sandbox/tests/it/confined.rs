//! Real programs in a real sandbox: the kernel decides, the journal tells.

mod calls;
mod escapes;
mod files;
mod grants;
mod races;
mod reach;
mod world;
