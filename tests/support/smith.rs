//! Random modules of all supported features, from wasm-smith: one seed, one module, on every machine.

use super::random::Random;
use wasm_smith::{Config, MemoryOffsetChoices, Module};

/// How often a loop head or a function may be entered before a generated module stops itself with `unreachable`.
const MODULE_FUEL: u32 = 2_000;

/// The module of a seed, or `None` where the generator finds none.
pub(crate) fn module(seed: u64) -> Option<Vec<u8>> {
    let mut random = Random::new(seed);
    let config = config(&mut random);
    let bytes = random.bytes(512 + (seed % 8) as usize * 1024);
    generate(config, &bytes)
}

/// The module that bytes stand for, as a fuzzer gives them; the first eight choose the features.
pub(crate) fn module_of_bytes(bytes: &[u8]) -> Option<Vec<u8>> {
    let (seed, rest) = bytes.split_first_chunk::<8>()?;
    let config = config(&mut Random::new(u64::from_le_bytes(*seed)));
    generate(config, rest)
}

fn generate(config: Config, bytes: &[u8]) -> Option<Vec<u8>> {
    let mut module = Module::new(config, &mut arbitrary::Unstructured::new(bytes)).ok()?;
    module.ensure_termination(MODULE_FUEL).ok()?;
    Some(module.to_bytes())
}

/// Features are switched per module, so that each meets most others, and small modules stay small.
fn config(random: &mut Random) -> Config {
    let mut one_in = |n: u64| random.below(n) == 0;
    let floats = !one_in(3);
    let simd = floats && one_in(3);
    let references = one_in(2);
    let memories = if one_in(4) { 3 } else { 1 };
    Config {
        allow_floats: floats,
        allow_start_export: one_in(2),
        bulk_memory_enabled: references || one_in(2),
        custom_page_sizes_enabled: false,
        // masked addresses and guarded divisions, or calls seldom get past their first access
        disallow_traps: !one_in(3),
        exceptions_enabled: false,
        export_everything: true,
        extended_const_enabled: one_in(2),
        gc_enabled: false,
        compact_imports_enabled: false,
        max_data_segments: 4,
        max_element_segments: 3,
        max_elements: 8,
        max_globals: 6,
        max_imports: 0,
        max_memories: memories,
        max_memory32_bytes: 4 << 16,
        max_nesting_depth: 8,
        max_table_elements: 16,
        max_tables: if references { 3 } else { 1 },
        max_types: 8,
        max_values: 4,
        memory64_enabled: false,
        memory_max_size_required: true,
        memory_offset_choices: MemoryOffsetChoices(90, 9, 1),
        min_funcs: 1,
        min_memories: 1,
        multi_value_enabled: one_in(2),
        reference_types_enabled: references,
        relaxed_simd_enabled: simd && one_in(2),
        saturating_float_to_int_enabled: floats,
        shared_everything_threads_enabled: false,
        sign_extension_ops_enabled: true,
        simd_enabled: simd,
        table_max_size_required: true,
        tail_call_enabled: one_in(3),
        threads_enabled: false,
        wide_arithmetic_enabled: false,
        max_funcs: 1 + random.below(8) as usize,
        max_instructions: 20 + random.below(300) as usize,
        ..Config::default()
    }
}
