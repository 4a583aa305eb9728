// Lets the shuffle buffer sweep once over the map: what hasn't been used yet is veiled, the samples
// that the buffer holds ride on the edge of the veil, and each one that leaves stays where it is
// drawn. Where less motion is asked for there are stills instead, from one press to the next.
import { element } from './shared.js';

const SVG = 'http://www.w3.org/2000/svg';
export const SECONDS = 4.8;
export const STILLS = [0.1, 0.5, 0.9];

// The samples that the buffer holds when the sample at `place` leaves, by where they are stored.
// `read` and `used` say at which place each sample is read and used; the buffer takes in what fills
// it before it gives one out, and one for each after that.
export function heldAt(place, read, used, buffer) {
  const taken = place + Math.max(1, buffer);
  const held = [];
  for (let stored = 0; stored < read.length; stored += 1) {
    if (read[stored] < taken && used[stored] >= place) held.push(stored);
  }
  return held;
}

// The place that a sweep over `count` samples has come to after `seconds`.
export function placeAfter(seconds, count) {
  return Math.min(count, (count * Math.max(0, seconds)) / SECONDS);
}

// Which of the sentences belongs to a place: the first third's, the second's or the last's.
export function sentenceAt(place, count) {
  return Math.min(2, Math.floor((3 * place) / count));
}

function shape(name, attributes) {
  const made = document.createElementNS(SVG, name);
  for (const [key, value] of Object.entries(attributes)) made.setAttribute(key, value);
  return made;
}

// What lies over the map at a place, as SVG elements in the pixels of the plot.
function over(place, model, width, height) {
  const [read, used] = [model.get('read'), model.get('used')];
  const high = height / model.get('top'); // of the map
  const x = (width * place) / read.length;
  const y = (stored) => height - (high * (stored + 0.5)) / read.length;
  const ink = 'var(--storagelab-text)';
  const marked = new Set(model.get('marked'));
  const found = [
    shape('rect', {
      x,
      y: height - high - 5,
      width: width - x,
      height: high + 5,
      fill: 'var(--storagelab-ground)',
      'fill-opacity': 0.92,
    }),
    shape('line', {
      x1: x,
      x2: x,
      y1: height - high,
      y2: height,
      stroke: ink,
      'stroke-width': 1.5,
    }),
  ];
  const at = Math.min(read.length - 1, Math.floor(place));
  for (const stored of heldAt(at, read, used, model.get('buffer'))) {
    const [fill, size] = marked.has(stored)
      ? [model.get('colors')[1], 8]
      : [model.get('colors')[0], 6];
    found.push(
      shape('rect', {
        x: x - size / 2,
        y: y(stored) - size / 2,
        width: size,
        height: size,
        fill,
        stroke: ink,
        'stroke-width': 0.8,
        rx: marked.has(stored) ? 0 : size / 2,
      }),
    );
  }
  return found;
}

export default {
  render({ model, el }) {
    const still = window.matchMedia('(prefers-reduced-motion: reduce)');
    const button = element('button', { type: 'button', className: 'storagelab-save' });
    const told = element('div', {});
    told.setAttribute('role', 'status');
    // room for a line, so that nothing below jumps when it begins to speak
    told.style.cssText = 'min-height:1.5em;margin:2px;line-height:1.5;font-size:0.9em';
    el.append(button, told);

    let layer;
    let frame;
    let shown = -1; // of the stills
    let box; // the figure's, once it is there
    const plot = () => box?.querySelector('.plotarea_events');
    const draw = (place) => {
      const area = plot();
      if (!area) return;
      if (!layer?.isConnected) {
        layer = shape('g', { class: 'storagelab-sweep', 'pointer-events': 'none' });
        area.parentNode.append(layer);
      }
      const [width, height] = ['width', 'height'].map((name) => Number(area.getAttribute(name)));
      layer.replaceChildren(...over(place, model, width, height));
    };
    const say = (text) => {
      if (told.textContent !== text) told.textContent = text;
    };
    const name = () => {
      const stills = STILLS.length;
      // the first press says the same to everybody, so that a picture of the page is right for all
      let text = 'Let the buffer sweep';
      if (frame) text = 'Stop the sweep';
      else if (still.matches && shown >= 0) {
        text = shown + 1 < stills ? `Still ${shown + 2} of ${stills}` : 'The whole map again';
      }
      button.textContent = text;
    };
    const end = () => {
      cancelAnimationFrame(frame);
      frame = undefined;
      shown = -1;
      layer?.remove();
      say('');
      name();
    };
    const sweep = () => {
      let begun;
      const go = (now) => {
        begun ??= now;
        const count = model.get('read').length;
        const place = placeAfter((now - begun) / 1000, count);
        if (place >= count) {
          end();
          say(model.get('sentences')[2]);
          return;
        }
        draw(place);
        say(model.get('sentences')[sentenceAt(place, count)]);
        frame = requestAnimationFrame(go);
      };
      frame = requestAnimationFrame(go);
      name();
    };
    const step = () => {
      shown += 1;
      if (shown === STILLS.length) {
        end();
        return;
      }
      draw(STILLS[shown] * model.get('read').length);
      say(model.get('sentences')[shown]);
      name();
    };
    button.addEventListener('click', () => {
      box = el.closest('.storagelab-instrument');
      if (frame) end();
      else if (still.matches) step();
      else sweep();
    });
    const away = new IntersectionObserver(([entry]) => {
      if (!entry.isIntersecting && frame) end();
    });
    // what can be seen of the map counts, not of the button
    const timer = setTimeout(() => {
      const figure = el.closest('.storagelab-instrument')?.querySelector('.bqplot');
      away.observe(figure ?? el);
    }, 300);
    for (const trait of ['read', 'used']) model.on(`change:${trait}`, end);
    still.addEventListener('change', end);
    name();
    return () => {
      clearTimeout(timer);
      away.disconnect();
      still.removeEventListener('change', end);
      for (const trait of ['read', 'used']) model.off(`change:${trait}`, end);
      cancelAnimationFrame(frame);
      layer?.remove();
    };
  },
};
