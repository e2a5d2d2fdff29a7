// The look of the live figures: the page's colours where it has them, else tints of the text's own, so that both themes read.

// `#cr`, which is nowhere, gives a rule an id's weight against a theme's own tables and folds.
const CSS = `
.cr-live { margin: 1.4rem 0; }
figure:is(.cr-live, #cr) figcaption { margin: 0 0 .8rem; padding: 0; font: inherit; font-size: .94em; line-height: 1.5; color: inherit; text-align: start; }
figure:is(.cr-live, #cr) figcaption strong { font-weight: 600; color: inherit; }
.cr-live-body { container-type: inline-size; line-height: 1.45; text-align: start;
  --ink: var(--cr-ink, var(--jp-content-font-color1, currentColor));
  --muted: var(--cr-muted, color-mix(in srgb, currentColor 72%, transparent));
  --line: var(--cr-line, color-mix(in srgb, currentColor 24%, transparent));
  --shade: var(--cr-shade, color-mix(in srgb, currentColor 5%, transparent));
  --forward: var(--cr-accent, color-mix(in srgb, #0a8a74 64%, currentColor));
  --backward: var(--cr-back, color-mix(in srgb, #d06a10 64%, currentColor));
  --wrong: var(--cr-wrong, color-mix(in srgb, #d62a20 64%, currentColor)); }
.cr-live-body *, .cr-live-body *::before { box-sizing: border-box; }
.cr-columns { display: grid; gap: 1rem 1.3rem; grid-template-columns: minmax(0, 1fr); align-items: start; }
@container (min-width: 38rem) { .cr-columns:not(:has(.cr-wide)) { grid-template-columns: minmax(0, 24fr) minmax(0, 21.5fr); } }
.cr-picture { overflow-x: auto; border-radius: 6px; }
.cr-picture svg { display: block; max-width: 100%; height: auto; margin: 0 auto; }
.cr-picture svg.cr-wide { min-width: 34rem; }
.cr-panel { display: grid; gap: .7rem; min-width: 0; }
.cr-panel > *, .cr-panel p { margin: 0; }
.cr-panel label { display: grid; grid-template-columns: 4.4rem minmax(0, 1fr); align-items: center; gap: .4rem; font-size: .9em; color: var(--muted); }
.cr-panel :is(input, select, button) { font: inherit; color: var(--ink); background: transparent; border: 1px solid var(--muted); border-radius: 5px; padding: .3em .5em; min-height: 2.2em; max-width: 100%; }
.cr-panel option { color: #16191b; background: #fff; }
.cr-panel input[type="text"] { font-family: var(--cr-mono, ui-monospace, monospace); width: 100%; }
.cr-panel input[type="number"] { width: 4.2em; padding: .1em .2em .1em .35em; min-height: 1.9em; }
.cr-panel input[type="range"] { width: 100%; padding: 0; border: 0; min-height: 1.8em; accent-color: var(--forward); }
.cr-panel [aria-invalid="true"] { border-color: var(--wrong); }
.cr-panel .cr-problem { color: var(--wrong); font-size: .9em; }
.cr-panel .cr-problem:empty { margin-top: -.7rem; }
.cr-buttons { display: flex; flex-wrap: wrap; gap: .4rem; }
.cr-panel button { cursor: pointer; padding: .3em .75em; font-size: .92em; }
.cr-panel button:hover { border-color: var(--forward); color: var(--forward); }
.cr-panel button[data-main] { border-color: var(--forward); color: var(--forward); font-weight: 600; }
.cr-panel button[aria-disabled="true"] { opacity: .5; cursor: default; border-color: var(--line); color: var(--ink); }
.cr-live-body :focus-visible { outline: 3px solid var(--backward); outline-offset: 1px; }
.cr-panel .cr-say { min-height: 9.6em; white-space: pre-line; padding: .5em .8em; border-left: 3px solid var(--backward); background: var(--shade); border-radius: 0 5px 5px 0; font-size: .88em; }
.cr-scroll { overflow-x: auto; }
:is(.cr-live-body, #cr) table { border-collapse: collapse; width: 100%; margin: 0; font-size: .77em; font-variant-numeric: tabular-nums; color: inherit; }
:is(.cr-live-body, #cr) caption { caption-side: top; text-align: start; color: var(--muted); padding: 0 0 .3em; }
:is(.cr-live-body, #cr) :is(th, td) { padding: .22em .25em; border: 0; border-bottom: 1px solid var(--line) !important; vertical-align: middle; text-align: end; white-space: nowrap; font-weight: 400; background: none; }
:is(.cr-live-body, #cr) :is(th:first-child, td:first-child) { text-align: start; padding-left: 0; }
:is(.cr-live-body, #cr) thead th { color: var(--muted); white-space: normal; vertical-align: bottom; line-height: 1.2; }
:is(.cr-live-body, #cr) tbody th { font-weight: 600; }
:is(.cr-live-body, #cr) tbody tr, .cr-live-body thead tr { background: none; }
:is(.cr-live-body, #cr) details { border: 0; background: none; padding: 0; margin: 0; box-shadow: none; }
:is(.cr-live-body, #cr) summary { cursor: pointer; color: var(--muted); font-size: .92em; font-weight: 400; padding: .2em 0; margin: 0; background: none; border: 0; }
:is(.cr-live-body, #cr) summary:hover { color: var(--forward); }
:is(.cr-live-body, #cr) pre { overflow-x: auto; margin: .3em 0 0; padding: .6em .8em; background: var(--shade); border: 1px solid var(--line); border-radius: 5px; color: inherit; font: .82em/1.5 var(--cr-mono, ui-monospace, monospace); }
:is(.cr-live-body, #cr) pre code { font: inherit; color: inherit; background: none; border: 0; padding: 0; white-space: pre; }
.cr-graph .cr-local, .cr-graph .cr-check { transition: opacity .2s; }
@media print { .cr-live-body .cr-buttons, .cr-live-body label { display: none; } }
`;

let sheet = null;

function adopt(root) {
  if (root?.adoptedStyleSheets && !root.adoptedStyleSheets.includes(sheet)) root.adoptedStyleSheets = [...root.adoptedStyleSheets, sheet];
}

// A constructed sheet needs no leave from a content security policy; a notebook may attach `el` only after render.
export function dress(el) {
  if (!sheet) {
    sheet = new CSSStyleSheet();
    sheet.replaceSync(CSS);
  }
  adopt(document);
  requestAnimationFrame(() => adopt(el.getRootNode()));
}
