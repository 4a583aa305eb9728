// Gives slider handles and figures, which ipywidgets and bqplot leave nameless, names for a screen
// reader, has it announce captions, furnishes the dock, and says when the kernel is gone.
import { sayTaken, stopSign } from './asleep.js';
import { furnish } from './dock.js';

const set = (item, name, value) => {
  if (value && item.getAttribute(name) !== value) item.setAttribute(name, value);
};
const text = (item) => (item ? item.textContent.trim() : '');

export function nameAll(root) {
  for (const handle of root.querySelectorAll('.noUi-handle')) {
    const box = handle.closest('.widget-slider');
    if (!box) continue;
    set(handle, 'aria-label', text(box.querySelector('.widget-label')));
    set(handle, 'aria-valuetext', text(box.querySelector('.widget-readout')));
  }
  for (const figure of root.querySelectorAll('.bqplot')) {
    const box = figure.closest('.storagelab-instrument');
    if (!box) continue;
    set(figure, 'role', 'img');
    const [title, words] = ['strong', '.storagelab-words'].map((name) => box.querySelector(name));
    set(figure, 'aria-label', `${text(title)}. ${text(words)}`);
  }
  // otherwise JupyterLab takes arrow keys for its cells and letters for its commands
  for (const item of root.querySelectorAll('.noUi-handle, select')) {
    set(item, 'data-lm-suppress-shortcuts', 'true');
  }
  // which of the buttons of a choice is pressed is told by their colour alone
  for (const choice of root.querySelectorAll('.widget-toggle-buttons')) {
    set(choice, 'role', 'group');
    set(choice, 'aria-label', text(choice.querySelector('.widget-label')));
    for (const button of choice.querySelectorAll('button')) {
      set(button, 'aria-pressed', String(button.classList.contains('mod-active')));
    }
  }
  // an icon's glyph isn't part of a button's name
  for (const icon of root.querySelectorAll('button > i')) set(icon, 'aria-hidden', 'true');
  for (const preset of root.querySelectorAll('.storagelab-presets button')) {
    set(preset, 'aria-pressed', String(preset.classList.contains('mod-active')));
  }
  // each change replaces the caption, so the live region is the element around it
  for (const words of root.querySelectorAll('.storagelab-announced')) {
    set(words.parentElement, 'aria-live', 'polite');
  }
}

export default {
  render({ el }) {
    el.style.display = 'none';
    let observer;
    let output;
    // the box around this view enters the page only after rendering
    const timer = setTimeout(() => {
      const root = el.closest('.storagelab-workbench') || document.body;
      output = root.closest('.jp-OutputArea-child');
      const sign = stopSign(root);
      sign();
      let waiting = false;
      const later = () => {
        if (waiting) return;
        waiting = true;
        requestAnimationFrame(() => {
          waiting = false;
          sign();
          nameAll(root);
        });
      };
      nameAll(root);
      for (const dock of root.querySelectorAll('.storagelab-dock')) furnish(dock);
      observer = new MutationObserver(later);
      observer.observe(root, {
        childList: true,
        characterData: true,
        subtree: true,
        attributeFilter: ['class'], // of a pressed button, and of what lost its kernel
      });
    }, 300);
    return () => {
      clearTimeout(timer);
      if (observer) observer.disconnect();
      sayTaken(output);
    };
  },
};
