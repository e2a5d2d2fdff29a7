// Points, boundary, counts and ROC curve as SVG text and in words; decision_boundary_picture.py makes the same.
import { zeroSegments } from "./decision_boundary_contour.js";
import { END, cutOf, score } from "./decision_boundary_model.js";
import { format } from "./numbers.js";
import { FIRST, SECOND, plotArea, text, xy } from "./plot_area.js";
import { frame, line, marks } from "./plot_frame.js";

const LOOKS = { // of points: positive and negative
  1: ["circle", `class="cr-positive" fill="${FIRST}" stroke="${FIRST}" stroke-width="1.2"`],
  0: ["square", `class="cr-negative" fill="none" stroke="${SECOND}" stroke-width="1.8"`],
};
const WRONG = `class="cr-missed" fill="none" stroke="var(--cr-wrong, currentColor)" stroke-width="1.4"`;
const METRICS = [["accuracy", "accuracy"], ["precision", "precision"], ["recall", "recall"], ["F1", "f1"]];

// What the model gets right, in a few sentences.
export function words({ points, counts, metrics, threshold }) {
  const n = points.length;
  if (n === 0) return "No points yet: choose a class and paint some.";
  const [right, positives] = [counts.tp + counts.tn, counts.tp + counts.fn];
  const [accuracy, precision, recall, f1, area] = ["accuracy", "precision", "recall", "f1", "area"].map((name) => format(metrics[name], 3));
  const said = `Threshold ${format(threshold, 3)}: ${right} of ${n} points are right, accuracy ${accuracy}.`;
  if (positives === 0 || positives === n) return `${said} Every point is ${positives ? "positive" : "negative"}: paint the other class for a ROC curve.`;
  const most = Math.max(positives, n - positives);
  return `${said} ${counts.tp} of ${positives} positives are found, recall ${recall}; ${counts.fp} false alarm${counts.fp === 1 ? "" : "s"}, precision ${precision}; F1 ${f1}. Area under the ROC curve ${area}.`
    + (right <= most + Math.floor(n / 20) ? ` Calling every point ${2 * positives > n ? "positive" : "negative"} would be right for ${most} of ${n}.` : "");
}

// The areas of plane and ROC curve, the corner of the numbers and the height of the picture.
export function areas(width) {
  const wide = width >= 600;
  const side = wide ? Math.floor(width * 0.54) - 34 : Math.min(width - 44, 400);
  const half = Math.floor(width / 2);
  const [left, top, size] = [Math.floor((width - side) / 2) + 12, 36 + side + 66, Math.min(160, half - 56)];
  const boxes = wide ? [[34, 36, 34 + side, 36 + side], [width - 214, 34, width - 54, 194]] : [[left, 36, left + side, 36 + side], [46, top, 46 + size, top + size]];
  return [plotArea(boxes[0], [-END, END], [-END, END]), plotArea(boxes[1], [0, 1], [0, 1]), wide ? [width - 254, 244] : [half + 14, top], wide ? Math.max(36 + side + 42, 440) : top + 204];
}

// The boundary, and a comb on it that points to where the model says positive.
function drawBoundary(plane, { threshold, weights }) {
  const cut = cutOf(threshold);
  const f = (x, y) => score(x, y, weights) - cut;
  const [path, comb] = [[], []];
  zeroSegments(f, END).forEach(([[x, y], [u, v]], k) => {
    path.push(`M${xy(plane.x(x))} ${xy(plane.y(y))}L${xy(plane.x(u))} ${xy(plane.y(v))}`);
    if (k % 2) return;
    const [a, b] = [(x + u) / 2, (y + v) / 2];
    const slope = [f(a + 1e-3, b) - f(a - 1e-3, b), f(a, b + 1e-3) - f(a, b - 1e-3)];
    const size = Math.sqrt(slope[0] * slope[0] + slope[1] * slope[1]);
    if (size) comb.push(`M${xy(plane.x(a))} ${xy(plane.y(b))}L${xy(plane.x(a) + (7 * slope[0]) / size)} ${xy(plane.y(b) - (7 * slope[1]) / size)}`);
  });
  const look = `fill="none" stroke="currentColor" stroke-linecap="round"`;
  return `<path class="cr-line" d="${path.join("")}" ${look} stroke-width="2"/><path class="cr-comb" d="${comb.join("")}" ${look} stroke-width="1.2"/>`;
}

