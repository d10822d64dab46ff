//! Improvements of the control flow of machine code: fewer `jump` rows.
//!
//! Registers are not touched; the only instructions added are copies of whole short blocks in the place of a jump to them.

use crate::emit::{End, MBlock, Machine};

/// Longest block that is copied in the place of a jump to it.
const COPIED: usize = 8;

/// Improves a function in place.
pub(crate) fn improve(machine: &mut Machine) {
    thread(machine);
    keep_reachable(machine);
    copy_short_blocks(machine);
    keep_reachable(machine);
    place_back_edges(machine);
}

fn for_each_target(end: &mut End, mut change: impl FnMut(&mut u32)) {
    match end {
        End::Jump(to) => change(to),
        End::Branch { taken, other, .. } => {
            change(taken);
            change(other);
        }
        End::Table { table, .. } => table.iter_mut().for_each(change),
        End::Return | End::Stop(_) => {}
    }
}

/// Lets edges pass by blocks that only jump.
fn thread(machine: &mut Machine) {
    let count = machine.blocks.len();
    let mut through: Vec<u32> = (0..count as u32)
        .map(|n| match &machine.blocks[n as usize] {
            MBlock {
                insts,
                end: End::Jump(to),
                ..
            } if insts.is_empty() => *to,
            _ => n,
        })
        .collect();
    for start in 0..count as u32 {
        // A cycle of empty blocks is an endless loop of the program: it stays as it is.
        let mut path = vec![start];
        let mut at = start;
        while through[at as usize] != at && path.len() <= count {
            at = through[at as usize];
            path.push(at);
        }
        if path.len() <= count {
            path.iter().for_each(|&n| through[n as usize] = at);
        } else {
            path.iter().for_each(|&n| through[n as usize] = n);
        }
    }
    for block in &mut machine.blocks {
        for_each_target(&mut block.end, |to| *to = through[*to as usize]);
        if let End::Branch { taken, other, .. } = block.end
            && taken == other
        {
            block.end = End::Jump(taken);
        }
    }
}

/// Removes unreachable blocks from the order.
fn keep_reachable(machine: &mut Machine) {
    let mut seen = vec![false; machine.blocks.len()];
    seen[machine.order[0] as usize] = true;
    let mut stack = vec![machine.order[0]];
    while let Some(block) = stack.pop() {
        for_each_target(&mut machine.blocks[block as usize].end, |&mut to| {
            if !std::mem::replace(&mut seen[to as usize], true) {
                stack.push(to);
            }
        });
    }
    machine.order.retain(|&n| seen[n as usize]);
}

/// Replaces a jump to a short block that ends in a choice or in the function's end by a copy of that block.
///
/// For a loop whose condition stands at its head this moves the condition to its end: one row less per iteration.
fn copy_short_blocks(machine: &mut Machine) {
    let order = machine.order.clone();
    // Copies together are at most as long as the function.
    let mut left: usize = machine
        .blocks
        .iter()
        .map(|b| b.insts.len() + 1)
        .sum::<usize>()
        .max(64);
    for (position, &number) in order.iter().enumerate() {
        let End::Jump(to) = machine.blocks[number as usize].end else {
            continue;
        };
        let next = order.get(position + 1).copied();
        let block = &machine.blocks[to as usize];
        let pays = match block.end {
            // With neither successor behind the copy, the way to `other` would take as many rows as before.
            End::Branch { taken, other, .. } => {
                machine.blocks[number as usize].depth > 0
                    && (next == Some(taken) || next == Some(other) || block.depth > 0)
            }
            End::Return | End::Stop(_) => true,
            End::Jump(_) | End::Table { .. } => false,
        };
        if next == Some(to)
            || to == number
            || !pays
            || block.insts.len() > COPIED
            || block.insts.len() >= left
        {
            continue;
        }
        left -= block.insts.len() + 1;
        let (insts, end, loc) = (block.insts.clone(), block.end.clone(), block.loc);
        let segments = block.segments.clone();
        let block = &mut machine.blocks[number as usize];
        block.insts.extend(insts);
        block.segments.extend(segments);
        block.end = end;
        block.loc = loc;
    }
}

/// Puts the moves of a loop's back edge right before the loop's head, where they need no jump.
///
/// The way into the loop then jumps over them: one row more per entry, one less per iteration.
fn place_back_edges(machine: &mut Machine) {
    let mut position = vec![usize::MAX; machine.blocks.len()];
    for (at, &number) in machine.order.iter().enumerate() {
        position[number as usize] = at;
    }
    let mut before: Vec<Option<u32>> = vec![None; machine.blocks.len()];
    let mut moved = vec![false; machine.blocks.len()];
    for (at, &number) in machine.order.iter().enumerate() {
        let block = &machine.blocks[number as usize];
        let End::Jump(head) = block.end else { continue };
        let head_at = position[head as usize];
        if !block.edge || head_at == 0 || head_at >= at || before[head as usize].is_some() {
            continue;
        }
        let above = machine.order[head_at - 1];
        if machine.blocks[above as usize].depth < machine.blocks[head as usize].depth {
            before[head as usize] = Some(number);
            moved[number as usize] = true;
        }
    }
    let order = std::mem::take(&mut machine.order);
    for number in order {
        if moved[number as usize] {
            continue;
        }
        machine.order.extend(before[number as usize]);
        machine.order.push(number);
    }
}
