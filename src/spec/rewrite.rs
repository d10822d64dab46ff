//! Rewrites module bytes so that the start function is an ordinary export.
//!
//! A run of zkc is instantiation and one call; a session of several calls on one instance must run the start function
//! once. So the start section is dropped and its function exported under [`START_EXPORT`], to be called first.

/// The name the start function is exported under.
pub(super) const START_EXPORT: &str = "zkc-test:start";

const EXPORT_SECTION: u8 = 7;
const START_SECTION: u8 = 8;

/// The module with its start function exported instead of started; `None` if it has none.
///
/// The bytes must be a valid module.
pub(super) fn export_start(wasm: &[u8]) -> Option<Vec<u8>> {
    let sections = sections(wasm)?;
    let start = sections.iter().find(|(id, _)| *id == START_SECTION)?;
    let (function, _) = read_leb(start.1)?;
    let mut out = wasm[..8].to_vec();
    let mut exported = false;
    for &(id, bytes) in &sections {
        match id {
            START_SECTION => {}
            EXPORT_SECTION => {
                let (count, used) = read_leb(bytes)?;
                write_exports(&mut out, count, &bytes[used..], function);
                exported = true;
            }
            _ => {
                // sections stand in order of their ids, but for the data count (12) and custom ones (0)
                if !exported && id > START_SECTION {
                    write_exports(&mut out, 0, &[], function);
                    exported = true;
                }
                write_section(&mut out, id, bytes);
            }
        }
    }
    if !exported {
        write_exports(&mut out, 0, &[], function);
    }
    Some(out)
}

fn write_exports(out: &mut Vec<u8>, count: u32, exports: &[u8], function: u32) {
    let mut section = Vec::new();
    write_leb(&mut section, count + 1);
    section.extend_from_slice(exports);
    write_leb(&mut section, START_EXPORT.len() as u32);
    section.extend_from_slice(START_EXPORT.as_bytes());
    section.push(0);
    write_leb(&mut section, function);
    write_section(out, EXPORT_SECTION, &section);
}

fn write_section(out: &mut Vec<u8>, id: u8, bytes: &[u8]) {
    out.push(id);
    write_leb(out, bytes.len() as u32);
    out.extend_from_slice(bytes);
}

/// The sections' ids and contents.
fn sections(wasm: &[u8]) -> Option<Vec<(u8, &[u8])>> {
    let mut rest = wasm.get(8..)?;
    let mut sections = Vec::new();
    while let Some((&id, after)) = rest.split_first() {
        let (len, used) = read_leb(after)?;
        let after = &after[used..];
        sections.push((id, after.get(..len as usize)?));
        rest = &after[len as usize..];
    }
    Some(sections)
}

/// An unsigned LEB128 number of at most 32 bits, and its length in bytes.
fn read_leb(bytes: &[u8]) -> Option<(u32, usize)> {
    let mut value = 0u64;
    for (i, &byte) in bytes.iter().enumerate().take(5) {
        value |= u64::from(byte & 0x7f) << (7 * i);
        if byte & 0x80 == 0 {
            return Some((u32::try_from(value).ok()?, i + 1));
        }
    }
    None
}

fn write_leb(out: &mut Vec<u8>, mut value: u32) {
    while value >= 0x80 {
        out.push(value as u8 | 0x80);
        value >>= 7;
    }
    out.push(value as u8);
}
