// Words changed between two texts, and signs that show nothing made visible.
const MOST_CHANGES = 600; // words; beyond that the texts are shown as one replaced by the other
const TOKENS = /[\p{L}\p{M}\p{N}\u200c\u200d]+|\s|[^\p{L}\p{M}\p{N}\s]/gu;
// ZWNJ is in every other Persian word, so its mark is small; the others are named.
const SIGNS = new Map([
  ["\u200c", "¦"], ["\u200d", "ZWJ"], ["\u200b", "ZWSP"], ["\u2060", "WJ"], ["\ufeff", "BOM"], ["\u00ad", "SHY"], ["\u00a0", "NBSP"],
  ["\u200e", "LRM"], ["\u200f", "RLM"], ["\u061c", "ALM"], ["\u202a", "LRE"], ["\u202b", "RLE"], ["\u202c", "PDF"],
  ["\u202d", "LRO"], ["\u202e", "RLO"], ["\u2066", "LRI"], ["\u2067", "RLI"], ["\u2068", "FSI"], ["\u2069", "PDI"],
  ["\t", "⇥"], ["\r", "CR"], ["\n", "⏎"],
]);
const SIGN = new RegExp(`[${[...SIGNS.keys()].join("")}]`, "u");

// [["same" | "out" | "in", text]…]
export function changes(before, after) {
  const [one, other] = [before, after].map((text) => text.match(TOKENS) ?? []);
  let start = 0;
  while (start < one.length && one[start] === other[start]) start += 1;
  let end = 0;
  while (end < Math.min(one.length, other.length) - start && one.at(-1 - end) === other.at(-1 - end)) end += 1;
  const middle = edits(one.slice(start, one.length - end), other.slice(start, other.length - end));
  const whole = [["same", one.slice(0, start)], ...middle, ["same", end ? one.slice(-end) : []]];
  return joined(whole.map(([kind, tokens]) => [kind, tokens.join("")]).filter(([, text]) => text));
}

// Myers 1986, "An O(ND) difference algorithm": the furthest places reached with each number of changes, then the way back.
function edits(one, other) {
  const trace = [];
  let reached = new Map([[1, 0]]);
  for (let count = 0; count <= Math.min(one.length + other.length, MOST_CHANGES); count += 1) {
    trace.push(new Map(reached));
    for (let line = -count; line <= count; line += 2) {
      const down = line === -count || (line !== count && reached.get(line - 1) < reached.get(line + 1));
      let x = down ? reached.get(line + 1) : reached.get(line - 1) + 1;
      while (x < one.length && x - line < other.length && one[x] === other[x - line]) x += 1;
      reached.set(line, x);
      if (x >= one.length && x - line >= other.length) return wayBack(one, other, trace);
    }
  }
  return [["out", one], ["in", other]];
}

function wayBack(one, other, trace) {
  const steps = [];
  let [x, y] = [one.length, other.length];
  for (let count = trace.length - 1; count >= 0; count -= 1) {
    const reached = trace[count];
    const line = x - y;
    const down = line === -count || (line !== count && reached.get(line - 1) < reached.get(line + 1));
    const from = down ? reached.get(line + 1) : reached.get(line - 1);
    const fromY = from - (down ? line + 1 : line - 1);
    while (x > from && y > fromY) {
      x -= 1;
      y -= 1;
      steps.push(["same", [one[x]]]);
    }
    if (count === 0) break;
    steps.push(down ? ["in", [other[fromY]]] : ["out", [one[from]]]);
    [x, y] = [from, fromY];
  }
  return steps.reverse();
}

function joined(pieces) {
  const rows = [];
  for (const [kind, text] of pieces) {
    if (rows.at(-1)?.[0] === kind) rows.at(-1)[1] += text;
    else rows.push([kind, text]);
  }
  return rows;
}

// Into the element, nothing of the texts as markup: what left, what came, and a mark for each sign that shows nothing.
export function showChanges(element, before, after) {
  element.replaceChildren(
    ...changes(before, after).map(([kind, text]) => {
      const piece = document.createElement({ same: "span", out: "del", in: "ins" }[kind]);
      piece.append(...marked(text));
      return piece;
    }),
  );
}

export function marked(text) {
  return text.split(new RegExp(`(${SIGN.source})`, "u")).filter(Boolean).map((piece) => {
    if (!SIGNS.has(piece)) return document.createTextNode(piece);
    const mark = document.createElement("bdi");
    mark.className = "sign";
    mark.textContent = SIGNS.get(piece);
    mark.title = `U+${piece.codePointAt(0).toString(16).toUpperCase().padStart(4, "0")}`;
    if (piece === "\n") return [mark, document.createTextNode("\n")];
    return mark;
  }).flat();
}