// The points, a ring around each that the model gets wrong, and the boundary.
function drawPlane(plane, shown) {
  const cut = cutOf(shown.threshold);
  const at = ([x, y]) => [plane.x(x), plane.y(y)];
  const ticks = [...Array(2 * END + 1).keys()].map((i) => [i - END, format(i - END)]);
  const missed = shown.points.filter((point, i) => shown.scores[i] >= cut !== (point[2] === 1)).map(at);
  const positives = shown.counts.tp + shown.counts.fn;
  const key = [[0, `${positives} positive`, ...LOOKS[1]], [100, `${shown.points.length - positives} negative`, ...LOOKS[0]], [210, `${missed.length} wrong`, "ring", WRONG]];
  return frame(plane, ticks, ticks) + drawBoundary(plane, shown)
    + [1, 0].map((kind) => marks(shown.points.filter((point) => point[2] === kind).map(at), ...LOOKS[kind])).join("") + marks(missed, "ring", WRONG)
    + key.map(([shift, label, shape, look]) => marks([[plane.left + shift + 6, 12]], shape, look) + text(plane.left + shift + 18, 16, label, "start", "cr-label", 13)).join("");
}

// The ROC curve with the threshold's own point.
function drawRoc(area, { roc, counts, metrics }) {
  const ticks = [[0, "0"], [1, "1"]];
  const middle = (area.left + area.right) / 2;
  const empty = frame(area, ticks, ticks)
    + line([[area.x(0), area.y(0)], [area.x(1), area.y(1)]], `class="cr-chance" stroke="currentColor" stroke-opacity="0.5" stroke-dasharray="2 3"`)
    + text(area.left - 38, area.top - 14, "ROC curve: recall", "start") + text(middle, area.bottom + 18, "false positive rate");
  if (roc.length === 0) return empty + text(middle, (area.top + area.bottom) / 2, "needs both classes");
  return empty + line(roc.map(([a, r]) => [area.x(a), area.y(r)]), `class="cr-roc" stroke="currentColor" stroke-width="2" stroke-linejoin="round"`)
    + marks([[area.x(counts.fp / (counts.fp + counts.tn)), area.y(metrics.recall)]], "diamond", `class="cr-here" fill="var(--cr-accent, currentColor)"`)
    + text(area.right - 4, area.bottom - 10, `area ${format(metrics.area, 3)}`, "end", "cr-label", 13);
}

// The confusion matrix and the metrics.
function drawNumbers([left, top], { counts, metrics }) {
  const heads = [1, 0].map((kind, k) => marks([[left + 83 + 50 * k, top + 24]], ...LOOKS[kind])
    + text(left, top + 56 + 28 * k, "truth", "start") + marks([[left + 44, top + 52 + 28 * k]], ...LOOKS[kind]));
  const cells = ["tp", "fn", "fp", "tn"].map((name, k) => {
    const [x, y, right] = [left + 58 + 50 * (k % 2), top + 38 + 28 * Math.floor(k / 2), name[0] === "t"];
    return `<rect class="cr-cell" x="${xy(x)}" y="${xy(y)}" width="50" height="28" fill="none" stroke="${right ? "currentColor" : "var(--cr-wrong, currentColor)"}" stroke-opacity="${right ? 0.4 : 0.9}"/>`
      + text(x + 25, y + 19, counts[name], "middle", "cr-label", 14);
  });
  const rows = METRICS.map(([title, name], k) => text(left, top + 118 + 20 * k, title, "start", "cr-tick", 13)
    + text(left + 158, top + 118 + 20 * k, format(metrics[name], 3), "end", "cr-label", 13));
  return text(left + 108, top + 10, "the model says", "middle") + [...heads, ...cells, ...rows].join("");
}

// The picture as SVG text, as wide as there is room.
export function picture(shown, width = 480) {
  const [plane, beside, corner, height] = areas(width);
  return `<svg class="cr-boundary" role="img" aria-label="Two classes and a decision boundary. ${words(shown)}" viewBox="0 0 ${width} ${height}" width="100%" height="${height}" font-family="sans-serif">`
    + drawPlane(plane, shown) + drawRoc(beside, shown) + drawNumbers(corner, shown) + "</svg>";
}
