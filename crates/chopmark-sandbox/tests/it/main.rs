//! Integration tests of the sandbox.

mod broker;
