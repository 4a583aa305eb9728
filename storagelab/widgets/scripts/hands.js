// What lies over a figure for the hand: handles on marks that can be dragged, the words of a point
// that is pointed at, and the same words for those who go from point to point by keys.
import { element, idOf, modelIn } from './shared.js';

const REACH = 16; // pixels from a point at which it counts as pointed at
const GAP = 14; // pixels between a point and its words
let made = 0;

// The position of the place nearest to a pixel; `pixels` are those of the places. Of places that
// are alike it is the present one: what has come to a wall doesn't go back.
export function nearest(pixels, at, present = 0) {
  let best = present;
  pixels.forEach((pixel, index) => {
    if (Math.abs(pixel - at) < Math.abs(pixels[best] - at)) best = index;
  });
  return best;
}

// Where a key leads from one of `count` positions, or null for a key that leads nowhere.
export function step(key, index, count) {
  const far = Math.max(1, Math.round(count / 10));
  const ways = {
    ArrowRight: index + 1,
    ArrowUp: index + 1,
    ArrowLeft: index - 1,
    ArrowDown: index - 1,
    PageUp: index + far,
    PageDown: index - far,
    Home: 0,
    End: count - 1,
  };
  return Object.hasOwn(ways, key) ? Math.min(Math.max(ways[key], 0), count - 1) : null;
}

// The point within reach that is nearest to a place on the screen, or null.
export function pointedAt(points, x, y, reach = REACH) {
  let best = null;
  for (const point of points) {
    const far = Math.hypot(point.x - x, point.y - y);
    if (far <= reach && (!best || far < best.far)) best = { ...point, far };
  }
  return best;
}

// Where a box of words stands beside a point so that it is seen, in pixels within a frame: above
// the point, below it where there is no room, and never over the point.
export function beside(point, box, frame) {
  const left = Math.min(Math.max(point.x - box.width / 2, 0), Math.max(0, frame.width - box.width));
  const above = point.y - GAP - box.height;
  return { left, top: above >= 0 ? above : point.y + GAP };
}

// Every point that has words, with its place on the screen.
function pointsOf(views, words) {
  return views.flatMap((view, mark) => {
    const matrix = view.el.getScreenCTM();
    const { x_pixels: xs = [], y_pixels: ys = [] } = view;
    return (words[mark] ?? []).flatMap((text, index) => {
      if (!text || !matrix || !(index in xs) || view.model.get('visible') === false) return [];
      const { x, y } = new DOMPoint(xs[index], ys[index]).matrixTransform(matrix);
      return [{ x, y, text }];
    });
  });
}

