// Buttons that act at once: data-post (or data-method with data-path), what they say when it is done, where they lead.
import { ask } from "./ask.js";
import { wake } from "./wake.js";

document.addEventListener("click", async (event) => {
  const button = event.target.closest("button[data-post], button[data-delete]");
  if (!button) return;
  const path = button.dataset.post ?? button.dataset.delete;
  if (button.dataset.asks && !(await agreed(button.dataset.asks, button.textContent))) return;
  const told = await ask(button.dataset.delete ? "DELETE" : "POST", path, button.dataset.delete ? undefined : {});
  const line = button.parentElement.querySelector(".field-error");
  if (told.ok && button.dataset.leads) location.assign(button.dataset.leads);
  else if (line) line.textContent = told.ok ? (button.dataset.says ?? "") : told.error;
});

function agreed(question, action) {
  const dialog = document.createElement("dialog");
  const text = Object.assign(document.createElement("p"), { textContent: question, id: "question" });
  const yes = Object.assign(document.createElement("button"), { textContent: action, value: "yes", className: "danger" });
  const no = Object.assign(document.createElement("button"), { textContent: "Cancel", value: "no" });
  const form = Object.assign(document.createElement("form"), { method: "dialog", className: "actions" });
  form.append(no, yes);
  dialog.append(text, form);
  dialog.setAttribute("aria-labelledby", "question");
  document.body.append(dialog);
  dialog.showModal();
  return new Promise((resolve) => {
    dialog.addEventListener("close", () => {
      dialog.remove();
      resolve(dialog.returnValue === "yes");
    });
  });
}

// Forms with data-send go to the API as JSON: each field by its name, with data-list as a list, a file as its text.
document.addEventListener("submit", async (event) => {
  const form = event.target.closest("form[data-send]");
  if (!form) return;
  event.preventDefault();
  const line = form.querySelector("[role=status], [role=alert]");
  line.textContent = "…";
  const told = await ask(form.dataset.method ?? "POST", form.dataset.send, await values(form));
  line.classList.toggle("error", !told.ok);
  line.textContent = told.ok ? (form.dataset.says ?? "Saved.") : [told.error, ...Object.values(told.fields ?? {})].join(" ");
  if (told.ok && form.dataset.leads) location.assign(form.dataset.leads);
});

// A name like `defaults.temperature` is a part of `defaults`, which holds what is not empty.
async function values(form) {
  const found = {};
  for (const field of form.elements) {
    if (!field.name) continue;
    const [group, part] = field.name.split(".");
    if (field.type === "file") {
      const file = field.files[0];
      found.name = file?.name ?? "";
      found.content = file ? await file.text() : "";
    } else if (part) {
      found[group] ??= {};
      if (field.value.trim()) found[group][part] = field.value.trim();
    } else if (field.dataset.list !== undefined) found[group] = field.value.split(/[\n,]+/).map((word) => word.trim()).filter(Boolean);
    else found[group] = field.value.trim() || (field.dataset.empty === undefined ? null : "");
  }
  return found;
}

wake(document);
