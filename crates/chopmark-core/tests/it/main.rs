//! Tests of the project's own structure.

mod tidy;
