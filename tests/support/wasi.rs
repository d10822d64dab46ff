//! WASI preview 1 once more, in Rust over a plain byte slice: what the host module in WebAssembly is compared with.
//!
//! It reads the same private input and writes the same records, so that outputs are compared byte by byte.

use std::collections::BTreeSet;

/// Every function: its name and parameter types, `i` for i32, `l` for i64. All but `proc_exit` return an errno.
pub(crate) const FUNCTIONS: [(&str, &str); 46] = [
    ("args_get", "ii"),
    ("args_sizes_get", "ii"),
    ("clock_res_get", "ii"),
    ("clock_time_get", "ili"),
    ("environ_get", "ii"),
    ("environ_sizes_get", "ii"),
    ("fd_advise", "illi"),
    ("fd_allocate", "ill"),
    ("fd_close", "i"),
    ("fd_datasync", "i"),
    ("fd_fdstat_get", "ii"),
    ("fd_fdstat_set_flags", "ii"),
    ("fd_fdstat_set_rights", "ill"),
    ("fd_filestat_get", "ii"),
    ("fd_filestat_set_size", "il"),
    ("fd_filestat_set_times", "illi"),
    ("fd_pread", "iiili"),
    ("fd_prestat_dir_name", "iii"),
    ("fd_prestat_get", "ii"),
    ("fd_pwrite", "iiili"),
    ("fd_read", "iiii"),
    ("fd_readdir", "iiili"),
    ("fd_renumber", "ii"),
    ("fd_seek", "ilii"),
    ("fd_sync", "i"),
    ("fd_tell", "ii"),
    ("fd_write", "iiii"),
    ("path_create_directory", "iii"),
    ("path_filestat_get", "iiiii"),
    ("path_filestat_set_times", "iiiilli"),
    ("path_link", "iiiiiii"),
    ("path_open", "iiiiillii"),
    ("path_readlink", "iiiiii"),
    ("path_remove_directory", "iii"),
    ("path_rename", "iiiiii"),
    ("path_symlink", "iiiii"),
    ("path_unlink_file", "iii"),
    ("poll_oneoff", "iiii"),
    ("proc_exit", "i"),
    ("proc_raise", "i"),
    ("random_get", "ii"),
    ("sched_yield", ""),
    ("sock_accept", "iii"),
    ("sock_recv", "iiiiii"),
    ("sock_send", "iiiii"),
    ("sock_shutdown", "ii"),
];

const BADF: u32 = 8;
const INVAL: u32 = 28;
const NOSYS: u32 = 52;
const NOTDIR: u32 = 54;
const NOTSOCK: u32 = 57;
const NOTSUP: u32 = 58;
const SPIPE: u32 = 70;

/// Why a call does not return.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Stop {
    /// An access outside the memory.
    OutOfBounds,
    /// `proc_exit`.
    Exit,
}

/// The host's state.
#[derive(Clone, Debug, Default)]
pub(crate) struct Wasi {
    head: Option<Head>,
    closed: BTreeSet<u32>,
    args_shown: bool,
}

/// What the private input begins with.
#[derive(Clone, Debug)]
struct Head {
    seed: u64,
    args: Vec<Vec<u8>>,
    vars: Vec<Vec<u8>>,
    stdin: Vec<u8>,
}

impl Head {
    fn read(mut input: &[u8]) -> Head {
        let mut words = 0;
        let seed = number(&mut input, 8);
        Head {
            seed,
            args: strings(&mut input, &mut words),
            vars: strings(&mut input, &mut words),
            stdin: input.to_vec(),
        }
    }
}

/// The next bytes, as many as there are.
fn take<'a>(input: &mut &'a [u8], n: usize) -> &'a [u8] {
    let (taken, rest) = input.split_at(n.min(input.len()));
    *input = rest;
    taken
}

