//! Argument and result words as users write them.
//!
//! Integers are decimal, signed; `0x` is hexadecimal bits. Floats are decimal numbers or `0x` bits. A reference is `null` or,
//! if it is the host's, a number. Functions have no numbers: one that comes back is shown by its table word.

use zkc_ir::Diagnostic;
use zkc_isa::ValueKind;

/// The bits of an argument as written on the command line.
///
/// Errors: `argument` when it is no number of the kind, or out of its range (signed and unsigned are both accepted).
pub fn parse_arg(text: &str, kind: ValueKind) -> Result<u64, Diagnostic> {
    let bad = || {
        Diagnostic::error(
            "argument",
            format!("`{text}` is not a value of type {}", kind_name(kind)),
        )
    };
    match kind {
        ValueKind::FuncRef | ValueKind::ExternRef if text == "null" => return Ok(0),
        ValueKind::FuncRef => return Err(bad().note("a function can be named by the program only")),
        ValueKind::ExternRef => {
            let number: u64 = text.parse().map_err(|_| bad())?;
            return number.checked_add(1).ok_or_else(bad);
        }
        ValueKind::I32 | ValueKind::I64 | ValueKind::F32 | ValueKind::F64 => {}
    }
    if let Some(hex) = text.strip_prefix("0x") {
        let bits = u64::from_str_radix(hex, 16).map_err(|_| bad())?;
        return if kind.is_32() && bits >> 32 != 0 {
            Err(bad())
        } else {
            Ok(bits)
        };
    }
    match kind {
        ValueKind::I32 => {
            let value: i64 = text.parse().map_err(|_| bad())?;
            if (-(1 << 31)..1 << 32).contains(&value) {
                Ok(u64::from(value as u32))
            } else {
                Err(bad())
            }
        }
        ValueKind::I64 => {
            let value: i128 = text.parse().map_err(|_| bad())?;
            if (-(1 << 63)..1 << 64).contains(&value) {
                Ok(value as u64)
            } else {
                Err(bad())
            }
        }
        ValueKind::F32 => text
            .parse::<f32>()
            .map(|x| u64::from(x.to_bits()))
            .map_err(|_| bad()),
        ValueKind::F64 => text.parse::<f64>().map(f64::to_bits).map_err(|_| bad()),
        ValueKind::FuncRef | ValueKind::ExternRef => Err(bad()),
    }
}

/// A result word as a user reads it: decimal (signed for integers), or `0x` and all its digits.
pub fn show_word(bits: u64, kind: ValueKind, hex: bool) -> String {
    match (kind, hex) {
        (ValueKind::I32 | ValueKind::F32, true) => format!("{:#010x}", bits as u32),
        (ValueKind::I64 | ValueKind::F64, true) => format!("{bits:#018x}"),
        (ValueKind::I32, false) => (bits as u32 as i32).to_string(),
        (ValueKind::I64, false) => (bits as i64).to_string(),
        (ValueKind::F32, false) => f32::from_bits(bits as u32).to_string(),
        (ValueKind::F64, false) => f64::from_bits(bits).to_string(),
        (ValueKind::FuncRef | ValueKind::ExternRef, _) if bits == 0 => "null".to_owned(),
        (ValueKind::FuncRef, _) => format!("function {bits:#x}"),
        (ValueKind::ExternRef, _) => (bits - 1).to_string(),
    }
}

/// WASM's name of the type.
pub const fn kind_name(kind: ValueKind) -> &'static str {
    kind.name()
}

/// Bytes as lower-case hex digits.
pub fn to_hex(bytes: &[u8]) -> String {
    bytes.iter().map(|b| format!("{b:02x}")).collect()
}

/// Bytes from hex digits.
pub fn from_hex(text: &str) -> Option<Vec<u8>> {
    if !text.len().is_multiple_of(2) || !text.is_ascii() {
        return None;
    }
    (0..text.len())
        .step_by(2)
        .map(|i| u8::from_str_radix(&text[i..i + 2], 16).ok())
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn arguments_take_signed_unsigned_and_hex() {
        assert_eq!(parse_arg("-1", ValueKind::I32), Ok(0xffff_ffff));
        assert_eq!(parse_arg("4294967295", ValueKind::I32), Ok(0xffff_ffff));
        assert!(parse_arg("4294967296", ValueKind::I32).is_err());
        assert_eq!(
            parse_arg("0xffffffffffffffff", ValueKind::I64),
            Ok(u64::MAX)
        );
        assert_eq!(
            parse_arg("18446744073709551615", ValueKind::I64),
            Ok(u64::MAX)
        );
        assert!(parse_arg("18446744073709551616", ValueKind::I64).is_err());
        assert_eq!(parse_arg("1.5", ValueKind::F64), Ok(1.5f64.to_bits()));
        assert!(parse_arg("x", ValueKind::I64).is_err());
    }

    #[test]
    fn references_are_null_or_the_hosts() {
        assert_eq!(parse_arg("null", ValueKind::FuncRef), Ok(0));
        assert_eq!(parse_arg("null", ValueKind::ExternRef), Ok(0));
        assert_eq!(parse_arg("0", ValueKind::ExternRef), Ok(1));
        for text in ["1", "0x1", "main"] {
            assert!(parse_arg(text, ValueKind::FuncRef).is_err(), "{text}");
        }
        assert!(parse_arg("18446744073709551615", ValueKind::ExternRef).is_err());
        assert_eq!(show_word(0, ValueKind::FuncRef, false), "null");
        assert_eq!(show_word(8, ValueKind::ExternRef, false), "7");
        assert_eq!(
            show_word(0x1_0000_0040, ValueKind::FuncRef, false),
            "function 0x100000040"
        );
    }

    #[test]
    fn words_are_shown_signed_or_in_full_hex() {
        assert_eq!(show_word(0xffff_ffff, ValueKind::I32, false), "-1");
        assert_eq!(show_word(1, ValueKind::I32, true), "0x00000001");
        assert_eq!(show_word(1, ValueKind::I64, true), "0x0000000000000001");
    }

    #[test]
    fn hex_round_trips() {
        assert_eq!(from_hex(&to_hex(&[0, 255, 16])), Some(vec![0, 255, 16]));
        assert_eq!(from_hex("0"), None);
        assert_eq!(from_hex("zz"), None);
    }
}
