import test from "node:test";
import assert from "node:assert/strict";
import { createApp } from "./app.mjs";

const JSON_TYPE = { "Content-Type": "application/json" };

function newApp() {
  let count = 0;
  const app = createApp({ newId: () => `b${++count}` });
  const send = (method, url, body, headers = {}) => {
    const request = { method, url, headers: body === undefined ? headers : { ...JSON_TYPE, ...headers } };
    if (body !== undefined) request.body = typeof body === "string" ? body : JSON.stringify(body);
    const response = app(request);
    return { ...response, json: response.body ? JSON.parse(response.body) : null };
  };
  const post = (url, more = {}) => send("POST", "/bookmarks", { url, ...more });
  const patch = (id, changes, match = "*") => send("PATCH", `/bookmarks/${id}`, changes, { "if-match": match });
  return { app, send, post, patch };
}

function isError(response, status, code) {
  assert.deepEqual([response.status, response.json], [status, { error: code }]);
  assert.equal(response.headers["content-type"], "application/json");
}

const isInvalid = (response, ...fields) =>
  assert.deepEqual([response.status, response.json], [422, { error: "invalid", fields }]);

test("creates and shows a bookmark", () => {
  const { send, post } = newApp();
  const made = post("HTTP://Example.org:80/a b#top", { title: "  Hi ", tags: ["z", "a", "z"] });
  const shown = { id: "b1", url: "http://example.org/a%20b", title: "Hi", tags: ["a", "z"], version: 1 };
  assert.deepEqual([made.status, made.json], [201, shown]);
  assert.equal(made.headers.location, "/bookmarks/b1");
  assert.equal(made.headers.etag, '"1"');
  const got = send("GET", "/bookmarks/b1");
  assert.deepEqual([got.status, got.json, got.headers.etag], [200, shown, '"1"']);
  assert.equal(got.headers["content-type"], "application/json");
});

test("title and tags have defaults", () => {
  const { post } = newApp();
  const { title, tags, url } = post("https://example.org:8080").json;
  assert.deepEqual([title, tags, url], ["example.org:8080", [], "https://example.org:8080/"]);
});

test("apps do not share bookmarks, and headers may be missing", () => {
  const one = newApp(), two = newApp();
  one.post("http://a.test");
  assert.deepEqual(JSON.parse(two.app({ method: "GET", url: "/bookmarks" }).body), { items: [], next: null });
  assert.equal(two.app({ method: "POST", url: "/bookmarks" }).status, 415);
});

test("unknown paths and methods", () => {
  const { send } = newApp();
  for (const path of ["/", "/bookmark", "/bookmarks/", "/bookmarks/b1/", "/bookmarks/b1/x", "/Bookmarks"]) {
    isError(send("GET", path), 404, "not found");
    isError(send("BREW", path), 404, "not found");
  }
  const wrong = send("PUT", "/bookmarks?x=1");
  isError(wrong, 405, "method not allowed");
  assert.equal(wrong.headers.allow, "GET, HEAD, POST");
  assert.equal(send("POST", "/bookmarks/none", {}).headers.allow, "DELETE, GET, HEAD, PATCH");
});

test("media type and size are checked before the body", () => {
  const { app, send } = newApp();
  for (const type of ["text/plain", "", "application/jsonp", "text/html; application/json"]) {
    isError(send("POST", "/bookmarks", "{", { "Content-Type": type }), 415, "unsupported media type");
  }
  assert.equal(send("POST", "/bookmarks", { url: "http://a.test" }, { "Content-Type": "Application/JSON ; charset=utf-8" }).status, 201);
  assert.equal(app({ method: "POST", url: "/bookmarks", headers: { "cOnTeNt-TyPe": "application/json" }, body: '{"url":"http://b.test"}' }).status, 201);
  isError(send("POST", "/bookmarks", `{"title":"${"é".repeat(4995)}"}`), 413, "too large");
  assert.equal(send("POST", "/bookmarks", `{"title":"${"é".repeat(4900)}"}`).status, 422);
});

