// Marks that move along the bands of a figure. A band is one of bqplot's shapes, whose outline runs
// along its lower edge and back along its upper one, with as many corners on each.
import { element } from './shared.js';

const SVG = 'http://www.w3.org/2000/svg';
// Pixels from one mark to the next, the same on every band.
export const SPACING = 24;
const RADIUS = 3;
// Seconds that a picture may stand for at most: after a pause marks go on from where they were.
const LONGEST = 0.1;

// The corners of a path of straight lines.
export function corners(path) {
  const numbers = (path ?? '').match(/-?\d+(?:\.\d+)?(?:e[-+]?\d+)?/gi) ?? [];
  const found = [];
  for (let i = 0; i + 1 < numbers.length; i += 2) found.push([+numbers[i], +numbers[i + 1]]);
  return found;
}

// The line in the middle of an outline, each point with its distance from the first along the line.
export function middle(outline) {
  const half = Math.floor(outline.length / 2);
  const line = [];
  for (let i = 0; i < half; i += 1) {
    const [one, other] = [outline[i], outline[outline.length - 1 - i]];
    const [x, y] = [(one[0] + other[0]) / 2, (one[1] + other[1]) / 2];
    const last = line.at(-1);
    line.push([x, y, last ? last[2] + Math.hypot(x - last[0], y - last[1]) : 0]);
  }
  return line;
}

// The place at a distance along a line.
export function placeAt(line, distance) {
  const end = line.findIndex((point) => point[2] >= distance);
  if (end <= 0) return (end === 0 ? line[0] : line.at(-1)).slice(0, 2);
  const [before, after] = [line[end - 1], line[end]];
  const part = (distance - before[2]) / (after[2] - before[2]);
  return [0, 1].map((axis) => before[axis] + part * (after[axis] - before[axis]));
}

// Where the marks of a line stand that began to move `phase` marks ago.
export function placesOn(line, phase) {
  const length = line.at(-1)?.[2] ?? 0;
  const found = [];
  for (let at = (phase % 1) * SPACING; at < length; at += SPACING) found.push(placeAt(line, at));
  return found;
}

// The phases after some seconds, in which each band's marks move on by its marks a second.
export function movedOn(phases, rates, seconds) {
  const time = Math.min(seconds, LONGEST);
  return Array.from(rates, (rate, i) => (phases[i] ?? 0) + rate * time);
}

// The shapes of the figure: the only group that has as many curves.
function shapesIn(box, count) {
  for (const group of box?.querySelectorAll('.bqplot g') ?? []) {
    const curves = [...group.children].filter((child) => child.classList.contains('curve'));
    if (curves.length === count) return { group, curves };
  }
  return null;
}

export default {
  render({ model, el }) {
    const still = window.matchMedia('(prefers-reduced-motion: reduce)');
    const button = element('button', { type: 'button', className: 'storagelab-save' });
    const words = element('span', {});
    const marks = document.createElementNS(SVG, 'g');
    marks.setAttribute('class', 'storagelab-flow-marks');
    let playing = false;
    let inSight = false;
    let request = 0;
    let last = 0;
    let phases = [];
    let shapes = null;
    const lines = new Map();

    const lineOf = (curve) => {
      const path = curve.querySelector('path')?.getAttribute('d');
      const known = lines.get(curve);
      if (known?.path === path) return known.line;
      const line = middle(corners(path));
      lines.set(curve, { path, line });
      return line;
    };
    const draw = () => {
      if (!shapes?.group.isConnected) {
        lines.clear();
        shapes = shapesIn(el.closest('.storagelab-instrument'), model.get('count'));
      }
      if (!shapes) return;
      if (marks.parentNode !== shapes.group) shapes.group.append(marks);
      const rates = model.get('rates');
      const places = shapes.curves
        .slice(0, rates.length)
        .flatMap((curve, i) => (rates[i] > 0 ? placesOn(lineOf(curve), phases[i] ?? 0) : []));
      while (marks.children.length > places.length) marks.lastChild.remove();
      places.forEach(([x, y], i) => {
        const circle =
          marks.children[i] ?? marks.appendChild(document.createElementNS(SVG, 'circle'));
        circle.setAttribute('r', RADIUS);
        circle.setAttribute('cx', x);
        circle.setAttribute('cy', y);
      });
    };
    const step = (now) => {
      phases = movedOn(phases, model.get('rates'), last ? (now - last) / 1000 : 0);
      last = now;
      draw();
      request = requestAnimationFrame(step);
    };
    const settle = () => {
      const moves = playing && inSight && !still.matches;
      if (!moves) {
        cancelAnimationFrame(request);
        request = 0;
      } else if (!request) {
        last = 0;
        request = requestAnimationFrame(step);
      }
      if (!playing) marks.remove();
    };
    const show = () => {
      if (still.matches) playing = false;
      button.hidden = still.matches;
      button.textContent = playing ? '■ Stop the flow' : '▶ Let it flow';
      words.textContent = still.matches
        ? 'Nothing moves, as your system asks: the numbers tell the rates.'
        : model.get('words');
      settle();
    };
    button.addEventListener('click', () => {
      playing = !playing;
      show();
    });
    model.on('change:words', show);
    still.addEventListener('change', show);
    const sight = new IntersectionObserver(([entry]) => {
      inSight = entry.isIntersecting;
      settle();
    });
    el.classList.add('storagelab-flow');
    el.append(button, words);
    // the box around this view enters the page only after rendering
    const timer = setTimeout(() => {
      sight.observe(el.closest('.storagelab-instrument')?.querySelector('.bqplot') ?? el);
    }, 300);
    show();
    return () => {
      playing = false;
      settle();
      clearTimeout(timer);
      sight.disconnect();
      model.off('change:words', show);
      still.removeEventListener('change', show);
    };
  },
};
