//! A scan's result for a person.

use anstyle::Style;
use chopmark_core::package::Package;
use chopmark_scan::{
    CapabilityChange, Change, Declared, Demotion, Finding, Outcome, RulePack, ScanResult, Severity,
};

use crate::error::CommandError;
use crate::ui::{BOLD, CYAN, DIM, GREEN, RED, Ui, YELLOW};

/// Prints findings with the lines they are about, then capabilities, then what was read.
pub(super) fn print(
    result: &ScanResult,
    packs: &[RulePack],
    package: &Package,
    ui: &Ui,
) -> Result<(), CommandError> {
    let mut findings: Vec<&Finding> = result.findings().iter().collect();
    findings.sort_by_key(|finding| std::cmp::Reverse(finding.severity));
    for finding in findings {
        show(finding, packs, package, ui)?;
    }
    capabilities(result, ui)?;
    permissions(result, ui)?;
    for reason in result.reasons() {
        ui.out(format_args!(
            "{} not all was read: limit {} {}",
            ui.paint(YELLOW, "incomplete"),
            reason.code,
            reason.file
        ))?;
    }
    let (style, words) = match result.outcome() {
        Outcome::Findings => (YELLOW, "findings"),
        Outcome::NoFindings => (GREEN, "no findings, which is not the same as safe"),
        Outcome::Incomplete => (YELLOW, "incomplete"),
    };
    ui.out(format_args!(
        "{}: {} high, {} medium, {} low, {} notes in {} files",
        ui.paint(style, words),
        result.count(Severity::High),
        result.count(Severity::Medium),
        result.count(Severity::Low),
        result.count(Severity::Note),
        package.manifest().entries().len(),
    ))?;
    ui.out(ui.paint(DIM, &format!("result {}", result.digest())))
}

/// Prints how two versions differ in what they can do.
pub(super) fn changes(changes: &[CapabilityChange], ui: &Ui) -> Result<(), CommandError> {
    let word = |change: Change| match change {
        Change::Added => ("new", RED),
        Change::IntoCode => ("now in code", RED),
        Change::OutOfCode => ("no longer in code", GREEN),
        Change::Removed => ("gone", GREEN),
    };
    if ui.is_json() {
        let rows: Vec<_> = changes
            .iter()
            .map(|c| serde_json::json!({ "change": word(c.change).0, "kind": c.kind.word(), "value": c.value, "places": c.places }))
            .collect();
        return ui.emit("scan-changes", &serde_json::json!({ "changes": rows }));
    }
    if changes.is_empty() {
        ui.note("both can do the same, as far as a scan sees");
    }
    for change in changes {
        let (text, style) = word(change.change);
        let place = change.places.first();
        let place = place.map_or_else(String::new, |p| format!("{}:{}", p.file, p.line));
        ui.out(format_args!(
            "{} {} {} {}",
            ui.paint(style, &format!("{text:<17}")),
            change.kind.word(),
            cut(&change.value, ui.width().saturating_sub(40).max(20)),
            ui.paint(DIM, &place)
        ))?;
    }
    Ok(())
}

fn show(
    finding: &Finding,
    packs: &[RulePack],
    package: &Package,
    ui: &Ui,
) -> Result<(), CommandError> {
    let info = packs.iter().find_map(|pack| pack.rule(&finding.rule));
    let title = info.map_or("permissions.yaml does not declare this", |info| {
        info.title.as_str()
    });
    let gate = if finding.gate { " (gate)" } else { "" };
    ui.out(format_args!(
        "{}{gate} {title} {}",
        ui.paint(colour(finding.severity), finding.severity.word()),
        ui.paint(DIM, &format!("[{}]", finding.rule)),
    ))?;
    let place = format!("{}:{}", finding.file, finding.line);
    let via = if finding.via.is_empty() {
        String::new()
    } else {
        format!(" through {}", finding.via.join(", "))
    };
    ui.out(format_args!(
        "  {} {}{via}",
        ui.paint(CYAN, &place),
        finding.role.word()
    ))?;
    let room = ui.width().saturating_sub(9);
    if let Some(line) = source_line(package, finding) {
        ui.out(format_args!("  {:>4} | {}", finding.line, cut(&line, room)))?;
    }
    if !finding.via.is_empty() || finding.file.contains('!') {
        ui.out(format_args!("       = {}", cut(&finding.matched, room)))?;
    }
    if let Some(demoted) = finding.demoted {
        let why = match demoted {
            Demotion::Quoted => "it stands in a quote",
            Demotion::Warned => "the text warns against it",
            Demotion::Commented => "it stands in a comment",
        };
        ui.out(ui.paint(DIM, &format!("       weighs less: {why}")))?;
    }
    if finding.more > 0 {
        ui.out(ui.paint(DIM, &format!("       and {} more", finding.more)))?;
    }
    Ok(())
}

