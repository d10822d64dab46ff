//! What is known of a class's word at compile time: unsigned bounds and known bits.
//!
//! Facts hold wherever the class is used: they never depend on the path taken to a use. Merging two classes intersects
//! what is known of both, so an unsound rule shows as facts that contradict each other.

use crate::language::{ENode, Head};
use egg::{Analysis, DidMerge, EGraph, Id, Language};
use zkc_ir::ClifOp;
use zkc_ir::Cond;

/// Mask of an i32.
pub(crate) const LOW: u64 = 0xffff_ffff;

/// All ones in the low `bits` bits.
pub(crate) const fn mask(bits: u32) -> u64 {
    if bits >= 64 {
        u64::MAX
    } else {
        (1 << bits) - 1
    }
}

/// Unsigned bounds and known bits of a word.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Facts {
    /// Smallest possible value.
    pub min: u64,
    /// Largest possible value.
    pub max: u64,
    /// Bits that may be one.
    pub may: u64,
    /// Bits that are one.
    pub must: u64,
}

impl Facts {
    /// Nothing known.
    pub const TOP: Facts = Facts {
        min: 0,
        max: u64::MAX,
        may: u64::MAX,
        must: 0,
    };

    /// Exactly this value.
    pub const fn value(value: u64) -> Facts {
        Facts {
            min: value,
            max: value,
            may: value,
            must: value,
        }
    }

    /// Any value from `min` to `max`.
    pub fn range(min: u64, max: u64) -> Facts {
        Facts {
            min,
            max,
            may: u64::MAX,
            must: 0,
        }
        .tight()
    }

    /// Any value of `bits` bits.
    pub fn bits(bits: u32) -> Facts {
        Facts::range(0, mask(bits))
    }

    /// Any value with no ones outside `may` and all ones of `must`.
    pub fn known(may: u64, must: u64) -> Facts {
        Facts {
            min: 0,
            max: u64::MAX,
            may,
            must,
        }
        .tight()
    }

    /// The value, if there is only one.
    pub fn as_const(&self) -> Option<u64> {
        (self.min == self.max).then_some(self.min)
    }

    /// Whether the upper half is zero.
    pub fn is_32(&self) -> bool {
        self.max <= LOW
    }

    /// Derives bounds from bits and bits from bounds.
    fn tight(mut self) -> Facts {
        self.min = self.min.max(self.must);
        self.max = self.max.min(self.may);
        // Bits above the highest one in which the bounds differ are those of both.
        let same = match (self.min ^ self.max).checked_ilog2() {
            None => u64::MAX,
            Some(63) => 0,
            Some(top) => !mask(top + 1),
        };
        self.must |= self.min & same;
        self.may &= self.max | !same;
        self
    }

    /// What both say of one value; `None` if they contradict each other.
    pub fn and(self, other: Facts) -> Option<Facts> {
        let both = Facts {
            min: self.min.max(other.min),
            max: self.max.min(other.max),
            may: self.may & other.may,
            must: self.must | other.must,
        }
        .tight();
        (both.min <= both.max && both.must & !both.may == 0).then_some(both)
    }

    /// What is known of a value that is one or the other.
    pub fn or(self, other: Facts) -> Facts {
        Facts {
            min: self.min.min(other.min),
            max: self.max.max(other.max),
            may: self.may | other.may,
            must: self.must & other.must,
        }
    }

    fn is_nonneg(&self, bits: u32) -> bool {
        self.max <= mask(bits - 1)
    }

    fn low_zeros(&self) -> u32 {
        self.may.trailing_zeros()
    }

    /// The unsigned value range of a comparison: `Some` if decided.
    fn compare(cond: Cond, bits: u32, a: &Facts, b: &Facts) -> Option<bool> {
        match cond {
            Cond::Eq => {
                let apart =
                    a.max < b.min || b.max < a.min || (a.must & !b.may) | (b.must & !a.may) != 0;
                if apart { Some(false) } else { None }
            }
            Cond::Ne => Facts::compare(Cond::Eq, bits, a, b).map(|eq| !eq),
            Cond::Ult if a.max < b.min => Some(true),
            Cond::Ult if a.min >= b.max => Some(false),
            Cond::Ult => None,
            Cond::Uge => Facts::compare(Cond::Ult, bits, a, b).map(|lt| !lt),
            Cond::Slt => {
                let ((a0, a1), (b0, b1)) = (a.signed(bits), b.signed(bits));
                if a1 < b0 {
                    Some(true)
                } else if a0 >= b1 {
                    Some(false)
                } else {
                    None
                }
            }
            Cond::Sge => Facts::compare(Cond::Slt, bits, a, b).map(|lt| !lt),
            Cond::Ugt | Cond::Ule | Cond::Sgt | Cond::Sle => {
                Facts::compare(cond.swap(), bits, b, a)
            }
        }
    }

