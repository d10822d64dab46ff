//! Argument words and what an assertion expects of result words.
//!
//! Values are words as the machine's entries have them: a v128 is two, low half first; a reference to external object n
//! is n + 1, null 0. Every expectation comes down to masks and values of words, so that the machine can check it too.

use std::fmt;
use wast::core::{NanPattern, V128Const, V128Pattern, WastArgCore, WastRetCore};
use wast::token::{F32, F64};
use wast::{WastArg, WastRet};
use zkc_backend::Pattern;

/// What one result must be: the words of one of several alternatives, nearly always one.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Expected {
    /// Alternatives, of equal length.
    pub alternatives: Vec<Vec<Pattern>>,
}

impl Expected {
    /// Number of words of the result.
    pub fn words(&self) -> usize {
        self.alternatives.first().map_or(0, Vec::len)
    }

    /// Whether these words, as many as [`Expected::words`], are what is expected.
    pub fn matches(&self, words: &[u64]) -> bool {
        self.alternatives
            .iter()
            .any(|patterns| patterns.iter().zip(words).all(|(p, &w)| p.matches(w)))
    }

    /// The expectation of a script; `None` where it is about types that zkc does not have.
    pub(super) fn read(result: &WastRet<'_>) -> Option<Expected> {
        let WastRet::Core(result) = result else {
            return None;
        };
        Some(Expected {
            alternatives: alternatives(result)?,
        })
    }
}

impl fmt::Display for Expected {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (i, patterns) in self.alternatives.iter().enumerate() {
            if i > 0 {
                f.write_str("|")?;
            }
            for (j, pattern) in patterns.iter().enumerate() {
                f.write_str(if j > 0 { ":" } else { "" })?;
                match pattern {
                    Pattern::Bits {
                        mask: u64::MAX,
                        value,
                    } => write!(f, "{value:#x}")?,
                    Pattern::Bits { mask, value } => write!(f, "{value:#x}/{mask:#x}")?,
                    Pattern::NonZero => f.write_str("non-null")?,
                }
            }
        }
        Ok(())
    }
}

/// Whether a list of words is what a list of expectations asks for.
pub fn all_match(expected: &[Expected], mut words: &[u64]) -> bool {
    for result in expected {
        let Some((these, rest)) = words.split_at_checked(result.words()) else {
            return false;
        };
        if !result.matches(these) {
            return false;
        }
        words = rest;
    }
    words.is_empty()
}

fn alternatives(result: &WastRetCore<'_>) -> Option<Vec<Vec<Pattern>>> {
    let one = |pattern| Some(vec![vec![pattern]]);
    match result {
        WastRetCore::I32(v) => one(Pattern::word(u64::from(*v as u32))),
        WastRetCore::I64(v) => one(Pattern::word(*v as u64)),
        WastRetCore::F32(v) => {
            // a 32-bit value is a whole word: its upper half is zero, whatever the pattern of the NaN
            let (mask, value) = f32_pattern(v);
            one(Pattern::Bits {
                mask: mask | 0xffff_ffff << 32,
                value,
            })
        }
        WastRetCore::F64(v) => one(f64_pattern(v)),
        WastRetCore::V128(v) => Some(vec![v128_pattern(v).to_vec()]),
        WastRetCore::RefNull(_) => one(Pattern::word(0)),
        WastRetCore::RefExtern(Some(n)) => one(Pattern::word(u64::from(*n) + 1)),
        WastRetCore::RefExtern(None) | WastRetCore::RefFunc(None) => one(Pattern::NonZero),
        WastRetCore::Either(cases) => {
            let mut all = Vec::new();
            for case in cases {
                all.extend(alternatives(case)?);
            }
            Some(all)
        }
        WastRetCore::RefFunc(Some(_))
        | WastRetCore::RefHost(_)
        | WastRetCore::RefAny
        | WastRetCore::RefEq
        | WastRetCore::RefArray
        | WastRetCore::RefStruct
        | WastRetCore::RefI31
        | WastRetCore::RefI31Shared => None,
    }
}

/// Mask and value of 32 bits. The sign of a NaN is free; an arithmetic one's payload too, but for its highest bit.
fn f32_pattern(pattern: &NanPattern<F32>) -> (u64, u64) {
    match pattern {
        NanPattern::CanonicalNan => (0x7fff_ffff, 0x7fc0_0000),
        NanPattern::ArithmeticNan => (0x7fc0_0000, 0x7fc0_0000),
        NanPattern::Value(v) => (0xffff_ffff, u64::from(v.bits)),
    }
}

fn f64_pattern(pattern: &NanPattern<F64>) -> Pattern {
    let (mask, value) = match pattern {
        NanPattern::CanonicalNan => (u64::MAX >> 1, 0x7ff8 << 48),
        NanPattern::ArithmeticNan => (0x7ff8 << 48, 0x7ff8 << 48),
        NanPattern::Value(v) => (u64::MAX, v.bits),
    };
    Pattern::Bits { mask, value }
}

