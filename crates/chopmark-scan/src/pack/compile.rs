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
            .map_err(|e| PackError::Compile(e.to_string()))?;
    }
    Ok(compiler.build())
}
