export function setupTabs(root) {
  const document = root.ownerDocument;
  const list = root.querySelector(".tab-list");
  const tabs = [...root.querySelectorAll(".tab-list button")];
  const panels = [...root.querySelectorAll(".panel")];
  let current = 0;

  list.setAttribute("role", "tablist");
  tabs.forEach((tab, index) => {
    tab.setAttribute("role", "tab");
    tab.id = `tab-${index}`;
    tab.setAttribute("aria-controls", `panel-${index}`);
    panels[index].setAttribute("role", "tabpanel");
    panels[index].id = `panel-${index}`;
    panels[index].setAttribute("aria-labelledby", `tab-${index}`);
  });

  function select(index) {
    current = index;
    tabs.forEach((tab, at) => {
      tab.setAttribute("aria-selected", at === index);
      tab.setAttribute("tabindex", at === index ? "0" : "");
      panels[at].style.display = at === index ? "" : "none";
    });
    root.dispatchEvent(new document.defaultView.CustomEvent("tabchange", { bubbles: true, detail: { index } }));
  }

  root.addEventListener("click", (event) => {
    const index = tabs.indexOf(event.target);
    if (index) select(index);
  });

  root.addEventListener("keydown", (event) => {
    if (event.key === "ArrowRight") select((current + 1) % tabs.length);
    if (event.key === "ArrowLeft") select((current - 1) % tabs.length);
    if (event.key === "Home") select(0);
    if (event.key === "End") select(tabs.length);
    tabs[current].focus();
    event.preventDefault();
  });

  select(0);
  return {
    select,
    destroy() {
      root.replaceWith(root.cloneNode(true));
    },
  };
}
