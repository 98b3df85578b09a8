// In the place of the DOM library: a frame with the document, or this page itself where no script is to run.
export const shownNow = { window };

export class JSDOM {
  constructor(html = "", options = {}) {
    if (options.runScripts === undefined) {
      document.body.innerHTML = new DOMParser().parseFromString(html, "text/html").body.innerHTML;
      this.window = shownNow.window = window;
      return;
    }
    const frame = document.createElement("iframe");
    frame.style.cssText = "position:fixed;inset:0;width:100%;height:100%;border:0;background:white";
    for (const each of document.querySelectorAll("iframe")) each.hidden = true;
    document.body.append(frame);
    this.window = shownNow.window = frame.contentWindow;
    this.window.document.open();
    const hash = options.url ? new URL(options.url).hash : "";
    if (hash) this.window.location.hash = hash;
    this.window.document.write(html);
    this.window.document.close();
  }
  serialize() {
    return this.window.document.documentElement.outerHTML;
  }
}
