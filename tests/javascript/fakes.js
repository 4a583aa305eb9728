// What the scripts meet in a browser, as little of it as they need.

// An element that keeps its properties, attributes and children.
export class FakeElement {
  constructor(tag) {
    this.tag = tag;
    this.children = [];
    this.attributes = {};
    this.style = {};
  }

  append(...children) {
    this.children.push(...children);
  }

  setAttribute(name, value) {
    this.attributes[name] = value;
  }

  getAttribute(name) {
    return this.attributes[name] ?? null;
  }

  remove() {
    this.removed = true;
  }

  select() {
    this.selected = true;
  }
}

// A document in which elements can be made; `made` has all of them.
export function fakeDocument(options = {}) {
  const made = [];
  const createElement = (tag) => {
    const element = new FakeElement(tag);
    made.push(element);
    return element;
  };
  return { body: new FakeElement('body'), createElement, made, readyState: 'complete', ...options };
}

// The model of a widget: its traits, what listens to it, and what it told Python.
export class FakeModel {
  constructor(traits = {}, others = {}) {
    this.traits = traits;
    this.listeners = {};
    this.saved = 0;
    this.sent = [];
    this.widget_manager = { get_model: async (id) => others[id] };
  }

  get(name) {
    return this.traits[name];
  }

  set(name, value) {
    Object.assign(this.traits, typeof name === 'string' ? { [name]: value } : name);
  }

  save_changes() {
    this.saved += 1;
  }

  send(content) {
    this.sent.push(content);
  }

  on(event, listener) {
    this.listeners[event] = [...(this.listeners[event] ?? []), listener];
  }

  off(event, listener) {
    this.listeners[event] = this.listeners[event].filter((other) => other !== listener);
  }

  trigger(event, ...content) {
    for (const listener of this.listeners[event] ?? []) listener(...content);
  }
}

// Let every promise that can be settled settle.
export const settled = () => new Promise((resolve) => setImmediate(resolve));
