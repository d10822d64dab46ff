//! Counts the words of standard input and prints the most frequent ones: a program with the whole of `std`, through WASI.
//!
//! The first argument says how many lines to print, 10 by default. Exits with 3 if there is no word, 2 if the argument is
//! no number or the input no text.

use std::collections::HashMap;
use std::io::Read;
use std::process::exit;

fn main() {
    let lines = match std::env::args().nth(1).map(|a| a.parse::<usize>()) {
        None => 10,
        Some(Ok(lines)) => lines,
        Some(Err(e)) => {
            eprintln!("words: the number of lines: {e}");
            exit(2)
        }
    };
    let mut text = String::new();
    if let Err(e) = std::io::stdin().read_to_string(&mut text) {
        eprintln!("words: {}", e.kind());
        exit(2)
    }
    let mut counts: HashMap<String, u32> = HashMap::new();
    for word in text.split(|c: char| !c.is_alphanumeric()) {
        if !word.is_empty() {
            *counts.entry(word.to_lowercase()).or_default() += 1;
        }
    }
    if counts.is_empty() {
        eprintln!("words: no words");
        exit(3)
    }
    let mut counts = Vec::from_iter(counts);
    counts.sort_by(|a, b| b.1.cmp(&a.1).then_with(|| a.0.cmp(&b.0)));
    for (word, count) in counts.iter().take(lines) {
        println!("{count:>5} {word}");
    }
}
