/** [9, 1, 2, 3] -> "1-3, 9" */
export function formatPages(pages) {
  const sorted = [...new Set(pages)].sort((a, b) => a - b);
  const parts = [];
  for (let at = 0; at < sorted.length; ) {
    let end = at;
    while (sorted[end + 1] === sorted[end] + 1) end += 1;
    if (end - at >= 2) {
      parts.push(`${sorted[at]}-${sorted[end]}`);
      at = end + 1;
    } else {
      parts.push(`${sorted[at]}`);
      at += 1;
    }
  }
  return parts.join(", ");
}

/** "1-3, 9" -> [1, 2, 3, 9] */
export function parsePages(text, last) {
  if (text.trim() === "") return [];
  const found = new Set();
  for (const piece of text.split(",")) {
    const [from, to] = parseRange(piece.trim(), last);
    for (let page = from; page <= to; page += 1) found.add(page);
  }
  return [...found].sort((a, b) => a - b);
}

const RANGE = /^(?<single>[0-9]+)$|^(?<from>[0-9]*)\s*-\s*(?<to>[0-9]*)$/;

function parseRange(part, last) {
  const match = RANGE.exec(part);
  if (!match || part === "-") throw new SyntaxError(`not a page: ${part}`);
  const { single, from, to } = match.groups;
  const left = Number(single ?? (from || 1));
  const right = Number(single ?? (to || last));
  for (const page of [left, right]) {
    if (page < 1 || page > last) throw new RangeError(`no page ${page}`);
  }
  if (left > right) throw new RangeError(`backward range: ${part}`);
  return [left, right];
}
