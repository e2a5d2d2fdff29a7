// Brings the page's live figures to life; without it their pictures stand.
// Each script has anywidget's signature, so here is the little of a widget's model that it needs.
function modelOf(first) {
  const values = { ...first };
  const hearers = new Map();
  return {
    get: (name) => values[name],
    set(name, value) {
      values[name] = value;
      for (const hear of [...(hearers.get(`change:${name}`) ?? [])]) hear();
    },
    on(event, hear) { hearers.set(event, [...(hearers.get(event) ?? []), hear]); },
    off(event, hear) { hearers.set(event, (hearers.get(event) ?? []).filter((other) => other !== hear)); },
    save_changes() {},
  };
}

for (const figure of document.querySelectorAll("figure.cr-live[data-module]")) {
  const { module, state } = figure.dataset;
  if (!/^\w+$/.test(module)) continue;
  import(`./live/${module}.mjs`).then(({ default: { render } }) => {
    const el = document.createElement("div");
    render({ model: modelOf({ state: JSON.parse(state) }), el });
    figure.querySelector(".cr-live-static").replaceWith(el);
  }).catch((error) => console.warn(`The figure ${module} stays a picture: ${error.message}`));
}
