//! Why a path or a package is refused.

use crate::digest::BlobDigest;

/// Why a path may not be in a package.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum PathError {
    /// The bytes are not UTF-8.
    #[error("`{path}` is not UTF-8")]
    NotUtf8 {
        /// The path with the offending bytes replaced.
        path: String,
    },
    /// Begins with a slash.
    #[error("`{path}` is absolute")]
    Absolute {
        /// The path.
        path: String,
    },
    /// Nothing between two slashes, or nothing at all.
    #[error("`{path}` has an empty component")]
    EmptyComponent {
        /// The path.
        path: String,
    },
    /// A `.` component.
    #[error("`{path}` has a `.` component")]
    DotComponent {
        /// The path.
        path: String,
    },
    /// A `..` component.
    #[error("`{path}` has a `..` component")]
    ParentComponent {
        /// The path.
        path: String,
    },
    /// A back-slash, which other systems read as a separator.
    #[error("`{path}` has a back-slash")]
    Backslash {
        /// The path.
        path: String,
    },
    /// Begins with a drive letter.
    #[error("`{path}` begins with a drive letter")]
    DriveLetter {
        /// The path.
        path: String,
    },
    /// A character that Windows does not allow or reads as a stream name.
    #[error("`{path}` has `{character}`, which Windows cannot store in a name")]
    WindowsCharacter {
        /// The path.
        path: String,
        /// The character.
        character: char,
    },
    /// A control character or a code point that is no character.
    #[error("a path has the control character U+{code_point:04X}")]
    ControlCharacter {
        /// The path, escaped.
        path: String,
        /// The code point.
        code_point: u32,
    },
    /// A character that shows nothing or turns the direction of text.
    #[error("a path has the invisible character U+{code_point:04X}")]
    InvisibleCharacter {
        /// The path, escaped.
        path: String,
        /// The code point.
        code_point: u32,
    },
    /// Not in Unicode normalization form C.
    #[error("`{path}` is not in Unicode normalization form C")]
    NotNfc {
        /// The path.
        path: String,
    },
    /// A device name of Windows.
    #[error("`{path}` has the component `{component}`, a device name of Windows")]
    ReservedName {
        /// The path.
        path: String,
        /// The component.
        component: String,
    },
    /// A component that could be the short alias of another name.
    #[error(
        "`{path}` has the component `{component}`, which may be the short name of another file on Windows"
    )]
    ShortName {
        /// The path.
        path: String,
        /// The component.
        component: String,
    },
    /// A component that ends with a dot or a space.
    #[error("`{path}` has a component that ends with a dot or a space")]
    TrailingDotOrSpace {
        /// The path.
        path: String,
    },
    /// A version-control folder or file.
    #[error("`{path}` belongs to version control")]
    VersionControl {
        /// The path.
        path: String,
    },
    /// A name that Chopmark keeps for itself.
    #[error("`{path}` has a name that Chopmark keeps for itself")]
    OwnName {
        /// The path.
        path: String,
    },
    /// A component of more than 255 bytes.
    #[error("a component of `{path}` has {bytes} bytes, the most is 255")]
    ComponentTooLong {
        /// The path.
        path: String,
        /// Bytes in the component.
        bytes: usize,
    },
    /// More than 1024 bytes.
    #[error("a path has {bytes} bytes, the most is 1024")]
    TooLong {
        /// Bytes in the path.
        bytes: usize,
    },
    /// More than 16 components.
    #[error("`{path}` has {components} components, the most is 16")]
    TooDeep {
        /// The path.
        path: String,
        /// Components in the path.
        components: usize,
    },
}

impl PathError {
    /// Stable code of the refusal.
    #[must_use]
    pub fn code(&self) -> &'static str {
        match self {
            Self::NotUtf8 { .. } => "path-not-utf8",
            Self::Absolute { .. } => "path-absolute",
            Self::EmptyComponent { .. } => "path-empty-component",
            Self::DotComponent { .. } => "path-dot-component",
            Self::ParentComponent { .. } => "path-parent-component",
            Self::Backslash { .. } => "path-backslash",
            Self::DriveLetter { .. } => "path-drive-letter",
            Self::WindowsCharacter { .. } => "path-windows-character",
            Self::ControlCharacter { .. } => "path-control-character",
            Self::InvisibleCharacter { .. } => "path-invisible-character",
            Self::NotNfc { .. } => "path-not-nfc",
            Self::ReservedName { .. } => "path-reserved-name",
            Self::ShortName { .. } => "path-short-name",
            Self::TrailingDotOrSpace { .. } => "path-trailing-dot-or-space",
            Self::VersionControl { .. } => "path-version-control",
            Self::OwnName { .. } => "path-own-name",
            Self::ComponentTooLong { .. } => "path-component-too-long",
            Self::TooLong { .. } => "path-too-long",
            Self::TooDeep { .. } => "path-too-deep",
        }
    }
}

