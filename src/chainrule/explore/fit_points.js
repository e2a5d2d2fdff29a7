// The points of a fit: an unseen handle over each, which the keyboard reaches and the pointer drags.

import { make } from "./elements.js";
import { format } from "./numbers.js";
import { handle } from "./handles.js";
import { Y_END } from "./fit_picture.js";
import { clamp, hundredth } from "./plot_stage.js";

export const MOST = 40; // points of a kind
export const POINT_KINDS = [["train", "training"], ["validation", "validation"]];

// The middle of the widest gap between the points and the ends, half way up to what stands beside it.
export function placeForNew(points) {
  const ends = [[-1, 0], ...[...points].sort((a, b) => a[0] - b[0]), [1, 0]];
  let best = [0, 0];
  let widest = -1;
  for (let i = 1; i < ends.length; i += 1) {
    const gap = ends[i][0] - ends[i - 1][0];
    if (gap > widest) [widest, best] = [gap, [(ends[i][0] + ends[i - 1][0]) / 2, (ends[i][1] + ends[i - 1][1]) / 2]];
  }
  return best.map(hundredth);
}

// What changes the points: each takes a point's number among all, the training points first.
function edits(state, change) {
  const all = () => POINT_KINDS.flatMap(([name, title]) => state()[name].map((place, i) => ({ name, title, i, place })));
  const move = (k, x, y) => {
    const { name, i } = all()[k];
    const place = [hundredth(clamp(x, -1, 1)), hundredth(clamp(y, -Y_END, Y_END))];
    change({ [name]: state()[name].map((old, j) => (j === i ? place : old)) });
  };
  const add = (name, place) => {
    if (state()[name].length >= MOST) return -1;
    change({ [name]: [...state()[name], place ?? placeForNew(state()[name])] });
    return name === "train" ? state().train.length - 1 : all().length - 1;
  };
  const removable = (k) => all()[k] !== undefined && (all()[k].name !== "train" || state().train.length > 1);
  const remove = (k) => {
    const { name, i } = all()[k];
    change({ [name]: state()[name].filter((_, j) => j !== i) });
  };
  return { all, move, add, removable, remove };
}

export function movablePoints(state, change, { placeOf, onChoice }) {
  const part = make("div", { role: "group", "aria-label": "Points: arrow keys move one, Delete removes it" });
  const { all, move, add, removable, remove } = edits(state, change);
  const handles = [];
  let chosen = -1;
  const removeChosen = () => {
    const focused = handles[chosen] === part.getRootNode().activeElement;
    remove(chosen);
    name();
    chosen = Math.min(chosen, handles.length - 1);
    if (focused) handles[chosen].focus({ preventScroll: true });
    onChoice();
  };
  const onKey = (k, event) => {
    const by = event.shiftKey ? 0.01 : 0.05;
    const step = { ArrowLeft: [-by, 0], ArrowRight: [by, 0], ArrowUp: [0, by], ArrowDown: [0, -by] }[event.key];
    const [x, y] = all()[k].place;
    if (step) move(k, x + step[0], y + step[1]);
    else if (event.key !== "Delete" && event.key !== "Backspace") return;
    else if (removable(k)) removeChosen();
    event.preventDefault();
  };
  const onFocus = (k) => {
    chosen = k;
    onChoice();
  };
  // One handle a point, told where the point is.
  const name = () => {
    while (handles.length > all().length) handles.pop().remove();
    while (handles.length < all().length) handles.push(handle(handles.length, { onKey, onFocus, onDrag: (k, event) => move(k, ...placeOf(event)) }));
    all().forEach(({ title, i, place: [x, y] }, k) => handles[k].setAttribute("aria-label", `${title} point ${i + 1}: x ${format(x)}, y ${format(y)}`));
    part.append(...handles.filter((each) => !each.isConnected));
  };
  const show = (area, width, height) => {
    name();
    all().forEach(({ place: [x, y] }, k) => Object.assign(handles[k].style, { left: `${(100 * area.x(x)) / width}%`, top: `${(100 * area.y(y)) / height}%` }));
  };
  const addAndChoose = (kind, place) => {
    const k = add(kind, place);
    name();
    handles[k]?.focus({ preventScroll: true });
  };
  return { part, show, add: addAndChoose, remove: removeChosen, removable: () => removable(chosen) };
}
