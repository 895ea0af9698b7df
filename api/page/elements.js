// What both views make their elements with.

export const at = (id) => document.getElementById(id);

/** An element with text and attributes; text never becomes markup. */
export function make(tag, text = "", attributes = {}) {
  const element = document.createElement(tag);
  element.textContent = text;
  for (const [name, value] of Object.entries(attributes)) element.setAttribute(name, value);
  return element;
}

/** An element around others. */
export function around(tag, attributes, ...inner) {
  const element = make(tag, "", attributes);
  element.append(...inner);
  return element;
}

export function show(...ids) {
  for (const id of ids) at(id).hidden = false;
}

export function hide(...ids) {
  for (const id of ids) at(id).hidden = true;
}

/** Terms and what is said of them; what is empty is left out. */
export function facts(pairs) {
  return pairs
    .filter(([, said]) => said !== null && said !== undefined && said.length !== 0)
    .flatMap(([term, said]) => {
      const told = make("dd");
      told.append(...[said].flat().map((part) => (part instanceof Node ? part : make("span", part))));
      return [make("dt", term), told];
    });
}
