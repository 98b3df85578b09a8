export function setupTabs(root) {
  const document = root.ownerDocument;
  const children = [...root.children];
  const list = children.find((child) => child.classList.contains("tab-list"));
  const tabs = [...list.children].filter((child) => child.localName === "button");
  const panels = children.filter((child) => child.classList.contains("panel"));
  let current = -1;

  function giveId(element, kind) {
    if (element.id) return;
    let number = 0;
    while (document.getElementById(`${kind}-${number}`)) number += 1;
    element.id = `${kind}-${number}`;
  }

  list.setAttribute("role", "tablist");
  tabs.forEach((tab, index) => {
    const panel = panels[index];
    giveId(tab, "tab");
    giveId(panel, "panel");
    tab.setAttribute("role", "tab");
    tab.setAttribute("aria-controls", panel.id);
    panel.setAttribute("role", "tabpanel");
    panel.setAttribute("aria-labelledby", tab.id);
  });

  function show(index) {
    current = index;
    tabs.forEach((tab, at) => {
      tab.setAttribute("aria-selected", String(at === index));
      tab.setAttribute("tabindex", at === index ? "0" : "-1");
      panels[at].hidden = at !== index;
    });
  }

  function select(index) {
    if (index === current || !tabs[index] || tabs[index].disabled) return;
    show(index);
    root.dispatchEvent(new document.defaultView.CustomEvent("tabchange", { detail: { index } }));
  }

  function onClick(event) {
    select(tabs.findIndex((tab) => tab.contains(event.target)));
  }

  function onKeydown(event) {
    const at = tabs.indexOf(event.target);
    if (at < 0 || event.ctrlKey || event.altKey || event.shiftKey || event.metaKey) return;
    const usable = tabs.map((_, index) => index).filter((index) => !tabs[index].disabled);
    const next = usable.find((index) => index > at) ?? usable[0];
    const former = usable.findLast((index) => index < at) ?? usable.at(-1);
    const target = { ArrowRight: next, ArrowLeft: former, Home: usable[0], End: usable.at(-1) }[event.key];
    if (target === undefined) return;
    event.preventDefault();
    select(target);
    tabs[target].focus();
  }

  list.addEventListener("click", onClick);
  list.addEventListener("keydown", onKeydown);
  show(tabs.findIndex((tab) => !tab.disabled));
  return {
    select,
    destroy() {
      list.removeEventListener("click", onClick);
      list.removeEventListener("keydown", onKeydown);
      for (const panel of panels) panel.hidden = false;
    },
  };
}
