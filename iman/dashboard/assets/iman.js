/* Loaded by every page of the dashboard, before Streamlit's own script. */

/* Where the server is; otherwise Streamlit tries below the page's own address first. */
window.__streamlit = { BACKEND_BASE_URL: location.origin + "/" };

/* Small courtesies. Every page works without them. */
(() => {

  /* A link to another page of the dashboard changes the page in place instead of loading all anew:
     Streamlit follows the browser's history. */
  document.addEventListener("click", (event) => {
    const link = event.target.closest?.("a[href^='/'], a[href^='?']");
    const plain = event.button === 0 && !event.metaKey && !event.ctrlKey && !event.shiftKey && !event.altKey;
    if (!link || !link.closest("[data-testid='stHtml']") || link.target === "_blank" || !plain) return;
    if (link.hasAttribute("download") || new URL(link.href).pathname.startsWith("/auth/")) return;
    event.preventDefault();
    history.pushState({}, "", link.href);
    window.dispatchEvent(new PopStateEvent("popstate", { state: {} }));
  });

  /* A row is as good as the link in it, unless somebody marks text in it. */
  document.addEventListener("click", (event) => {
    const row = event.target.closest?.(".iman-table tr");
    if (row && !event.target.closest("a") && getSelection().isCollapsed) row.querySelector("a.iman-open")?.click();
  });

  /* What is pressed may be drawn anew before it is let go: it was meant all the same. */
  const pressable = (event) => event.target.closest?.("[data-testid='stHtml'] :is(a[href], button)");
  let pressed = null;
  document.addEventListener("pointerdown", (event) => { pressed = event.button === 0 ? pressable(event) : null; });
  document.addEventListener("pointerup", (event) => {
    const now = pressable(event);
    if (pressed && now && !pressed.isConnected && now.outerHTML === pressed.outerHTML) now.click();
    pressed = null;
  });

  /* A list that refreshes is drawn anew: give the keyboard its place back, a wide table its scroll,
     and what was opened its being open. */
  let held = null;
  const place = (link) => ({ link, href: link.getAttribute("href") });
  document.addEventListener("focusin", (event) => {
    const link = event.target.closest?.("[data-testid='stHtml'] a[href]");
    held = link ? place(link) : null;
  });
  const opened = new Set();
  document.addEventListener("toggle", (event) => {
    const key = event.target.dataset?.keep;
    if (key && event.target.isConnected) opened[event.target.open ? "add" : "delete"](key);
  }, true);
  const scrolled = new Map();
  document.addEventListener("scroll", (event) => {
    const box = event.target.closest?.(".iman-scroll");
    if (box) scrolled.set(box.getAttribute("aria-label"), box.scrollLeft);
  }, true);
  new MutationObserver((changes) => {
    if (held && !held.link.isConnected && document.activeElement === document.body) {
      const again = document.querySelector(`[data-testid='stHtml'] a[href="${CSS.escape(held.href)}"]`);
      if (again) again.focus({ preventScroll: true });
    }
    for (const change of changes) for (const node of change.addedNodes) {
      const box = node.nodeType === 1 && (node.matches(".iman-scroll") ? node : node.querySelector(".iman-scroll"));
      const left = box ? scrolled.get(box.getAttribute("aria-label")) : undefined;
      const here = box && box.querySelector("[aria-current]");
      if (left !== undefined) box.scrollLeft = left;
      else if (here) box.scrollLeft = here.offsetLeft - box.offsetLeft - 16;
      if (opened.size && node.nodeType === 1)
        for (const one of node.querySelectorAll("details[data-keep]")) one.open = opened.has(one.dataset.keep);
    }
  }).observe(document.documentElement, { childList: true, subtree: true });

  /* A tab whose session has ended goes to the sign-in form, also when nobody touches it. */
  let leaving = false;
  const mayStay = async () => {
    if (document.hidden || leaving) return;
    try {
      const answer = await fetch("/auth/session", { cache: "no-store", credentials: "same-origin" });
      if (answer.status === 401) {
        leaving = true; // to ask again would begin anew what is on its way
        const here = location.pathname + location.search;
        location.assign("/auth/login?next=" + encodeURIComponent(here));
      }
    } catch { /* the dashboard is being restarted */ }
  };
  addEventListener("pageshow", () => { leaving = false; });
  setInterval(mayStay, 4000);
  document.addEventListener("visibilitychange", mayStay);
})();
