//! Names: what upstream's lexer reads as an identifier, and the words it keeps for itself.

use super::step::{Align, Bin, Condition, Reg};

/// Words of the language besides registers and operations.
const KEYWORDS: [&str; 19] = [
    "SR", "zkPC", "SYS", "MEM", "STACK", "INCLUDE", "VAR", "GLOBAL", "CONST", "CONSTL", "REPEAT",
    "MLOAD", "MSTORE", "ARITH", "ASSERT", "JMP", "CALL", "RETURN", "next",
];

/// Operations, registers and counters of the 256-bit machine, which the 64-bit one lacks, and hashing, which the model lacks.
pub(super) const REFUSED: [&str; 34] = [
    "ARITH_ECADD_DIFFERENT",
    "ARITH_ECADD_SAME",
    "ARITH_BN254_MULFP2",
    "ARITH_BN254_ADDFP2",
    "ARITH_BN254_SUBFP2",
    "ARITH_MOD",
    "ARITH_SECP256R1_ECADD_DIFFERENT",
    "ARITH_SECP256R1_ECADD_SAME",
    "LT4",
    "F_MLOAD",
    "HASHK",
    "HASHK1",
    "HASHKLEN",
    "HASHKDIGEST",
    "HASHP",
    "HASHP1",
    "HASHPLEN",
    "HASHPDIGEST",
    "HASHS",
    "HASHS1",
    "HASHSLEN",
    "HASHSDIGEST",
    "SLOAD",
    "SSTORE",
    "SR",
    "CNT_SHA256_F",
    "CNT_PADDING_PG",
    "CNT_POSEIDON_G",
    "RID",
    "SAVE",
    "RESTORE",
    "MAXMEM",
    "ECRECOVER",
    "INST_MAP_ROM",
];

/// Whether a text is a word of the language, so that no label, variable or constant of the text can have it.
pub fn is_reserved(word: &str) -> bool {
    KEYWORDS.contains(&word)
        || REFUSED.contains(&word)
        || Reg::from_name(word).is_some()
        || Bin::ALL.iter().any(|b| b.1 == word)
        || Align::ALL.iter().any(|a| a.1 == word)
        || Condition::ALL
            .iter()
            .any(|c| c.1 == word || c.2 == Some(word))
}

/// Whether a text is an identifier and no word of the language: the names of labels and variables.
pub fn is_name(word: &str) -> bool {
    let mut chars = word.chars();
    chars.next().is_some_and(is_name_start) && chars.all(is_name_char) && !is_reserved(word)
}

pub(super) fn is_name_start(c: char) -> bool {
    c.is_ascii_alphabetic() || c == '_'
}

pub(super) fn is_name_char(c: char) -> bool {
    c.is_ascii_alphanumeric() || c == '_' || c == '$'
}