    /// Signed bounds of a value of `bits` bits.
    pub fn signed(&self, bits: u32) -> (i64, i64) {
        let sign = 1 << (bits - 1);
        let extend = |v: u64| {
            if bits == 32 {
                i64::from(v as u32 as i32)
            } else {
                v as i64
            }
        };
        if self.max < sign || self.min >= sign {
            (extend(self.min), extend(self.max))
        } else {
            (extend(sign), extend(sign - 1))
        }
    }

    /// What is known of a node's value, given what is known of its children.
    pub fn of_node(node: &ENode, child: impl Fn(Id) -> Facts) -> Facts {
        match node {
            ENode::Const(value) => Facts::value(*value),
            ENode::Leaf(_) => Facts::TOP,
            ENode::Op(head, ..) => {
                let args: Vec<Facts> = node.children().iter().map(|&id| child(id)).collect();
                let values: Option<Vec<u64>> = args.iter().map(Facts::as_const).collect();
                if let Some(values) = values
                    && let Some(Ok(value)) = head.eval(&values)
                {
                    return Facts::value(value);
                }
                match head {
                    Head::Clif(op) => clif(*op, &args),
                    Head::Icmp(bits, cond) => {
                        match Facts::compare(*cond, u32::from(*bits), &args[0], &args[1]) {
                            Some(holds) => Facts::value(holds.into()),
                            None => Facts::range(0, 1),
                        }
                    }
                    // A zk node stands beside the node it was lowered from, which says as much.
                    Head::Zk(_) => Facts::TOP,
                }
            }
        }
    }
}

fn add(bits: u32, a: Facts, b: Facts) -> Facts {
    let low = Facts::known(mask(bits) & !mask(a.low_zeros().min(b.low_zeros())), 0);
    let (Some(min), Some(max)) = (a.min.checked_add(b.min), a.max.checked_add(b.max)) else {
        return low;
    };
    let sum = if max <= mask(bits) {
        Facts::range(min, max)
    } else {
        Facts::TOP
    };
    low.and(sum).unwrap_or(low)
}

fn sub(bits: u32, a: Facts, b: Facts) -> Facts {
    let low = Facts::known(mask(bits) & !mask(a.low_zeros().min(b.low_zeros())), 0);
    let difference = if a.min >= b.max {
        Facts::range(a.min - b.max, a.max - b.min)
    } else {
        Facts::TOP
    };
    low.and(difference).unwrap_or(low)
}

fn mul(bits: u32, a: Facts, b: Facts) -> Facts {
    let low = Facts::known(
        mask(bits) & !mask((a.low_zeros() + b.low_zeros()).min(bits)),
        0,
    );
    match a.max.checked_mul(b.max) {
        Some(max) if max <= mask(bits) => {
            let product = Facts::range(a.min * b.min, max);
            low.and(product).unwrap_or(low)
        }
        _ => low,
    }
}

fn shl(bits: u32, a: Facts, k: Facts) -> Facts {
    let Some(k) = k.as_const() else {
        return Facts::bits(bits);
    };
    let k = k as u32 % bits;
    let known = Facts::known((a.may << k) & mask(bits), (a.must << k) & mask(bits));
    let range = if a.max <= mask(bits) >> k {
        Facts::range(a.min << k, a.max << k)
    } else {
        Facts::TOP
    };
    known.and(range).unwrap_or(known)
}

fn shru(bits: u32, a: Facts, k: Facts) -> Facts {
    let Some(k) = k.as_const() else {
        return Facts::range(0, a.max & mask(bits));
    };
    let k = k as u32 % bits;
    let known = Facts::known(a.may >> k, a.must >> k);
    known
        .and(Facts::range(a.min >> k, a.max >> k))
        .unwrap_or(known)
}

