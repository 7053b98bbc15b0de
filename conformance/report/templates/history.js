"use strict";
(() => {
  // A verdict tells how old it is, and fades: after a month it is hardly seen.
  const DAY = 86_400_000;
  const words = new Intl.RelativeTimeFormat("en", { numeric: "auto" });
  const spans = [["day", DAY], ["hour", DAY / 24], ["minute", DAY / 1440]];
  for (const badge of document.querySelectorAll("[data-started]")) {
    const age = Math.max(0, Date.now() - Date.parse(badge.dataset.started));
    const [unit, length] = spans.find(([, length]) => age >= length) ?? spans.at(-1);
    badge.querySelector("[data-age]").textContent = words.format(-Math.floor(age / length), unit);
    badge.style.setProperty("--fresh", Math.max(0.5, 1 - age / (30 * DAY)).toFixed(2));
  }
})();
