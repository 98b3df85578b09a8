const RULES = [
  ({ value, label, field }) => field.hasAttribute("required") && !/\S/.test(value) && `${label} is required`,
  ({ value, label, field }) => value && field.getAttribute("type") === "email" && !isAddress(value) && `${label} is not an email address`,
  ({ value, label, field }) => value && Array.from(value).length < limit(field, "minlength", 0) && `${label} needs at least ${field.getAttribute("minlength")} characters`,
  ({ value, label, field }) => value && Array.from(value).length > limit(field, "maxlength", Infinity) && `${label} may have at most ${field.getAttribute("maxlength")} characters`,
  ({ value, label, field }) => {
    if (!value || !field.hasAttribute("pattern")) return "";
    const match = value.match(new RegExp("^(" + field.getAttribute("pattern") + ")$", "u"));
    return match ? "" : `${label} has the wrong form`;
  },
  ({ value, label, field, validator }) => {
    const other = validator.fields.find((each) => each.name === field.getAttribute("data-match"));
    return other !== undefined && other.value !== value && `${label} does not match ${validator.label(other)}`;
  },
  ({ value, field, validator }) => value && validator.checks[field.name]?.(value, validator.values),
];
const limit = (field, name, otherwise) => (field.hasAttribute(name) ? +field.getAttribute(name) : otherwise);

function isAddress(value) {
  const [before, after, ...more] = value.split("@");
  if (more.length > 0 || after === undefined || before === "" || /\s/.test(value)) return false;
  const parts = after.split(".");
  return parts.length > 1 && parts.every((part) => /^[\p{Letter}\p{Number}-]+$/u.test(part));
}

class Validator {
  touched = new WeakSet();
  undo = new Map();
  job = 0;
  stop = null;

  constructor(form, { checks = {}, asyncChecks = {}, onSubmit = () => {} }) {
    Object.assign(this, { form, checks, asyncChecks, onSubmit, before: form.noValidate, off: new AbortController() });
    form.noValidate = true;
    for (const type of ["submit", "input", "focusout", "reset"]) {
      const listener = (event) => this[`on_${type}`](event);
      form.addEventListener(type, listener);
      this.off.signal.addEventListener("abort", () => form.removeEventListener(type, listener));
    }
  }

  get fields() {
    const ignored = ":not([type=hidden], [type=submit], [type=button], [type=reset], [type=checkbox], [type=radio])";
    return [...this.form.querySelectorAll(`input${ignored}, select, textarea`)].filter((each) => each.name !== "" && !each.disabled);
  }

  get values() {
    const values = {};
    for (const each of this.fields) values[each.name] = each.value;
    return values;
  }

  label(field) {
    return field.labels?.[0]?.textContent.trim() ?? field.name;
  }

  verdict(field) {
    for (const rule of RULES) {
      const message = rule({ field, value: field.value, label: this.label(field), validator: this });
      if (message) return message;
    }
    return "";
  }

  tell(field, message) {
    const id = field.id + "-error";
    const old = this.undo.get(field);
    if (message === "") {
      old?.();
      this.undo.delete(field);
      return;
    }
    if (!old) {
      const given = field.getAttribute("aria-describedby");
      const paragraph = this.form.ownerDocument.createElement("p");
      Object.assign(paragraph, { id, className: "field-error" });
      field.insertAdjacentElement("afterend", paragraph);
      field.setAttribute("aria-invalid", "true");
      field.setAttribute("aria-describedby", given ? `${given} ${id}` : id);
      this.undo.set(field, Object.assign(() => {
        paragraph.remove();
        field.removeAttribute("aria-invalid");
        field.removeAttribute("aria-describedby");
        if (given !== null) field.setAttribute("aria-describedby", given);
      }, { paragraph }));
    }
    this.undo.get(field).paragraph.textContent = message;
  }

  conclude(messages) {
    for (const [field, message] of messages) this.tell(field, message);
    this.summary?.remove();
    const wrong = [...messages].filter(([, message]) => message !== "");
    if (wrong.length === 0) return true;
    const add = (parent, name, text = "") => {
      const element = parent.ownerDocument.createElement(name);
      element.textContent = text;
      return parent.appendChild(element);
    };
    this.summary = this.form.ownerDocument.createElement("div");
    this.summary.setAttribute("role", "alert");
    add(this.summary, "p", `${wrong.length} problem${wrong.length > 1 ? "s" : ""}`);
    const list = add(this.summary, "ul");
    for (const [field, message] of wrong) {
      const link = add(add(list, "li"), "a", message);
      link.href = "#" + field.id;
      link.onclick = (event) => {
        field.focus();
        event.preventDefault();
      };
    }
    this.form.insertBefore(this.summary, this.form.firstChild);
    wrong[0][0].focus();
    return false;
  }

  halt() {
    this.job += 1;
    this.stop?.abort();
    this.stop = null;
    this.form.removeAttribute("aria-busy");
  }

  on_submit(event) {
    event.preventDefault();
    if (this.stop) return;
    if (!this.conclude(new Map(this.fields.map((field) => [field, this.verdict(field)])))) return;
    const values = this.values;
    const slow = this.fields.filter((field) => field.value && this.asyncChecks[field.name]);
    if (slow.length === 0) return void this.onSubmit(values);
    this.stop = new AbortController();
    this.form.setAttribute("aria-busy", "true");
    const job = this.job;
    const outcomes = new Map();
    for (const field of slow) {
      const done = (message) => {
        outcomes.set(field, message || "");
        if (outcomes.size < slow.length || job !== this.job) return;
        this.stop = null;
        this.form.removeAttribute("aria-busy");
        if (this.conclude(slow.map((each) => [each, outcomes.get(each)]))) this.onSubmit(values);
      };
      this.asyncChecks[field.name](field.value, this.stop.signal).then(done, () => done(`${this.label(field)} could not be checked`));
    }
  }

  on_input({ target }) {
    if (this.stop) this.halt();
    this.touched.add(target);
    for (const field of this.undo.keys()) {
      if (field === target || field.getAttribute("data-match") === target.name) this.tell(field, this.verdict(field));
    }
  }

  on_focusout({ target }) {
    if (this.touched.has(target) && this.fields.includes(target)) this.tell(target, this.verdict(target));
  }

  on_reset() {
    this.halt();
    this.touched = new WeakSet();
    for (const field of [...this.undo.keys()]) this.tell(field, "");
    this.summary?.remove();
  }

  detach() {
    this.on_reset();
    this.off.abort();
    this.form.noValidate = this.before;
  }
}

export function attachValidator(form, options = {}) {
  const validator = new Validator(form, options);
  return { detach: () => validator.detach() };
}
