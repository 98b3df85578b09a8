/** Steps throw a Reply to end a request; the outermost function returns it. */
class Reply {
  constructor(status, value, headers = {}) {
    this.status = status;
    this.headers = { ...headers };
    this.body = value === undefined ? "" : JSON.stringify(value);
    if (this.body) this.headers["content-type"] = "application/json";
  }
}
const fail = (status, error, headers) => {
  throw new Reply(status, { error }, headers);
};

class Store {
  all = []; // { mark, deleted }
  add(mark) {
    this.all.push({ mark, deleted: false });
  }
  row(id) {
    return this.all.find((row) => row.mark.id === id && !row.deleted);
  }
  place(id) {
    return this.all.findIndex((row) => row.mark.id === id);
  }
  present(from = 0) {
    return this.all.slice(from).filter((row) => !row.deleted).map((row) => row.mark);
  }
}

export function createApp({ newId }) {
  const store = new Store();
  const routes = {
    "/bookmarks": { GET: list, POST: create },
    "/bookmarks/:id": { DELETE: remove, GET: show, PATCH: change },
  };

  return function handle(request) {
    let reply;
    try {
      reply = dispatch(request);
    } catch (thrown) {
      if (!(thrown instanceof Reply)) throw thrown;
      reply = thrown;
    }
    const { status, headers, body } = reply;
    return { status, headers, body: request.method === "HEAD" ? "" : body };
  };

  function dispatch(request) {
    const mark = request.url.indexOf("?");
    const path = mark < 0 ? request.url : request.url.slice(0, mark);
    const query = new URLSearchParams(mark < 0 ? "" : request.url.slice(mark));
    const parts = path.split("/");
    if (parts[0] !== "" || parts[1] !== "bookmarks" || parts.length > 3 || parts[2] === "") fail(404, "not found");
    const methods = routes[parts.length === 2 ? "/bookmarks" : "/bookmarks/:id"];
    const method = request.method === "HEAD" ? "GET" : request.method;
    if (!Object.hasOwn(methods, method)) {
      fail(405, "method not allowed", { allow: [...Object.keys(methods), "HEAD"].sort().join(", ") });
    }
    const header = (name) => Object.entries(request.headers ?? {}).find(([key]) => key.toLowerCase() === name)?.[1];
    const input = ["POST", "PATCH"].includes(method) ? readBody(header("content-type"), request.body ?? "") : null;
    let row = null;
    if (parts.length === 3) {
      row = store.row(parts[2]) ?? fail(404, "not found");
      if (method !== "GET") checkMatch(header("if-match"), row.mark);
    }
    return methods[method]({ input, row, query, header });
  }

  function readBody(type, body) {
    if (!/^\s*application\/json\s*(;|$)/i.test(type ?? "")) fail(415, "unsupported media type");
    if (new TextEncoder().encode(body).length > 10000) fail(413, "too large");
    let input;
    try {
      input = JSON.parse(body);
    } catch {
      fail(400, "bad json");
    }
    if (input === null || Array.isArray(input) || typeof input !== "object") fail(400, "bad json");
    return input;
  }

  function holds(list, mark) {
    return list.split(",").some((each) => ["*", tagOf(mark)].includes(each.trim()));
  }
  function checkMatch(list, mark) {
    if (list === undefined) fail(428, "precondition required");
    if (!holds(list, mark)) fail(412, "precondition failed");
  }
  function tagOf(mark) {
    return JSON.stringify(String(mark.version));
  }
  function reply(status, mark, headers = {}) {
    return new Reply(status, mark, { ...headers, etag: tagOf(mark) });
  }

  /** The bookmark that the input makes out of an older one, or null where there is none. */
  function merge(old, input) {
    const wrong = new Set(Object.keys(input).filter((name) => !["url", "title", "tags"].includes(name)));
    const has = (name) => Object.hasOwn(input, name);
    const result = { url: old?.url, title: old?.title, tags: old?.tags ?? [] };
    if (has("url") || !old) {
      try {
        const url = new URL(typeof input.url === "string" ? input.url : fail());
        if (!/^https?:$/.test(url.protocol)) wrong.add("url");
        result.url = url.href.replace(/#.*$/s, "");
      } catch {
        wrong.add("url");
      }
    }
    const reset = (name) => old && input[name] === null;
    if (has("tags") && !reset("tags")) {
      const tags = Array.isArray(input.tags) ? input.tags : [null];
      if (tags.length > 10 || tags.some((tag) => typeof tag !== "string" || !/^[a-z0-9-]{1,30}$/.test(tag))) wrong.add("tags");
      result.tags = tags.filter((tag, at) => tags.indexOf(tag) === at).sort();
    } else if (has("tags")) {
      result.tags = [];
    }
    if (has("title") && !reset("title")) {
      result.title = typeof input.title === "string" ? input.title.trim() : "";
      if (result.title === "" || result.title.length > 200) wrong.add("title");
    }
    if (wrong.size > 0) throw new Reply(422, { error: "invalid", fields: [...wrong].sort() });
    if (reset("title") || (!old && !has("title"))) result.title = new URL(result.url).host;
    const twin = store.present().find((mark) => mark.url === result.url && mark.id !== old?.id);
    if (twin) throw new Reply(409, { error: "duplicate", id: twin.id });
    return result;
  }

  function create({ input }) {
    const made = merge(null, input);
    const mark = { id: newId(), ...made, version: 1 };
    store.add(mark);
    return reply(201, mark, { location: "/bookmarks/" + mark.id });
  }

  function change({ input, row }) {
    const { mark } = row;
    const made = merge(mark, input);
    const same = made.url === mark.url && made.title === mark.title && made.tags.join() === mark.tags.join();
    if (!same) row.mark = { id: mark.id, ...made, version: mark.version + 1 };
    return reply(200, row.mark);
  }

  function remove({ row }) {
    row.deleted = true;
    return new Reply(204);
  }

  function show({ row: { mark }, header }) {
    const list = header("if-none-match");
    return list !== undefined && holds(list, mark) ? new Reply(304, undefined, { etag: tagOf(mark) }) : reply(200, mark);
  }

  function list({ query }) {
    const limit = query.has("limit") ? query.get("limit") : "20";
    if (!/^\d+$/.test(limit) || +limit === 0 || +limit > 100) fail(400, "bad query");
    let from = 0;
    if (query.has("after")) {
      from = store.place(query.get("after")) + 1;
      if (from === 0) fail(400, "bad query");
    }
    const wanted = (query.get("q") ?? "").toLowerCase();
    const items = [];
    let more = false;
    for (const mark of store.present(from)) {
      if (!query.getAll("tag").every((tag) => mark.tags.includes(tag))) continue;
      if (![mark.title, mark.url].some((text) => text.toLowerCase().includes(wanted))) continue;
      if (items.length === +limit) {
        more = true;
        break;
      }
      items.push(mark);
    }
    if (!more) return new Reply(200, { items, next: null });
    query.delete("after");
    query.append("after", items.at(-1).id);
    return new Reply(200, { items, next: "/bookmarks?" + query.toString() });
  }
}