fn number(input: &mut &[u8], n: usize) -> u64 {
    let mut bytes = [0; 8];
    let taken = take(input, n);
    bytes[..taken.len()].copy_from_slice(taken);
    u64::from_le_bytes(bytes)
}

/// A list that ends where the host has no room left; it counts 8 bytes and more a string.
fn strings(input: &mut &[u8], words: &mut usize) -> Vec<Vec<u8>> {
    let asked = number(input, 4);
    let mut list = Vec::new();
    while (list.len() as u64) < asked {
        let n = (number(input, 4) as usize).min(input.len());
        if *words + 1 + n.div_ceil(8) > 1 << 14 {
            break;
        }
        *words += 1 + n.div_ceil(8);
        list.push(take(input, n).to_vec());
    }
    list
}

/// A memory and what stands in it.
struct Memory<'a>(&'a mut [u8]);

impl Memory<'_> {
    fn check(&self, at: u32, n: u32) -> Result<std::ops::Range<usize>, Stop> {
        let range = at as usize..at as usize + n as usize;
        match range.end <= self.0.len() {
            true => Ok(range),
            false => Err(Stop::OutOfBounds),
        }
    }

    fn load(&self, at: u32) -> Result<u32, Stop> {
        let range = self.check(at, 4)?;
        Ok(u32::from_le_bytes(
            self.0[range].try_into().expect("4 bytes"),
        ))
    }

    fn store(&mut self, at: u32, bytes: &[u8]) -> Result<(), Stop> {
        let range = self.check(at, bytes.len() as u32)?;
        self.0[range].copy_from_slice(bytes);
        Ok(())
    }

    /// Address and length of each vector, all inside the memory.
    fn vectors(&self, at: u32, n: u32) -> Result<Vec<(u32, u32)>, Stop> {
        (0..n)
            .map(|i| {
                let at = at.checked_add(i * 8).ok_or(Stop::OutOfBounds)?;
                let (start, len) = (
                    self.load(at)?,
                    self.load(at.checked_add(4).ok_or(Stop::OutOfBounds)?)?,
                );
                self.check(start, len)?;
                Ok((start, len))
            })
            .collect()
    }

    fn strings(&mut self, list: &[Vec<u8>], pointers: u32, text: u32) -> Result<(), Stop> {
        let (mut pointers, mut text) = (pointers, text);
        for string in list {
            self.store(pointers, &text.to_le_bytes())?;
            self.store(text, string)?;
            self.store(text + string.len() as u32, &[0])?;
            pointers += 4;
            text += string.len() as u32 + 1;
        }
        Ok(())
    }
}

fn record(output: &mut Vec<u8>, tag: u8, bytes: &[u8]) {
    output.push(tag);
    output.extend((bytes.len() as u32).to_le_bytes());
    output.extend(bytes);
}

