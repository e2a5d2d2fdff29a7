// The computation graph as SVG text. graph_picture.py draws the same for the page without scripts.
import { digits, words } from "./expression.js";
import { format } from "./numbers.js";

const BOX = [116, 58];
const PITCH = [130, 110];

// Layers from the leaves down to L; a tidy tree decides the columns.
function layout(nodes) {
  const depth = nodes.map(() => 0);
  const parent = nodes.map(() => -1);
  nodes.forEach((node, i) => { depth[i] = node.kind === "op" ? 1 + Math.max(0, ...node.args.map((a) => depth[a])) : 0; });
  nodes.forEach((node, i) => node.args.forEach((a) => {
    if (parent[a] < 0 || depth[i] < depth[parent[a]]) parent[a] = i;
  }));
  nodes.forEach((node, i) => { if (node.kind === "leaf") depth[i] = depth[parent[i]] - 1; });
  const column = nodes.map(() => 0);
  const place = (i) => {
    const tree = { members: [i], left: {}, right: {} };
    const children = [...new Set(nodes[i].args)].filter((a) => parent[a] === i && nodes[a].kind !== "number");
    children.forEach((child) => {
      const sub = place(child);
      for (let layer = depth[child] + 1; layer < depth[i]; layer += 1) sub.left[layer] = sub.right[layer] = column[child];
      const gaps = Object.keys(sub.left).filter((k) => k in tree.right).map((k) => tree.right[k] - sub.left[k] + 1);
      const shift = gaps.length ? Math.max(...gaps) : 0;
      sub.members.forEach((member) => { column[member] += shift; });
      for (const k of Object.keys(sub.left)) {
        tree.left[k] = Math.min(tree.left[k] ?? Infinity, sub.left[k] + shift);
        tree.right[k] = Math.max(tree.right[k] ?? -Infinity, sub.right[k] + shift);
      }
      tree.members.push(...sub.members);
    });
    if (children.length) column[i] = (column[children[0]] + column[children.at(-1)]) / 2;
    tree.left[depth[i]] = tree.right[depth[i]] = column[i];
    return tree;
  };
  place(nodes.length - 1);
  return nodes.map((node, i) => [column[i] * PITCH[0], depth[i] * PITCH[1]]);
}

const along = ([x0, y0, x1, y1], t) => [x0 + (x1 - x0) * t, y0 + (y1 - y0) * t];

function edgesOf(nodes, place) {
  const edges = [];
  nodes.forEach((node, i) => node.args.forEach((a, k) => {
    if (nodes[a].kind === "number") return;
    const twice = node.args.length > 1 && node.args[0] === node.args[1] ? 22 * (2 * k - 1) : 0;
    const lean = twice || Math.max(-30, Math.min(30, (place[a][0] - place[i][0]) / 4));
    const line = [place[a][0] + twice, place[a][1] + BOX[1] / 2, place[i][0] + lean, place[i][1] - BOX[1] / 2];
    const points = [...Array(13).keys()].map((j) => along(line, j / 12));
    edges.push({ node, k, line, points, side: line[0] < line[2] || twice < 0 ? -1 : 1 });
  }));
  return edges;
}

// Of six places beside its edge a label takes the emptiest.
function labelPlaces(edges, place) {
  const taken = place.map(([x, y]) => [x - BOX[0] / 2, y - BOX[1] / 2, BOX[0], BOX[1]]);
  return edges.map((edge) => {
    let best = null;
    let least = Infinity;
    for (const [t, side] of [[0.5, 1], [0.5, -1], [0.35, 1], [0.35, -1], [0.65, 1], [0.65, -1]]) {
      const [x, y] = along(edge.line, t);
      const gap = 5 + Math.min(14, (11 * Math.abs(edge.line[2] - edge.line[0])) / (edge.line[3] - edge.line[1]));
      const box = [side * edge.side > 0 ? x + gap : x - gap - 58, y - 13, 58, 26];
      let cost = 0;
      for (const other of taken) {
        const w = Math.min(box[0] + box[2], other[0] + other[2]) - Math.max(box[0], other[0]);
        const h = Math.min(box[1] + box[3], other[1] + other[3]) - Math.max(box[1], other[1]);
        if (w > 0 && h > 0) cost += w * h;
      }
      for (const { points } of edges) {
        for (const [u, v] of points) if (u > box[0] && u < box[0] + 58 && v > box[1] && v < box[1] + 26) cost += 60;
      }
      if (cost < least) [least, best] = [cost, [...box, side * edge.side]];
    }
    taken.push(best);
    return best;
  });
}

