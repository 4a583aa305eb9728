// An equation behind a button. TeX is set by the page's typesetter: JupyterLab's own, or MathJax 2
// or 3. On a page without one, only the words and the table are shown.
import { element } from './shared.js';

const SET = 'mjx-container, .MathJax, math';

// Set the TeX in an element; nothing happens where the page has no typesetter.
export async function typeset(model, place) {
  const lab = model.widget_manager?._rendermime?.latexTypesetter;
  if (lab) {
    await lab.typeset(place);
    return;
  }
  if (document.readyState !== 'complete') {
    await new Promise((resolve) => window.addEventListener('load', resolve, { once: true }));
  }
  const { MathJax } = window;
  await MathJax?.startup?.promise;
  if (MathJax?.typesetPromise) {
    MathJax.typesetClear?.([place]);
    await MathJax.typesetPromise([place]);
  } else if (MathJax?.Hub) {
    await new Promise((resolve) => MathJax.Hub.Queue(['Typeset', MathJax.Hub, place], resolve));
  }
}

// "t_open" is a t with the subscript "open"
export function sign(text) {
  const [letter, below] = text.split('_');
  const subscript = below ? [element('sub', {}, below)] : [];
  return element('var', {}, letter, ...subscript);
}

// A number and its unit, which a narrow column doesn't part; words may break.
export function withUnit(value, unit) {
  return unit ? `${value}${unit === '%' ? '' : '\u00a0'}${unit}` : value;
}

function fill(table, symbols) {
  const head = ['symbol', 'what it is', 'value'].map((text) =>
    element('th', { scope: 'col' }, text),
  );
  const rows = symbols.map(([name, meaning, value, unit, dominates]) =>
    element(
      'tr',
      { className: dominates ? 'storagelab-dominates' : '' },
      element('th', { scope: 'row' }, sign(name)),
      element('td', {}, meaning, dominates ? ' (dominates)' : ''),
      element('td', { className: 'number' }, withUnit(value, unit)),
    ),
  );
  table.replaceChildren(
    element('caption', {}, 'What the symbols stand for now'),
    element('thead', {}, element('tr', {}, ...head)),
    element('tbody', {}, ...rows),
  );
}

export default {
  render({ model, el }) {
    const equation = element('div', { className: 'storagelab-equation', tabIndex: 0 });
    // these classes have it set even on a page that otherwise ignores mathematics
    equation.classList.add('tex2jax_process', 'mathjax_process');
    equation.setAttribute('role', 'region');
    equation.setAttribute('aria-label', 'Equation with the present values');
    const words = element('p', { className: 'storagelab-words' });
    const table = element('table', {});
    const scroll = element('div', { className: 'storagelab-symbols', tabIndex: 0 }, table);
    scroll.setAttribute('role', 'region');
    scroll.setAttribute('aria-label', 'Symbols of the equation');
    const panel = element('div', {}, equation, words, scroll);
    panel.id = `storagelab-peek-${model.model_id ?? Math.random().toString(36).slice(2)}`;
    const button = element('button', { type: 'button' }, 'Math peek');
    button.className = 'storagelab-save storagelab-peek';
    button.setAttribute('aria-controls', panel.id);

    let waiting = Promise.resolve();
    let queued = false;
    let shownTex = '';
    const show = async () => {
      queued = false;
      const tex = model.get('tex');
      words.textContent = model.get('words');
      fill(table, model.get('symbols'));
      if (tex === shownTex || !tex) return;
      shownTex = tex;
      // set beside the old equation, so that raw TeX never shows and the page doesn't jump
      const next = element('div', { hidden: true }, `\\[${tex}\\]`);
      equation.append(next);
      try {
        await typeset(model, next);
      } finally {
        const reveal = () => {
          if (!next.querySelector(SET)) return false;
          for (const old of [...equation.children]) if (old !== next) old.remove();
          next.hidden = false;
          equation.hidden = false;
          return true;
        };
        if (!reveal()) {
          // the typesetter may finish later, or there is none
          equation.hidden = !equation.querySelector(SET);
          const watch = new MutationObserver(() => reveal() && watch.disconnect());
          watch.observe(next, { childList: true, subtree: true });
        }
      }
    };
    // the changes of one message are shown once, and equations are set one after the other
    const refresh = () => {
      if (queued || !model.get('unfolded')) return;
      queued = true;
      waiting = waiting.then(show).catch(console.warn);
    };
    const fold = () => {
      panel.hidden = !model.get('unfolded');
      button.setAttribute('aria-expanded', String(!panel.hidden));
      refresh();
    };
    button.addEventListener('click', () => {
      model.set('unfolded', !model.get('unfolded'));
      model.save_changes();
      // in a dock that is full it would unfold out of sight
      waiting.then(() => panel.hidden || panel.scrollIntoView?.({ block: 'nearest' }));
    });
    model.on('change:unfolded', fold);
    for (const name of ['tex', 'words', 'symbols']) model.on(`change:${name}`, refresh);
    el.classList.add('storagelab-math');
    el.append(button, panel);
    fold();
  },
};
