"use strict";
(() => {
  const all = (selector, within = document) => [...within.querySelectorAll(selector)];
  const root = document.documentElement;

  // Theme: the system's, until the reader chooses. A file that is opened from disk may have
  // no storage; the choice then lasts as long as the page.
  const button = document.getElementById("theme");
  const system = matchMedia("(prefers-color-scheme: dark)");
  const read = (store, key) => { try { return window[store].getItem(key); } catch { return null; } };
  const keep = (store, key, value) => { try { window[store].setItem(key, value); } catch { /* see above */ } };
  const stored = () => read("localStorage", "theme");
  const dark = () => (root.dataset.theme ?? (system.matches ? "dark" : "light")) === "dark";
  const label = () => button.setAttribute("aria-pressed", String(dark()));
  if (stored()) root.dataset.theme = stored();
  button.addEventListener("click", () => {
    root.dataset.theme = dark() ? "light" : "dark";
    keep("localStorage", "theme", root.dataset.theme);
    label();
  });
  system.addEventListener("change", label);
  label();

  // Filters and search, kept for a reload. While nothing is asked for, the areas stand as they came.
  const asked = `asked ${location.pathname}`;
  const rules = all(".rule");
  const areas = all(".area").map((node) => ({ node, open: node.open, rules: all(".rule", node) }));
  const filters = all("[data-filter]");
  const search = document.getElementById("search");
  const shown = document.getElementById("shown");
  const words = new Map(rules.map((rule) => [rule, rule.textContent.toLowerCase()]));
  const show = () => {
    const wanted = filters.filter((f) => f.ariaPressed === "true").map((f) => f.dataset.filter);
    const text = search.value.trim().toLowerCase();
    for (const rule of rules) {
      const fits = !wanted.length || wanted.includes(rule.dataset.outcome);
      rule.hidden = !(fits && words.get(rule).includes(text));
    }
    for (const area of areas) {
      area.node.hidden = area.rules.every((rule) => rule.hidden);
      area.node.open = wanted.length || text ? true : area.open;
    }
    shown.textContent = `${rules.filter((rule) => !rule.hidden).length} of ${rules.length} rules`;
    keep("sessionStorage", asked, JSON.stringify({ wanted, text: search.value }));
  };
  const before = JSON.parse(read("sessionStorage", asked));
  if (before) {
    for (const filter of filters) filter.ariaPressed = String(before.wanted.includes(filter.dataset.filter));
    search.value = before.text;
    show();
  }
  for (const filter of filters) {
    filter.addEventListener("click", () => {
      filter.ariaPressed = String(filter.ariaPressed !== "true");
      show();
    });
  }
  search.addEventListener("input", show);
  search.form.addEventListener("submit", (event) => event.preventDefault());

  // A link into a folded or filtered part opens it.
  const reveal = () => {
    const target = document.getElementById(decodeURIComponent(location.hash.slice(1)));
    if (!target) return;
    if (target.hidden) {
      for (const filter of filters) filter.ariaPressed = "false";
      search.value = "";
      show();
    }
    for (let node = target; node; node = node.parentElement) if (node.tagName === "DETAILS") node.open = true;
    target.scrollIntoView();
  };
  addEventListener("hashchange", reveal);
  reveal();

  // Copying: the clipboard where the browser gives it, else a selection.
  const legacy = (text) => {
    const area = document.createElement("textarea");
    area.value = text;
    document.body.append(area);
    area.select();
    const done = document.execCommand("copy");
    area.remove();
    return done;
  };
  const copy = async (button, text) => {
    let done = true;
    try { await navigator.clipboard.writeText(text); } catch { done = legacy(text); button.focus(); }
    const before = button.textContent;
    button.textContent = done ? "Copied" : "Not allowed";
    setTimeout(() => { button.textContent = before; }, 1500);
  };
  for (const button of all("[data-copy]")) {
    button.addEventListener("click", () => copy(button, button.parentElement.querySelector("code").textContent));
  }
  for (const button of all("[data-copy-all]")) {
    button.addEventListener("click", () => {
      const lines = all(":scope > .steps code", button.closest(".story, .body")).map((code) => code.textContent);
      copy(button, lines.join("\n"));
    });
  }

  // Paper cannot be unfolded.
  addEventListener("beforeprint", () => { for (const node of all("details")) node.open = true; });
})();
