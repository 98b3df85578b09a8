// The launch form: each change is checked by the server, which knows what --dry-run knows; errors stand at their fields.
import { ask } from "./ask.js";

const form = document.getElementById("launch");
const plan = document.getElementById("plan");
const shell = document.getElementById("shell");
const go = document.getElementById("go");
const PAUSE_MS = 250;
let waiting, asked = 0;

const checked = (name) => [...form.querySelectorAll(`[name=${name}]:checked`)].map((box) => box.value);
const text = (name) => form.elements[name].value.trim() || null;
function number(name) {
  const field = form.elements[name];
  if (field.validity.badInput) return NaN;
  return field.value === "" ? null : Number(field.value);
}

function choices() {
  const numbers = Object.fromEntries(["temperature", "max_tokens", "samples", "limit", "parallel", "context", "price_kwh"].map((name) => [name, number(name)]));
  const words = Object.fromEntries(["base_url", "name", "gpu_layers", "server"].map((name) => [name, text(name)]));
  const tasks = (text("tasks") ?? "").split(/[\s,]+/).filter(Boolean);
  return { models: checked("models"), benchmarks: checked("benchmarks"), tasks, ...numbers, ...words, matrix: matrix() };
}

// `temperature=0,0.8; cache_type=f16,q8_0`
function matrix() {
  const found = {};
  for (const part of (text("matrix") ?? "").split(";")) {
    const [name, values] = part.split("=", 2).map((word) => word.trim());
    if (name) found[name] = (values ?? "").split(",").map((word) => word.trim()).filter(Boolean).map((word) => (isNaN(word) ? word : Number(word)));
  }
  return found;
}

async function check() {
  const turn = ++asked;
  const told = await ask("POST", "/api/check", choices());
  if (turn !== asked) return;
  const fields = told.fields ?? {};
  const touched = form.dataset.touched !== undefined;
  for (const place of form.querySelectorAll("[id^=e-]")) {
    const name = place.id.slice(2);
    const field = form.elements[name];
    place.textContent = touched || (name !== "models" && name !== "benchmarks") ? (fields[name] ?? "") : "";
    if (field instanceof HTMLElement) field.toggleAttribute("aria-invalid", false);
    if (field instanceof HTMLElement && fields[name]) field.setAttribute("aria-invalid", "true");
  }
  const good = told.ok && Object.keys(fields).length === 0 && !told.problems?.length && told.rows?.length;
  go.disabled = !good;
  const said = [...(told.ok ? [] : [told.error]), ...(told.problems ?? [])];
  document.getElementById("e-launch").textContent = said.join(" ");
  draw(good ? told : null);
}

function draw(told) {
  shell.hidden = !told;
  if (!told) {
    plan.replaceChildren(Object.assign(document.createElement("p"), { className: "note", textContent: "Choose a model and a benchmark." }));
    return;
  }
  shell.querySelector("pre").textContent = told.command;
  const table = document.createElement("table");
  const titles = { model: "Model", benchmark: "Benchmark", place: "Varied", vram_mb: "VRAM", ram_mb: "RAM", expected: "Time", cost: "Cost, $", fits: "What does not fit" };
  const shown = Object.keys(titles).filter((name) => ["model", "benchmark", "expected"].includes(name) || told.rows.some((row) => row[name]));
  table.createTHead().insertRow().append(...shown.map((name) => Object.assign(document.createElement("th"), { textContent: titles[name], scope: "col" })));
  const body = table.createTBody();
  for (const row of told.rows) {
    const line = body.insertRow();
    for (const name of shown) line.insertCell().textContent = words(name, row[name]);
  }
  const wide = Object.assign(document.createElement("div"), { className: "wide", tabIndex: 0, role: "region", ariaLabel: "Each run" });
  wide.append(table);
  const lines = [...told.notes, ...told.sums].map((line) => Object.assign(document.createElement("p"), { className: "note", textContent: line }));
  plan.replaceChildren(wide, ...lines);
  for (const place of form.querySelectorAll("[data-fits]")) {
    const row = told.rows.find((one) => one.model === place.closest("tr").dataset.model);
    if (row) place.textContent = row.fits || "yes";
  }
}

function words(name, value) {
  if (value === null || value === "") return "–";
  if (!name.endsWith("_mb")) return value;
  return value < 1024 ? `${Math.round(value)} MB` : `${(value / 1024).toFixed(1)} GiB`;
}

form.addEventListener("input", (event) => {
  if (event.target.id === "find-model") return find(event.target.value.toLowerCase());
  form.dataset.touched = "";
  clearTimeout(waiting);
  waiting = setTimeout(check, PAUSE_MS);
});

function find(words) {
  for (const row of document.querySelectorAll("#models tbody tr")) row.hidden = !row.textContent.toLowerCase().includes(words);
}

form.addEventListener("submit", async (event) => {
  event.preventDefault();
  if (go.disabled) return;
  go.disabled = true;
  const told = await ask("POST", "/api/launch", choices());
  if (told.ok) return location.assign("/now");
  go.disabled = false;
  document.getElementById("e-launch").textContent = [told.error, ...Object.values(told.fields ?? {})].join(" ");
});

document.getElementById("copy").addEventListener("click", async (event) => {
  const status = event.target.parentElement.querySelector("[role=status]");
  try {
    await navigator.clipboard.writeText(shell.querySelector("pre").textContent);
    status.textContent = "Copied.";
  } catch {
    status.textContent = "The browser did not allow it: mark the text above.";
  }
});

// By the settings; what is chosen is checked with all that is chosen for it.
async function tellWhatFits() {
  const told = await ask("GET", "/api/models");
  for (const model of told.models ?? []) {
    const place = document.getElementById(`m-${model.id}`)?.closest("tr").querySelector("[data-fits]");
    if (place && !place.textContent && !model.refused && model.ram_mb !== null) place.textContent = model.fits || "yes";
  }
}

check();
tellWhatFits();
