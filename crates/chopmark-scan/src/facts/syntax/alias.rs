//! Names under which a script knows modules and functions of others.

use std::collections::{BTreeMap, BTreeSet};

use super::Bounds;
use crate::limit::Limit;

/// The full name behind each name that an import or a `require` sets.
#[derive(Debug)]
pub(super) struct Aliases {
    names: BTreeMap<String, String>,
    most: usize,
    longest: usize,
    /// The limits that kept a name out.
    pub(super) cut: BTreeSet<Limit>,
}

impl Aliases {
    pub(super) fn new(bounds: &Bounds) -> Self {
        Self {
            names: BTreeMap::new(),
            most: bounds.names,
            longest: bounds.value,
            cut: BTreeSet::new(),
        }
    }

    /// Takes one import statement as it is written.
    pub(super) fn take_import(&mut self, text: &str) {
        let text = text.trim().trim_end_matches(';');
        if let Some((module, names)) = text
            .strip_prefix("from ")
            .and_then(|rest| rest.split_once(" import "))
        {
            for name in names.split(',') {
                let name = name.trim_matches(['(', ')', ' ', '\n', '\r', '\t']);
                let (name, alias) = name.split_once(" as ").unwrap_or((name, name));
                self.set(alias, format!("{}.{}", module.trim(), name.trim()));
            }
        } else if let Some((what, module)) = text.rsplit_once(" from ") {
            let module = module_name(module);
            let what = what.trim_start_matches("import").trim();
            self.take_pattern(what, &module, " as ");
        } else if let Some(names) = text.strip_prefix("import ") {
            for name in names.split(',') {
                if let Some((module, alias)) = name.split_once(" as ") {
                    self.set(alias, module.trim().to_owned());
                }
            }
        }
    }

    /// Takes `target = require('module')`, where the target may be a pattern.
    pub(super) fn take_require(&mut self, target: &str, value: &str) {
        let inner = value.trim().strip_prefix("require(");
        let Some((module, rest)) = inner.and_then(|inner| inner.split_once(')')) else {
            return;
        };
        let module = format!("{}{}", module_name(module), rest.trim());
        self.take_pattern(target, &module, ":");
    }

    /// The full name of `name`, when its first part is known under another.
    pub(super) fn resolve(&self, name: &str) -> Option<String> {
        if let Some(plain) = inline(name) {
            return Some(plain);
        }
        let end = name.find(['.', '[']).unwrap_or(name.len());
        let (first, rest) = name.split_at_checked(end)?;
        let full = self.names.get(first)?;
        Some(format!("{full}{rest}"))
    }

    /// `name`, `* as name` or `{a, b RENAME c}` of `module`.
    fn take_pattern(&mut self, what: &str, module: &str, rename: &str) {
        let (plain, braces) = what.split_once('{').unwrap_or((what, ""));
        let plain = plain.trim().trim_end_matches(',').trim();
        let plain = plain.strip_prefix("* as ").unwrap_or(plain);
        if !plain.is_empty() {
            self.set(plain, module.to_owned());
        }
        for part in braces.trim_end_matches('}').split(',') {
            let part = part.trim().trim_end_matches('}').trim();
            let (name, alias) = part.split_once(rename).unwrap_or((part, part));
            self.set(alias, format!("{module}.{}", name.trim()));
        }
    }

    fn set(&mut self, alias: &str, full: String) {
        let alias = alias.trim();
        let is_name = !alias.is_empty()
            && alias
                .chars()
                .all(|c| c.is_alphanumeric() || matches!(c, '_' | '$'));
        if !is_name || alias == full {
            return;
        }
        if full.len().max(alias.len()) > self.longest {
            self.cut.insert(Limit::Lengths);
        } else if self.names.len() >= self.most && !self.names.contains_key(alias) {
            self.cut.insert(Limit::Names);
        } else {
            self.names.insert(alias.to_owned(), full);
        }
    }
}

/// `require('child_process').exec` and `__import__('os').system` without the detour.
fn inline(name: &str) -> Option<String> {
    let inner = ["require(", "__import__(", "importlib.import_module("]
        .iter()
        .find_map(|head| name.strip_prefix(head))?;
    let (module, rest) = inner.split_once(')')?;
    rest.starts_with('.')
        .then(|| format!("{}{rest}", module_name(module)))
}

/// A module's name without quotes and without the scheme of built-in ones.
fn module_name(text: &str) -> String {
    let name = text.trim().trim_matches(['\'', '"', '`', ';', ' ']);
    let name = name.strip_prefix("node:").unwrap_or(name);
    match name {
        "node-fetch" | "cross-fetch" | "isomorphic-fetch" | "undici.fetch" => "fetch".to_owned(),
        "fs/promises" | "fs-extra" => "fs".to_owned(),
        name => name.to_owned(),
    }
}
