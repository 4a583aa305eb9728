// An instrument's picture as a file: as the page shows it, since a file has none of the page's
// variables.
import { element } from './shared.js';

const SVG = 'http://www.w3.org/2000/svg';
const LOOKS = [
  'fill',
  'fill-opacity',
  'stroke',
  'stroke-width',
  'stroke-opacity',
  'stroke-dasharray',
  'stroke-linecap',
  'stroke-linejoin',
  'opacity',
  'visibility',
  'font-family',
  'font-size',
  'font-weight',
  'font-style',
  'text-anchor',
  'dominant-baseline',
  'paint-order',
];
const DROPPED = ['class', 'tabindex', 'cursor', 'pointer-events'];
const MARGIN = 8;

function shape(name, attributes, ...children) {
  const made = document.createElementNS(SVG, name);
  for (const [key, value] of Object.entries(attributes)) made.setAttribute(key, value);
  made.append(...children);
  return made;
}

// A copy of an SVG element with its whole computed style written into it.
function inlined(item) {
  const look = getComputedStyle(item);
  if (look.display === 'none') return null;
  const copy = item.cloneNode(false);
  for (const name of [...DROPPED, ...LOOKS]) copy.removeAttribute(name);
  copy.setAttribute(
    'style',
    LOOKS.map((name) => `${name}:${look.getPropertyValue(name)}`).join(';'),
  );
  for (const child of item.childNodes) {
    const kept = child instanceof SVGElement ? inlined(child) : child.cloneNode();
    if (kept && !(child instanceof HTMLElement)) copy.append(kept);
  }
  return copy;
}

// The words of HTML, each as SVG text where the page has it.
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

// The SVG drawings in an element, each where the page has it.
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

// The colour behind an element.
function groundOf(item) {
  for (let one = item; one; one = one.parentElement) {
    const color = getComputedStyle(one).backgroundColor;
    if (color !== 'transparent' && color !== 'rgba(0, 0, 0, 0)') return color;
  }
  return 'white';
}

// Title, figure and legend of an instrument as one SVG drawing.
export function pictureOf(box, title) {
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

// A drawing as a PNG file, at twice its size.
export async function drawn(picture) {
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