/// Why bytes are no package, or why a manifest and blobs do not make one.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum PackageError {
    /// A path may not be in a package.
    #[error(transparent)]
    Path(#[from] PathError),
    /// The manifest is longer than any valid one.
    #[error("the tree manifest has more than {} bytes", super::MAX_MANIFEST_BYTES)]
    ManifestTooLarge,
    /// The first line is not the header of version 1.
    #[error("the tree manifest does not begin with `chopmark-tree v1`")]
    ManifestHeader,
    /// The last line does not end.
    #[error("the tree manifest does not end with a newline")]
    ManifestTruncated,
    /// A line that is not digest, size, mode and path.
    #[error("line {line} of the tree manifest is not `<sha256> <size> <mode> <path>`")]
    ManifestLine {
        /// Line, the header being 1.
        line: usize,
    },
    /// A digest that is not 64 lower-case hexadecimal digits.
    #[error("line {line} of the tree manifest has a malformed digest")]
    ManifestDigest {
        /// Line, the header being 1.
        line: usize,
    },
    /// A size that is not a plain decimal number.
    #[error("line {line} of the tree manifest has a malformed size")]
    ManifestSize {
        /// Line, the header being 1.
        line: usize,
    },
    /// A path that sorts before the one above it.
    #[error("line {line} of the tree manifest is out of order")]
    ManifestOrder {
        /// Line, the header being 1.
        line: usize,
    },
    /// A mode other than `644` and `755`.
    #[error("mode `{mode}` of `{path}` is neither 644 nor 755")]
    Mode {
        /// The path.
        path: String,
        /// The mode as written.
        mode: String,
    },
    /// One path twice.
    #[error("`{path}` is there twice")]
    DuplicatePath {
        /// The path.
        path: String,
    },
    /// Two paths that differ by case alone.
    #[error("`{first}` and `{second}` are one name where case does not count")]
    CaseCollision {
        /// The path that sorts first.
        first: String,
        /// The other.
        second: String,
    },
    /// Two paths that Unicode normalization or full case folding makes one.
    #[error("`{first}` and `{second}` are one name on some systems")]
    UnicodeCollision {
        /// The path that sorts first.
        first: String,
        /// The other.
        second: String,
    },
    /// A file where another path needs a folder.
    #[error("`{path}` is a file, and a folder of another path")]
    FileAsFolder {
        /// The path.
        path: String,
    },
    /// More than 4096 files.
    #[error("the package has {files} files, the most is {}", super::MAX_FILES)]
    TooManyFiles {
        /// Files found; reading may have stopped there.
        files: usize,
    },
    /// A file of more than 16 MiB.
    #[error("`{path}` has {bytes} bytes, the most is {}", super::MAX_FILE_BYTES)]
    FileTooLarge {
        /// The path.
        path: String,
        /// Its size in bytes.
        bytes: u64,
    },
    /// More than 64 MiB in all.
    #[error("the package has more than {} bytes", super::MAX_TOTAL_BYTES)]
    TotalTooLarge,
    /// No `SKILL.md` at the root.
    #[error("there is no `SKILL.md` at the root")]
    SkillFileMissing,
    /// A file at the root whose name differs from `SKILL.md` by case.
    #[error("`{path}` must be named `SKILL.md`")]
    SkillFileName {
        /// The path.
        path: String,
    },
    /// Two entries give one digest two sizes.
    #[error("the blob {digest} has two sizes in the tree manifest")]
    SizeConflict {
        /// The blob.
        digest: BlobDigest,
    },
    /// A blob that the manifest names was not given.
    #[error("the blob {digest} of `{path}` is missing")]
    BlobMissing {
        /// The path.
        path: String,
        /// The blob.
        digest: BlobDigest,
    },
    /// A blob's bytes do not have the digest under which they came.
    #[error("a blob came as {expected} and is {actual}")]
    BlobMismatch {
        /// The digest that was promised.
        expected: BlobDigest,
        /// The digest of the bytes.
        actual: BlobDigest,
    },
    /// A blob's length is not the size in the manifest.
    #[error("`{path}` has {actual} bytes, the tree manifest says {expected}")]
    BlobSize {
        /// The path.
        path: String,
        /// The size in the manifest.
        expected: u64,
        /// The size found.
        actual: u64,
    },
    /// A blob that no entry names.
    #[error("the blob {digest} is not in the tree manifest")]
    BlobUnlisted {
        /// The blob.
        digest: BlobDigest,
    },
}

impl PackageError {
    /// Stable code of the refusal.
    #[must_use]
    pub fn code(&self) -> &'static str {
        match self {
            Self::Path(error) => error.code(),
            Self::ManifestTooLarge => "tree-too-large",
            Self::ManifestHeader => "tree-header",
            Self::ManifestTruncated => "tree-truncated",
            Self::ManifestLine { .. } => "tree-line",
            Self::ManifestDigest { .. } => "tree-digest",
            Self::ManifestSize { .. } => "tree-size",
            Self::ManifestOrder { .. } => "tree-order",
            Self::Mode { .. } => "mode-not-allowed",
            Self::DuplicatePath { .. } => "path-duplicate",
            Self::CaseCollision { .. } => "path-case-collision",
            Self::UnicodeCollision { .. } => "path-unicode-collision",
            Self::FileAsFolder { .. } => "path-file-as-folder",
            Self::TooManyFiles { .. } => "package-too-many-files",
            Self::FileTooLarge { .. } => "package-file-too-large",
            Self::TotalTooLarge => "package-too-large",
            Self::SkillFileMissing => "skill-file-missing",
            Self::SkillFileName { .. } => "skill-file-name",
            Self::SizeConflict { .. } => "blob-size-conflict",
            Self::BlobMissing { .. } => "blob-missing",
            Self::BlobMismatch { .. } => "blob-mismatch",
            Self::BlobSize { .. } => "blob-size",
            Self::BlobUnlisted { .. } => "blob-unlisted",
        }
    }
}
