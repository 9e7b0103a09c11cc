// The difference of two texts, line by line.

/**
 * Lines that both have, only the old one (-), or only the new one (+); the shortest way of saying it where that is cheap.
 * @param {string} a @param {string} b @returns {{ sign: " " | "-" | "+", text: string, line: number }[]}
 */
export function diff(a, b) {
  const x = a.split("\n");
  const y = b.split("\n");
  let head = 0;
  while (head < x.length && head < y.length && x[head] === y[head]) head++;
  let tail = 0;
  while (tail < x.length - head && tail < y.length - head && x[x.length - 1 - tail] === y[y.length - 1 - tail]) tail++;
  /** @type {{ sign: " " | "-" | "+", text: string, line: number }[]} */
  const out = [];
  for (let i = 0; i < head; i++) out.push({ sign: " ", text: y[i], line: i + 1 });
  middle(x.slice(head, x.length - tail), y.slice(head, y.length - tail), head, out);
  for (let i = y.length - tail; i < y.length; i++) out.push({ sign: " ", text: y[i], line: i + 1 });
  return out;
}

/** @param {string[]} x @param {string[]} y @param {number} from @param {any[]} out */
function middle(x, y, from, out) {
  if (x.length * y.length > 4e6) {
    // two files that have little in common: all of one, then all of the other
    x.forEach((text) => out.push({ sign: "-", text, line: 0 }));
    y.forEach((text, i) => out.push({ sign: "+", text, line: from + i + 1 }));
    return;
  }
  const w = y.length + 1;
  const same = new Uint32Array((x.length + 1) * w); // longest common part of what follows
  for (let i = x.length - 1; i >= 0; i--) {
    for (let j = y.length - 1; j >= 0; j--) {
      same[i * w + j] = x[i] === y[j] ? same[(i + 1) * w + j + 1] + 1 : Math.max(same[(i + 1) * w + j], same[i * w + j + 1]);
    }
  }
  let i = 0;
  let j = 0;
  while (i < x.length || j < y.length) {
    if (i < x.length && j < y.length && x[i] === y[j]) {
      out.push({ sign: " ", text: y[j], line: from + ++j });
      i++;
    } else if (j === y.length || (i < x.length && same[(i + 1) * w + j] >= same[i * w + j + 1])) {
      out.push({ sign: "-", text: x[i++], line: 0 });
    } else {
      out.push({ sign: "+", text: y[j], line: from + ++j });
    }
  }
}

/** The lines that differ, with so many around them. @param {ReturnType<typeof diff>} lines @param {number} around */
export function hunks(lines, around) {
  const near = lines.map(() => false);
  lines.forEach((l, i) => {
    if (l.sign !== " ") for (let k = Math.max(0, i - around); k <= Math.min(lines.length - 1, i + around); k++) near[k] = true;
  });
  /** @type {any[]} */
  const out = [];
  lines.forEach((l, i) => {
    if (near[i]) out.push(l);
    else if (out.length && out[out.length - 1].sign !== "…") out.push({ sign: "…", text: "", line: 0 });
  });
  if (out.length && out[out.length - 1].sign === "…") out.pop();
  return out;
}
