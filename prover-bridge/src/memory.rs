//! Offline-checked memory: where every word's history begins and ends, and the bridges over long waits.
//!
//! Every access of an instruction consumes a tuple (address, previous time, old value) of the Memory bus and produces
//! (address, time, new value), with time - previous time - 1 in 0..2^16 by a lookup. A balanced bus then means that, for
//! each address, the accesses form chains in strictly rising time from tuples that `memory` sends to tuples that it receives:
//!
//! * Times do not wrap: the clock of a step is at most 4 + 4 * (number of rows), the verifier refuses proofs of more than
//!   2^27 instruction rows, and `refresh` bounds its own times by 2^29 + 2^16, so every time is an integer far below the
//!   field's order, and a difference known to be below 2^30 modulo the order is an integer difference.
//! * `memory` has at most one row per address, since its addresses rise strictly (an integer difference below 2^30 + 2^16
//!   between addresses below 2^29 + 2^16). So each address has exactly one chain, and each access reads what the last one
//!   left.
//! * The chain starts with the right value: each initial word of the key is sent exactly once on Init, and only a row flagged
//!   `is_init` receives it, so every initial word has its row with its value; all other rows start from zero.
//! * It starts at the right time. Words of linear memory below the program's initial pages, static words and the stack start
//!   at time 0. A word of a page that memory.grow adds starts at the time of the grow's write of the page count: its row looks
//!   (page, time) up in `grown`, whose rows look (old pages, new pages, time) up among the events that the grow chip offers
//!   and check old <= page < new. A load before the grow would have to consume a tuple of a later time, which the difference
//!   check refuses; a word of a page that is never added has no first tuple at all, so an access to it has no proof.
//!   Page counts come from memory itself, so two events never add the same page.
//!
//! `refresh` re-dates a word whose next access is more than 2^16 ticks away: it consumes and produces the same value.

use crate::backend::F;
use crate::builder::{Bus, Chip, ChipBuilder, Col, Expr};
use crate::tables::limbs;
use p3_field::PrimeCharacteristicRing;
use zkc_isa::{MEMORY_WORDS, PAGE_WORDS};

/// 2^13, the factor of the high part in `x = low + 2^13 * high` with both parts below 2^16: every x below 2^29 has such a
/// form, and everything of this form is below 2^29 + 2^16.
const STEP: i64 = 1 << 13;
/// 2^14, the same for differences of addresses, below 2^30 + 2^16.
const WIDE: i64 = 1 << 14;

fn list<const N: usize>(head: impl IntoIterator<Item = Expr>, cols: [Col; N]) -> Vec<Expr> {
    head.into_iter().chain(cols.map(Expr::from)).collect()
}

/// Re-dates words.
pub(crate) fn refresh() -> Chip {
    let mut b = ChipBuilder::new("refresh");
    let real = b.column("is_real");
    let (address, old, new) = (
        b.column("address"),
        b.column("old time"),
        b.column("new time"),
    );
    let value: [Col; 4] = b.columns("value");
    let (difference, high) = (b.column("difference high"), b.column("time high"));
    b.assert_bool("is_real is a bit", real);
    for part in [
        new - old - 1 - difference * STEP,
        difference.into(),
        new - high * STEP,
        high.into(),
    ] {
        b.lookup(Bus::Range16, vec![part], real);
    }
    b.receive(Bus::Memory, list([address.into(), old.into()], value), real);
    b.send(Bus::Memory, list([address.into(), new.into()], value), real);
    b.finish()
}

/// One row of [`refresh`].
#[derive(Clone, Copy, Debug)]
pub(crate) struct Refresh {
    pub(crate) address: u32,
    pub(crate) old: u32,
    pub(crate) new: u32,
    pub(crate) value: u64,
}

/// Writes `x` as low + 2^shift * high with low below 2^16, and gives high.
fn high_part(x: u32, shift: u32) -> u32 {
    (x >> shift).min(0xffff)
}

impl Refresh {
    /// Fills a row.
    pub(crate) fn fill(&self, row: &mut [u32]) {
        let [a, b, c, d] = limbs(self.value);
        let difference = high_part(self.new - self.old - 1, 13);
        row.copy_from_slice(&[
            1,
            self.address,
            self.old,
            self.new,
            a,
            b,
            c,
            d,
            difference,
            high_part(self.new, 13),
        ]);
    }
}

