// The dock of a workbench: its summary unfolds, and where there is little room, it folds to the
// control in hand, which is the one that was used last.
import { element, wordsButton } from './shared.js';

// The control that an element of the page belongs to: a child of the box of controls.
export function controlOf(item, controls) {
  let found = item;
  while (found && found.parentElement !== controls) found = found.parentElement;
  return found;
}

// Leave one control in hand.
export function take(control, controls) {
  for (const other of controls.children) {
    other.classList.toggle('storagelab-in-hand', other === control);
  }
}

// Add what the dock's buttons do; once for each dock.
export function furnish(dock) {
  const controls = dock.querySelector('.storagelab-controls');
  if (!controls?.firstElementChild || dock.querySelector('.storagelab-dock-tools')) return;
  take(controls.firstElementChild, controls);
  const hold = (event) => {
    const control = controlOf(event.target, controls);
    if (control) take(control, controls);
  };
  controls.addEventListener('focusin', hold);
  controls.addEventListener('pointerdown', hold);
  const all = element('button', { type: 'button', textContent: 'All controls' });
  all.className = 'storagelab-save storagelab-all';
  all.setAttribute('aria-expanded', 'false');
  all.addEventListener('click', () => {
    const unfolded = dock.classList.toggle('storagelab-unfolded');
    all.setAttribute('aria-expanded', String(unfolded));
  });
  const tools = element('div', { className: 'storagelab-dock-tools' });
  tools.append(
    wordsButton('The summary', () => dock),
    all,
  );
  dock.append(tools);
}
