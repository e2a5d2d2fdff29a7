// A small Transformer at work: what comes next, where heads look, and what turning one off changes.
// compute, picture, words, code, problemOf and write are pure: Node runs them against NumPy and the engine.

import { fold, make, table } from "./elements.js";
import { bringToLife, chooser, slider, stateOf } from "./controls.js";
import { format } from "./numbers.js";
import { uniforms } from "./random_numbers.js";
import { CHARACTERS, CONTEXT, HEADS, LAYERS, look } from "./small_transformer_network.js";
import { compute, drawn, lookWords, percent, picture, words } from "./small_transformer_picture.js";
import { MAP_CSS, attentionMap } from "./small_transformer_map.js";

const [LONGEST, MOST, AT_ONCE, PACE] = [200, 400, 60, 90]; // characters of a prompt, added, added by one press; milliseconds a character
const HINT = "A square’s shade is the square root of the weight; click a small map to see it large. A head that is off adds zero. "
  + "Start again draws with the same numbers, so that only what you changed differs.";

// Phones type other quotation marks than the novel has.
const plain = (text) => text.replace(/[‘’]/g, "'").replace(/[“”]/g, '"');

function problemOf(text) {
  if (!text) return "Type at least one character: the model needs something to go on.";
  const unknown = [...new Set(plain(text))].filter((character) => !CHARACTERS.includes(character));
  return unknown.length ? `The model knows no ${unknown.slice(0, 5).map((character) => `“${character}”`).join(", ")}: it has seen the ${CHARACTERS.length} characters of Persuasion only.` : "";
}

// What is added when one more character is drawn, by the seed's next number; as chainrule.text.sample draws.
function write(state) {
  const { now } = compute(state);
  const next = uniforms(state.seed);
  for (let k = 0; k < state.added.length; k += 1) next();
  let [sum, drawnAt] = [0, next() * now.reduce((total, p) => total + p, 0)];
  const i = now.findIndex((p) => (sum += p) > drawnAt);
  return state.added + CHARACTERS[i < 0 ? now.indexOf(Math.max(...now)) : i];
}

