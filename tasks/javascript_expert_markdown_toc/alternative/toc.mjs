/** Two passes: blocks are told apart by a small machine, inline markup is read by a parser that goes character by character. */

export function listHeadings(markdown) {
  return new Document(markdown).headings;
}

export function updateToc(markdown, options = {}) {
  const document = new Document(markdown);
  const { lines, ends } = document;
  const newEnd = ends[0] === "\r\n" ? "\r\n" : "\n";
  let out = "";
  let skipping = false;
  lines.forEach((line, at) => {
    if (document.tocEnds.has(at)) skipping = false;
    if (!skipping) out += line + ends[at];
    if (document.tocBegins.has(at)) {
      const { min = options.min ?? 2, max = options.max ?? 3 } = document.tocBegins.get(at);
      const entries = document.entries(min, max);
      if (entries.length > 0) out += newEnd + entries.map((entry) => entry + newEnd).join("") + newEnd;
      skipping = true;
    }
  });
  return out;
}

class Document {
  headings = [];
  tocBegins = new Map();
  tocEnds = new Set();
  #used = new Map();

  constructor(markdown) {
    const pieces = markdown.split(/(\r?\n)/);
    this.lines = pieces.filter((_, at) => at % 2 === 0);
    this.ends = [...pieces.filter((_, at) => at % 2 === 1), ""];
    let at = 0;
    if (this.lines[0] === "---") at = this.lines.indexOf("---", 1) + 1;
    while (at < this.lines.length) at = this.#block(at);
  }

  /** Reads what begins in this line; returns where the next block begins. */
  #block(at) {
    const line = this.lines[at];
    const body = this.#body(at);
    if (body === null) return at + 1;
    const fence = body.match(/^(?:(```+)[^`]*|(~~~+).*)$/);
    if (fence) return this.#skip(at + 1, (next) => isClosing(next, fence[1] ?? fence[2]));
    const marker = body.match(/^<!--((?:(?!-->).)*)-->\s*$/)?.[1].trim();
    if (marker === "/toc") throw new Error(`line ${at + 1}: toc end without a beginning`);
    if (marker !== undefined && marker.split(/\s/)[0] === "toc") return this.#table(at, marker);
    if (body.startsWith("<!--")) {
      if (body.indexOf("-->", 4) >= 0) return at + 1;
      return this.#skip(at + 1, (next) => next.includes("-->"));
    }
    if (body.trim() === "" || isUnderline(body)) return at + 1;
    const atx = body.match(/^(#+)([ \t].*)?$/);
    if (atx && atx[1].length <= 6) {
      this.#add(atx[1].length, (atx[2] ?? "").replace(/[ \t]+$/, "").replace(/[ \t]#+$/, ""), at);
      return at + 1;
    }
    if (isItem(body)) return at + 1;
    let end = at + 1;
    while (end < this.lines.length && this.#continues(end)) end += 1;
    const below = end < this.lines.length ? this.#body(end) : null;
    if (below !== null && isUnderline(below)) {
      this.#add(below[0] === "=" ? 1 : 2, this.lines.slice(at, end).map((each) => each.trim()).join(" "), at);
      return end + 1;
    }
    return end;
  }

  /** The line behind its indent; null where it is deep. */
  #body(at) {
    const line = this.lines[at];
    const indent = line.length - line.replace(/^ +/, "").length;
    return indent > 3 || line.startsWith("\t") ? null : line.slice(indent);
  }

  #continues(at) {
    if (this.lines[at].trim() === "") return false;
    const body = this.#body(at);
    if (body === null) return true;
    const fence = /^(```+[^`]*|~~~+.*)$/.test(body);
    return !(fence || body.startsWith("<!--") || isUnderline(body) || /^#{1,6}([ \t]|$)/.test(body) || isItem(body));
  }

  /** The line behind the first one that fits. */
  #skip(at, isEnd) {
    let next = at;
    while (next < this.lines.length && !isEnd(this.lines[next])) next += 1;
    return next + 1;
  }

  #table(at, marker) {
    const options = {};
    for (const option of marker.split(/\s+/).slice(1)) {
      const [name, number, ...more] = option.split("=");
      const sound = ["min", "max"].includes(name) && "123456".includes(number || "x") && number.length === 1 && more.length === 0;
      if (!sound) throw new Error(`line ${at + 1}: bad toc option: ${option}`);
      options[name] = +number;
    }
    let end = at + 1;
    while (end < this.lines.length && !/^ {0,3}<!--\s*\/toc\s*-->\s*$/.test(this.lines[end])) end += 1;
    if (end === this.lines.length) throw new Error(`line ${at + 1}: toc is not closed`);
    this.tocBegins.set(at, options);
    this.tocEnds.add(end);
    return end + 1;
  }

  #add(level, source, at) {
    const text = new Inline(source).text().replace(/\s+/g, " ").trim();
    if (text === "") return;
    let wanted = "";
    for (const character of text.toLowerCase()) {
      if (character === " ") wanted += "-";
      else if (/[\p{L}\p{M}\p{N}_-]/u.test(character)) wanted += character;
    }
    wanted ||= "section";
    let slug = wanted;
    let count = 0;
    while (this.#used.has(slug)) slug = wanted + "-" + ++count;
    this.#used.set(slug, true);
    this.headings.push({ level, text, slug, line: at + 1 });
  }

  entries(min, max) {
    const found = [];
    for (const heading of this.headings) {
      if (heading.level < min || heading.level > max) continue;
      const parent = found.findLast((each) => each.level < heading.level);
      const shown = [...heading.text].map((each) => ("\\`*_[]<".includes(each) ? "\\" + each : each)).join("");
      found.push({ level: heading.level, depth: parent ? parent.depth + 1 : 0, entry: `- [${shown}](#${heading.slug})` });
    }
    return found.map(({ depth, entry }) => " ".repeat(2 * depth) + entry);
  }
}

