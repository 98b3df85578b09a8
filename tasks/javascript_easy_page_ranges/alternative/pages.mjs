/** [9, 1, 2, 3] -> "1-3, 9" */
export function formatPages(pages) {
  const runs = [];
  for (const page of Array.from(pages).sort((a, b) => a - b)) {
    const run = runs.at(-1);
    if (run && page === run.to) continue;
    if (run && page === run.to + 1) run.to = page;
    else runs.push({ from: page, to: page });
  }
  return runs
    .map(({ from, to }) => (to - from > 1 ? `${from}-${to}` : to > from ? `${from}, ${to}` : `${from}`))
    .join(", ");
}

const isDigits = (text) => text.length > 0 && [...text].every((each) => each >= "0" && each <= "9");

/** "1-3, 9" -> [1, 2, 3, 9] */
export function parsePages(text, last) {
  if (!/\S/.test(text)) return [];
  const wanted = [];
  const page = (digits) => {
    const number = parseInt(digits, 10);
    if (number < 1 || number > last) throw new RangeError("no page " + number);
    return number;
  };
  for (const raw of text.split(",")) {
    const part = raw.trim();
    const ends = part.split("-").map((end) => end.trim());
    const sound = ends.length <= 2 && ends.some(isDigits) && ends.every((end) => end === "" || isDigits(end));
    if (!sound) throw new SyntaxError("not a page: " + part);
    if (ends.length === 1) {
      wanted[page(ends[0])] = true;
      continue;
    }
    const low = ends[0] === "" ? 1 : page(ends[0]);
    const high = ends[1] === "" ? last : page(ends[1]);
    if (low > high) throw new RangeError("backward range: " + part);
    for (let each = low; each <= high; each += 1) wanted[each] = true;
  }
  return Object.keys(wanted).map(Number);
}
