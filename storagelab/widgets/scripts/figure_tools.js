// A figure's tools: its numbers as a table, picture and numbers as files, and no motion for those
// who asked their system for none.
const STILL = window.matchMedia('(prefers-reduced-motion: reduce)');

const figureOf = (model) =>
  model.widget_manager.get_model(model.get('figure').slice('IPY_MODEL_'.length));

function element(tag, properties, ...children) {
  const made = Object.assign(document.createElement(tag), properties);
  made.append(...children);
  return made;
}

function download(name, content, type) {
  const address = URL.createObjectURL(new Blob([content], { type }));
  const link = element('a', { href: address, download: name });
  document.body.append(link);
  link.click();
  link.remove();
  setTimeout(() => URL.revokeObjectURL(address), 1000);
}

const shown = (cell) =>
  typeof cell === 'number'
    ? Number(cell.toPrecision(4)).toLocaleString('en', { maximumSignificantDigits: 4 })
    : cell;

const quoted = (cell) => (/[",\n]/.test(cell) ? `"${String(cell).replaceAll('"', '""')}"` : cell);

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

// --- the picture as a file: as the page shows it, since a file knows none of the page's variables

const SVG = 'http://www.w3.org/2000/svg';
const LOOKS = [
  'fill', 'fill-opacity', 'stroke', 'stroke-width', 'stroke-opacity', 'stroke-dasharray',
  'stroke-linecap', 'stroke-linejoin', 'opacity', 'visibility', 'font-family', 'font-size',
  'font-weight', 'font-style', 'text-anchor', 'dominant-baseline', 'paint-order',
];
const DROPPED = ['class', 'tabindex', 'cursor', 'pointer-events'];
const MARGIN = 8;

function shape(name, attributes, ...children) {
  const made = document.createElementNS(SVG, name);
  for (const [key, value] of Object.entries(attributes)) made.setAttribute(key, value);
  made.append(...children);
  return made;
}

// a copy of an SVG element with everything that it looks like written into it
function inlined(item) {
  const look = getComputedStyle(item);
  if (look.display === 'none') return null;
  const copy = item.cloneNode(false);
  [...DROPPED, ...LOOKS].forEach((name) => copy.removeAttribute(name));
  copy.setAttribute('style', LOOKS.map((name) => `${name}:${look.getPropertyValue(name)}`).join(';'));
  for (const child of item.childNodes) {
    const kept = child instanceof SVGElement ? inlined(child) : child.cloneNode();
    if (kept && !(child instanceof HTMLElement)) copy.append(kept);
  }
  return copy;
}

// the words of HTML, each where the page has it
function* words(root, origin) {
  const walker = document.createTreeWalker(root, NodeFilter.SHOW_TEXT);
  for (let node = walker.nextNode(); node; node = walker.nextNode()) {
    const look = getComputedStyle(node.parentElement);
    for (const match of node.data.matchAll(/\S+/g)) {
      const range = document.createRange();
      range.setStart(node, match.index);
      range.setEnd(node, match.index + match[0].length);
      const box = range.getBoundingClientRect();
      if (!box.width) continue;
      yield shape(
        'text',
        {
          x: box.x - origin.x,
          y: box.y - origin.y + 0.79 * box.height,
          style: `fill:${look.color};font:${look.fontWeight} ${look.fontSize} ${look.fontFamily.replaceAll('"', "'")}`,
        },
        match[0],
      );
    }
  }
}

function* pieces(root, origin) {
  for (const drawing of root.querySelectorAll('svg')) {
    const box = drawing.getBoundingClientRect();
    const copy = inlined(drawing);
    if (!copy || !box.width) continue;
    copy.setAttribute('x', box.x - origin.x);
    copy.setAttribute('y', box.y - origin.y);
    copy.setAttribute('width', box.width);
    copy.setAttribute('height', box.height);
    yield copy;
  }
}

function groundOf(item) {
  for (let one = item; one; one = one.parentElement) {
    const color = getComputedStyle(one).backgroundColor;
    if (color !== 'transparent' && color !== 'rgba(0, 0, 0, 0)') return color;
  }
  return 'white';
}

// title, figure and legend of an instrument as one drawing
function pictureOf(box, title) {
  const [heading, figure, legend] = box.children;
  const said = box.querySelector('.storagelab-words');
  const shown = [heading, figure, legend].map((item) => item.getBoundingClientRect());
  const left = Math.min(...shown.map((item) => item.left)) - MARGIN;
  const top = shown[0].top - MARGIN;
  const width = Math.max(...shown.map((item) => item.right)) - left + MARGIN;
  const height = Math.max(...shown.map((item) => item.bottom)) - top + MARGIN;
  const origin = { x: left, y: top };
  return shape(
    'svg',
    { xmlns: SVG, width, height, viewBox: `0 0 ${width} ${height}`, role: 'img' },
    shape('title', {}, title),
    shape('desc', {}, said ? said.textContent : ''),
    shape('rect', { width, height, fill: groundOf(box) }),
    ...words(heading, origin),
    ...pieces(figure, origin),
    ...pieces(legend, origin),
    ...words(legend, origin),
  );
}

async function drawn(picture) {
  const scale = 2;
  const text = new XMLSerializer().serializeToString(picture);
  const image = new Image();
  image.src = `data:image/svg+xml;charset=utf-8,${encodeURIComponent(text)}`;
  await image.decode();
  const canvas = element('canvas', {
    width: scale * picture.getAttribute('width'),
    height: scale * picture.getAttribute('height'),
  });
  canvas.getContext('2d').drawImage(image, 0, 0, canvas.width, canvas.height);
  return new Promise((resolve) => canvas.toBlob(resolve, 'image/png'));
}

export default {
  initialize({ model }) {
    let leave = () => {};
    // not awaited: anywidget gives up after two seconds, and a slow page takes longer
    figureOf(model).then((figure) => {
      let eased = 0;
      // the kernel may ask for easing at any time
      const settle = () => {
        eased = figure.get('animation_duration') || eased;
        figure.set('animation_duration', STILL.matches ? 0 : eased);
      };
      settle();
      figure.on('change:animation_duration', settle);
      STILL.addEventListener('change', settle);
      leave = () => {
        figure.off('change:animation_duration', settle);
        STILL.removeEventListener('change', settle);
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
      const rows = [model.get('columns'), ...model.get('rows')];
      const text = rows.map((row) => `${row.map(quoted).join(',')}\n`).join('');
      return download(`${name}.csv`, text, 'text/csv');
    };
    const answered = (message) => {
      if (message.type === 'csv') download(`${name}.csv`, message.text, 'text/csv');
    };

    el.classList.add('storagelab-tools');
    el.append(
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
