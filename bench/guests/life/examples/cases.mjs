// Prints the cases.toml of this guest, from a Life of JavaScript's own: cells are strings in a Set.

const next = (board) => {
  const counts = new Map();
  for (const cell of board) {
    const [x, y] = cell.split(",").map(Number);
    for (let dy = -1; dy <= 1; dy++)
      for (let dx = -1; dx <= 1; dx++)
        if (dx || dy) counts.set(`${x + dx},${y + dy}`, (counts.get(`${x + dx},${y + dy}`) ?? 0) + 1);
  }
  return new Set([...counts].filter(([cell, n]) => n === 3 || (n === 2 && board.has(cell))).map(([cell]) => cell));
};

const generation = (n) => {
  let board = new Set(["1,0", "2,0", "0,1", "1,1", "1,2"]);
  while (n--) board = next(board);
  return board;
};

const checksum = (board) => {
  const keys = [...board].map((cell) => {
    const [x, y] = cell.split(",").map(BigInt);
    return (x << 32n) | BigInt.asUintN(32, y);
  });
  keys.sort((a, b) => (a < b ? -1 : a > b ? 1 : 0));
  let sum = 0n;
  for (const key of keys) sum = BigInt.asUintN(64, ((sum << 5n) | (sum >> 59n)) + key);
  return BigInt.asIntN(64, sum);
};

console.log("# Expected outputs from a Life in JavaScript; written by `examples/cases.mjs`.");
const put = (invoke, n, result) =>
  console.log(`\n[[case]]\ninvoke = "${invoke}"\nargs = ["${n}"]\nresults = ["${result}"]`);
for (const n of [0, 1, 2, 4, 30, 200]) put("alive", n, generation(n).size);
for (const n of [0, 1, 2, 5, 100]) put("run", n, checksum(generation(n)));
