//! YARA sources → compiled rules.

use std::collections::BTreeMap;

use super::PackError;
use super::wire::is_yara;

/// Compiles all YARA files of a pack; slow patterns are errors, includes are off.
pub(super) fn compile(files: &BTreeMap<String, Vec<u8>>) -> Result<yara_x::Rules, PackError> {
    let mut compiler = yara_x::Compiler::new();
    compiler.error_on_slow_pattern(true);
    compiler.enable_includes(false);
    compiler.colorize_errors(false);
    for (path, bytes) in files.iter().filter(|(path, _)| is_yara(path)) {
        let text =
            std::str::from_utf8(bytes).map_err(|e| PackError::Compile(format!("{path}: {e}")))?;
        let source = yara_x::SourceCode::from(text).with_origin(path);
        compiler
            .add_source(source)
            .map_err(|error| PackError::Compile(told(path, text, &error)))?;
    }
    Ok(compiler.build())
}

/// The compiler's error in one line.
///
/// Its own picture of the place is not asked for: drawing one ends the program where the source
/// holds U+0085.
fn told(path: &str, text: &str, error: &yara_x::errors::CompileError) -> String {
    let label = error.labels().next();
    let before = label
        .as_ref()
        .and_then(|label| text.as_bytes().get(..label.span().start()));
    let line = before.map_or(1, |before| {
        let breaks = before.iter().filter(|byte| **byte == b'\n');
        breaks.count().saturating_add(1)
    });
    let what = label.as_ref().map_or("", |label| label.text());
    let what = crate::finding::printable(what);
    let title = error.title();
    format!("{path}:{line}: {title} ({}): {what}", error.code())
}
