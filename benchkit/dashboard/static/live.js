// The live connection: one socket a page. It says what it follows and from which byte; what comes is drawn into the page.
import { wake } from "./wake.js";

const PAUSES_MS = [300, 1000, 2000, 5000];
const title = document.title;
const state = document.getElementById("state");
const banner = document.getElementById("connection");
const icon = document.querySelector("link[rel=icon]");
let socket, connected = false, tries = 0, lastNews = new Date(), known = null, refreshing = false, stale = false;

const clock = (when) => when.toLocaleTimeString([], { hour: "2-digit", minute: "2-digit", hour12: false });
const runs = () => document.querySelectorAll("[data-run]");
const byRun = (id) => document.querySelector(`[data-run="${CSS.escape(id)}"]`);

function connect() {
  socket = new WebSocket(`ws${location.protocol === "https:" ? "s" : ""}://${location.host}/live`);
  socket.addEventListener("open", opened);
  socket.addEventListener("message", (event) => {
    lastNews = new Date();
    for (const message of JSON.parse(event.data)) take(message);
  });
  socket.addEventListener("close", lost);
}

function opened() {
  const again = tries > 0 && !banner.hidden;
  tries = 0;
  connected = true;
  banner.hidden = true;
  follow();
  if (again) refresh();
}

function lost() {
  if (connected) lastNews = new Date(); // until now it was all there is
  connected = false;
  if (tries >= 1 || runs().length) {
    banner.textContent = `Connection lost: data from ${clock(lastNews)}. Trying again; if the server was started anew, open the address that it printed.`;
    banner.hidden = false;
  }
  setTimeout(connect, PAUSES_MS[Math.min(tries++, PAUSES_MS.length - 1)]);
}

function follow() {
  const offsets = Object.fromEntries([...runs()].map((run) => [run.dataset.run, Number(run.dataset.offset)]));
  if (socket.readyState === WebSocket.OPEN) socket.send(JSON.stringify({ runs: true, follow: offsets }));
}

function take(message) {
  if (message.runs) takeAll(message);
  else if (message.resync) startAnew(message.resync);
  else if (message.over) ended(message.over);
  else if (message.run) takeRun(message);
}

function takeAll(message) {
  const launches = (message.launches ?? []).map((one) => `${one.id} ${one.state}`);
  const boxes = message.boxes ?? [];
  takeList(message.runs, [...launches, JSON.stringify(message.batch), ...boxes.map((one) => `${one.name} ${one.doing}`)]);
  for (const box of boxes) {
    const place = document.querySelector(`[data-box="${CSS.escape(box.name)}"] [data-field="heard"]`);
    if (place) place.textContent = box.heard;
  }
}

function takeList(list, further) {
  const ids = [...list.map((run) => run.id), ...further].sort().join();
  tell(list);
  if (known !== ids) refresh(); // the first time, too: between the page and its first message anything may have begun
  known = ids;
  for (const run of list) draw(byRun(run.id), run.snapshot);
}

function tell(list) {
  const shares = list.map((run) => run.snapshot).filter((shot) => shot.total).map((shot) => shot.done / shot.total);
  const percent = shares.length ? Math.floor((100 * shares.reduce((sum, share) => sum + share, 0)) / shares.length) : 0;
  state.hidden = list.length === 0;
  state.textContent = list.length ? `● ${list.length} running · ${percent}%` : "";
  document.title = list.length ? `${percent}% · ${title}` : title;
  icon.href = list.length ? `/icon.svg?done=${percent}` : "/icon.svg";
}

function startAnew(id) {
  const run = byRun(id);
  if (!run) return;
  run.querySelector("[data-chips]")?.replaceChildren();
  run.dataset.offset = "0";
  follow();
}

function ended(id) {
  const run = byRun(id);
  if (!run) return;
  if (run.dataset.reloads !== undefined) location.reload();
  else refresh();
}

function takeRun(message) {
  const run = byRun(message.run);
  if (!run) return;
  const chips = run.querySelector("[data-chips]");
  for (const event of message.events ?? []) {
    if (event.event === "start") chips?.replaceChildren(); // a script that begins again tells all again
    else if (event.id && event.verdict) chips?.append(chip(message.run, event, chips));
  }
  if (message.offset !== undefined) run.dataset.offset = message.offset;
  draw(run, message.snapshot);
  const log = run.querySelector('[data-field="log"]');
  if (log && message.log) log.textContent = message.log.join("\n");
}

