// Decision boundary: paint two classes, move the threshold, count what goes wrong.
// compute, picture, words and code are pure: Node runs them against NumPy.

import { fold, make } from "./elements.js";
import { format } from "./numbers.js";
import { PRESETS, areaUnder, compute, logisticRegression, preset, rocCurve } from "./decision_boundary_model.js";
import { areas, picture, words } from "./decision_boundary_picture.js";
import { PAINT_CSS, paintedPlane } from "./decision_boundary_paint.js";
import { bringToLife, chooser, slider, stateOf } from "./controls.js";
import { PLOT_CSS, STAGE_ROOM, button, plotStage } from "./plot_stage.js";

const HINT = "Click in the plane to paint; or reach it with Tab, move the cursor with the arrow keys (with Shift in large steps) and press Enter. "
  + "Delete erases the nearest point, P and N choose the class.";
const BRUSHES = [[1, "● Positive"], [0, "□ Negative"], [-1, "Erase"]];

// The Python lines that give the same numbers with NumPy; decision_boundary.py writes the same.
function code({ points, quadratic, threshold }) {
  if (points.length === 0) return "# Paint points, and the lines that give their numbers stand here.";
  return `import numpy as np

points = np.array([${points.map((point) => `[${point.join(", ")}]`).join(", ")}])  # x, y, class
x, y, label = points.T
features = np.stack([np.ones_like(x), x, y${quadratic ? ", x * x, x * y, y * y" : ""}], axis=1)
penalty, threshold = 1e-3, ${threshold}

def loss(w):
    return np.mean(np.logaddexp(0, (1 - 2 * label) * (features @ w))) + penalty / 2 * (w @ w)

w = np.zeros(features.shape[1])
for _ in range(30):  # Newton's method, with steps halved until the loss falls
    p = 1 / (1 + np.exp(-(features @ w)))
    gradient = features.T @ (p - label) / len(label) + penalty * w
    curvature = (features.T * (p * (1 - p))) @ features / len(label) + penalty * np.eye(len(w))
    step = np.linalg.solve(curvature, gradient)
    while loss(w - step) > loss(w) + 1e-12:
        step = step / 2
    w = w - step

score = features @ w
said = score >= np.log(threshold / (1 - threshold))
tp, fp = np.sum(said & (label == 1)), np.sum(said & (label == 0))
fn, tn = np.sum(~said & (label == 1)), np.sum(~said & (label == 0))
print(f"tp {tp}, fn {fn}, fp {fp}, tn {tn}, accuracy {(tp + tn) / len(label):.3g}")
if 0 < label.sum() < len(label):
    difference = score[label == 1][:, None] - score[label == 0]  # of every pair
    area = np.mean((difference > 0) + (difference == 0) / 2)
    print(f"recall {tp / (tp + fn):.3g}, F1 {2 * tp / (2 * tp + fp + fn):.3g}, area {area:.3g}")`;
}

function controls(state, change) {
  let brush = 1;
  const threshold = slider("Threshold", (value) => change({ threshold: value }), { min: 0.01, max: 0.99, step: 0.01 });
  const model = chooser("Boundary", [["", "a line"], ["quadratic", "a conic"]], (value) => change({ quadratic: value !== "" }));
  const data = chooser("Points", [...PRESETS.map((name) => [name, name]), ["", "your own"]], (name) => change({ points: name ? preset(name) : [] }));
  const choose = (kind) => {
    brush = kind;
    brushes.forEach((each, k) => each.setAttribute("aria-pressed", String(BRUSHES[k][0] === kind)));
    return `Painting ${kind ? "positive" : "negative"} points.`;
  };
  const brushes = BRUSHES.map(([kind, title]) => button(title, () => choose(kind)));
  choose(1);
  const known = PRESETS.map((name) => JSON.stringify(preset(name)));
  const show = () => {
    const { points, quadratic, threshold: t } = state();
    threshold.show(t, format(t, 2), format(t, 2));
    model.show(quadratic ? "quadratic" : "");
    data.show(PRESETS[known.indexOf(JSON.stringify(points))] ?? "");
  };
  const bar = make("div", { className: "cr-buttons", role: "group", "aria-label": "Brush" }, ...brushes, button("Clear", () => change({ points: [] })));
  return { show, choose, brushOf: () => brush, part: make("div", { className: "cr-controls" }, threshold.part, data.part, model.part, bar) };
}

function render({ model, el }) {
  const [state, change] = stateOf(model);
  const source = make("code");
  const say = make("p", { className: "cr-say", role: "status" });
  const bar = controls(state, change);
  const stage = plotStage(picture, (_, width) => {
    const [plane, , , height] = areas(width);
    painted.show(plane, width, height);
  });
  const painted = paintedPlane(state, change, { ...bar, placeOf: (event) => stage.placeOf(event, (width) => areas(width)[0]) });
  stage.place.append(painted.pad);
  const tell = () => { source.textContent = code(state()); };
  const parts = [bar.part, stage.place, painted.where, say, make("p", { className: "cr-hint" }, HINT), fold("Show me the code", make("pre", { tabIndex: 0 }, source))];
  return bringToLife({ model, el }, { className: "cr-paint-figure cr-stage-figure", css: PLOT_CSS + PAINT_CSS, parts, ...stage, room: STAGE_ROOM, show: bar.show, compute, tell, say, words });
}

export { areaUnder, code, compute, logisticRegression, picture, preset, rocCurve, words };
export default { render };
