// The layout of a flow: nodes in columns by their depth, ways between them as wide as the calls that took them.

/** @typedef {{ id: string, kind: string, count: number, abandoned: number, avg_ms: number | null, depth: number, step?: string, flow?: string, path?: string }} Step */
/** @typedef {Step & { x: number, y: number, h: number, sum: number }} Box */
/** @typedef {{ from: Box, to: Box, count: number, w: number, y0: number, y1: number, back: boolean }} Way */

/**
 * @param {Step[]} nodes @param {{ from: string, to: string, count: number }[]} links @param {{ width: number, height: number, bar: number, gap: number }} size
 * @returns {{ boxes: Box[], ways: Way[] }}
 */
export function layout(nodes, links, size) {
  const deepest = Math.max(0, ...nodes.filter((n) => n.kind === "step" || n.kind === "start").map((n) => n.depth)) + 1;
  /** @type {Map<string, Box>} */
  const by = new Map();
  for (const n of nodes) {
    const depth = n.kind === "exit" || n.kind === "queue" ? deepest : n.depth;
    by.set(n.id, { ...n, depth, x: (depth / deepest) * (size.width - size.bar), y: 0, h: 0, sum: 0 });
  }
  const ways = links.flatMap((l) => {
    const [from, to] = [by.get(l.from), by.get(l.to)];
    return from && to && l.count > 0 ? [{ from, to, count: l.count, w: 0, y0: 0, y1: 0, back: to.depth <= from.depth }] : [];
  });
  for (const b of by.values()) {
    const into = ways.filter((w) => w.to === b && !w.back).reduce((s, w) => s + w.count, 0);
    const out = ways.filter((w) => w.from === b && !w.back).reduce((s, w) => s + w.count, 0);
    b.sum = Math.max(into, out, 1);
  }
  const boxes = [...by.values()];
  const columns = Array.from({ length: deepest + 1 }, (_, d) => boxes.filter((b) => b.depth === d));
  const scale = Math.min(...columns.filter((c) => c.length).map((c) => (size.height - (c.length - 1) * size.gap) / c.reduce((s, b) => s + b.sum, 0)));
  for (const b of boxes) b.h = Math.max(2, b.sum * scale);
  for (let round = 0; round < 4; round++) columns.forEach((c, d) => place(c, d, ways, size));
  for (const w of ways) w.w = Math.max(1, w.count * scale);
  for (const b of boxes) attach(b, ways);
  return { boxes, ways };
}

/** Orders a column by where its ways come from, and puts it one under the other. @param {Box[]} column @param {number} depth @param {Way[]} ways @param {{ height: number, gap: number }} size */
function place(column, depth, ways, size) {
  const centre = (/** @type {Box} */ b) => {
    const into = ways.filter((w) => w.to === b && !w.back);
    const n = into.reduce((s, w) => s + w.count, 0);
    return n ? into.reduce((s, w) => s + (w.from.y + w.from.h / 2) * w.count, 0) / n : b.y;
  };
  const order = depth ? column.map((b) => ({ b, at: centre(b) })).sort((a, b) => a.at - b.at) : column.map((b) => ({ b, at: 0 }));
  const used = column.reduce((s, b) => s + b.h, 0) + (column.length - 1) * size.gap;
  let y = Math.max(0, (size.height - used) / 2);
  for (const { b } of order) {
    b.y = y;
    y += b.h + size.gap;
  }
}

/** Where the ways leave and enter a box, from the top down. @param {Box} b @param {Way[]} ways */
function attach(b, ways) {
  let [out, into] = [b.y, b.y];
  for (const w of ways.filter((x) => x.from === b && !x.back).sort((p, q) => p.to.y - q.to.y)) {
    w.y0 = out;
    out += w.w;
  }
  for (const w of ways.filter((x) => x.to === b && !x.back).sort((p, q) => p.from.y - q.from.y)) {
    w.y1 = into;
    into += w.w;
  }
}
