// The fitted curve and its errors as SVG text and in words; fit_picture.py makes the same for the page without scripts.

import { HIGHEST } from "./fit_ridge.js";
import { format, raised } from "./numbers.js";
import { FIRST, SECOND, plotArea, text, xy } from "./plot_area.js";
import { frame, line, marks } from "./plot_frame.js";

export const Y_END = 1.5;
const [LOW, HIGH] = [-4, 1]; // the ends of the axis of errors, as powers of ten
const KINDS = [
  { name: "train", title: "training", color: FIRST, dashes: "", shapes: ["dot", "circle"], look: `class="cr-train" fill="${FIRST}" stroke="${FIRST}" stroke-width="1.6"` },
  { name: "validation", title: "validation", color: SECOND, dashes: ` stroke-dasharray="6 3"`, shapes: ["small diamond", "diamond"],
    look: `class="cr-validation" fill="var(--cr-paper, none)" stroke="${SECOND}" stroke-width="1.8"` },
];

export const powerOfTen = (power) => (Number.isInteger(power) ? `10${raised(power)}` : format(10 ** power, 3));

// Where the curve meets the points, only rounding would be left to read.
export const errorText = (error) => (error < 1e-9 ? "below 10⁻⁹" : format(error, 3));

// The errors and the verdict, in two sentences.
export function words({ degree, power, validation, errors }) {
  const shown = `Degree ${degree}, penalty ${powerOfTen(power)}: training error ${errorText(errors.train[degree])}`;
  if (validation.length === 0) return `${shown}. Without validation points nobody knows how the curve does elsewhere.`;
  const least = Math.min(...errors.validation);
  const best = errors.validation.findIndex((error) => error <= least * (1 + 1e-9));
  const [here, there] = [errors.validation[degree], errors.validation[best]];
  const start = `${shown}, validation error ${errorText(here)}.`;
  if (here <= 1.1 * there) return `${start} At this penalty no other degree does ${best === degree ? "better" : "much better"}.`;
  return `${start} ${degree > best ? "The curve follows the noise" : "The curve is too stiff"}: at this penalty degree ${best} has a validation error of ${errorText(there)}.`;
}

// The two plots' areas and the picture's height: beside each other where there is room.
export function areas(width) {
  const middle = Math.floor(width * 0.6);
  const boxes = width >= 600 ? [[38, 52, middle - 8, 322], [middle + 58, 52, width - 12, 322]] : [[38, 52, width - 10, 300], [50, 384, width - 10, 524]];
  return [plotArea(boxes[0], [-1, 1], [-Y_END, Y_END]), plotArea(boxes[1], [0, HIGHEST], [LOW, HIGH]), boxes[1][3] + 42];
}

// A picture within the picture cuts off what leaves the plot.
function drawCurve(area, curve) {
  const places = curve.map((y, i) => [area.x((2 * i) / 200 - 1) - area.left, Math.min(4000, Math.max(-4000, area.y(y) - area.top))]);
  return `<svg x="${xy(area.left)}" y="${xy(area.top)}" width="${xy(area.right - area.left)}" height="${xy(area.bottom - area.top)}">`
    + line(places, `class="cr-fitted" stroke="currentColor" stroke-width="2"`) + "</svg>";
}

// What the marks mean, and the errors in numbers.
function drawKey(fitted, area) {
  return KINDS.map(({ name, title, shapes, look }, k) => {
    const count = fitted[name].length;
    const label = `${count} ${title} point${count === 1 ? "" : "s"}${count ? `, error ${errorText(fitted.errors[name][fitted.degree])}` : ""}`;
    return marks([[area.left + 6, 12 + 20 * k]], shapes[1], look) + text(area.left + 18, 16 + 20 * k, label, "start", "cr-label", 14);
  }).join("");
}

const logOf = (error) => (error > 0 ? Math.min(HIGH, Math.max(LOW, Math.log10(error))) : LOW);

function drawErrors(area, fitted) {
  const xTicks = [0, 3, 6, 9, 12, 15].map((d) => [d, d]);
  const yTicks = [[LOW, `≤10${raised(LOW)}`], [-3, "10⁻³"], [-2, "10⁻²"], [-1, "10⁻¹"], [0, "1"], [HIGH, "≥10"]];
  const curves = KINDS.filter(({ name }) => fitted[name].length).map(({ name, color, dashes, shapes, look }) => {
    const places = fitted.errors[name].map((error, d) => [area.x(d), area.y(logOf(error))]);
    return line(places, `class="cr-${name}-errors" stroke="${color}" stroke-width="1.6"${dashes}`) + marks(places, shapes[0], look)
      + marks([places[fitted.degree]], shapes[1], look);
  });
  return frame(area, xTicks, yTicks)
    + `<path class="cr-here" d="M${xy(area.x(fitted.degree))} ${xy(area.top)}V${xy(area.bottom)}" stroke="currentColor" stroke-width="1.2" stroke-dasharray="2 3"/>`
    + text(area.left - 42, area.top - 12, "error by degree, logarithmic scale", "start") + text((area.left + area.right) / 2, area.bottom + 36, "degree") + curves.join("");
}

// The picture as SVG text, as wide as there is room.
export function picture(fitted, width = 480) {
  const [area, beside, height] = areas(width);
  const points = KINDS.map(({ name, shapes, look }) => marks(fitted[name].map(([x, y]) => [area.x(x), area.y(y)]), shapes[1], look));
  return `<svg class="cr-fit" role="img" aria-label="Fitted curve and its errors. ${words(fitted)}" viewBox="0 0 ${width} ${height}" width="100%" height="${height}" font-family="sans-serif">`
    + drawKey(fitted, area) + frame(area, [-1, -0.5, 0, 0.5, 1].map((x) => [x, format(x)]), [-1, 0, 1].map((y) => [y, format(y)]))
    + text((area.left + area.right) / 2, area.bottom + 36, "x") + drawCurve(area, fitted.curve) + points.join("") + drawErrors(beside, fitted) + "</svg>";
}
