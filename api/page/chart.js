// Draws a chart that the service specified, in the colours of the page.

const scheme = window.matchMedia("(prefers-color-scheme: dark)");
let drawn = null;

/** Draw a Vega-Lite specification into an element; drawn anew when the colour scheme changes. */
export async function drawChart(element, spec, description) {
  drawn = { element, spec, description };
  element.setAttribute("aria-label", description);
  const view = await window.vegaEmbed(element, dressed(spec), {
    actions: false,
    ast: true, // with the interpreter no script is made of text, so that the content policy can forbid it
    defaultStyle: false,
    renderer: "svg",
    tooltip: { disableDefaultStyle: true },
  });
  element.dataset.drawn = description;
  return view;
}

function dressed(spec) {
  const look = getComputedStyle(document.documentElement);
  const probe = document.createElement("i");
  document.body.append(probe);
  const colour = (name) => {
    probe.style.color = `var(${name})`;
    return getComputedStyle(probe).color;
  };
  const style = structuredClone(spec.config.style);
  style.history.color = style.estimated.color = colour("--history");
  for (const name of ["mean", "band80", "band95"]) style[name].color = colour("--accent");
  const soft = colour("--soft");
  const axis = { ...spec.config.axis, labelColor: soft, gridColor: colour("--rule"), labelFontSize: 12 };
  probe.remove();
  return { ...spec, background: null, config: { ...spec.config, font: look.fontFamily, style, axis } };
}

scheme.addEventListener("change", () => drawn && drawChart(drawn.element, drawn.spec, drawn.description));
