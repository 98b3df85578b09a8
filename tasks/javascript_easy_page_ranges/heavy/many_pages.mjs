// A book of sixty thousand pages, chosen in many small parts and written out again.
import { formatPages, parsePages } from "./pages.mjs";

export function heavy() {
  const last = 60000;
  const results = [];
  for (let round = 1; round <= 6; round += 1) {
    const parts = [];
    for (let i = 0; i < 8000; i += 1) {
      const first = 1 + ((i * 7919 + round) % (last - 10));
      parts.push(i % 3 ? `${first}-${first + (i % 7)}` : ` ${first} `);
    }
    const pages = parsePages(parts.join(","), last);
    const text = formatPages([...pages].reverse());
    results.push(pages.length, text.length, text.slice(0, 40));
  }
  return results;
}
