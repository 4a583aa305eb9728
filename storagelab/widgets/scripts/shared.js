// What several of the scripts need.

// A new element with properties (not attributes) and children.
export function element(tag, properties, ...children) {
  const made = Object.assign(document.createElement(tag), properties);
  made.append(...children);
  return made;
}

// The id in a reference to a widget, as ipywidgets writes it into a trait.
export function idOf(reference) {
  return reference.slice('IPY_MODEL_'.length);
}

// The widget that a trait of `model` refers to, as a promise.
export function modelIn(model, trait) {
  return model.widget_manager.get_model(idOf(model.get(trait)));
}
