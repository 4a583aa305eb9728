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

// A button that unfolds the words in the box that `boxOf` returns. They are replaced at every move,
// so what is unfolded is kept on the box around them.
export function wordsButton(title, boxOf) {
  const button = element('button', { type: 'button', textContent: 'In words' });
  button.className = 'storagelab-save';
  button.setAttribute('aria-expanded', 'false');
  button.setAttribute('aria-label', `${title} in words`);
  button.addEventListener('click', () => {
    const unfolded = boxOf().classList.toggle('storagelab-in-words');
    button.setAttribute('aria-expanded', String(unfolded));
  });
  return button;
}
