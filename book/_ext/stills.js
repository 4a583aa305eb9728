// Runs in the browser that the book's build opens: what a page's widgets look like, as HTML and SVG
// that need no script, and the rules of style that they need.

const PROPERTIES = [
  'fill',
  'fill-opacity',
  'stroke',
  'stroke-width',
  'stroke-opacity',
  'stroke-dasharray',
  'opacity',
  'font-family',
  'font-size',
  'font-weight',
  'text-anchor',
  'paint-order',
];
const INHERITED = new Set(PROPERTIES.filter((name) => name !== 'opacity'));
// what a reader of SVG without the page's styles would take
const INITIAL = {
  fill: 'rgb(0, 0, 0)',
  'fill-opacity': '1',
  stroke: 'none',
  'stroke-width': '1px',
  'stroke-opacity': '1',
  'stroke-dasharray': 'none',
  opacity: '1',
  'text-anchor': 'start',
  'paint-order': 'normal',
};
const GEOMETRY = ['d', 'transform', 'x', 'y', 'x1', 'y1', 'x2', 'y2', 'width', 'height', 'points'];
// what can't be used before the page is alive
const CONTROLS = '.slider-container, button, select, input, textarea';
const MOMENT =
  '(?:::[\\w-]+(?:\\([^)]*\\))?|:(?:hover|active|focus|focus-visible|focus-within|disabled|enabled|checked|before|after)(?![\\w-]))+';
const MOMENTARY = new RegExp(`:not\\(${MOMENT}\\)|${MOMENT}`, 'g');
const HANDLERS = ['tabindex', 'contenteditable', 'role', 'aria-live', 'data-lm-suppress-shortcuts'];
const SHAPES = new Set(['path', 'rect', 'line', 'circle']);
const UNSEEN = /^(none|transparent|rgba\(0, 0, 0, 0\))$/;
const SVG = 'http://www.w3.org/2000/svg';

// Numbers in a text, to a tenth of a pixel.
export function rounded(text) {
  return text.replace(/-?\d+\.\d{2,}(?:e-?\d+)?/g, (number) =>
    String(Number((+number).toFixed(1))),
  );
}

// A selector without what depends on the moment, such as :hover, and without what is drawn before
// or after an element: what has to be on the page for a rule to matter.
export function lasting(selector) {
  return selector.replace(MOMENTARY, (found, offset) => {
    const alone = (letter) => letter === undefined || ' >+~(),'.includes(letter);
    const [before, after] = [selector[offset - 1], selector[offset + found.length]];
    return alone(before) && alone(after) ? '*' : '';
  });
}

