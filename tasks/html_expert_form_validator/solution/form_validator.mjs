const SKIPPED = new Set(["hidden", "submit", "button", "reset", "checkbox", "radio"]);
const ADDRESS = /^[^\s@]+@[\p{L}\p{N}-]+(\.[\p{L}\p{N}-]+)+$/u;

/** Validates the form's fields; returns { detach }. */
export function attachValidator(form, { checks = {}, asyncChecks = {}, onSubmit = () => {} } = {}) {
  const document = form.ownerDocument;
  const formerNoValidate = form.noValidate;
  const touched = new Set();
  const shown = new Map(); // field -> { element, describedBy }
  let summary = null, pending = null;
  form.noValidate = true;

  const fields = () => [...form.querySelectorAll("input, select, textarea")]
    .filter((field) => field.name && !field.disabled && !SKIPPED.has(field.type));
  const values = () => Object.fromEntries(fields().map((field) => [field.name, field.value]));
  const labelOf = (field) =>
    [...form.ownerDocument.querySelectorAll("label")].find((label) => label.htmlFor === field.id)?.textContent.trim() || field.name;

  function messageFor(field) {
    const { value } = field;
    const label = labelOf(field);
    const number = (name) => (field.hasAttribute(name) ? Number(field.getAttribute(name)) : null);
    if (field.required && value.trim() === "") return `${label} is required`;
    if (value !== "") {
      const length = [...value].length;
      const [least, most, pattern] = [number("minlength"), number("maxlength"), field.getAttribute("pattern")];
      if (field.type === "email" && !ADDRESS.test(value)) return `${label} is not an email address`;
      if (least !== null && length < least) return `${label} needs at least ${least} characters`;
      if (most !== null && length > most) return `${label} may have at most ${most} characters`;
      if (pattern !== null && !new RegExp(`^(?:${pattern})$`, "u").test(value)) return `${label} has the wrong form`;
    }
    const other = fields().find((each) => each.name === field.dataset.match);
    if (other && other.value !== value) return `${label} does not match ${labelOf(other)}`;
    if (value === "") return "";
    return (Object.hasOwn(checks, field.name) && checks[field.name](value, values())) || "";
  }

  function show(field, message) {
    const entry = shown.get(field);
    if (!message) {
      if (!entry) return;
      entry.element.remove();
      field.removeAttribute("aria-invalid");
      if (entry.describedBy === null) field.removeAttribute("aria-describedby");
      else field.setAttribute("aria-describedby", entry.describedBy);
      shown.delete(field);
      return;
    }
    if (entry) {
      entry.element.textContent = message;
      return;
    }
    const element = document.createElement("p");
    element.className = "field-error";
    element.id = `${field.id}-error`;
    element.textContent = message;
    field.after(element);
    const describedBy = field.getAttribute("aria-describedby");
    field.setAttribute("aria-invalid", "true");
    field.setAttribute("aria-describedby", [describedBy, element.id].filter(Boolean).join(" "));
    shown.set(field, { element, describedBy });
  }

  function showSummary(problems) {
    summary?.remove();
    summary = null;
    if (problems.length === 0) return;
    summary = document.createElement("div");
    summary.setAttribute("role", "alert");
    const head = document.createElement("p");
    head.textContent = problems.length === 1 ? "1 problem" : `${problems.length} problems`;
    const list = document.createElement("ul");
    for (const [field, message] of problems) {
      const link = document.createElement("a");
      link.setAttribute("href", `#${field.id}`);
      link.textContent = message;
      link.addEventListener("click", (event) => {
        event.preventDefault();
        field.focus();
      });
      const item = document.createElement("li");
      item.append(link);
      list.append(item);
    }
    summary.append(head, list);
    form.prepend(summary);
  }

  function report(results) {
    for (const [field, message] of results) show(field, message);
    const problems = results.filter(([, message]) => message);
    showSummary(problems);
    problems[0]?.[0].focus();
    return problems.length > 0;
  }

  function cancel() {
    pending?.abort();
    pending = null;
    form.removeAttribute("aria-busy");
  }

  async function checkLater(started, sent) {
    const controller = new AbortController();
    pending = controller;
    form.setAttribute("aria-busy", "true");
    const results = await Promise.all(started.map(async (field) => {
      try {
        return [field, (await asyncChecks[field.name](field.value, controller.signal)) || ""];
      } catch {
        return [field, `${labelOf(field)} could not be checked`];
      }
    }));
    if (pending !== controller) return;
    pending = null;
    form.removeAttribute("aria-busy");
    if (!report(results)) onSubmit(sent);
  }

  const listeners = {
    submit(event) {
      event.preventDefault();
      if (pending) return;
      if (report(fields().map((field) => [field, messageFor(field)]))) return;
      const started = fields().filter((field) => field.value !== "" && Object.hasOwn(asyncChecks, field.name));
      if (started.length) checkLater(started, values());
      else onSubmit(values());
    },
    input({ target }) {
      if (pending && fields().includes(target)) cancel();
      touched.add(target);
      for (const field of [...shown.keys()]) {
        if (field === target || (target.name && field.dataset.match === target.name)) show(field, messageFor(field));
      }
    },
    focusout({ target }) {
      if (touched.has(target) && fields().includes(target)) show(target, messageFor(target));
    },
    reset() {
      cancel();
      touched.clear();
      for (const field of [...shown.keys()]) show(field, "");
      showSummary([]);
    },
  };
  for (const [type, listener] of Object.entries(listeners)) form.addEventListener(type, listener);

  return {
    detach() {
      listeners.reset();
      for (const [type, listener] of Object.entries(listeners)) form.removeEventListener(type, listener);
      form.noValidate = formerNoValidate;
    },
  };
}
