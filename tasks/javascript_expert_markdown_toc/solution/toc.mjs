const MARKER = /^ {0,3}<!--\s*(\/toc|toc(?:\s+(?<options>(?:(?!-->).)*?))?)\s*-->\s*$/;
const FENCE = /^ {0,3}(`{3,}(?=[^`]*$)|~{3,})/;
const COMMENT = /^ {0,3}<!--/;
const UNDERLINE = /^ {0,3}(=+|-+)[ \t]*$/;
const HEADING = /^ {0,3}(#{1,6})(?:[ \t]+(.*))?$/;
const QUOTE_OR_ITEM = /^ {0,3}(>|[-*+](?=[ \t]|$)|\d{1,9}[.)](?=[ \t]|$))/;
const DEEP = /^( {4}|\t)/;

/** All headings of a document: [{ level, text, slug, line }]. */
export function listHeadings(markdown) {
  return scan(splitLines(markdown)).headings;
}

/** The document with its tables of contents rewritten. */
export function updateToc(markdown, { min = 2, max = 3 } = {}) {
  const lines = splitLines(markdown);
  const { headings, tables } = scan(lines);
  const lineEnd = lines[0].end === "\r\n" ? "\r\n" : "\n";
  const parts = [];
  let at = 0;
  for (const { begin, end, options } of tables) {
    parts.push(...lines.slice(at, begin + 1).map(({ content, end: ending }) => content + ending));
    const entries = makeEntries(headings, { min, max, ...options });
    if (entries.length) parts.push(...["", ...entries, ""].map((entry) => entry + lineEnd));
    at = end;
  }
  parts.push(...lines.slice(at).map(({ content, end }) => content + end));
  return parts.join("");
}

function splitLines(markdown) {
  return markdown.match(/[^\n]*\n|[^\n]+$|^$/g).map((line) => {
    const end = /\r?\n$/.exec(line)?.[0] ?? "";
    return { content: line.slice(0, line.length - end.length), end };
  });
}

function scan(lines) {
  const headings = [], tables = [], slugs = new Set();
  let fence = null, comment = false, table = null, paragraph = null;
  const add = (level, source, line) => {
    const text = plainText(source);
    if (text) headings.push({ level, text, slug: uniqueSlug(text, slugs), line });
  };
  for (let at = afterFrontMatter(lines); at < lines.length; at += 1) {
    const line = lines[at].content;
    const above = paragraph;
    paragraph = null;
    const marker = MARKER.exec(line);
    if (table) {
      if (marker?.[1] !== "/toc") continue;
      tables.push({ ...table, end: at });
      table = null;
    } else if (fence) {
      const close = /^ {0,3}(`+|~+)[ \t]*$/.exec(line)?.[1];
      if (close?.startsWith(fence)) fence = null;
    } else if (comment) {
      comment = !line.includes("-->");
    } else if (FENCE.test(line)) {
      fence = FENCE.exec(line)[1];
    } else if (marker) {
      if (marker[1] === "/toc") throw new Error(`line ${at + 1}: toc end without a beginning`);
      table = { begin: at, options: readOptions(marker.groups.options ?? "", at + 1) };
    } else if (COMMENT.test(line)) {
      comment = !line.slice(line.indexOf("<!--") + 4).includes("-->");
    } else if (/^[ \t]*$/.test(line)) {
      continue;
    } else if (UNDERLINE.test(line)) {
      if (above) add(line.includes("=") ? 1 : 2, above.lines.map((each) => each.trim()).join(" "), above.line);
    } else if (HEADING.test(line)) {
      const [, marks, rest = ""] = HEADING.exec(line);
      add(marks.length, rest.trim().replace(/(^|[ \t]+)#+$/, ""), at + 1);
    } else if (QUOTE_OR_ITEM.test(line)) {
      continue;
    } else if (above) {
      paragraph = { line: above.line, lines: [...above.lines, line] };
    } else if (!DEEP.test(line)) {
      paragraph = { line: at + 1, lines: [line] };
    }
  }
  if (table) throw new Error(`line ${table.begin + 1}: toc is not closed`);
  return { headings, tables };
}

function afterFrontMatter(lines) {
  if (lines[0].content !== "---") return 0;
  return lines.findIndex(({ content }, at) => at > 0 && content === "---") + 1;
}

function readOptions(text, line) {
  const options = {};
  for (const option of text.split(/\s+/).filter(Boolean)) {
    const found = /^(min|max)=([1-6])$/.exec(option);
    if (!found) throw new Error(`line ${line}: bad toc option: ${option}`);
    options[found[1]] = Number(found[2]);
  }
  return options;
}

/** The text without its markup; what is literal is kept aside meanwhile, behind private characters. */
function plainText(source) {
  const literals = [];
  const keep = (literal) => `\uE000${literals.push(literal) - 1}\uE001`;
  let text = source.replace(/\\([!-/:-@[-`{-~])|(?<!`)(`+)(?!`)(.+?)(?<!`)\2(?!`)/g, (_, escaped, __, code) => keep(escaped ?? code.trim()));
  text = text.replace(/<[A-Za-z/][^>]*>/g, "");
  text = text.replace(/!\[([^[\]]*)\](?:\([^()]*\)|\[[^[\]]*\])/g, "$1");
  text = text.replace(/\[([^[\]]*)\](?:\([^()]*\)|\[[^[\]]*\])/g, "$1");
  for (let before = null; before !== text; ) {
    before = text;
    text = text.replace(/(\*\*|\*)(?=[^\s*])([^*]*[^\s*])\1/g, "$2");
    text = text.replace(/(?<![\p{L}\p{N}_])(__|_)(?=[^\s_])(.*?[^\s_])\1(?![\p{L}\p{N}_])/gu, "$2");
  }
  return text.replace(/\uE000(\d+)\uE001/g, (_, at) => literals[at]).replace(/\s+/g, " ").trim();
}

function uniqueSlug(text, given) {
  const base = text.toLowerCase().replace(/[^\p{L}\p{M}\p{N} _-]/gu, "").replaceAll(" ", "-") || "section";
  let slug = base;
  for (let number = 1; given.has(slug); number += 1) slug = `${base}-${number}`;
  given.add(slug);
  return slug;
}

function makeEntries(headings, { min, max }) {
  const above = [];
  return headings.filter(({ level }) => level >= min && level <= max).map(({ level, text, slug }) => {
    while (above.length && above.at(-1) >= level) above.pop();
    const indent = "  ".repeat(above.length);
    above.push(level);
    return `${indent}- [${text.replace(/[\\`*_[\]<]/g, "\\$&")}](#${slug})`;
  });
}
