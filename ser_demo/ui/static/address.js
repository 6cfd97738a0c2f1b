// What the page's address says: an example, and the visitor's language. Gradio's own texts and the page's
// labels follow the language at once, without loading anew.
(() => {
  // Gradio builds the page piece by piece, each pushing the others about, its sign of loading too: until nothing moves
  // any more, a sign that stays in its place is all that is seen.
  const still = document.createElement("style");
  still.textContent = `
    .gradio-container, .gradio-container main * { visibility: hidden !important; }
    body::after {
      content: ""; position: fixed; left: calc(50% - 20px); top: calc(50% - 20px); width: 32px; height: 32px; border-radius: 50%;
      border: 4px solid #94a3b8; border-top-color: #0d9488;
    }
    @media (prefers-reduced-motion: no-preference) { body::after { animation: ser-turning 1s linear infinite; } }
    @keyframes ser-turning { to { rotate: 1turn; } }
  `;
  document.head.append(still);
  const isThere = () =>
    document.querySelector("#ser-recording .audio-container") && document.querySelector("#ser-note h2");
  const height = () => (isThere() ? document.querySelector(".gradio-container").scrollHeight : 0);
  const watch = (before, frames) => {
    const now = height();
    const same = now && now === before ? frames + 1 : 0;
    if (same >= 2 || performance.now() > 20000) still.remove(); // come what may
    else requestAnimationFrame(() => watch(now, same));
  };
  watch(0, 0);

  // Every request of the page carries its address, so the server knows both as well.
  window.serAddress = (name, value) => {
    const address = new URL(location.href);
    if (value === null) address.searchParams.delete(name);
    else address.searchParams.set(name, value);
    history.replaceState(history.state, "", address);
  };

  // A link to an example presses its button.
  window.serOpenExample = () => {
    const name = new URLSearchParams(location.search).get("example");
    if (name) document.getElementById(`ser-example-${name}`)?.click();
  };

  const known = ["en", "de"];

  const current = () => {
    const wanted = new URLSearchParams(location.search).get("lang") || navigator.language || "";
    const code = wanted.toLowerCase().split("-")[0];
    return known.includes(code) ? code : known[0];
  };

  // Gradio exports the function behind its settings dialogue from the module that holds its translations.
  const apply = async (code) => {
    const core = performance.getEntriesByType("resource").map((entry) => entry.name)
      .find((name) => /\/core-[^/]+\.js$/.test(name));
    if (core) (await import(core)).changeLocale(code);
    document.documentElement.lang = code;
  };

  const mark = (links) => {
    for (const link of links) {
      if (link.dataset.language === current()) link.setAttribute("aria-current", "true");
      else link.removeAttribute("aria-current");
    }
  };

  const listen = (element, changed) => {
    const links = element.querySelectorAll("[data-language]");
    mark(links);
    for (const link of links) {
      link.addEventListener("click", async (event) => {
        event.preventDefault();
        serAddress("lang", link.dataset.language);
        await apply(link.dataset.language);
        mark(links);
        changed();
      });
    }
  };

  window.serLanguage = { current, listen };
  const own = (navigator.language || "").toLowerCase().split("-")[0];
  // Gradio speaks many languages, which would stand between the page's own.
  if (new URLSearchParams(location.search).has("lang") || !known.includes(own)) apply(current());
  else document.documentElement.lang = current();
})();