fn capabilities(result: &ScanResult, ui: &Ui) -> Result<(), CommandError> {
    let mut kind = None;
    for capability in result
        .capabilities()
        .iter()
        .filter(|c| c.is_in_code_or_fence())
    {
        if kind != Some(capability.kind) {
            if kind.is_none() {
                ui.out(ui.paint(BOLD, "Its code can"))?;
            }
            kind = Some(capability.kind);
            ui.out(format_args!("  {}", capability.kind.word()))?;
        }
        let place = capability.places.first();
        let place = place.map_or_else(String::new, |p| format!("{}:{}", p.file, p.line));
        let room = ui
            .width()
            .saturating_sub(place.chars().count())
            .saturating_sub(6)
            .max(16);
        ui.out(format_args!(
            "    {} {}",
            cut(&capability.value, room),
            ui.paint(DIM, &place)
        ))?;
    }
    Ok(())
}

fn permissions(result: &ScanResult, ui: &Ui) -> Result<(), CommandError> {
    match result.permissions().declared {
        Declared::Absent => ui.out(ui.paint(DIM, "no permissions.yaml: nothing to compare with")),
        Declared::Malformed => {
            ui.out(ui.paint(RED, "permissions.yaml is malformed: nothing was compared"))
        }
        Declared::Valid => result
            .permissions()
            .unused
            .iter()
            .try_for_each(|unused| ui.out(format_args!("declared and not seen: {unused}"))),
    }
}

/// The line of the file, with what a terminal would obey taken out.
fn source_line(package: &Package, finding: &Finding) -> Option<String> {
    let text = String::from_utf8_lossy(package.file(&finding.file)?);
    let index = usize::try_from(finding.line.checked_sub(1)?).ok()?;
    let line = text.lines().nth(index)?;
    let visible = |c: char| {
        let hidden = c.is_control()
            || !(c.is_ascii()
                || c.is_alphanumeric()
                || c.is_whitespace()
                || u32::from(c) > 0x2010
                    && u32::from(c) < 0xE000
                    && !matches!(c, '\u{2028}'..='\u{202f}' | '\u{2060}'..='\u{206f}'));
        if hidden { '·' } else { c }
    };
    Some(line.trim_end().chars().take(2000).map(visible).collect())
}

/// At most `room` characters.
fn cut(text: &str, room: usize) -> String {
    if text.chars().count() <= room {
        return text.to_owned();
    }
    text.chars()
        .take(room.saturating_sub(1))
        .chain(['…'])
        .collect()
}

/// Breaks `text` into lines of at most `width` characters, at spaces.
pub(super) fn wrap(text: &str, width: usize) -> Vec<String> {
    let mut lines = vec![String::new()];
    for word in text.split_whitespace() {
        let Some(last) = lines.last_mut() else { break };
        let longer = last
            .chars()
            .count()
            .saturating_add(word.chars().count())
            .saturating_add(1);
        if last.is_empty() {
            last.push_str(word);
        } else if longer <= width {
            last.push(' ');
            last.push_str(word);
        } else {
            lines.push(word.to_owned());
        }
    }
    lines
}

fn colour(severity: Severity) -> Style {
    match severity {
        Severity::High => RED,
        Severity::Medium => YELLOW,
        Severity::Low => CYAN,
        Severity::Note => DIM,
    }
}
