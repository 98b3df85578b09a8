// What every page does: keys, menus that apply when they change, buttons that act, the live connection.
import "./actions.js";
import "./live.js";

const typing = (target) => target.closest("input:not([type=checkbox]), select, textarea, [contenteditable]") !== null;

function act(key) {
  const link = document.querySelector(`a[data-key="${CSS.escape(key)}"]`);
  if (link) return link.click(), true;
  if (key === "/") {
    const search = document.querySelector("input[type=search]");
    if (search) return search.focus(), true;
  }
  if (key === "?") return document.getElementById("keys").showModal(), true;
  const page = Number(key) && document.querySelectorAll("nav a")[Number(key) - 1];
  if (page) return page.click(), true;
  return false;
}

document.addEventListener("keydown", (event) => {
  if (event.ctrlKey || event.altKey || event.metaKey || typing(event.target) || document.querySelector("dialog[open]")) return;
  if (act(event.key)) event.preventDefault();
});
document.getElementById("show-keys").addEventListener("click", () => document.getElementById("keys").showModal());
document.addEventListener("change", (event) => {
  if (event.target.matches("[data-submits]")) event.target.form.requestSubmit();
});
