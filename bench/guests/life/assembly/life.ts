// Conway's Game of Life on an unbounded board, in AssemblyScript: classes, generic collections and its garbage collector.
// `run(n)` is a checksum over the board after n generations from the R-pentomino; `alive(n)` counts its cells.

class Cell {
  constructor(public x: i32, public y: i32) {}

  get key(): i64 {
    return (<i64>this.x << 32) | (<i64>this.y & 0xffffffff);
  }
}

class Board {
  cells: Map<i64, Cell> = new Map();

  add(x: i32, y: i32): void {
    const cell = new Cell(x, y);
    this.cells.set(cell.key, cell);
  }

  has(x: i32, y: i32): bool {
    return this.cells.has(new Cell(x, y).key);
  }

  neighbours(cell: Cell): i32 {
    let count = 0;
    for (let dy = -1; dy <= 1; dy++)
      for (let dx = -1; dx <= 1; dx++)
        if ((dx != 0 || dy != 0) && this.has(cell.x + dx, cell.y + dy)) count++;
    return count;
  }

  next(): Board {
    const board = new Board();
    const near = new Set<i64>();
    const cells = this.cells.values();
    for (let i = 0; i < cells.length; i++) {
      const cell = cells[i];
      for (let dy = -1; dy <= 1; dy++) {
        for (let dx = -1; dx <= 1; dx++) {
          const other = new Cell(cell.x + dx, cell.y + dy);
          if (near.has(other.key)) continue;
          near.add(other.key);
          const count = this.neighbours(other);
          if (count == 3 || (count == 2 && this.has(other.x, other.y))) board.add(other.x, other.y);
        }
      }
    }
    return board;
  }
}

function generation(n: i32): Board {
  let board = new Board();
  board.add(1, 0);
  board.add(2, 0);
  board.add(0, 1);
  board.add(1, 1);
  board.add(1, 2);
  for (let i = 0; i < n; i++) board = board.next();
  return board;
}

export function alive(n: i32): i32 {
  return generation(n).cells.size;
}

export function run(n: i32): i64 {
  const keys = generation(n).cells.keys().sort((a, b) => (a < b ? -1 : a > b ? 1 : 0));
  let sum: i64 = 0;
  for (let i = 0; i < keys.length; i++) sum = rotl(sum, 5) + keys[i];
  return sum;
}
