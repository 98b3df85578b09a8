// Parts of a page that come after it: each names the page that holds it, and a link to that where none comes.
for (const place of document.querySelectorAll("[data-part]")) {
  const answer = await fetch(place.dataset.part).catch(() => null);
  if (!answer?.ok) continue;
  const page = new DOMParser().parseFromString(await answer.text(), "text/html");
  const content = page.querySelector("[data-content]").children;
  if (content.length) place.replaceChildren(...content);
  else place.remove();
  delete place.dataset.part;
}