fn rotl(bits: u32, a: Facts, k: Option<u32>) -> Facts {
    let Some(k) = k else { return Facts::bits(bits) };
    let rotate = |v: u64| {
        if bits == 32 {
            u64::from((v as u32).rotate_left(k))
        } else {
            v.rotate_left(k)
        }
    };
    Facts::known(rotate(a.may), rotate(a.must))
}

fn sext(from: u32, to: u32, a: Facts) -> Facts {
    let low = Facts::known(a.may & mask(from), a.must & mask(from));
    let low = if a.max <= mask(from) {
        low.and(a).unwrap_or(low)
    } else {
        low
    };
    if low.may >> (from - 1) & 1 == 0 {
        return low;
    }
    let upper = mask(to) & !mask(from);
    let must = if low.must >> (from - 1) & 1 == 1 {
        low.must | upper
    } else {
        low.must
    };
    Facts::known(low.may | upper, must)
}

fn clif(op: ClifOp, x: &[Facts]) -> Facts {
    use ClifOp::*;
    match op {
        Iadd32 => add(32, x[0], x[1]),
        Iadd64 => add(64, x[0], x[1]),
        Isub32 => sub(32, x[0], x[1]),
        Isub64 => sub(64, x[0], x[1]),
        Imul32 => mul(32, x[0], x[1]),
        Imul64 => mul(64, x[0], x[1]),
        Umulhi64 => {
            let upper = |a: u64, b: u64| ((u128::from(a) * u128::from(b)) >> 64) as u64;
            Facts::range(upper(x[0].min, x[1].min), upper(x[0].max, x[1].max))
        }
        Band32 | Band64 => {
            let known = Facts::known(x[0].may & x[1].may, x[0].must & x[1].must);
            known
                .and(Facts::range(0, x[0].max.min(x[1].max)))
                .unwrap_or(known)
        }
        Bor32 | Bor64 => {
            let known = Facts::known(x[0].may | x[1].may, x[0].must | x[1].must);
            known
                .and(Facts::range(x[0].min.max(x[1].min), u64::MAX))
                .unwrap_or(known)
        }
        Bxor32 | Bxor64 => {
            let differ = (x[0].must & !x[1].may) | (x[1].must & !x[0].may);
            let agree = (x[0].must & x[1].must) | (!x[0].may & !x[1].may);
            Facts::known(!agree, differ)
        }
        Ishl32 => shl(32, x[0], x[1]),
        Ishl64 => shl(64, x[0], x[1]),
        Ushr32 => shru(32, x[0], x[1]),
        Ushr64 => shru(64, x[0], x[1]),
        Sshr32 if x[0].is_nonneg(32) => shru(32, x[0], x[1]),
        Sshr64 if x[0].is_nonneg(64) => shru(64, x[0], x[1]),
        Rotl32 => rotl(32, x[0], x[1].as_const().map(|k| k as u32 % 32)),
        Rotl64 => rotl(64, x[0], x[1].as_const().map(|k| k as u32 % 64)),
        Rotr32 => rotl(32, x[0], x[1].as_const().map(|k| (32 - k as u32 % 32) % 32)),
        Rotr64 => rotl(64, x[0], x[1].as_const().map(|k| (64 - k as u32 % 64) % 64)),
        Clz32 => Facts::range(u64::from(x[0].max.leading_zeros()).saturating_sub(32), 32),
        Clz64 => Facts::range(u64::from(x[0].max.leading_zeros()), 64),
        Ctz32 => Facts::range(u64::from(x[0].low_zeros().min(32)), 32),
        Ctz64 => Facts::range(u64::from(x[0].low_zeros()), 64),
        Popcnt32 | Popcnt64 => Facts::range(
            u64::from(x[0].must.count_ones()),
            u64::from(x[0].may.count_ones()),
        ),
        Select32 | Select64 if x[0].min > 0 => x[1],
        Select32 | Select64 if x[0].max == 0 => x[2],
        Select32 | Select64 => x[1].or(x[2]),
        Sextend8To32 => sext(8, 32, x[0]),
        Sextend16To32 => sext(16, 32, x[0]),
        Sextend8To64 => sext(8, 64, x[0]),
        Sextend16To64 => sext(16, 64, x[0]),
        Sextend => sext(32, 64, x[0]),
        Uextend => x[0],
        Ireduce => {
            let known = Facts::known(x[0].may & LOW, x[0].must & LOW);
            if x[0].is_32() {
                known.and(x[0]).unwrap_or(known)
            } else {
                known
            }
        }
        Udiv32 | Udiv64 => Facts::range(x[0].min / x[1].max.max(1), x[0].max / x[1].min.max(1)),
        Urem32 | Urem64 => {
            let max = x[0].max.min(x[1].max.saturating_sub(1));
            if x[0].max < x[1].min {
                x[0]
            } else {
                Facts::range(0, max)
            }
        }
        Sdiv32 if x[0].is_nonneg(32) && x[1].is_nonneg(32) => clif(Udiv32, x),
        Sdiv64 if x[0].is_nonneg(64) && x[1].is_nonneg(64) => clif(Udiv64, x),
        Srem32 if x[0].is_nonneg(32) && x[1].is_nonneg(32) => clif(Urem32, x),
        Srem64 if x[0].is_nonneg(64) && x[1].is_nonneg(64) => clif(Urem64, x),
        Sshr32 | Sdiv32 | Srem32 => Facts::bits(32),
        Icmp32 | Icmp64 => Facts::range(0, 1),
        Iconst32 | Iconst64 | Sshr64 | Sdiv64 | Srem64 => Facts::TOP,
        // Never in the e-graph: the skeleton holds ops with effects.
        Load32 | Uload8To32 | Sload8To32 | Uload16To32 | Sload16To32 | Load64 | Uload8To64
        | Sload8To64 | Uload16To64 | Sload16To64 | Uload32To64 | Sload32To64 | Store32
        | Istore8From32 | Istore16From32 | Store64 | Istore8From64 | Istore16From64
        | Istore32From64 | Jump | Brif | BrTable | Return | Trap | Call | CallIndirect
        | ReturnCall | ReturnCallIndirect | GlobalGet | GlobalSet | MemorySize | MemoryGrow
        | MemoryFill | MemoryCopy | RefFunc | TableGet | TableSet | TableSize | TableGrow
        | TableFill | TableCopy | TableInit | ElemDrop | MemoryInit | DataDrop | MemoryNLoad
        | MemoryNStore | MemoryNSize | MemoryNGrow | MemoryNFill | MemoryNCopy => Facts::TOP,
    }
}

