use std::collections::BTreeSet;

use super::*;

#[test]
fn the_grammar_is_consistent() {
    command().debug_assert();
}

#[test]
fn every_command_stands_in_exactly_one_group() {
    let listed: Vec<&str> = cmd::GROUPS
        .iter()
        .flat_map(|(_, names)| names.iter().copied())
        .collect();
    let unique: BTreeSet<&str> = listed.iter().copied().collect();
    assert_eq!(listed.len(), unique.len(), "a command is listed twice");
    let command = command();
    let known: BTreeSet<&str> = command
        .get_subcommands()
        .filter(|c| !c.is_hide_set())
        .map(clap::Command::get_name)
        .collect();
    assert_eq!(known, unique);
}