const isUnderline = (body) => /^(=+|-+)[ \t]*$/.test(body);
const isItem = (body) => body[0] === ">" || /^([-*+]|\d{1,9}[.)])([ \t].*)?$/.test(body);
const isClosing = (line, fence) => {
  const body = line.replace(/^ {0,3}/, "").replace(/[ \t]+$/, "");
  return body.length >= fence.length && [...body].every((each) => each === fence[0]);
};

class Inline {
  constructor(source) {
    this.pieces = []; // characters, or { literal } for what has no meaning any more
    for (let at = 0; at < source.length; ) {
      const rest = source.slice(at);
      const escape = rest.match(/^\\([!-/:-@[-`{-~])/);
      const ticks = rest.match(/^`+/)?.[0];
      const tag = rest.match(/^<[A-Za-z/][^>]*>/)?.[0];
      if (escape) {
        this.pieces.push({ literal: escape[1] });
        at += 2;
      } else if (ticks) {
        const end = findRun(source, at + ticks.length, ticks.length);
        if (end >= 0) this.pieces.push({ literal: source.slice(at + ticks.length, end).trim() });
        else this.pieces.push({ literal: ticks });
        at = end >= 0 ? end + ticks.length : at + ticks.length;
      } else if (tag) {
        at += tag.length;
      } else {
        this.pieces.push(source[at]);
        at += 1;
      }
    }
  }

  text() {
    return this.#strip(this.#unlink(this.pieces)).map((each) => each.literal ?? each).join("");
  }

  #unlink(pieces) {
    for (const image of [true, false]) {
      for (let at = 0; at < pieces.length; at += 1) {
        const open = image ? at + 1 : at;
        if (pieces[open] !== "[" || (image && pieces[at] !== "!")) continue;
        const close = nextOf(pieces, open + 1, "[]");
        if (pieces[close] !== "]" || !"([".includes(pieces[close + 1]?.literal ? "x" : pieces[close + 1] ?? "x")) continue;
        const [ends, end] = pieces[close + 1] === "(" ? ["()", ")"] : ["[]", "]"];
        const last = nextOf(pieces, close + 2, ends);
        if (pieces[last] !== end) continue;
        pieces = [...pieces.slice(0, at), ...pieces.slice(open + 1, close), ...pieces.slice(last + 1)];
        at -= 1;
      }
    }
    return pieces;
  }

  #strip(pieces) {
    for (let at = 0; at < pieces.length; at += 1) {
      const mark = pieces[at];
      if (mark !== "*" && mark !== "_") continue;
      for (const size of [2, 1]) {
        const end = this.#closing(pieces, at, mark, size);
        if (end < 0) continue;
        return [...pieces.slice(0, at), ...this.#strip(pieces.slice(at + size, end)), ...this.#strip(pieces.slice(end + size))];
      }
      while (pieces[at + 1] === mark) at += 1;
    }
    return pieces;
  }

  #closing(pieces, at, mark, size) {
    const isMark = (place) => pieces.slice(place, place + size).every((each) => each === mark) && place + size <= pieces.length;
    const isWord = (piece) => typeof piece === "string" && /[\p{L}\p{N}_]/u.test(piece);
    const isSpace = (piece) => piece === undefined || (typeof piece === "string" && /\s/.test(piece));
    if (!isMark(at) || isSpace(pieces[at + size]) || pieces[at + size] === mark) return -1;
    if (mark === "_" && isWord(pieces[at - 1])) return -1;
    for (let end = at + size + 1; end < pieces.length; end += 1) {
      if (pieces[end] !== mark) continue;
      let run = 1;
      while (pieces[end + run] === mark) run += 1;
      const fits = run === size || (run > 2 && run >= size);
      if (fits && !isSpace(pieces[end - 1]) && !(mark === "_" && isWord(pieces[end + size]))) return end + run - size;
      end += run - 1;
    }
    return -1;
  }
}

function findRun(source, from, length) {
  for (let at = from; at < source.length; at += 1) {
    if (source[at] !== "`") continue;
    let run = 1;
    while (source[at + run] === "`") run += 1;
    if (run === length) return at;
    at += run - 1;
  }
  return -1;
}

function nextOf(pieces, from, wanted) {
  let at = from;
  while (at < pieces.length && !(typeof pieces[at] === "string" && wanted.includes(pieces[at]))) at += 1;
  return at;
}
