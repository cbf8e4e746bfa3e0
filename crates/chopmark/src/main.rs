//! The `chopmark` command.

fn main() {}
