const METHODS = { list: ["GET", "HEAD", "POST"], one: ["DELETE", "GET", "HEAD", "PATCH"] };
const MOST_BYTES = 10_000;

/** Returns (request) => response with bookmarks of its own. */
export function createApp({ newId }) {
  const bookmarks = new Map(); // by id, in the order of creation
  const places = new Map(); // of all ids that ever were: their place in the order of creation

  return (request) => {
    const response = answer(request);
    return request.method === "HEAD" ? { ...response, body: "" } : response;
  };

  function answer({ method, url, headers: given = {}, body = "" }) {
    const [path, query = ""] = split(url, "?");
    const [, id] = /^\/bookmarks(?:\/([^/]+))?$/.exec(path) ?? [null, null];
    if (id === null) return error(404, "not found");
    const allowed = id === undefined ? METHODS.list : METHODS.one;
    if (!allowed.includes(method)) return error(405, "method not allowed", { allow: allowed.join(", ") });
    const headers = Object.fromEntries(Object.entries(given).map(([name, value]) => [name.toLowerCase(), value]));
    let fields = null;
    if (method === "POST" || method === "PATCH") {
      const type = (headers["content-type"] ?? "").split(";")[0].trim().toLowerCase();
      if (type !== "application/json") return error(415, "unsupported media type");
      if (Buffer.byteLength(body) > MOST_BYTES) return error(413, "too large");
      fields = parseObject(body);
      if (!fields) return error(400, "bad json");
    }
    if (id === undefined) return method === "POST" ? create(fields) : list(path, new URLSearchParams(query));
    const bookmark = bookmarks.get(id);
    if (!bookmark) return error(404, "not found");
    if (method === "GET" || method === "HEAD") {
      if (matches(headers["if-none-match"], bookmark)) return { status: 304, headers: { etag: etag(bookmark) }, body: "" };
      return show(200, bookmark);
    }
    if (headers["if-match"] === undefined) return error(428, "precondition required");
    if (!matches(headers["if-match"], bookmark)) return error(412, "precondition failed");
    if (method === "PATCH") return change(bookmark, fields);
    bookmarks.delete(id);
    return { status: 204, headers: {}, body: "" };
  }

  function create(fields) {
    const { values, invalid } = readFields(fields, false);
    if (!fields.has("url")) invalid.push("url");
    if (invalid.length) return json(422, { error: "invalid", fields: invalid.sort() });
    const same = findDuplicate(values.url, null);
    if (same) return json(409, { error: "duplicate", id: same.id });
    const id = newId();
    const { url, title = new URL(url).host, tags = [] } = values;
    const bookmark = { id, url, title, tags, version: 1 };
    bookmarks.set(id, bookmark);
    places.set(id, places.size);
    return show(201, bookmark, { location: `/bookmarks/${id}` });
  }

  function change(bookmark, fields) {
    const { values, invalid } = readFields(fields, true);
    if (invalid.length) return json(422, { error: "invalid", fields: invalid.sort() });
    const { id, version, ...before } = bookmark;
    const after = { ...before, ...values };
    after.title ??= new URL(after.url).host;
    const same = findDuplicate(after.url, id);
    if (same) return json(409, { error: "duplicate", id: same.id });
    if (JSON.stringify(after) === JSON.stringify(before)) return show(200, bookmark);
    const changed = { id, ...after, version: version + 1 };
    bookmarks.set(id, changed);
    return show(200, changed);
  }

  function list(path, query) {
    const limit = query.get("limit") ?? "20";
    if (!/^[0-9]+$/.test(limit) || Number(limit) < 1 || Number(limit) > 100) return error(400, "bad query");
    const after = query.get("after");
    if (after !== null && !places.has(after)) return error(400, "bad query");
    const start = after === null ? -1 : places.get(after);
    const text = (query.get("q") ?? "").toLowerCase();
    const found = [...bookmarks.values()].filter(({ id, url, title, tags }) =>
      places.get(id) > start
      && query.getAll("tag").every((tag) => tags.includes(tag))
      && (title.toLowerCase().includes(text) || url.toLowerCase().includes(text)));
    const items = found.slice(0, Number(limit));
    let next = null;
    if (found.length > items.length) {
      query.set("after", items.at(-1).id);
      next = `${path}?${query}`;
    }
    return json(200, { items, next });
  }

  function findDuplicate(url, ownId) {
    return [...bookmarks.values()].find((each) => each.url === url && each.id !== ownId);
  }
}

function split(text, mark) {
  const at = text.indexOf(mark);
  return at < 0 ? [text] : [text.slice(0, at), text.slice(at + 1)];
}

function json(status, value, headers = {}) {
  return { status, headers: { "content-type": "application/json", ...headers }, body: JSON.stringify(value) };
}

const error = (status, code, headers) => json(status, { error: code }, headers);
const etag = (bookmark) => `"${bookmark.version}"`;
const show = (status, bookmark, headers) => json(status, bookmark, { etag: etag(bookmark), ...headers });

function matches(header, bookmark) {
  if (header === undefined) return false;
  const tags = header.split(",").map((each) => each.trim());
  return tags.includes("*") || tags.includes(etag(bookmark));
}

/** The fields of a JSON object as a Map; null for any other text. */
function parseObject(body) {
  try {
    const value = JSON.parse(body);
    return typeof value === "object" && value !== null && !Array.isArray(value) ? new Map(Object.entries(value)) : null;
  } catch {
    return null;
  }
}

const READERS = new Map([
  ["url", (value) => {
    if (typeof value !== "string" || !URL.canParse(value)) return undefined;
    const url = new URL(value);
    url.hash = "";
    return ["http:", "https:"].includes(url.protocol) ? url.href : undefined;
  }],
  ["title", (value, isPatch) => {
    if (value === null && isPatch) return null;
    const title = typeof value === "string" ? value.trim() : "";
    return title.length >= 1 && title.length <= 200 ? title : undefined;
  }],
  ["tags", (value, isPatch) => {
    if (value === null && isPatch) return [];
    if (!Array.isArray(value) || value.length > 10) return undefined;
    const sound = value.every((tag) => typeof tag === "string" && /^[a-z0-9-]{1,30}$/.test(tag));
    return sound ? [...new Set(value)].sort() : undefined;
  }],
]);

function readFields(fields, isPatch) {
  const values = {}, invalid = [];
  for (const [name, given] of fields) {
    const value = READERS.get(name)?.(given, isPatch);
    if (value === undefined) invalid.push(name);
    else values[name] = value;
  }
  return { values, invalid };
}
