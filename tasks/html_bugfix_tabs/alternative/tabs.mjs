const KEYS = {
  ArrowRight: (place, count) => (place + 1) % count,
  ArrowLeft: (place, count) => (place + count - 1) % count,
  Home: () => 0,
  End: (_, count) => count - 1,
};

class Tabs {
  constructor(root) {
    this.root = root;
    this.pairs = [...root.querySelectorAll(":scope > .tab-list > button")].map((tab) => ({ tab }));
    root.querySelectorAll(":scope > .panel").forEach((panel, at) => { this.pairs[at].panel = panel; });
    root.querySelector(":scope > .tab-list").setAttribute("role", "tablist");
    for (const { tab, panel } of this.pairs) {
      tab.id ||= this.newId();
      panel.id ||= this.newId();
      tab.setAttribute("role", "tab");
      panel.setAttribute("role", "tabpanel");
      tab.setAttribute("aria-controls", panel.id);
      panel.setAttribute("aria-labelledby", tab.id);
      tab.addEventListener("click", (event) => this.choose(event.currentTarget));
      tab.addEventListener("keydown", (event) => this.key(event));
    }
    this.alive = true;
    this.chosen = this.usable()[0];
    this.draw();
  }

  newId() {
    const id = "t" + Math.random().toString(36).slice(2);
    return this.root.ownerDocument.getElementById(id) ? this.newId() : id;
  }

  usable() {
    return this.pairs.map(({ tab }) => tab).filter((tab) => !tab.disabled);
  }

  draw() {
    for (const { tab, panel } of this.pairs) {
      tab.setAttribute("aria-selected", tab === this.chosen ? "true" : "false");
      tab.tabIndex = tab === this.chosen ? 0 : -1;
      panel.toggleAttribute("hidden", tab !== this.chosen);
    }
  }

  choose(tab) {
    if (!this.alive || tab === undefined || tab.disabled || tab === this.chosen) return;
    this.chosen = tab;
    this.draw();
    const event = this.root.ownerDocument.createEvent("CustomEvent");
    event.initCustomEvent("tabchange", false, false, { index: this.pairs.findIndex((pair) => pair.tab === tab) });
    this.root.dispatchEvent(event);
  }

  key(event) {
    const modified = ["ctrlKey", "altKey", "shiftKey", "metaKey"].some((name) => event[name]);
    if (!this.alive || modified || !Object.hasOwn(KEYS, event.key) || event.target !== event.currentTarget) return;
    const usable = this.usable();
    const tab = usable[KEYS[event.key](usable.indexOf(event.currentTarget), usable.length)];
    event.preventDefault();
    this.choose(tab);
    tab.focus();
  }
}

export function setupTabs(root) {
  const tabs = new Tabs(root);
  return {
    select: (index) => tabs.choose(tabs.pairs[index]?.tab),
    destroy: () => {
      tabs.alive = false;
      tabs.pairs.forEach(({ panel }) => panel.removeAttribute("hidden"));
    },
  };
}