// The names of the variables that a text uses.
export function variablesIn(text) {
  return [...text.matchAll(/var\(\s*(--[\w-]+)/g)].map(([, name]) => name);
}

// Take `names` and all that their values use in turn, given the text of each variable.
export function closure(names, values) {
  const found = new Set();
  const waiting = [...names];
  while (waiting.length) {
    const name = waiting.pop();
    if (found.has(name) || !(name in values)) continue;
    found.add(name);
    waiting.push(...variablesIn(values[name]));
  }
  return found;
}

// A copy of a drawing's element with its look as attributes, which the page's own rules overrule.
function plain(item, parent) {
  const look = getComputedStyle(item);
  if (look.display === 'none' || look.visibility === 'hidden' || look.opacity === '0') return null;
  if (item.localName === 'path' && !item.getAttribute('d')) return null;
  if (SHAPES.has(item.localName) && UNSEEN.test(look.fill) && UNSEEN.test(look.stroke)) return null;
  if (item.classList.contains('plotarea_events')) return null;
  const copy = document.createElementNS(SVG, item.localName);
  for (const { name, value } of item.attributes) {
    if (['id', 'cursor', 'pointer-events', ...HANDLERS].includes(name)) continue;
    copy.setAttribute(name, GEOMETRY.includes(name) ? rounded(value) : value);
  }
  for (const name of PROPERTIES) {
    const value = look.getPropertyValue(name);
    const given = parent && INHERITED.has(name) ? parent.getPropertyValue(name) : INITIAL[name];
    if (value === given) copy.removeAttribute(name);
    else copy.setAttribute(name, value);
  }
  for (const child of item.childNodes) {
    const kept = child instanceof SVGElement ? plain(child, look) : child.cloneNode();
    if (kept) copy.append(kept);
  }
  return copy.localName === 'g' && !copy.childNodes.length ? null : copy;
}

// Dots that look alike, hundreds of them in some figures, as one group whose look is said once.
function gathered(layer) {
  for (const parent of new Set(
    [...layer.querySelectorAll('.object_grp')].map((dot) => dot.parentNode),
  )) {
    const groups = new Map();
    for (const place of parent.querySelectorAll(':scope > .object_grp')) {
      const dot = place.firstElementChild;
      if (
        place.childElementCount !== 1 ||
        dot.localName !== 'path' ||
        dot.hasAttribute('transform')
      ) {
        continue;
      }
      const bare = document.createElementNS(SVG, 'path');
      bare.setAttribute('d', dot.getAttribute('d'));
      bare.setAttribute('transform', place.getAttribute('transform'));
      dot.removeAttribute('d');
      const look = [...dot.attributes].map(({ name, value }) => `${name}=${value}`).join();
      if (!groups.has(look)) {
        const group = document.createElementNS(SVG, 'g');
        for (const { name, value } of dot.attributes) group.setAttribute(name, value);
        groups.set(look, group);
        place.before(group);
      }
      groups.get(look).append(bare);
      place.remove();
    }
  }
  return layer;
}

// What is said in a figure's place: its own words, or the title before it and the words behind it.
function said(figure, area) {
  const given = figure.getAttribute('aria-label');
  if (given) return given;
  const { DOCUMENT_POSITION_PRECEDING: BEFORE, DOCUMENT_POSITION_FOLLOWING: BEHIND } = Node;
  const all = (selector, where) =>
    [...area.querySelectorAll(selector)].filter(
      (item) => figure.compareDocumentPosition(item) & where,
    );
  const found = [all('strong', BEFORE).at(-1), all('.storagelab-words', BEHIND)[0]];
  return found.map((item) => item?.textContent.trim() ?? '').join('. ');
}

// One drawing of a figure, which bqplot makes of several that lie on one another.
function drawing(figure, area) {
  const { width, height } = figure.getBoundingClientRect();
  const made = document.createElementNS(SVG, 'svg');
  made.setAttribute('viewBox', `0 0 ${Math.round(width)} ${Math.round(height)}`);
  const words = document.createElementNS(SVG, 'desc');
  words.textContent = said(figure, area);
  made.append(words);
  for (const layer of figure.querySelectorAll(':scope > svg:is(.svg-background, .svg-figure)')) {
    const group = document.createElementNS(SVG, 'g');
    group.setAttribute('class', layer.getAttribute('class'));
    for (const child of layer.children) {
      const kept = plain(child, null);
      if (kept) group.append(kept);
    }
    for (const path of layer.querySelectorAll('clipPath')) {
      const kept = path.cloneNode(true);
      group.prepend(kept);
    }
    made.append(gathered(group));
  }
  return made;
}

// Give what a drawing refers to a name of its own on the page.
function renamed(made, name) {
  let count = 0;
  for (const path of made.querySelectorAll('clipPath')) {
    const before = path.id;
    path.id = `${name}-${count}`;
    count += 1;
    for (const user of made.querySelectorAll(`[clip-path*="${before}"]`)) {
      user.setAttribute('clip-path', `url(#${path.id})`);
    }
  }
  return made;
}

// One for each view, in the page's order; a view lies in a cell's output or in a figure with a caption.
const areas = () =>
  [...document.querySelectorAll('script[type="application/vnd.jupyter.widget-view+json"]')].map(
    (script) => script.parentElement.querySelector(':scope > .widget-subarea'),
  );
const figuresOf = (area) => [...area.querySelectorAll('.bqplot')];

// The drawings of every figure of every view, at the width that the page has now.
export function drawings() {
  return areas().map((area) => figuresOf(area).map((figure) => drawing(figure, area)));
}

// What stands in a view's place until it is alive, with its figures' drawings in two widths.
function still(area, index, wide, narrow) {
  const copy = area.cloneNode(true);
  copy.className = 'storagelab-still';
  figuresOf(copy).forEach((figure, which) => {
    figure.setAttribute('role', 'img');
    figure.setAttribute('aria-label', said(figure, copy));
    const name = `still-${index}-${which}`;
    const [large, small] = [wide[which], narrow[which]];
    large.setAttribute('class', 'storagelab-wide');
    small.setAttribute('class', 'storagelab-narrow');
    // what knows no style sheets shows one of them
    small.setAttribute('style', 'display: none');
    small.querySelector('desc').remove();
    figure.replaceChildren(renamed(large, `${name}-w`), renamed(small, `${name}-n`));
  });
  // what is dragged or pointed at lies over a figure of one width only
  for (const hands of copy.querySelectorAll('.storagelab-hands')) hands.replaceChildren();
  for (const table of copy.querySelectorAll('table:empty')) table.remove();
  for (const unheard of copy.querySelectorAll('svg[aria-hidden]')) unheard.removeAttribute('role');
  for (const control of copy.querySelectorAll(CONTROLS)) control.setAttribute('inert', '');
  for (const item of copy.querySelectorAll('*')) {
    if (!item.closest('svg')) item.removeAttribute('id');
    item.removeAttribute('contenteditable');
    if (item.closest('[inert]')) {
      for (const name of HANDLERS) item.removeAttribute(name);
      for (const { name } of [...item.attributes]) {
        if (name.startsWith('aria-value') || name === 'aria-controls') item.removeAttribute(name);
      }
    }
    item.removeAttribute('aria-live');
    item.classList?.remove('jupyter-widgets-disconnected');
  }
  return copy;
}

// The rules of a sheet that matter for what `matches`, as text.
function rulesOf(rules, matches) {
  const kept = [];
  for (const rule of rules) {
    if (rule instanceof CSSStyleRule) {
      if (matches(rule.selectorText)) kept.push(rule.cssText);
    } else if (rule.cssRules && !(rule instanceof CSSKeyframesRule)) {
      const inner = rulesOf(rule.cssRules, matches);
      const head = rule.cssText.slice(0, rule.cssText.indexOf('{'));
      if (inner.length) kept.push(`${head}{ ${inner.join('\n')} }`);
    }
  }
  return kept;
}

// The styles that came with the widgets' scripts, as far as something of `stills` uses them.
function styles(stills) {
  const place = document.createElement('div');
  place.append(...stills);
  document.querySelector('.cell_output').append(place);
  const matches = (selectors) => {
    if (/^(:root|body|html)$/.test(selectors)) return true;
    try {
      return [...document.querySelectorAll(lasting(selectors))].some((item) =>
        place.contains(item),
      );
    } catch {
      return false;
    }
  };
  const sheets = [...document.styleSheets].filter(
    (sheet) =>
      !sheet.href && !sheet.ownerNode.closest('noscript') && !sheet.ownerNode.dataset.still,
  );
  const rules = [...new Set(sheets.flatMap((sheet) => rulesOf(sheet.cssRules, matches)))];
  place.remove();
  const isRoot = (rule) => /^(:root|body|html)\s*\{/.test(rule);
  const values = {};
  for (const rule of rules.filter(isRoot)) {
    for (const [, name, value] of rule.matchAll(/(--[\w-]+):\s*([^;]+);/g)) values[name] = value;
  }
  const others = rules.filter((rule) => !isRoot(rule));
  const texts = [...others, ...stills.map((item) => item.outerHTML)];
  const used = [...closure(texts.flatMap(variablesIn), values)];
  const root = used.map((name) => `${name}: ${values[name]};`).join(' ');
  return [`:root { ${root} }`, ...others].join('\n');
}

// The page's stills and their styles, from the drawings at both widths.
export function stillsOf(wide, narrow) {
  const made = areas().map((area, index) => still(area, index, wide[index], narrow[index]));
  return {
    stills: made.map((item) => item.outerHTML),
    style: styles(made.map((item) => item.cloneNode(true))),
  };
}
