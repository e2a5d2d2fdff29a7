// Elements of a page.

export function make(tag, properties = {}, ...children) {
  const node = document.createElement(tag);
  for (const [key, value] of Object.entries(properties)) {
    if (key in node) node[key] = value;
    else node.setAttribute(key, value);
  }
  node.append(...children);
  return node;
}


export const fold = (title, ...inside) => make("details", {}, make("summary", {}, title), ...inside);

export function table(caption, body, ...titles) {
  const head = make("tr", {}, ...titles.map((title) => make("th", { scope: "col" }, title)));
  return make("table", {}, make("caption", {}, caption), make("thead", {}, head), body);
}