impl Wasi {
    /// Calls a function on a memory, a private input and a public output.
    pub(crate) fn call(
        &mut self,
        name: &str,
        args: &[u64],
        memory: &mut [u8],
        input: &[u8],
        output: &mut Vec<u8>,
    ) -> Result<u32, Stop> {
        let mut memory = Memory(memory);
        let arg = |i: usize| args[i] as u32;
        let fd = match name {
            "path_symlink" => arg(2),
            _ => args.first().map_or(0, |&fd| fd as u32),
        };
        let open = fd < 3 && !self.closed.contains(&fd);
        let refuse = |errno| Ok(if open { errno } else { BADF });
        match name {
            "args_get" => {
                self.show_args(input, output);
                memory.strings(&self.head(input).args.clone(), arg(0), arg(1))?;
            }
            "args_sizes_get" => {
                self.show_args(input, output);
                sizes(&mut memory, &self.head(input).args, arg(0), arg(1))?;
            }
            "environ_get" => memory.strings(&self.head(input).vars.clone(), arg(0), arg(1))?,
            "environ_sizes_get" => sizes(&mut memory, &self.head(input).vars, arg(0), arg(1))?,
            "random_get" => {
                let head = self.head(input);
                memory.check(arg(0), arg(1))?;
                let mut bytes = Vec::new();
                while bytes.len() < arg(1) as usize {
                    bytes.extend(splitmix(&mut head.seed).to_le_bytes());
                }
                memory.store(arg(0), &bytes[..arg(1) as usize])?;
            }
            "fd_read" if fd == 0 && open => {
                let stdin = &mut self.head(input).stdin;
                let vectors = memory.vectors(arg(1), arg(2))?;
                memory.check(arg(3), 4)?;
                let mut got = 0;
                for (at, len) in vectors {
                    let n = (len as usize).min(stdin.len());
                    memory.store(at, &stdin[..n])?;
                    stdin.drain(..n);
                    got += n as u32;
                }
                memory.store(arg(3), &got.to_le_bytes())?;
            }
            "fd_write" if fd != 0 && open => {
                let vectors = memory.vectors(arg(1), arg(2))?;
                if vectors.iter().map(|v| u64::from(v.1)).sum::<u64>() >> 32 != 0 {
                    return Ok(INVAL);
                }
                memory.check(arg(3), 4)?;
                let mut bytes = Vec::new();
                for (at, len) in vectors {
                    bytes.extend(&memory.0[memory.check(at, len)?]);
                }
                if !bytes.is_empty() {
                    record(output, fd as u8, &bytes);
                }
                memory.store(arg(3), &(bytes.len() as u32).to_le_bytes())?;
            }
            "proc_exit" => {
                record(output, 3, &arg(0).to_le_bytes());
                return Err(Stop::Exit);
            }
            "fd_close" if open => drop(self.closed.insert(fd)),
            "fd_fdstat_get" if open => {
                let mut stat = [0; 24];
                stat[8] = if fd == 0 { 2 } else { 64 };
                memory.store(arg(1), &stat)?;
            }
            "fd_filestat_get" if open => memory.store(arg(1), &[0; 64])?,
            "sched_yield" => {}
            "clock_res_get" | "clock_time_get" | "poll_oneoff" | "proc_raise" => return Ok(NOSYS),
            "fd_prestat_get"
            | "fd_prestat_dir_name"
            | "fd_read"
            | "fd_write"
            | "fd_close"
            | "fd_fdstat_get"
            | "fd_filestat_get" => return Ok(BADF),
            "fd_seek" | "fd_tell" | "fd_pread" | "fd_pwrite" => return refuse(SPIPE),
            "fd_readdir" => return refuse(NOTDIR),
            _ if name.starts_with("path_") => return refuse(NOTDIR),
            _ if name.starts_with("sock_") => return refuse(NOTSOCK),
            _ => return refuse(NOTSUP),
        }
        Ok(0)
    }

    fn head(&mut self, input: &[u8]) -> &mut Head {
        self.head.get_or_insert_with(|| Head::read(input))
    }

    fn show_args(&mut self, input: &[u8], output: &mut Vec<u8>) {
        if !std::mem::replace(&mut self.args_shown, true) {
            for arg in &self.head(input).args {
                record(output, 4, arg);
            }
        }
    }
}

fn sizes(memory: &mut Memory<'_>, list: &[Vec<u8>], count: u32, size: u32) -> Result<(), Stop> {
    let bytes: usize = list.iter().map(|s| s.len() + 1).sum();
    memory.store(count, &(list.len() as u32).to_le_bytes())?;
    memory.store(size, &(bytes as u32).to_le_bytes())
}

/// The next number of SplitMix64.
fn splitmix(state: &mut u64) -> u64 {
    *state = state.wrapping_add(0x9e37_79b9_7f4a_7c15);
    let z = (*state ^ *state >> 30).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    let z = (z ^ z >> 27).wrapping_mul(0x94d0_49bb_1331_11eb);
    z ^ z >> 31
}
