/**
 * An element. Texts among the children become text nodes and attributes are set as such: nothing that an event holds is ever
 * read as markup. `on` has listeners by event; an attribute that is false or undefined is left out.
 */
export function el(name, attributes = {}, ...children) {
  return filled(document.createElement(name), attributes, children)
}

export function svg(name, attributes = {}, ...children) {
  return filled(document.createElementNS('http://www.w3.org/2000/svg', name), attributes, children)
}

function filled(element, { on = {}, ...attributes }, children) {
  for (const [name, value] of Object.entries(attributes)) {
    if (value !== undefined && value !== false) element.setAttribute(name, value === true ? '' : String(value))
  }
  for (const [event, listener] of Object.entries(on)) element.addEventListener(event, listener)
  element.append(...children.flat().filter((child) => child !== undefined && child !== false))
  return element
}

export function byId(id) {
  return document.getElementById(id)
}

/** For whoever does not see the page: said once, politely. */
export function announce(text) {
  byId('progress').textContent = text
}