function chip(id, event, chips) {
  const passed = event.verdict === "passed";
  const ours = event.verdict === "infrastructure";
  const sample = event.sample ?? [...chips.children].filter((one) => one.dataset.task === event.id).length;
  const link = document.createElement("a");
  link.className = `chip new ${event.verdict.replaceAll(" ", "-")}`;
  link.href = `/runs/${encodeURIComponent(id)}?${new URLSearchParams({ task: event.id, sample })}#answer`;
  link.title = `${event.id}: ${event.verdict}`;
  const sign = Object.assign(document.createElement("span"), { textContent: passed ? "✓" : ours ? "○" : "✗", ariaHidden: "true" });
  const said = Object.assign(document.createElement("span"), { textContent: ` ${event.verdict}`, className: "hidden-text" });
  link.append(sign, event.id.slice(event.id.lastIndexOf("/") + 1) + (sample ? `.${sample}` : ""), said);
  const item = document.createElement("li");
  item.dataset.task = event.id;
  item.append(link);
  return item;
}

const fixed = (value, digits, unit = "") => (value == null ? "–" : value.toFixed(digits) + unit);
function gib(megabytes) {
  if (megabytes == null) return "–";
  return megabytes < 100 ? fixed(megabytes, 1, " MiB") : fixed(megabytes / 1024, 1, " GiB");
}
function lasts(seconds) {
  if (seconds == null) return "–";
  const whole = Math.round(seconds);
  const two = (number) => String(number).padStart(2, "0");
  if (whole < 60) return `${whole}s`;
  return whole < 3600 ? `${Math.floor(whole / 60)}m${two(whole % 60)}s` : `${Math.floor(whole / 3600)}h${two(Math.floor((whole % 3600) / 60))}m`;
}

const FIELDS = {
  state: (shot) => shot.state,
  done: (shot) => (shot.total ? `${shot.done} of ${shot.total}` : "–"),
  score: (shot) => fixed(shot.score, 1, "%"),
  interval: (shot) => (shot.interval ? shot.interval.map((end) => fixed(end, 1)).join("–") : null),
  tokens_per_second: (shot) => fixed(shot.tokens_per_second, 1),
  seconds_left: (shot) => lasts(shot.seconds_left),
  seconds: (shot) => lasts(shot.seconds),
  vram_mb: (shot) => gib(shot.vram_mb),
  power_w: (shot) => fixed(shot.power_w, 0, " W"),
  temperature_c: (shot) => fixed(shot.temperature_c, 0, " °C"),
  ram_mb: (shot) => gib(shot.ram_mb),
  others_vram_mb: (shot) => gib(shot.others_vram_mb),
  others_ram_mb: (shot) => gib(shot.others_ram_mb),
  others_cpu_percent: (shot) => fixed(shot.others_cpu_percent, 0, "%"),
};

function draw(run, shot) {
  if (!run || !shot) return;
  for (const [name, words] of Object.entries(FIELDS)) {
    const place = run.querySelector(`[data-field="${name}"]`);
    const text = place && words(shot);
    if (place && text !== null && place.textContent !== text) place.textContent = text;
    if (place?.parentElement.dataset.knownLater !== undefined) place.parentElement.hidden = place.textContent === "–";
  }
  const bar = run.querySelector('[data-field="progress"]');
  if (bar && shot.total) bar.value = shot.done / shot.total;
  const silent = run.querySelector('[data-field="silent"]');
  if (silent) {
    silent.hidden = shot.silent_s == null;
    silent.textContent = shot.silent_s == null ? "" : `No token came for ${lasts(shot.silent_s)}.`;
  }
}

const nameOf = (element) => element.dataset.post ?? element.dataset.delete ?? element.getAttribute("href");

// What changes while the page is fetched is fetched after it; what could not be fetched, after a pause.
async function refresh() {
  const live = document.querySelector("[data-refreshes]");
  stale = true;
  if (!live || refreshing) return;
  refreshing = true;
  try {
    for (let failed = 0; stale && failed < PAUSES_MS.length; ) {
      stale = false;
      if (await drawAnew(live)) continue;
      stale = true;
      await new Promise((goOn) => setTimeout(goOn, PAUSES_MS[failed++]));
    }
  } finally {
    refreshing = false;
  }
}

async function drawAnew(live) {
  const text = await fetch(location.href).then((answer) => (answer.ok ? answer.text() : null)).catch(() => null);
  if (text === null) return false;
  const page = new DOMParser().parseFromString(text, "text/html");
  const open = [...live.querySelectorAll("[data-run] details[open]")].map((one) => one.closest("[data-run]").dataset.run);
  const held = live.contains(document.activeElement) ? nameOf(document.activeElement) : null;
  live.replaceChildren(...page.querySelector("[data-refreshes]").childNodes);
  wake(live);
  if (held) [...live.querySelectorAll("a, button")].find((one) => nameOf(one) === held)?.focus();
  for (const id of open) byRun(id)?.querySelector("details")?.setAttribute("open", "");
  follow();
  return true;
}

connect();
