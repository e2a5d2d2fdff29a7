// Fit: drag the points, choose degree and penalty, watch both errors.
// compute, picture, words and code are pure: Node runs them against NumPy.

import { fold, make, table } from "./elements.js";
import { HIGHEST, compute, ridge } from "./fit_ridge.js";
import { Y_END, areas, errorText, picture, powerOfTen, words } from "./fit_picture.js";
import { MOST, POINT_KINDS, movablePoints } from "./fit_points.js";
import { HANDLE_CSS } from "./handles.js";
import { bringToLife, slider, stateOf } from "./controls.js";
import { PLOT_CSS, STAGE_ROOM, button, hundredth, plotStage } from "./plot_stage.js";

const HINT = "Drag a point, or reach it with Tab and move it with the arrow keys (with Shift in fine steps); Delete removes it. "
  + "A double click in the plot adds a training point, with Shift a validation point.";
const written = (points) => `[${points.map(([x, y]) => `[${x}, ${y}]`).join(", ")}]`;

// The Python lines that give the same numbers with NumPy; fit.py writes the same.
function code({ train, validation, degree, log10_penalty: power }) {
  return `import numpy as np
from numpy.polynomial.legendre import legvander

train = np.array(${written(train)})  # x, y
validation = np.array(${written(validation)}).reshape(-1, 2)
degree, penalty = ${degree}, 10**${power.toFixed(2)}

def design(x):  # Legendre polynomials of mean square 1 over [-1, 1]
    return legvander(x, degree) * np.sqrt(2 * np.arange(degree + 1) + 1)

x, y = train.T
rows = penalty**0.5 * np.eye(degree + 1)[1:]  # the curve's mean goes free
matrix = np.vstack([design(x) / len(x)**0.5, rows])
q, r = np.linalg.qr(matrix)
weights = np.linalg.solve(r, q.T @ np.append(y / len(x)**0.5, np.zeros(degree)))

def error(points):
    return np.mean((design(points[:, 0]) @ weights - points[:, 1])**2)

print(f"training error {error(train):.3g}")
if len(validation):
    print(f"validation error {error(validation):.3g}")`;
}

function controls(state, change, points, first) {
  const degree = slider("Degree", (value) => change({ degree: value }), { min: 0, max: HIGHEST, step: 1 });
  const penalty = slider("Penalty", (value) => change({ log10_penalty: value }), { min: -8, max: 1, step: 0.25 });
  const adding = POINT_KINDS.map(([name, title]) => button(`Add a ${title} point`, () => points.add(name)));
  const removing = button("Remove the point", points.remove);
  const again = button("Start again", () => change(first));
  const show = () => {
    const { degree: d, log10_penalty: power } = state();
    degree.show(d, String(d), String(d));
    penalty.show(power, powerOfTen(power), `ten to the power ${power}`);
    adding.forEach((each, k) => each.setAttribute("aria-disabled", String(state()[POINT_KINDS[k][0]].length >= MOST)));
    removing.setAttribute("aria-disabled", String(!points.removable()));
  };
  const bar = make("div", { className: "cr-buttons", role: "group", "aria-label": "Points" }, ...adding, removing, again);
  return { show, part: make("div", { className: "cr-controls" }, degree.part, penalty.part, bar) };
}

function errorsByDegree() {
  const body = make("tbody");
  const rows = table("Mean squared errors at this penalty", body, "degree", "training", "validation");
  const part = fold("Every degree in numbers", make("div", { className: "cr-scroll", tabIndex: 0, role: "group", "aria-label": "Errors by degree" }, rows));
  const show = ({ errors }) => body.replaceChildren(...errors.train.map((error, d) => make("tr", {}, make("th", { scope: "row" }, String(d)),
    ...[error, errors.validation[d]].map((value) => make("td", {}, errorText(value))))));
  return { show, part };
}

function render({ model, el }) {
  const [state, change] = stateOf(model);
  const source = make("code");
  const say = make("p", { className: "cr-say", role: "status" });
  const numbers = errorsByDegree();
  const stage = plotStage(picture, (_, width) => {
    const [area, , height] = areas(width);
    points.show(area, width, height);
  });
  const placeOf = (event) => stage.placeOf(event, (width) => areas(width)[0]);
  const points = movablePoints(state, change, { placeOf, onChoice: () => bar.show() });
  const bar = controls(state, change, points, state());
  stage.place.append(points.part);
  stage.place.addEventListener("dblclick", (event) => {
    const [x, y] = placeOf(event).map(hundredth);
    if (Math.abs(x) <= 1 && Math.abs(y) <= Y_END && event.target.className !== "cr-handle") points.add(event.shiftKey ? "validation" : "train", [x, y]);
  });
  const tell = (computed) => {
    source.textContent = code(state());
    numbers.show(computed);
  };
  const parts = [bar.part, stage.place, say, make("p", { className: "cr-hint" }, HINT), numbers.part, fold("Show me the code", make("pre", { tabIndex: 0 }, source))];
  return bringToLife({ model, el }, { className: "cr-stage-figure", css: PLOT_CSS + HANDLE_CSS, parts, ...stage, room: STAGE_ROOM, show: bar.show, compute, tell, say, words });
}

export { code, compute, picture, ridge, words };
export default { render };