test("bodies that are no objects", () => {
  const { send, app } = newApp();
  for (const body of ["", "{", "[]", "null", "7", '"x"']) isError(send("POST", "/bookmarks", body), 400, "bad json");
  isError(send("PATCH", "/bookmarks/none", "["), 400, "bad json");
  assert.equal(app({ method: "POST", url: "/bookmarks", headers: JSON_TYPE }).status, 400);
});

test("all invalid fields are told", () => {
  const { send, post } = newApp();
  isInvalid(send("POST", "/bookmarks", {}), "url");
  isInvalid(send("POST", "/bookmarks", { version: 1, title: " ", tags: "x", extra: 0, id: "b" }), "extra", "id", "tags", "title", "url", "version");
  for (const url of ["example.org", "ftp://a.test", "javascript:alert(1)", "", 7, null, ["http://a.test"]]) isInvalid(post(url), "url");
  for (const title of ["", "   ", null, 7, "x".repeat(201)]) isInvalid(post("http://a.test", { title }), "title");
  for (const tags of [null, {}, ["A"], [""], [7], ["a b"], ["x".repeat(31)], ["a\n"], new Array(11).fill("a")]) {
    isInvalid(post("http://a.test", { tags }), "tags");
  }
  assert.equal(post("http://a.test", { title: ` ${"x".repeat(200)} `, tags: new Array(10).fill("x".repeat(30)) }).status, 201);
  isInvalid(send("POST", "/bookmarks", '{"url":"http://c.test","__proto__":1,"toString":1}'), "__proto__", "toString");
});

test("a url stands once, after normalization", () => {
  const { post, patch } = newApp();
  post("http://a.test");
  post("http://b.test");
  const again = post("http://A.test/#x");
  assert.deepEqual([again.status, again.json], [409, { error: "duplicate", id: "b1" }]);
  assert.equal(patch("b2", { url: "http://a.test" }).status, 409);
  assert.equal(patch("b1", { url: "http://a.test/#y" }).json.version, 1);
  assert.equal(post("http://a.test/other").json.id, "b3", "a refused bookmark takes no id");
});

test("patches what is given", () => {
  const { send, post, patch } = newApp();
  post("http://a.test", { title: "A", tags: ["x"] });
  const changed = patch("b1", { title: " B " }, '"1"');
  assert.deepEqual(changed.json, { id: "b1", url: "http://a.test/", title: "B", tags: ["x"], version: 2 });
  assert.equal(changed.headers.etag, '"2"');
  assert.deepEqual(patch("b1", { url: "http://c.test/p", title: null, tags: null }).json,
    { id: "b1", url: "http://c.test/p", title: "c.test", tags: [], version: 3 });
  assert.equal(patch("b1", {}).json.version, 3);
  assert.equal(patch("b1", { title: "c.test ", tags: [], url: "HTTP://c.test/p" }).json.version, 3);
  isInvalid(patch("b1", { url: null, tags: [1], title: "ok", version: 9 }), "tags", "url", "version");
  assert.equal(send("GET", "/bookmarks/b1").json.title, "c.test");
});

test("changes need the present etag", () => {
  const { send, post, patch } = newApp();
  post("http://a.test");
  isError(send("PATCH", "/bookmarks/b1", { id: 1 }), 428, "precondition required");
  isError(send("DELETE", "/bookmarks/b1"), 428, "precondition required");
  isError(patch("b1", { id: 1 }, '"2"'), 412, "precondition failed");
  for (const match of ["1", '"11"', 'W/"1"', ""]) assert.equal(patch("b1", {}, match).status, 412, match);
  assert.equal(patch("b1", { title: "x" }, ' "7" ,"1"').status, 200);
  isError(patch("b1", { title: "y" }, '"1"'), 412, "precondition failed");
  isError(send("PATCH", "/bookmarks/none", {}), 404, "not found");
});

