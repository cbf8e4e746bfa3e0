//! Fetch, decide, install and run agent skills; never prints