// The view of a widget that stands in the same instrument as `el`; a page may show it twice.
async function viewBeside(model, el, alive) {
  while (alive()) {
    const views = await Promise.all(Object.values(model.views ?? {}));
    const around = el.closest('.storagelab-instrument') ?? el.parentElement;
    const found = views.find((view) => around?.contains(view.el));
    if (found?.mark_views) return found;
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
  return null;
}

// A box of words that is shown beside a point; the last who asked for it is served.
function wordsBox(el) {
  made += 1;
  const box = element('div', { className: 'storagelab-tooltip', id: `storagelab-tip-${made}` });
  box.setAttribute('role', 'tooltip');
  box.hidden = true;
  el.append(box);
  const hide = () => {
    box.hidden = true;
    document.removeEventListener('keydown', onKey, true);
  };
  const onKey = (event) => {
    if (event.key === 'Escape') hide();
  };
  const show = (point, frame) => {
    box.textContent = point.text;
    box.hidden = false;
    const from = el.getBoundingClientRect();
    const within = { x: point.x - frame.left, y: point.y - frame.top };
    const at = beside(within, { width: box.offsetWidth, height: box.offsetHeight }, frame);
    box.style.left = `${at.left + frame.left - from.left}px`;
    box.style.top = `${at.top + frame.top - from.top}px`;
    document.addEventListener('keydown', onKey, true);
  };
  // whoever points at the words may go on reading them
  const holds = (x, y) => {
    const rect = box.getBoundingClientRect();
    const [wide, high] = [rect.width / 2 + GAP, rect.height / 2 + GAP];
    return (
      !box.hidden &&
      Math.abs(x - rect.left - rect.width / 2) < wide &&
      Math.abs(y - rect.top - rect.height / 2) < high
    );
  };
  return { box, hide, show, holds };
}

// A handle: sets `source` as its slider would. `place` tells where the mark is, and where its
// control's values are, in pixels of the screen.
export function handleOf({ source, way, place }) {
  const handle = element('div', { className: 'storagelab-handle', tabIndex: 0 });
  const { trait, values, texts, label } = way;
  const attributes = {
    role: 'slider',
    'aria-label': label,
    'aria-valuemin': 0,
    'aria-valuemax': values.length - 1,
    // otherwise JupyterLab takes arrow keys for its cells
    'data-lm-suppress-shortcuts': 'true',
  };
  for (const [name, value] of Object.entries(attributes)) handle.setAttribute(name, value);
  const present = () => nearest(values, source.get(trait));
  const tell = () => {
    handle.setAttribute('aria-valuenow', present());
    handle.setAttribute('aria-valuetext', texts[present()]);
  };
  const go = (index) => {
    if (source.get(trait) === values[index]) return;
    source.set(trait, values[index]);
    source.save_changes();
  };
  let grip = null; // how far beside the mark it was taken
  handle.addEventListener('pointerdown', (event) => {
    if (event.button) return;
    grip = event.clientX - place.mark();
    handle.setPointerCapture(event.pointerId);
    handle.classList.add('storagelab-held');
    handle.focus({ preventScroll: true });
    event.preventDefault(); // no text is marked, and the page behind isn't scrolled
  });
  handle.addEventListener('pointermove', (event) => {
    if (grip !== null) go(nearest(place.values(), event.clientX - grip, present()));
  });
  for (const end of ['pointerup', 'pointercancel', 'lostpointercapture']) {
    handle.addEventListener(end, () => {
      grip = null;
      handle.classList.remove('storagelab-held');
    });
  }
  handle.addEventListener('keydown', (event) => {
    const index = step(event.key, present(), values.length);
    if (index === null || event.altKey || event.ctrlKey || event.metaKey) return;
    event.preventDefault();
    event.stopPropagation();
    go(index);
  });
  source.on(`change:${trait}`, tell);
  tell();
  return { handle, leave: () => source.off(`change:${trait}`, tell) };
}

// The points of a figure for the keyboard: one stop, from which the arrow keys lead on.
function pointsList(el) {
  const list = element('div', { className: 'storagelab-points', tabIndex: 0 });
  list.setAttribute('role', 'listbox');
  list.setAttribute('aria-label', 'Points of the figure');
  list.setAttribute('data-lm-suppress-shortcuts', 'true');
  el.append(list);
  return list;
}

export default {
  render({ model, el }) {
    const leaving = [];
    let left = false;
    const on = (target, event, listener, ...options) => {
      target.addEventListener(event, listener, ...options);
      leaving.push(() => target.removeEventListener(event, listener, ...options));
    };
    const manager = model.widget_manager;
    const models = (trait) =>
      Promise.all(model.get(trait).map((item) => manager.get_model(idOf(item))));
    const start = async () => {
      const figure = await viewBeside(await modelIn(model, 'figure'), el, () => !left);
      const [marks, sources, named] = await Promise.all(['marks', 'sources', 'named'].map(models));
      const views = figure ? await Promise.all(figure.mark_views.views) : [];
      if (left || !figure) return;
      const viewOf = (mark) => views.find((view) => view.model === mark);
      const namedViews = named.map(viewOf);
      const frame = () => figure.el.getBoundingClientRect();
      const points = () => pointsOf(namedViews, model.get('words'));
      const tip = wordsBox(el);
      let shown = null; // what is focused, a function that finds its point
      let pointed = false;
      const refresh = () => {
        const point = shown?.();
        if (point) tip.show(point, frame());
        else tip.hide();
      };

      const handles = marks.map((mark, index) => {
        const view = viewOf(mark);
        const item = () => view.el.querySelector('.object_grp');
        const middle = () => {
          const rect = item()?.getBoundingClientRect() ?? { left: 0, top: 0, width: 0, height: 0 };
          return { x: rect.left + rect.width / 2, y: rect.top + rect.height / 2 };
        };
        const way = model.get('ways')[index];
        const { handle, leave } = handleOf({
          source: sources[index],
          way,
          place: {
            mark: () => middle().x,
            values: () => {
              const { scale, offset } = view.scales.x;
              const matrix = view.el.getScreenCTM();
              return model
                .get('places')
                [index].map((at) => new DOMPoint(scale(at) + offset, 0).matrixTransform(matrix).x);
            },
          },
        });
        const says = () => {
          const text = model.get('words')[named.indexOf(mark)]?.[0];
          return text ? { ...middle(), text } : null;
        };
        const focus = () => {
          shown = says;
          refresh();
        };
        handle.addEventListener('focus', focus);
        handle.addEventListener('pointerenter', focus);
        handle.addEventListener('blur', () => {
          shown = null;
          refresh();
        });
        handle.addEventListener('pointerleave', () => {
          if (document.activeElement !== handle) shown = null;
          refresh();
        });
        handle.setAttribute('aria-describedby', tip.box.id);
        el.append(handle);
        leaving.push(leave);
        const put = () => {
          const { x, y } = middle();
          const from = el.getBoundingClientRect();
          handle.hidden = !model.get('places')[index]?.length || !item();
          handle.style.transform = `translate(${x - from.left}px, ${y - from.top}px)`;
        };
        return { view, put };
      });

      const list = pointsList(el);
      let current = 0;
      const fill = () => {
        const found = points();
        current = Math.max(0, Math.min(current, found.length - 1));
        list.hidden = !found.length;
        list.replaceChildren(
          ...found.map(({ text }, index) => {
            const option = element('div', { textContent: text, id: `${tip.box.id}-${index}` });
            option.setAttribute('role', 'option');
            option.setAttribute('aria-selected', String(index === current));
            return option;
          }),
        );
      };
      const go = () => {
        const point = points()[current];
        if (!point) return;
        const from = el.getBoundingClientRect();
        list.style.transform = `translate(${point.x - from.left}px, ${point.y - from.top}px)`;
        list.setAttribute('aria-activedescendant', `${tip.box.id}-${current}`);
        [...list.children].forEach((option, index) => {
          option.setAttribute('aria-selected', String(index === current));
        });
      };
      const atCurrent = () => points()[current] ?? null;
      list.addEventListener('focus', () => {
        fill();
        shown = atCurrent;
        go();
        refresh();
      });
      list.addEventListener('blur', () => {
        shown = null;
        refresh();
      });
      list.addEventListener('keydown', (event) => {
        const index = step(event.key, current, list.children.length);
        if (index === null || event.altKey || event.ctrlKey || event.metaKey) return;
        event.preventDefault();
        event.stopPropagation();
        current = index;
        go();
        refresh();
      });

      const point = (event) => {
        const found = pointedAt(points(), event.clientX, event.clientY);
        if (found) tip.show(found, frame());
        else if (pointed && !tip.holds(event.clientX, event.clientY)) refresh();
        pointed = Boolean(found) || (pointed && !tip.box.hidden && shown === null);
      };
      on(figure.el, 'pointermove', point);
      on(figure.el, 'pointerdown', point);
      on(figure.el, 'pointerleave', () => {
        if (pointed) refresh();
        pointed = false;
      });

      let waiting = false;
      const later = () => {
        if (waiting || left) return;
        waiting = true;
        requestAnimationFrame(() => {
          waiting = false;
          for (const { put } of handles) put();
          if (document.activeElement === list) go();
          if (shown) refresh();
        });
      };
      const refill = () => {
        fill();
        if (!shown) tip.hide(); // what is pointed at may have moved away
        later();
      };
      const moves = new MutationObserver(later);
      for (const { view } of handles) {
        moves.observe(view.el, { attributeFilter: ['transform'], childList: true, subtree: true });
      }
      const sizes = new ResizeObserver(later);
      sizes.observe(figure.el);
      model.on('change:places', later);
      model.on('change:words', refill);
      leaving.push(
        () => moves.disconnect(),
        () => sizes.disconnect(),
        () => model.off('change:places', later),
        () => model.off('change:words', refill),
      );
      refill();
    };
    start().catch(console.error);
    return () => {
      left = true;
      for (const leave of leaving) leave();
    };
  },
};