test("deletes", () => {
  const { send, post } = newApp();
  post("http://a.test");
  const gone = send("DELETE", "/bookmarks/b1", undefined, { "IF-MATCH": '"1"' });
  assert.deepEqual([gone.status, gone.body, gone.headers["content-type"]], [204, "", undefined]);
  isError(send("GET", "/bookmarks/b1"), 404, "not found");
  isError(send("DELETE", "/bookmarks/b1"), 404, "not found");
  assert.equal(post("http://a.test").json.id, "b2");
});

test("what did not change is not sent again", () => {
  const { send, post, patch } = newApp();
  post("http://a.test");
  for (const match of ['"1"', "*", '"0", "1"']) {
    const same = send("GET", "/bookmarks/b1", undefined, { "If-None-Match": match });
    assert.deepEqual([same.status, same.body, same.headers.etag, same.headers["content-type"]], [304, "", '"1"', undefined]);
  }
  patch("b1", { title: "x" });
  assert.equal(send("GET", "/bookmarks/b1", undefined, { "If-None-Match": '"1"' }).status, 200);
  assert.equal(send("GET", "/bookmarks", undefined, { "If-None-Match": "*" }).status, 200);
});

test("HEAD is GET without a body", () => {
  const { send, post } = newApp();
  post("http://a.test");
  for (const path of ["/bookmarks", "/bookmarks/b1", "/bookmarks/none", "/nowhere", "/bookmarks?limit=0"]) {
    const [head, get] = [send("HEAD", path), send("GET", path)];
    assert.deepEqual([head.status, head.headers, head.body], [get.status, get.headers, ""]);
  }
});

test("lists are filtered", () => {
  const { send, post } = newApp();
  post("http://a.test/News", { title: "Alpha", tags: ["x", "y"] });
  post("http://b.test", { title: "NEWS 100%", tags: ["x"] });
  post("http://c.test", { title: "Gamma" });
  const ids = (query) => send("GET", `/bookmarks?${query}`).json.items.map(({ id }) => id);
  assert.deepEqual(ids(""), ["b1", "b2", "b3"]);
  assert.deepEqual(ids("tag=x"), ["b1", "b2"]);
  assert.deepEqual(ids("tag=x&tag=y&color=red"), ["b1"]);
  assert.deepEqual(ids("q=news"), ["b1", "b2"]);
  assert.deepEqual(ids("q=100%25&tag=x"), ["b2"]);
  assert.deepEqual(ids("q=zzz"), []);
});

test("pages follow each other without gaps", () => {
  const { send, post } = newApp();
  for (let count = 1; count <= 7; count += 1) post(`http://a.test/${count}`, { title: "a & b", tags: count === 4 ? [] : ["t"] });
  const first = send("GET", "/bookmarks?tag=t&limit=2&q=a+%26+b").json;
  assert.deepEqual(first.items.map(({ id }) => id), ["b1", "b2"]);
  send("DELETE", "/bookmarks/b2", undefined, { "if-match": "*" });
  const second = send("GET", first.next).json;
  assert.deepEqual(second.items.map(({ id }) => id), ["b3", "b5"]);
  const third = send("GET", second.next).json;
  assert.deepEqual([third.items.map(({ id }) => id), third.next], [["b6", "b7"], null]);
  assert.deepEqual(send("GET", "/bookmarks?after=b7").json, { items: [], next: null });
});

test("limits have bounds and a default", () => {
  const { send, post } = newApp();
  for (let count = 1; count <= 21; count += 1) post(`http://a.test/${count}`);
  assert.equal(send("GET", "/bookmarks").json.items.length, 20);
  assert.equal(send("GET", "/bookmarks?limit=100").json.items.length, 21);
  for (const query of ["limit=0", "limit=101", "limit=", "limit=-1", "limit=1e1", "limit=2.0", "after=none", "after=", "after=constructor"]) {
    isError(send("GET", `/bookmarks?${query}`), 400, "bad query");
  }
});
