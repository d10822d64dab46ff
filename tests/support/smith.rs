//! Random modules from wasm-smith: one seed, one module, on every machine.

use super::random::Random;
use wasm_smith::{Config, MemoryOffsetChoices, Module};

/// How often a loop head or a function may be entered before a generated module stops itself with `unreachable`.
const MODULE_FUEL: u32 = 5_000;

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

fn config(random: &mut Random) -> Config {
    Config {
        allow_floats: true,
        allow_start_export: random.below(2) == 0,
        // memory.copy and memory.fill; functions with memory.init and the table ops are left out as unsupported
        bulk_memory_enabled: random.below(3) == 0,
        custom_page_sizes_enabled: false,
        // masked addresses and guarded divisions, or calls seldom get past their first access
        disallow_traps: random.below(3) > 0,
        exceptions_enabled: false,
        export_everything: true,
        extended_const_enabled: false,
        gc_enabled: false,
        max_data_segments: 4,
        max_element_segments: 3,
        max_elements: 8,
        max_funcs: 1 + random.below(8) as usize,
        max_globals: 6,
        max_imports: 0,
        max_instructions: 20 + random.below(300) as usize,
        max_memories: 1,
        max_memory32_bytes: 4 << 16,
        max_nesting_depth: 8,
        max_table_elements: 16,
        max_tables: 1,
        max_types: 8,
        max_values: 4,
        memory64_enabled: false,
        memory_max_size_required: true,
        memory_offset_choices: MemoryOffsetChoices(90, 9, 1),
        min_funcs: 1,
        min_memories: 1,
        multi_value_enabled: random.below(2) == 0,
        reference_types_enabled: false,
        relaxed_simd_enabled: false,
        saturating_float_to_int_enabled: true,
        sign_extension_ops_enabled: true,
        simd_enabled: false,
        tail_call_enabled: random.below(3) == 0,
        threads_enabled: false,
        wide_arithmetic_enabled: false,
        ..Config::default()
    }
}
