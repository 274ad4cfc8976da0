// XML as DAV answers have it: elements, namespaces and text. No document types, no entities but XML's own five.

const ENTITIES = { amp: "&", lt: "<", gt: ">", quot: '"', apos: "'" };
// Deeper than any DAV answer is.
const MAX_DEPTH = 32;
// One piece of markup, or the text up to the next.
const PIECE = /<!\[CDATA\[([^]*?)\]\]>|<!--[^]*?-->|<\?[^]*?\?>|<(\/?)([^\s<>/!?]+)((?:[^<>"']|"[^"]*"|'[^']*')*?)(\/?)>|[^<]+/y;
const ATTRIBUTE = /([^\s=]+)\s*=\s*(?:"([^"]*)"|'([^']*)')/g;

export class Element {
  constructor(namespace, name, scope) {
    this.namespace = namespace;
    this.name = name;
    this.scope = scope;
    this.children = [];
    this.text = "";
  }

  is(namespace, name) {
    return this.namespace === namespace && this.name === name;
  }

  // The first child of this name.
  child(namespace, name) {
    return this.children.find((child) => child.is(namespace, name));
  }

  all(namespace, name) {
    return this.children.filter((child) => child.is(namespace, name));
  }
}

// The document's root element; an Error that says why for what is no XML.
export function parse(text) {
  const stack = [new Element("", "", {})];
  let at = 0;
  while (at < text.length) {
    PIECE.lastIndex = at;
    const piece = PIECE.exec(text);
    if (piece === null) throw new Error(`it is no XML at character ${at}`);
    at = PIECE.lastIndex;
    const [all, cdata, end, tag, attributes, empty] = piece;
    const open = stack[stack.length - 1];
    if (cdata !== undefined) open.text += cdata;
    else if (tag === undefined) open.text += all.startsWith("<") ? "" : unescape(all);
    else if (end) {
      const closed = stack.pop();
      if (stack.length === 0 || closed.tag !== tag) throw new Error(`</${tag}> ends nothing`);
    } else {
      const element = begin(open.scope, tag, attributes);
      open.children.push(element);
      if (!empty) stack.push(element);
      if (stack.length > MAX_DEPTH) throw new Error("it is nested too deeply");
    }
  }
  const [document] = stack;
  if (stack.length !== 1 || document.children.length !== 1) throw new Error("it is not one whole element");
  return document.children[0];
}

export function escape(text) {
  return text.replace(/[&<>"']/g, (letter) => `&#${letter.charCodeAt(0)};`);
}

// An element with the prefixes that are declared at it and around it.
function begin(around, tag, attributes) {
  const scope = { ...around };
  for (const [, name, double, single] of attributes.matchAll(ATTRIBUTE)) {
    if (name === "xmlns" || name.startsWith("xmlns:")) scope[name.slice(6)] = unescape(double ?? single);
  }
  const colon = tag.indexOf(":");
  const prefix = colon < 0 ? "" : tag.slice(0, colon);
  if (prefix && !(prefix in scope)) throw new Error(`the prefix ${prefix} is not declared`);
  const element = new Element(scope[prefix] ?? "", tag.slice(colon + 1), scope);
  element.tag = tag;
  return element;
}

function unescape(text) {
  return text.replace(/&([^;]*);?/g, (all, name) => {
    const number = /^#(?:(\d+)|x([0-9a-fA-F]+))$/.exec(name);
    const letter = number ? Number.parseInt(number[1] ?? number[2], number[1] ? 10 : 16) : ENTITIES[name];
    if (letter === undefined || letter > 0x10ffff) throw new Error(`the entity ${all} is not defined`);
    return number ? String.fromCodePoint(letter) : letter;
  });
}
