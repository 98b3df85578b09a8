import test from "node:test";
import assert from "node:assert/strict";
import { JSDOM } from "jsdom";
import { attachValidator } from "./form_validator.mjs";

const { window } = new JSDOM("<!doctype html><main></main>");
const { document } = window;
const settle = () => new Promise((done) => setImmediate(() => setImmediate(done)));

const SIGN_UP = `
  <label for="f-name"> Name </label><input id="f-name" name="name" required minlength="2" maxlength="5" aria-describedby="hint">
  <label for="f-mail">E-mail</label><input id="f-mail" name="mail" type="email">
  <label for="f-pass">Password</label><input id="f-pass" name="pass" type="password">
  <label for="f-again">Repetition</label><input id="f-again" name="again" type="password" data-match="pass">
  <select id="f-plan" name="plan" required><option value="">-</option><option>free</option></select>
  <input type="hidden" name="token" required><input id="off" name="off" required disabled>
  <button name="go">Go</button>`;

function setup(html = SIGN_UP, options = {}) {
  const form = document.createElement("form");
  form.innerHTML = html;
  document.querySelector("main").replaceChildren(form);
  const submitted = [];
  const validator = attachValidator(form, { onSubmit: (values) => submitted.push(values), ...options });
  const field = (name) => form.querySelector(`[name="${name}"]`);
  const fire = (target, type) => {
    const event = new window.Event(type, { bubbles: true, cancelable: true });
    target.dispatchEvent(event);
    return event;
  };
  const fill = (name, value) => {
    field(name).value = value;
    fire(field(name), "input");
  };
  const message = (name) => form.querySelector(`#${field(name).id}-error`)?.textContent ?? null;
  const submit = () => fire(form, "submit").defaultPrevented;
  const valid = () => { fill("name", "Ada"); fill("plan", "free"); };
  return { form, validator, submitted, field, fire, fill, message, submit, valid };
}
const one = (attributes, options) => setup(`<label for="x">X</label><input id="x" name="x" ${attributes}>`, options);
function verdict(attributes, value) {
  const { fill, submit, message } = one(attributes);
  fill("x", value);
  submit();
  return message("x");
}

test("submits the values of its fields when all is well", () => {
  const { form, submitted, submit, valid } = setup();
  assert.equal(form.noValidate, true);
  valid();
  assert.equal(submit(), true);
  assert.deepEqual(submitted, [{ name: "Ada", mail: "", pass: "", again: "", plan: "free" }]);
  assert.equal(form.querySelector("[role=alert], .field-error"), null);
});

test("required fields and their labels", () => {
  const { submit, message, submitted, field } = setup();
  assert.equal(submit(), true);
  assert.deepEqual(["name", "mail", "plan"].map(message), ["Name is required", null, "plan is required"]);
  assert.equal(document.activeElement, field("name"));
  assert.deepEqual(submitted, []);
  assert.equal(verdict("required", " \t "), "X is required");
  assert.equal(verdict("minlength=3 pattern=a type=email", ""), null);
});

test("addresses", () => {
  for (const good of ["a@b.c", "first.last+x@my-host.example.org", "ü@1.2"]) assert.equal(verdict("type=email", good), null, good);
  for (const bad of ["a", "@b.c", "a@b", "a@b..c", "a@.b.c", "a@b.c.", "a@@b.c", "a b@c.d", "a@b_c.d", "a@b.c d"]) {
    assert.equal(verdict("type=email", bad), "X is not an email address", bad);
  }
});

test("lengths count code points", () => {
  assert.equal(verdict("minlength=3", "ab"), "X needs at least 3 characters");
  assert.equal(verdict("minlength=2", "😀"), "X needs at least 2 characters");
  assert.equal(verdict("minlength=2", "  "), null);
});