const round = (x) => Math.round(x * 10) / 10;
const FORWARD = "var(--cr-accent, currentColor)";
const BACKWARD = "var(--cr-back, currentColor)";
const MUTED = "var(--cr-muted, currentColor)";
const text = (x, y, content, kind, size, anchor = "middle", ink = "currentColor") =>
  `<text x="${round(x)}" y="${round(y)}" class="${kind}" font-size="${size}" text-anchor="${anchor}" fill="${ink}">${content}</text>`;

const escape = (content) => content.replace(/&/g, "&amp;").replace(/</g, "&lt;").replace(/>/g, "&gt;").replace(/"/g, "&quot;");

function drawEdge({ node, k, line: [x0, y0, x1, y1] }, [x, y, w, , side]) {
  const [kind, ink] = node.passed ? ["cr-backward", BACKWARD] : node.known ? ["cr-forward", FORWARD] : ["cr-idle", MUTED];
  const length = Math.sqrt((x1 - x0) * (x1 - x0) + (y1 - y0) * (y1 - y0));
  const [dx, dy] = [(x1 - x0) / length, (y1 - y0) / length];
  const [u, v] = [x1 - 9 * dx, y1 - 9 * dy];
  const head = `M${round(x1)} ${round(y1)}L${round(u - 4 * dy)} ${round(v + 4 * dx)}L${round(u + 4 * dy)} ${round(v - 4 * dx)}Z`;
  const line = `<path class="${kind}" d="M${round(x0)} ${round(y0)}L${round(u)} ${round(v)}" fill="none" stroke="${ink}" stroke-width="1.5"/>`
    + `<path class="${kind} cr-head" d="${head}" fill="${ink}"/>`;
  if (!node.known) return line;
  const agreed = digits(node.local[k], node.localNumeric[k]);
  const at = side > 0 ? x : x + w;
  const anchor = side > 0 ? "start" : "end";
  return line + text(at, y + 10, `×${format(node.local[k])}`, "cr-local", 12.5, anchor, ink)
    + text(at, y + 23, agreed < 6 ? "✗ check" : `✓ ${agreed} digits`, "cr-check", 10.5, anchor, MUTED);
}

function drawNode(node, [x, y]) {
  if (node.kind === "number") return "";
  const leaf = node.kind === "leaf";
  const kind = `cr-node${leaf ? " cr-leaf" : ""}${node.current ? " cr-current" : ""}`;
  const ink = !node.current ? MUTED : node.partial === null ? FORWARD : BACKWARD;
  const box = `<rect class="${kind}" x="${round(x - BOX[0] / 2)}" y="${round(y - BOX[1] / 2)}" width="${BOX[0]}" height="${BOX[1]}" `
    + `rx="${leaf ? 20 : 5}" fill="var(--cr-shade, none)" stroke="${ink}" stroke-width="${node.current ? 2.5 : 1}"/>`;
  return box + text(x, y - 13, leaf ? node.name : `${node.name} = ${escape(node.formula)}`, "cr-name", 12.5)
    + (node.known ? text(x, y + 5, format(node.value), "cr-value", 15) : "")
    + (node.partial === null ? "" : text(x, y + 21, `∂L/∂${node.name} = ${format(node.partial)}`, "cr-adjoint", 11, "middle", BACKWARD));
}

export function picture(computed) {
  const { nodes } = computed;
  const place = layout(nodes);
  const edges = edgesOf(nodes, place);
  const labels = labelPlaces(edges, place);
  const seen = place.filter((_, i) => nodes[i].kind !== "number");
  const left = Math.min(...seen.map((p) => p[0] - BOX[0] / 2), ...labels.map((b) => b[0])) - 3;
  const right = Math.max(...seen.map((p) => p[0] + BOX[0] / 2), ...labels.map((b) => b[0] + b[2])) + 3;
  const width = round(right - left);
  const height = Math.max(...seen.map((p) => p[1])) + BOX[1] + 6;
  const spoken = `Computation graph. ${words(computed)} `
    + nodes.filter((node) => node.known && node.kind !== "number").map((node) => `${node.name} is ${format(node.value)}`
      + (node.partial === null ? "" : `, its derivative ${format(node.partial)}`)).join("; ") + ".";
  return `<svg class="cr-graph${width > 480 ? " cr-wide" : ""}" role="img" aria-label="${escape(spoken)}" `
    + `viewBox="${round(left)} ${-BOX[1] / 2 - 3} ${width} ${height}" width="100%" height="${height}">`
    + edges.map((edge, i) => drawEdge(edge, labels[i])).join("") + nodes.map((node, i) => drawNode(node, place[i])).join("") + "</svg>";
}
