// Buttons come asleep from the server: a click that no script hears yet would be lost.
export function wake(root) {
  for (const button of root.querySelectorAll("[data-asleep]")) {
    button.disabled = false;
    delete button.dataset.asleep;
  }
}