test("too long values, patterns of the whole value, and the order of rules", () => {
  assert.equal(verdict("pattern=a|bc", "bc"), null);
  assert.equal(verdict("pattern=a|bc", "ac"), "X has the wrong form");
  assert.equal(verdict("pattern=^..$", "😀😀"), null);
  assert.equal(verdict("minlength=4 pattern=b", "a"), "X needs at least 4 characters");
  assert.equal(verdict("maxlength=2 pattern=b", "aaa"), "X may have at most 2 characters");
  assert.equal(verdict("maxlength=2", "😀😀"), null);
});

test("matching fields, empty ones too", () => {
  const { fill, submit, message, valid } = setup();
  valid();
  fill("pass", "secret");
  submit();
  assert.equal(message("again"), "Repetition does not match Password");
  fill("pass", "");
  assert.equal(message("again"), null, "looked at again when the other field changes");
});

test("own checks come after the rules and see all values", () => {
  const seen = [];
  const checks = { x: (value, values) => { seen.push([value, values]); return value === "no" ? "No <b>way</b>" : null; } };
  const { fill, submit, message, form } = one("maxlength=3", { checks });
  fill("x", "long");
  submit();
  assert.deepEqual(seen, []);
  fill("x", "no");
  assert.deepEqual(seen.at(-1), ["no", { x: "no" }]);
  assert.equal(message("x"), "No <b>way</b>");
  assert.equal(form.querySelector("b"), null);
  fill("x", "yes");
  assert.equal(message("x"), null);
});

test("messages are tied to their fields and leave no trace", () => {
  const { fill, submit, field } = setup();
  submit();
  const [name, plan] = [field("name"), field("plan")];
  const shown = name.nextElementSibling;
  assert.deepEqual([shown.localName, shown.id, shown.classList.contains("field-error")], ["p", "f-name-error", true]);
  assert.deepEqual([name.getAttribute("aria-invalid"), name.getAttribute("aria-describedby")], ["true", "hint f-name-error"]);
  assert.equal(plan.getAttribute("aria-describedby"), "f-plan-error");
  fill("name", "A");
  assert.equal(name.nextElementSibling, shown);
  assert.equal(shown.textContent, "Name needs at least 2 characters");
  assert.equal(name.getAttribute("aria-describedby"), "hint f-name-error");
  fill("name", "Ada");
  fill("plan", "free");
  assert.deepEqual([name.hasAttribute("aria-invalid"), name.getAttribute("aria-describedby")], [false, "hint"]);
  assert.equal(plan.hasAttribute("aria-describedby"), false);
  assert.equal(shown.isConnected, false);
});

test("nothing is told before it was touched and left", () => {
  const { fire, fill, field, message } = setup();
  fire(field("name"), "focusout");
  assert.equal(message("name"), null);
  fill("name", "A");
  assert.equal(message("name"), null);
  fire(field("name"), "focusout");
  assert.equal(message("name"), "Name needs at least 2 characters");
  assert.equal(message("plan"), null);
});

test("the summary lists and links the problems", () => {
  const { form, submit, fill, field, valid } = setup();
  submit();
  const summary = form.firstElementChild;
  assert.equal(summary.getAttribute("role"), "alert");
  assert.equal(summary.querySelector("p").textContent, "2 problems");
  const links = [...summary.querySelectorAll("ul > li > a")];
  assert.deepEqual(links.map((link) => [link.getAttribute("href"), link.textContent]), [["#f-name", "Name is required"], ["#f-plan", "plan is required"]]);
  const click = new window.MouseEvent("click", { bubbles: true, cancelable: true });
  links[1].dispatchEvent(click);
  assert.equal(click.defaultPrevented, true);
  assert.equal(document.activeElement, field("plan"));
  fill("plan", "free");
  assert.equal(form.querySelectorAll("[role=alert] a").length, 2);
  submit();
  assert.equal(form.querySelectorAll("[role=alert]").length, 1);
  assert.equal(form.querySelector("[role=alert] p").textContent, "1 problem");
  valid();
  submit();
  assert.equal(form.querySelector("[role=alert]"), null);
});