fn v128_pattern(pattern: &V128Pattern) -> [Pattern; 2] {
    let exact = |value: V128Const| v128_words(&value).map(Pattern::word);
    match pattern {
        V128Pattern::I8x16(lanes) => exact(V128Const::I8x16(*lanes)),
        V128Pattern::I16x8(lanes) => exact(V128Const::I16x8(*lanes)),
        V128Pattern::I32x4(lanes) => exact(V128Const::I32x4(*lanes)),
        V128Pattern::I64x2(lanes) => exact(V128Const::I64x2(*lanes)),
        V128Pattern::F64x2(lanes) => [f64_pattern(&lanes[0]), f64_pattern(&lanes[1])],
        V128Pattern::F32x4(lanes) => [0, 2].map(|i| {
            let ((low_mask, low), (high_mask, high)) =
                (f32_pattern(&lanes[i]), f32_pattern(&lanes[i + 1]));
            Pattern::Bits {
                mask: low_mask | high_mask << 32,
                value: low | high << 32,
            }
        }),
    }
}

fn v128_words(value: &V128Const) -> [u64; 2] {
    let bytes = value.to_le_bytes();
    let half = |at: usize| {
        let bytes = bytes[at..at + 8].try_into();
        u64::from_le_bytes(bytes.expect("a half has eight bytes"))
    };
    [half(0), half(8)]
}

/// The words of an argument; `None` where it is of a type that zkc does not have.
pub(super) fn argument(arg: &WastArg<'_>) -> Option<Vec<u64>> {
    let WastArg::Core(arg) = arg else {
        return None;
    };
    match arg {
        WastArgCore::I32(v) => Some(vec![u64::from(*v as u32)]),
        WastArgCore::I64(v) => Some(vec![*v as u64]),
        WastArgCore::F32(v) => Some(vec![u64::from(v.bits)]),
        WastArgCore::F64(v) => Some(vec![v.bits]),
        WastArgCore::V128(v) => Some(v128_words(v).to_vec()),
        WastArgCore::RefNull(_) => Some(vec![0]),
        WastArgCore::RefExtern(n) => Some(vec![u64::from(*n) + 1]),
        WastArgCore::RefHost(_) => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> Vec<Expected> {
        let text = format!("(assert_return (invoke \"f\") {text})");
        let buffer = wast::parser::ParseBuffer::new(&text).unwrap();
        let script = wast::parser::parse::<wast::Wast<'_>>(&buffer).unwrap();
        let wast::WastDirective::AssertReturn { results, .. } = &script.directives[0] else {
            panic!("one assertion");
        };
        results.iter().map(|r| Expected::read(r).unwrap()).collect()
    }

    #[test]
    fn nan_patterns_leave_sign_and_payload_open_as_the_specification_does() {
        let canonical = read("(f32.const nan:canonical)");
        assert!(all_match(&canonical, &[0xffc0_0000]));
        assert!(!all_match(&canonical, &[0x7fc0_0001]));
        assert!(!all_match(&canonical, &[1 << 32 | 0x7fc0_0000]));
        let arithmetic = read("(f64.const nan:arithmetic)");
        assert!(all_match(&arithmetic, &[0xfff8_0000_0000_0123]));
        assert!(!all_match(&arithmetic, &[0x7ff0_0000_0000_0123]));
    }

    #[test]
    fn a_vector_is_two_words_with_a_pattern_for_each_lane() {
        let vector = read("(v128.const f32x4 1 nan:canonical nan:arithmetic -0)");
        assert_eq!(vector[0].words(), 2);
        assert!(all_match(
            &vector,
            &[0xffc0_0000_3f80_0000, 0x8000_0000_7fff_ffff]
        ));
        assert!(!all_match(
            &vector,
            &[0xffc0_0001_3f80_0000, 0x8000_0000_7fff_ffff]
        ));
        let lanes = read("(v128.const i8x16 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16)");
        assert!(all_match(
            &lanes,
            &[0x0807_0605_0403_0201, 0x100f_0e0d_0c0b_0a09]
        ));
    }

    #[test]
    fn alternatives_references_and_counts_are_told_apart() {
        let either = read("(either (i32.const 1) (i32.const 2))");
        assert!(all_match(&either, &[2]) && !all_match(&either, &[3]));
        let refs = read("(ref.extern 3) (ref.null extern) (ref.func)");
        assert!(all_match(&refs, &[4, 0, 99]));
        assert!(!all_match(&refs, &[4, 0, 0]));
        assert!(!all_match(&refs, &[4, 0]) && !all_match(&refs, &[4, 0, 1, 1]));
    }
}
