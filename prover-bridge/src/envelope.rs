//! The frame of key and proof files: magic, version, content.
//!
//! Reading is strict: what would not be written exactly so is refused, so no two files mean the same and no changed byte goes
//! unnoticed by the decoder or the checks behind it. Lengths in the content are never trusted with memory: collections grow
//! as their elements are read.

use serde::Serialize;
use serde::de::DeserializeOwned;

/// Why bytes are not such a file.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
pub enum FormatError {
    /// The first bytes are not the magic.
    #[error("it does not begin like one")]
    Magic,
    /// A version this build does not know.
    #[error("it has format version {found}, this build reads version {known}")]
    Version {
        /// The file's version.
        found: u16,
        /// The version this build reads.
        known: u16,
    },
    /// The content does not decode.
    #[error("its content is damaged")]
    Content,
}

/// The file of a value.
pub(crate) fn encode<T: Serialize>(magic: &[u8; 6], version: u16, value: &T) -> Vec<u8> {
    let mut bytes = magic.to_vec();
    bytes.extend_from_slice(&version.to_le_bytes());
    postcard::to_extend(value, bytes).expect("a growing buffer takes everything")
}

/// Reads what [`encode`] wrote.
pub(crate) fn decode<T: Serialize + DeserializeOwned>(
    magic: &[u8; 6],
    version: u16,
    bytes: &[u8],
) -> Result<T, FormatError> {
    let rest = bytes.strip_prefix(magic).ok_or(FormatError::Magic)?;
    let (found, content) = rest.split_first_chunk::<2>().ok_or(FormatError::Magic)?;
    let found = u16::from_le_bytes(*found);
    if found != version {
        return Err(FormatError::Version {
            found,
            known: version,
        });
    }
    let value: T = postcard::from_bytes(content).map_err(|_| FormatError::Content)?;
    if encode(magic, version, &value) != bytes {
        return Err(FormatError::Content);
    }
    Ok(value)
}