test("asynchronous checks run together after all others", async () => {
  const calls = [];
  const check = (name) => (value, signal) => new Promise((resolve, reject) => calls.push({ name, value, signal, resolve, reject }));
  const { form, submit, submitted, fill, message, valid, field } = setup(SIGN_UP, { asyncChecks: { name: check("name"), mail: check("mail"), pass: check("pass") } });
  submit();
  assert.deepEqual(calls, []);
  valid();
  fill("mail", "a@b.c");
  submit();
  assert.deepEqual(calls.map(({ name, value }) => [name, value]).sort(), [["mail", "a@b.c"], ["name", "Ada"]]);
  assert.equal(calls[0].signal, calls[1].signal);
  assert.equal(form.getAttribute("aria-busy"), "true");
  assert.equal(form.querySelector("[role=alert]"), null);
  assert.equal(submit(), true);
  assert.equal(calls.length, 2);
  calls.find(({ name }) => name === "name").resolve("Name is taken");
  await settle();
  assert.equal(form.getAttribute("aria-busy"), "true");
  calls.find(({ name }) => name === "mail").reject(new Error("offline"));
  await settle();
  assert.equal(form.hasAttribute("aria-busy"), false);
  assert.deepEqual([message("name"), message("mail")], ["Name is taken", "E-mail could not be checked"]);
  assert.equal(document.activeElement, field("name"));
  assert.equal(form.querySelector("[role=alert] p").textContent, "2 problems");
  assert.deepEqual(submitted, []);
});

test("submits once when the asynchronous checks are content", async () => {
  const { form, submit, submitted, fill } = one("", { asyncChecks: { x: async () => "" } });
  fill("x", "1");
  submit();
  assert.deepEqual(submitted, []);
  await settle();
  assert.deepEqual(submitted, [{ x: "1" }]);
  assert.equal(form.hasAttribute("aria-busy"), false);
});

test("a change cancels a submission that is under way", async () => {
  for (const cancel of ["input", "reset", "detach"]) {
    const calls = [];
    const { form, submit, submitted, fire, field, fill, message, validator } = one("", { asyncChecks: { x: (value, signal) => new Promise((resolve) => calls.push({ signal, resolve })) } });
    fill("x", "1");
    submit();
    assert.equal(calls[0].signal.aborted, false);
    if (cancel === "detach") validator.detach();
    else fire(cancel === "input" ? field("x") : form, cancel);
    assert.equal(calls[0].signal.aborted, true, cancel);
    assert.equal(form.hasAttribute("aria-busy"), false);
    calls[0].resolve("late");
    await settle();
    assert.equal(message("x"), null);
    if (cancel === "input") {
      submit();
      calls[1].resolve("");
      await settle();
    }
    assert.equal(submitted.length, cancel === "input" ? 1 : 0);
  }
});

test("reset removes everything and begins anew", () => {
  const { form, submit, fire, field, message, fill } = setup();
  fill("name", "A");
  submit();
  fire(form, "reset");
  assert.equal(form.querySelector("[role=alert], .field-error, [aria-invalid]"), null);
  assert.equal(field("name").getAttribute("aria-describedby"), "hint");
  fire(field("name"), "focusout");
  assert.equal(message("name"), null);
});

test("detach leaves the form as it was", () => {
  const { form, submit, validator, fire, field, fill } = setup();
  submit();
  validator.detach();
  assert.equal(form.noValidate, false);
  assert.equal(form.querySelector("[role=alert], .field-error, [aria-invalid]"), null);
  assert.equal(submit(), false);
  fill("name", "A");
  fire(field("name"), "focusout");
  assert.equal(form.querySelector("[role=alert], .field-error"), null);
  form.noValidate = true;
  attachValidator(form).detach();
  assert.equal(form.noValidate, true);
});