// The Python lines that compute the same with the engine; small_transformer.py writes the same.
function code({ prompt, added, temperature, top_k: topK, layer, head, off }) {
  const seen = (prompt + added).slice(-CONTEXT).replace(/[\\"]/g, "\\$&").replace(/\n/g, "\\n");
  return `from chainrule import text
from chainrule.explore.small_transformer_network import attention_of, network, tokenizer

seen = tokenizer().encode("${seen}")  # 64 characters at most
model = network(${off.length ? `off=[${off.map((pair) => `(${pair.join(", ")})`).join(", ")}]` : ""})  # a chainrule.models.GPT, its weights rounded to int8
logits = model(seen[None]).data[0, -1]
p = text.probabilities(logits, temperature=${temperature}, top_k=${topK ?? "None"})
for i in (-logits).argsort()[:10]:
    print(repr(tokenizer().characters[i]), p[i].round(3))
weights = attention_of(model, seen)[${layer - 1}, ${head - 1}]  # layer ${layer}, head ${head}: (T, T)
print(weights[-1].round(2))`;
}

const OWN_CSS = `
.cr-gpt .cr-controls > :is(.cr-prompt, .cr-buttons) { grid-column: 1 / -1; }
.cr-gpt .cr-controls > .cr-heads { grid-column: span 8; border: 0; margin: 0; padding: 0; min-width: 0; }
.cr-gpt label > input[type="text"] { flex: 1 0 100%; }
.cr-heads legend { padding: 0; font-size: .9em; font-weight: 600; margin: 0 0 .1rem; float: none; width: auto; }
.cr-heads .cr-buttons { gap: .3rem; }
.cr-heads.cr-heads button { padding: .3em .5em; }
.cr-heads button[aria-pressed="true"] { box-shadow: inset 0 -3px 0 var(--forward); }
.cr-gpt .cr-heads button[aria-pressed="false"] { border-style: dashed; text-decoration: line-through; color: var(--muted); }
.cr-gpt .cr-text { white-space: pre-wrap; overflow-wrap: anywhere; font: .88em/1.45 var(--cr-mono, ui-monospace, monospace); padding: .5em .7em; background: var(--shade); border: 1px solid var(--line); border-radius: 5px; height: 6.2em; overflow-y: auto; }
.cr-text .cr-out { color: var(--muted); }
.cr-text .cr-added { text-decoration: underline 2px var(--forward); text-underline-offset: 3px; }
.cr-gpt .cr-title { font-weight: 600; }
.cr-gpt .cr-winner { font-weight: 700; }
.cr-gpt .cr-say { min-height: 6em; font-size: .94em; }
.cr-gpt .cr-hint { font-size: .84em; color: var(--muted); }
@container (max-width: 32rem) { .cr-gpt .cr-controls > :is(label, .cr-range, .cr-heads) { grid-column: 1 / -1; } .cr-gpt .cr-say { min-height: 11em; } }
@media print { .cr-gpt :is(.cr-controls, .cr-hint) { display: none; } }`;

const both = (a, b) => a[0] === b[0] && a[1] === b[1];
const ALL = Array.from({ length: LAYERS * HEADS }, (_, k) => [1 + Math.floor(k / HEADS), 1 + (k % HEADS)]);

function button(title, act, properties) {
  const made = make("button", { type: "button", ...properties }, title);
  made.addEventListener("click", () => { if (made.getAttribute("aria-disabled") !== "true") act(); });
  return made;
}

function promptField(change) {
  const field = make("input", { type: "text", spellcheck: false, autocomplete: "off", autocapitalize: "off", maxLength: LONGEST });
  const problem = make("p", { className: "cr-problem", role: "alert" });
  const complain = (message) => {
    if (problem.textContent !== message) problem.textContent = message;
    field.setAttribute("aria-invalid", String(message !== ""));
  };
  field.addEventListener("input", () => {
    complain(problemOf(field.value));
    if (!problem.textContent) change({ prompt: plain(field.value), added: "" });
  });
  const show = (text) => {
    if (field === field.getRootNode().activeElement) return;
    if (plain(field.value) === text || problem.textContent === "") field.value = text;
  };
  return { show, problem, part: make("label", { className: "cr-prompt" }, make("b", {}, "Prompt"), field) };
}

// Buttons that write; `stop` ends what goes on by itself.
function writing(state, change) {
  let [timer, left] = [0, 0];
  const room = () => state().added.length < MOST;
  const one = () => { if (room()) change({ added: write(state()) }); };
  const stop = () => {
    clearInterval(timer);
    [timer, left] = [0, 0];
    on.textContent = "Write on";
  };
  const on = button("Write on", () => {
    if (timer) return stop();
    if (matchMedia("(prefers-reduced-motion: reduce)").matches) {
      let now = state();
      for (let k = 0; k < AT_ONCE && now.added.length < MOST; k += 1) now = { ...now, added: write(now) };
      return change({ added: now.added });
    }
    left = AT_ONCE;
    on.textContent = "Pause";
    timer = setInterval(() => {
      one();
      left -= 1;
      if (left <= 0 || !room()) stop();
    }, PACE);
  });
  on.dataset.main = "";
  const single = button("One character", () => { stop(); one(); });
  const again = button("Start again", () => { stop(); change({ added: "" }); });
  const other = button("Another seed", () => { stop(); change({ added: "", seed: (state().seed + 1) % 1024 }); });
  const show = ({ added }) => {
    for (const each of [on, single]) each.setAttribute("aria-disabled", String(added.length >= MOST));
    again.setAttribute("aria-disabled", String(!added));
  };
  return { show, stop, part: make("div", { className: "cr-buttons", role: "group", "aria-label": "Writing" }, on, single, again, other) };
}

function headSwitches(state, change) {
  const flip = (pair) => {
    const { off } = state();
    change({ off: ALL.filter((each) => off.some((other) => both(each, other)) !== both(each, pair)) });
  };
  const switches = ALL.map((pair) => button(pair.join("."), () => flip(pair), { "aria-label": `Head ${pair.join(".")} on` }));
  const all = button("All on", () => change({ off: [] }));
  const show = ({ off }) => {
    switches.forEach((each, k) => each.setAttribute("aria-pressed", String(!off.some((pair) => both(pair, ALL[k])))));
    all.setAttribute("aria-disabled", String(!off.length));
  };
  const legend = make("legend", {}, "Heads that are on (layer.head)");
  return { show, part: make("fieldset", { className: "cr-heads" }, legend, make("div", { className: "cr-buttons" }, ...switches, all)) };
}

function controls(state, change) {
  const writer = writing(state, change);
  const field = promptField((part) => { writer.stop(); change(part); });
  const heat = slider("Temperature", (value) => change({ temperature: Math.round(100 * value) / 100 }), { min: 0, max: 2, step: 0.05 });
  const most = slider("Top-k", (value) => change({ top_k: value === CHARACTERS.length ? null : value }), { min: 1, max: CHARACTERS.length, step: 1 });
  const head = chooser("Head shown large", ALL.map((pair) => [pair.join("."), `layer ${pair[0]}, head ${pair[1]}`]), (value) => {
    const [layer, which] = value.split(".").map(Number);
    change({ layer, head: which });
  });
  const switches = headSwitches(state, change);
  const show = (now) => {
    field.show(now.prompt);
    const warmth = now.temperature === 0 ? "0: always the likeliest" : format(now.temperature, 3);
    heat.show(now.temperature, warmth, warmth);
    const kept = now.top_k === null ? `all ${CHARACTERS.length}` : `the ${now.top_k} likeliest`;
    most.show(now.top_k ?? CHARACTERS.length, kept, kept);
    head.show(`${now.layer}.${now.head}`);
    switches.show(now);
    writer.show(now);
  };
  return { show, stop: writer.stop, problem: field.problem, part: make("div", { className: "cr-controls" }, field.part, heat.part, most.part, writer.part, head.part, switches.part) };
}

// The text so far: what the model no longer sees is faint, what it wrote is underlined.
function written() {
  const [before, given, more] = ["cr-out", "cr-given", "cr-added"].map((className) => make("span", { className }));
  const part = make("p", { className: "cr-text", tabIndex: 0, role: "group", "aria-label": "The text so far" }, before, given, more);
  const show = ({ prompt, added }) => {
    const first = Math.max(0, prompt.length + added.length - CONTEXT);
    before.textContent = (prompt + added).slice(0, first);
    given.textContent = prompt.slice(first);
    more.textContent = added.slice(Math.max(0, first - prompt.length));
    part.scrollTop = part.scrollHeight;
  };
  return { show, part };
}

function answers() {
  const body = make("tbody");
  const show = ({ now, whole, likeliest }) => body.replaceChildren(...likeliest.map((i) =>
    make("tr", {}, make("th", { scope: "row" }, drawn(CHARACTERS[i])), make("td", {}, percent(now[i])), make("td", {}, percent(whole[i])))));
  return { show, part: fold("The ten likeliest in numbers", table("The next character", body, "character", "now", "with all heads on")) };
}

function render({ model, el }) {
  const [state, change] = stateOf(model);
  const bar = controls(state, change);
  const drawing = make("div");
  const map = attentionMap(change);
  const stage = make("div", { className: "cr-stage" }, drawing, ...map.parts);
  const story = written();
  const ten = answers();
  const source = make("code");
  const say = make("p", { className: "cr-say", role: "status" });
  const tell = (computed) => {
    story.show(state());
    ten.show(computed);
    source.textContent = code(state());
  };
  const paint = (computed, width) => {
    drawing.innerHTML = picture(computed, width);
    map.show(computed, width);
  };
  const parts = [bar.part, bar.problem, story.part, stage, map.where, say, make("p", { className: "cr-hint" }, HINT), ten.part, fold("Show me the code", make("pre", { tabIndex: 0 }, source))];
  const end = bringToLife({ model, el }, { className: "cr-gpt", css: MAP_CSS + OWN_CSS, parts, place: stage, room: [300, 720, 620], show: bar.show, compute, paint, tell, say, words });
  return () => {
    bar.stop();
    end();
  };
}

export { code, compute, look, lookWords, picture, problemOf, words, write };
export default { render };
