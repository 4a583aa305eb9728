// A figure's tools: its numbers as a table, buttons that save the picture and the numbers, and no
// animation for those whose system asks for reduced motion.
import { csvText, shown } from './numbers.js';
import { drawn, pictureOf } from './picture_file.js';
import { element, modelIn, wordsButton } from './shared.js';

function download(name, content, type) {
  const address = URL.createObjectURL(new Blob([content], { type }));
  const link = element('a', { href: address, download: name });
  document.body.append(link);
  link.click();
  link.remove();
  setTimeout(() => URL.revokeObjectURL(address), 1000);
}

function fill(table, model) {
  const head = element('tr', {});
  for (const column of model.get('columns')) {
    head.append(element('th', { scope: 'col', textContent: column }));
  }
  const body = model.get('rows').map((row) => {
    const line = element('tr', {});
    for (const cell of row) {
      const number = typeof cell === 'number';
      line.append(element('td', { textContent: shown(cell), className: number ? 'number' : '' }));
    }
    return line;
  });
  table.replaceChildren(element('thead', {}, head), element('tbody', {}, ...body));
}

export default {
  initialize({ model }) {
    let leave = () => {};
    const still = window.matchMedia('(prefers-reduced-motion: reduce)');
    // not awaited: anywidget waits for two seconds only, and a slow page takes longer
    modelIn(model, 'figure').then((figure) => {
      let eased = 0;
      // Python may set the duration at any time
      const settle = () => {
        eased = figure.get('animation_duration') || eased;
        figure.set('animation_duration', still.matches ? 0 : eased);
      };
      settle();
      figure.on('change:animation_duration', settle);
      still.addEventListener('change', settle);
      leave = () => {
        figure.off('change:animation_duration', settle);
        still.removeEventListener('change', settle);
      };
    });
    return () => leave();
  },

  render({ model, el }) {
    const title = model.get('title');
    const name = model.get('name');
    const table = element('table', {});
    const scroll = element('div', { className: 'storagelab-numbers', tabIndex: 0 }, table);
    scroll.setAttribute('role', 'region');
    scroll.setAttribute('aria-label', `Numbers of: ${title}`);
    const details = element('details', {}, element('summary', { textContent: 'Numbers' }), scroll);

    const refill = () => details.open && fill(table, model);
    details.addEventListener('toggle', () => {
      refill();
      model.set('unfolded', details.open);
      model.save_changes();
    });

    const button = (label, what, act) => {
      const made = element('button', { type: 'button', textContent: label, onclick: act });
      made.className = 'storagelab-save';
      made.setAttribute('aria-label', `Save ${what} of “${title}” as ${label}`);
      made.title = `Save ${what} as ${label}`;
      return made;
    };
    const picture = () => pictureOf(el.closest('.storagelab-instrument'), title);
    const saveSvg = () =>
      download(`${name}.svg`, new XMLSerializer().serializeToString(picture()), 'image/svg+xml');
    const savePng = async () => download(`${name}.png`, await drawn(picture()), 'image/png');
    const saveNumbers = () => {
      if (model.get('live')) return model.send({ type: 'csv' });
      const text = csvText(model.get('columns'), model.get('rows'));
      return download(`${name}.csv`, text, 'text/csv');
    };
    const answered = (message) => {
      if (message.type === 'csv') download(`${name}.csv`, message.text, 'text/csv');
    };

    el.classList.add('storagelab-tools');
    el.append(
      wordsButton(`“${title}”`, () => el.closest('.storagelab-instrument')),
      details,
      button('PNG', 'the picture', savePng),
      button('SVG', 'the picture', saveSvg),
      button('CSV', 'the numbers', saveNumbers),
    );
    model.on('change:rows', refill);
    model.on('msg:custom', answered);
    return () => {
      model.off('change:rows', refill);
      model.off('msg:custom', answered);
    };
  },
};