/// Facts of a class, and how often they were refined.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Known {
    /// The facts.
    pub facts: Facts,
    refined: u8,
}

impl Known {
    /// Facts not refined yet.
    pub fn new(facts: Facts) -> Known {
        Known { facts, refined: 0 }
    }
}

/// Refinements after which a class's facts stay as they are. Facts of nodes on a cycle could otherwise creep towards
/// their limit one value at a time.
const MAX_REFINED: u8 = 24;

/// The e-graph analysis: facts of every class; a class with one possible value holds that constant.
#[derive(Clone, Debug, Default)]
pub struct Range {
    /// Number of merges whose facts contradicted each other; zero unless a rule is wrong.
    pub contradictions: usize,
}

/// The e-graph.
pub type Graph = EGraph<ENode, Range>;

impl Analysis<ENode> for Range {
    type Data = Known;

    fn make(graph: &mut Graph, node: &ENode, _: Id) -> Known {
        Known {
            facts: Facts::of_node(node, |id| graph[id].data.facts),
            refined: 0,
        }
    }

    fn merge(&mut self, a: &mut Known, b: Known) -> DidMerge {
        let Some(facts) = a.facts.and(b.facts) else {
            self.contradictions += 1;
            return DidMerge(false, true);
        };
        let refined = a.refined.max(b.refined);
        if refined >= MAX_REFINED && facts.as_const().is_none() {
            return DidMerge(false, a.facts != b.facts);
        }
        let did = DidMerge(facts != a.facts, facts != b.facts);
        *a = Known {
            facts,
            refined: refined + u8::from(did.0),
        };
        did
    }

    fn modify(graph: &mut Graph, id: Id) {
        let Some(value) = graph[id].data.facts.as_const() else {
            return;
        };
        if !graph[id]
            .nodes
            .iter()
            .any(|node| matches!(node, ENode::Const(_)))
        {
            let constant = graph.add(ENode::Const(value));
            graph.union(id, constant);
        }
        // Other ways to a constant are never better and would match patterns by the square of their number.
        graph[id]
            .nodes
            .retain(|node| matches!(node, ENode::Const(_)));
    }
}
