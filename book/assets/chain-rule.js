// The Chain Rule: framework tabs, sortable tables and scroll regions. No dependency; the page is complete without it.
(() => {
  "use strict";
  const KEY = "cr-framework";
  const page = document.documentElement;

  // ---- framework tabs: one choice for the whole book ----
  function choose(framework) {
    page.dataset.framework = framework;
    for (const group of document.querySelectorAll(".cr-frameworks")) {
      const panels = [...group.querySelectorAll(":scope > .cr-framework")];
      const chosen = panels.find((panel) => panel.dataset.framework === framework) || panels[0];
      for (const panel of panels) {
        const tab = document.getElementById(`tab-${panel.id}`);
        const on = panel === chosen;
        panel.hidden = !on;
        tab.setAttribute("aria-selected", String(on));
        tab.tabIndex = on ? 0 : -1;
      }
    }
  }

  function chooseAt(tab) {
    const before = tab.getBoundingClientRect().top;
    choose(tab.dataset.framework);
    try { localStorage.setItem(KEY, tab.dataset.framework); } catch { /* private windows may refuse */ }
    window.scrollBy({ top: tab.getBoundingClientRect().top - before, behavior: "instant" });
    markScrollRegions();
  }

  function onTabKey(event) {
    const tabs = [...event.currentTarget.querySelectorAll('[role="tab"]')];
    const here = tabs.indexOf(document.activeElement);
    const next = { ArrowRight: here + 1, ArrowLeft: here - 1, Home: 0, End: tabs.length - 1 }[event.key];
    if (here < 0 || next === undefined) return;
    event.preventDefault();
    event.stopPropagation(); // the arrow keys turn no pages from here
    const tab = tabs[(next + tabs.length) % tabs.length];
    tab.focus({ preventScroll: true });
    chooseAt(tab);
  }

  function buildTabs(group) {
    const list = document.createElement("div");
    list.className = "cr-tabs";
    list.setAttribute("role", "tablist");
    list.setAttribute("aria-label", "Framework");
    for (const panel of group.querySelectorAll(":scope > .cr-framework")) {
      const tab = document.createElement("button");
      tab.type = "button";
      tab.id = `tab-${panel.id}`;
      tab.className = "cr-tab";
      tab.dataset.framework = panel.dataset.framework;
      tab.textContent = panel.querySelector(".cr-framework-name").textContent;
      tab.setAttribute("role", "tab");
      tab.setAttribute("aria-controls", panel.id);
      tab.addEventListener("click", () => chooseAt(tab));
      panel.setAttribute("role", "tabpanel");
      panel.setAttribute("aria-labelledby", tab.id);
      panel.tabIndex = 0;
      list.append(tab);
    }
    list.addEventListener("keydown", onTabKey);
    group.prepend(list);
    group.classList.add("cr-ready");
  }

  // ---- what is wider than the page scrolls inside its own box, and the keyboard reaches the box ----
  const BOXES = "div.highlight pre, .cell_output > .output, .cell_output > .text_html, .pst-scrollable-table-container, " +
    "div.math, .cr-proof, mjx-container[display=true], mjx-container.cr-wide";

  function boxWideFormulas() { // a formula in a line cannot break: it scrolls too where the line is shorter
    const formulas = [...document.querySelectorAll("span.math > mjx-container:not([display])")];
    formulas.forEach((formula) => formula.classList.remove("cr-wide"));
    formulas.filter((formula) => {
      const block = formula.closest("p, li, td, th, dd, h1, h2, h3, h4, summary, figcaption");
      return block && formula.firstElementChild.getBoundingClientRect().width > block.clientWidth + 1;
    }).forEach((formula) => formula.classList.add("cr-wide"));
  }

  function markScrollRegions() {
    boxWideFormulas();
    for (const box of document.querySelectorAll(BOXES)) {
      const wide = box.scrollWidth > box.clientWidth + 1 && box.clientWidth > 0;
      if (wide && !box.hasAttribute("tabindex")) {
        box.tabIndex = 0;
        box.dataset.crScroll = "";
        if (!box.hasAttribute("role")) { box.setAttribute("role", "group"); box.setAttribute("aria-label", "Scrolls sideways"); }
      } else if (!wide && "crScroll" in box.dataset) {
        for (const name of ["tabindex", "role", "aria-label", "data-cr-scroll"]) box.removeAttribute(name);
      }
    }
  }

  function revealTarget() {
    const target = location.hash.length > 1 && document.getElementById(decodeURIComponent(location.hash.slice(1)));
    if (!target) return;
    for (let box = target; box; box = box.parentElement) {
      if (box.matches(".cr-framework[hidden]")) choose(box.dataset.framework);
      if (box.tagName === "DETAILS") box.open = true;
    }
    if (target.getBoundingClientRect().height) target.scrollIntoView();
  }

  // ---- tables that the reader sorts and filters; without this script they stand in the book's order ----
  function worth(cell) { // digits with thin spaces are a number; a dash is less than any
    const text = cell.textContent.trim(), plain = text.replace(/[\s\u202f]/g, "");
    return /^\d+$/.test(plain) ? Number(plain) : text === "—" ? -1 : text.toLowerCase();
  }

  function sortBy(table, column) {
    const heads = [...table.tHead.rows[0].cells], rows = [...table.tBodies[0].rows];
    const falls = heads[column].getAttribute("aria-sort") === "ascending";
    const order = new Intl.Collator("en", { numeric: true }); // C9 before C10
    const compare = (a, b) => (typeof a + typeof b === "stringstring" ? order.compare(a, b) : a < b ? -1 : a > b ? 1 : 0);
    rows.sort((a, b) => compare(worth(a.cells[column]), worth(b.cells[column])) * (falls ? -1 : 1));
    heads.forEach((head) => head.removeAttribute("aria-sort"));
    heads[column].setAttribute("aria-sort", falls ? "descending" : "ascending");
    table.tBodies[0].append(...rows);
  }

  function buildSortable(table) {
    [...table.tHead.rows[0].cells].forEach((head, column) => {
      const button = document.createElement("button");
      button.type = "button";
      button.className = "cr-sort";
      button.textContent = head.textContent;
      button.addEventListener("click", () => sortBy(table, column));
      head.replaceChildren(button);
    });
    const rows = [...table.tBodies[0].rows], box = document.createElement("p");
    const label = document.createElement("label"), input = document.createElement("input"), count = document.createElement("span");
    const show = () => {
      const words = input.value.toLowerCase().split(/\s+/).filter(Boolean);
      for (const row of rows) row.hidden = !words.every((word) => row.textContent.toLowerCase().includes(word));
      count.textContent = `${rows.filter((row) => !row.hidden).length} of ${rows.length}`;
    };
    box.className = "cr-filter";
    input.type = "search";
    count.setAttribute("role", "status");
    label.append("Rows that hold ", input);
    box.append(label, " ", count);
    input.addEventListener("input", show);
    input.addEventListener("keydown", (event) => event.stopPropagation()); // arrow keys turn no pages from here
    (table.closest(".cr-wide") || table).before(box);
    show();
  }

  function keepFocus(event) { // the theme blurs its buttons, and a keyboard would have to start over
    const button = event.target.closest?.(".theme-switch-button, .sidebar-toggle");
    if (button && event.detail === 0)
      requestAnimationFrame(() => { if (document.activeElement === document.body) button.focus(); });
  }

  function start() {
    document.addEventListener("click", keepFocus);
    const groups = document.querySelectorAll(".cr-frameworks");
    groups.forEach(buildTabs);
    if (groups.length) choose(page.dataset.framework || "numpy");
    document.querySelectorAll("table.cr-sortable").forEach(buildSortable);
    if (location.hash) revealTarget();
    addEventListener("hashchange", revealTarget);
    addEventListener("beforeprint", () => document.querySelectorAll("details").forEach((box) => { box.open = true; }));
    document.addEventListener("toggle", markScrollRegions, true);
    const main = document.getElementById("main-content");
    if (main) new ResizeObserver(markScrollRegions).observe(main);
    markScrollRegions();
    document.addEventListener("formulas-set", markScrollRegions);
    addEventListener("load", markScrollRegions);
    document.fonts?.addEventListener("loadingdone", markScrollRegions); // another font is another width
  }

  if (document.readyState === "loading") addEventListener("DOMContentLoaded", start); else start();
})();
