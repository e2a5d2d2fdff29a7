// Queries, keys and values to move, and a table to move over: by pointer and by keyboard.

import { make } from "./elements.js";
import { format } from "./numbers.js";
import { chosen } from "./attention_scores.js";
import { ENDS, cellUnder, layoutOf, named, rounded } from "./attention_picture.js";
import { HANDLE_CSS, handle } from "./handles.js";
import { clamp, hundredth } from "./plot_stage.js";

export const POINTS_CSS = `${HANDLE_CSS}
.cr-stage .cr-cells { position: absolute; cursor: crosshair; touch-action: pan-y; }`;
// A list of points, what one is called, and what of `at` it sets.
const KINDS = [["queries", "query q", 1], ["keys", "key k", 2], ["values", "value v", 2]];
const ARROWS = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, 1], ArrowDown: [0, -1] };

// What an arrow key's direction does, if it is one.
function onArrow(event, act) {
  const step = ARROWS[event.key];
  if (!step) return;
  event.preventDefault();
  act(step);
}

export function movables(state, change, placeOf) {
  const n = state().tokens.length;
  const choose = (at) => { if (String(at) !== String(chosen(state()))) change({ at }); };
  const points = KINDS.flatMap(([name, title, axis]) => state().tokens.map((token, i) => {
    const move = (place) => change({ [name]: state()[name].map((old, j) => (j === i ? place.map((c, k) => hundredth(clamp(c, -ENDS[k], ENDS[k]))) : old)) });
    const areaOf = (width) => layoutOf(state(), width)[name === "values" ? "values" : "queries"];
    const part = handle(i, {
      onFocus: () => choose(chosen(state()).map((k, a) => (a === axis ? i : k))),
      onDrag: (_, event) => move(placeOf(event, areaOf)),
      onKey: (_, event) => onArrow(event, (step) => move(state()[name][i].map((c, k) => c + step[k] * (event.shiftKey ? 0.01 : 0.1)))),
    });
    const show = (width, height) => {
      const [x, y] = state()[name][i];
      const area = areaOf(width);
      part.setAttribute("aria-label", `${named(title, i)} (${token}): x ${format(x)}, y ${format(y)}`);
      Object.assign(part.style, { left: `${(100 * area.x(x)) / width}%`, top: `${(100 * area.y(y)) / height}%` });
    };
    return { part, show };
  }));
  const cells = make("div", { className: "cr-cells", tabIndex: 0, role: "application", "aria-roledescription": "table of weights" });
  const pixel = (width) => ({ xAt: (x) => [width, x], yAt: (y) => y });
  for (const kind of ["pointermove", "pointerdown"]) cells.addEventListener(kind, (event) => {
    const [[width, x], y] = placeOf(event, pixel);
    choose(cellUnder(state(), width, [x, y]));
  });
  cells.addEventListener("keydown", (event) => onArrow(event, ([x, y]) => {
    const [head, row, column] = chosen(state());
    // row of both tables
    const k = clamp(head * n + row - y, 0, state().heads * n - 1);
    choose([Math.floor(k / n), k % n, clamp(column + x, 0, n - 1)]);
  }));
  const show = ({ state: now, heads }, width) => {
    const { blocks, height } = layoutOf(now, width);
    const [head, row] = chosen(now);
    const [{ top, lefts: [left], end }, { bottom }] = [blocks[0], blocks.at(-1)];
    points.forEach((each) => each.show(width, height));
    cells.setAttribute("aria-label", `Head ${head + 1}, weights of ${named("q", row)}: ${heads[head].weights[row].map((p) => rounded(p, 2)).join(", ")}. Arrow keys choose a cell`);
    Object.assign(cells.style, { left: `${(100 * left) / width}%`, top: `${(100 * top) / height}%`, width: `${(100 * (end - left)) / width}%`, height: `${(100 * (bottom - top)) / height}%` });
  };
  const group = (name, list) => make("div", { role: "group", "aria-label": `${name}: arrow keys move one, with Shift in fine steps` }, ...list.map(({ part }) => part));
  return { show, parts: [group("Queries and keys", points.slice(0, 2 * n)), cells, group("Values", points.slice(2 * n))] };
}
