// A learning rate by step: its path, its picture and its words. schedules_picture.py has the path from chainrule.optim.

import { format } from "./numbers.js";
import { line, round, text, thin, ticks } from "./plot_parts.js";

// name: title, the settings that are its own, its rate at step t of n
const cosine = (start, end, share) => end + ((start - end) * (1 + Math.cos(Math.PI * share))) / 2;
export const SHAPES = {
  constant: ["constant", [], ({ lr }) => () => lr],
  step: ["step decay", ["every", "gamma"], ({ lr, every, gamma }) => (t) => lr * gamma ** Math.floor(t / every)],
  exponential: ["exponential decay", ["decay"], ({ lr, decay }) => (t) => lr * decay ** t],
  polynomial: ["polynomial decay", ["power"], ({ lr, power }, n) => (t) => lr * (1 - Math.min(t / n, 1)) ** power],
  cosine: ["cosine", ["low"], ({ lr, low }, n) => (t) => cosine(lr, low * lr, t / n)],
  sgdr: ["SGDR, cosine with restarts", ["period", "mult", "low"], ({ lr, low, period, mult }) => (t) => {
    let [own, length] = [t, period];
    while (own >= length) [own, length] = [own - length, length * mult];
    return cosine(lr, low * lr, own / length);
  }],
  onecycle: ["one cycle", ["rise", "div"], ({ lr, rise, div }, n) => (t) => {
    const top = rise * n - 1;
    if (t <= top) return cosine(lr / div, lr, top > 0 ? Math.min(t / top, 1) : 1);
    const begin = top;
    return cosine(lr, lr / div / 1e4, n - 1 > begin ? Math.min((t - begin) / (n - 1 - begin), 1) : 1);
  }],
};

// One cycle warms up by itself.
export const warmup = (state) => (state.shape === "onecycle" ? 0 : Math.min(state.warmup, state.steps - 1));

// The rates of all steps, their sum, the peak and where it is, of {shape, lr, steps, warmup, …}.
export function compute(state) {
  const w = warmup(state);
  const after = SHAPES[state.shape][2](state, state.steps - w);
  const rates = [...Array(state.steps).keys()].map((t) => (t < w ? state.lr * (0.01 + (1 - 0.01) * (t / w)) : after(t - w)));
  const area = rates.reduce((sum, rate) => sum + rate, 0);
  const peak = Math.max(...rates);
  return { state, rates, area, peak, when: rates.findIndex((rate) => rate >= peak * (1 - 1e-12)) };
}

export function words({ state, rates, area, peak, when }) {
  const w = warmup(state);
  const [title] = SHAPES[state.shape];
  return `${title[0].toUpperCase()}${title.slice(1)}, ${state.steps} steps${w ? `, ${w} of them warm-up` : ""}: the rate peaks at ${format(peak, 3)}, at step ${when}, `
    + `and is ${format(rates[state.steps - 1], 3)} at the last step. The rates sum to ${format(area, 3)}, as much as ${format(area / peak, 3)} steps at the peak.`;
}

// The curve, the area under it, its peak and its mean.
export function picture(computed, width = 400) {
  const { state, rates, area, peak, when } = computed;
  const box = { left: 58, right: width - 16, top: 34, bottom: 256 };
  const top = 1.12 * peak;
  const place = (t, rate) => [box.left + ((box.right - box.left) * t) / state.steps, box.bottom - ((box.bottom - box.top) * rate) / top];
  const points = thin(rates.flatMap((rate, t) => [place(t, rate), place(t + 1, rate)]), 0.7);
  const curve = line(points, box);
  const mean = area / state.steps;
  const [x, y] = place(when + 0.5, peak);
  const level = place(0, mean)[1];
  const side = when + 0.5 > state.steps / 2 ? "end" : "start";
  const axis = ticks(0, state.steps, 5).map((t) => text(place(t, 0)[0], box.bottom + 17, t)).join("")
    + ticks(0, top, 4).map((rate) => {
      const at = round(place(0, rate)[1]);
      return `<path class="cr-grid" d="M${box.left} ${at}H${round(box.right)}" stroke="currentColor" stroke-opacity="0.16"/>${text(box.left - 7, at + 4, format(rate, 3), "end")}`;
    }).join("") + text(8, 14, "learning rate", "start") + text((box.left + box.right) / 2, box.bottom + 35, "step");
  return `<svg class="cr-schedule" role="img" aria-label="Learning rate by step. ${words(computed)}" viewBox="0 0 ${width} 300" width="100%" height="300" font-family="sans-serif">${axis}`
    + `<path class="cr-area" d="${curve}V${box.bottom}H${box.left}Z" fill="#0f8a78" fill-opacity="0.16"/>`
    + `<path class="cr-mean" d="M${box.left} ${round(level)}H${round(box.right)}" stroke="#c8661a" stroke-width="1.3" stroke-dasharray="6 4"/>`
    + `<path class="cr-curve" d="${curve}" fill="none" stroke="#0f8a78" stroke-width="2"/>`
    + `<path class="cr-peak" d="M${round(x)} ${round(y)}m-4 0a4 4 0 1 0 8 0a4 4 0 1 0 -8 0z" fill="#0f8a78"/>`
    + text(x + (side === "start" ? -4 : 4), y - 10, `peak ${format(peak, 3)} at step ${when}`, side, "cr-label cr-peak-label", 13)
    + text(box.right - 4, level + (mean > 0.8 * peak ? 18 : -7), `mean ${format(mean, 3)} · sum ${format(area, 3)}`, "end", "cr-label cr-mean-label", 13) + "</svg>";
}