/// First and last tuple of every touched word, for a program that starts with `pages` pages.
pub(crate) fn memory(pages: u32) -> Chip {
    let mut b = ChipBuilder::new("memory");
    let real = b.column("is_real");
    let (init, high, grown) = (
        b.column("is_init"),
        b.column("is_high"),
        b.column("is_grown"),
    );
    let address = b.column("address");
    let address_high = b.column("address high");
    let (gap_low, gap_high) = (b.column("gap low"), b.column("gap high"));
    let (room_low, room_high) = (b.column("room low"), b.column("room high"));
    let page = b.column("page");
    let first_time = b.column("first time");
    let first: [Col; 4] = b.columns("first");
    let last_time = b.column("last time");
    let last: [Col; 4] = b.columns("last");

    for (name, flag) in [
        ("is_real", real),
        ("is_init", init),
        ("is_high", high),
        ("is_grown", grown),
    ] {
        b.assert_bool(format!("{name} is a bit"), flag);
    }
    let low = real - high - grown;
    b.assert_bool(
        "a real row is low, high or grown; padding is none",
        low.clone(),
    );
    b.assert_zero("padding is not initial", (1 - real) * init);
    b.assert_zero("padding is not high", (1 - real) * high);
    b.assert_zero("padding is not grown", (1 - real) * grown);
    b.assert_zero("an initial word is not in a grown page", init * grown);

    // Strictly rising addresses: `next` is real only after a real row.
    let next_real = b.next(real);
    let gap = b.next(address) - address - 1 - gap_low - gap_high * WIDE;
    b.assert_zero(
        "real rows come first",
        b.is_transition() * (1 - real) * &next_real,
    );
    b.assert_zero("addresses rise", b.is_transition() * next_real * gap);

    for part in [gap_low, gap_high] {
        b.assert_zero("the last row has no gap", b.is_last() * part);
        b.assert_zero(
            "the last word has no gap",
            b.is_transition() * (1 - b.next(real)) * part,
        );
    }

    // The region a word lies in, as a part of the room it leaves.
    let room = room_low + room_high * STEP;
    let bound = i64::from(pages) * i64::from(PAGE_WORDS);
    b.assert_zero(
        "a low word lies in an initial page",
        low * (bound - 1 - address - &room),
    );
    b.assert_zero(
        "a high word lies above linear memory",
        high * (address - i64::from(MEMORY_WORDS) - &room),
    );
    b.assert_zero(
        "a grown word lies in its page",
        grown * (address - page * i64::from(PAGE_WORDS) - room_low),
    );
    b.assert_zero(
        "a place in a page is below 2^13",
        grown * (room_high - room_low * 8),
    );

    b.assert_zero(
        "only words of grown pages begin later",
        (1 - grown) * first_time,
    );
    b.assert_zero("only words of grown pages name a page", (1 - grown) * page);
    for limb in first {
        b.assert_zero(
            "a word that is not initial begins with zero",
            (1 - init) * limb,
        );
    }

    for value in [
        address - address_high * STEP,
        address_high.into(),
        gap_low.into(),
        gap_high.into(),
    ] {
        b.lookup(Bus::Range16, vec![value], real);
    }
    for value in [room_low, room_high] {
        b.lookup(Bus::Range16, vec![value.into()], real);
    }
    b.lookup(Bus::Grown, vec![page.into(), first_time.into()], grown);
    b.receive(Bus::Init, list([address.into()], first), init);
    b.send(
        Bus::Memory,
        list([address.into(), first_time.into()], first),
        real,
    );
    b.receive(
        Bus::Memory,
        list([address.into(), last_time.into()], last),
        real,
    );
    b.finish()
}

/// One row of [`memory`].
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Word {
    pub(crate) address: u32,
    pub(crate) init: bool,
    pub(crate) grown: bool,
    pub(crate) first_time: u32,
    pub(crate) first: u64,
    pub(crate) last_time: u32,
    pub(crate) last: u64,
}

impl Word {
    /// Fills a row; `next` is the next word's address, if there is one.
    pub(crate) fn fill(&self, next: Option<u32>, pages: u32, row: &mut [u32]) {
        let a = self.address;
        let high = a >= MEMORY_WORDS;
        let (gap_low, gap_high) = next.map_or((0, 0), |n| {
            let gap = n - a - 1;
            let high = high_part(gap, 14);
            (gap - (high << 14), high)
        });
        let (room_low, room_high) = if self.grown {
            let place = a % PAGE_WORDS;
            (place, place * 8)
        } else {
            let room = if high {
                a - MEMORY_WORDS
            } else {
                (pages * PAGE_WORDS).saturating_sub(1).saturating_sub(a)
            };
            let part = high_part(room, 13);
            (room - (part << 13), part)
        };
        let page = if self.grown { a / PAGE_WORDS } else { 0 };
        let [f0, f1, f2, f3] = limbs(self.first);
        let [l0, l1, l2, l3] = limbs(self.last);
        row.copy_from_slice(&[
            1,
            self.init.into(),
            high.into(),
            self.grown.into(),
            a,
            high_part(a, 13),
            gap_low,
            gap_high,
            room_low,
            room_high,
            page,
            self.first_time,
            f0,
            f1,
            f2,
            f3,
            self.last_time,
            l0,
            l1,
            l2,
            l3,
        ]);
    }
}

/// Pages added by memory.grow and the time each came.
pub(crate) fn grown() -> Chip {
    let mut b = ChipBuilder::new("grown");
    let real = b.column("is_real");
    let (page, time) = (b.column("page"), b.column("time"));
    let (old, new) = (b.column("old pages"), b.column("new pages"));
    let count = b.column("count");
    b.assert_bool("is_real is a bit", real);
    b.assert_zero("padding offers nothing", (1 - real) * count);
    b.lookup(
        Bus::GrowEvent,
        vec![old.into(), new.into(), time.into()],
        real,
    );
    b.lookup(Bus::Range16, vec![page - old], real);
    b.lookup(Bus::Range16, vec![new - 1 - page], real);
    b.provide(Bus::Grown, vec![page.into(), time.into()], count);
    b.finish()
}

/// A successful memory.grow.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Growth {
    pub(crate) old: u32,
    pub(crate) new: u32,
    pub(crate) time: u32,
}

impl Growth {
    /// The tuple (page, time) and row of [`grown`] for one of the pages it added; the count comes later.
    pub(crate) fn fill(&self, page: u32, row: &mut [F]) {
        for (cell, x) in row
            .iter_mut()
            .zip([1, page, self.time, self.old, self.new, 0])
        {
            *cell = F::from_u32(x);
        }
    }
}
