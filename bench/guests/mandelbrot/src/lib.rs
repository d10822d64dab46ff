//! The Mandelbrot set in `f32`.

#![cfg_attr(target_arch = "wasm32", no_std)]

use zkc_guest::{Checksum, host};

/// Iterations after which a point counts as one of the set.
const DEPTH: u32 = 50;

/// Iterations of each point of an `n` by `n` grid over -2 - 1.25i to 0.5 + 1.25i, row by row; a checksum over them.
#[cfg_attr(target_arch = "wasm32", unsafe(no_mangle))]
pub extern "C" fn run(n: u32) -> u64 {
    let mut checksum = Checksum::default();
    each_point(n, n, |depth| checksum.add(depth));
    checksum.value()
}

/// Commits a picture of 32 by 16 characters, a line each.
#[cfg_attr(target_arch = "wasm32", unsafe(no_mangle))]
pub extern "C" fn main() {
    let mut line = [b'\n'; 33];
    let mut column = 0;
    each_point(32, 16, |depth| {
        line[column] = b" .:-=+*%@#"[(depth / 5).min(9) as usize];
        column = (column + 1) % 32;
        if column == 0 {
            host::commit(&line);
        }
    });
}

fn each_point(columns: u32, rows: u32, mut take: impl FnMut(u32)) {
    for row in 0..rows {
        let im = row as f32 / rows as f32 * 2.5 - 1.25;
        for column in 0..columns {
            let re = column as f32 / columns as f32 * 2.5 - 2.0;
            take(depth(re, im));
        }
    }
}

/// Iterations of z = z^2 + c until |z| > 2, [`DEPTH`] at most.
fn depth(c_re: f32, c_im: f32) -> u32 {
    let (mut re, mut im) = (0.0f32, 0.0f32);
    for depth in 0..DEPTH {
        let (re2, im2) = (re * re, im * im);
        if re2 + im2 > 4.0 {
            return depth;
        }
        (re, im) = (re2 - im2 + c_re, 2.0 * re * im + c_im);
    }
    DEPTH
}
