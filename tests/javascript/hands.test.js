import assert from 'node:assert/strict';
import { test } from 'node:test';

import {
  beside,
  handleOf,
  nearest,
  pointedAt,
  step,
} from '../../storagelab/widgets/scripts/hands.js';
import { FakeElement, FakeModel } from './fakes.js';

test('the nearest place is the nearest in pixels, whatever the scale', () => {
  const pixels = [0, 10, 40, 100];
  for (const [at, meant] of [
    [-500, 0],
    [4, 0],
    [6, 1],
    [24, 1],
    [26, 2],
    [71, 3],
    [9999, 3],
  ]) {
    assert.equal(nearest(pixels, at), meant);
  }
});

test('every place is nearest to itself', () => {
  const pixels = Array.from({ length: 40 }, (_, index) => 12.5 * index ** 1.3);
  pixels.forEach((pixel, index) => {
    for (const present of [0, 17, 39]) assert.equal(nearest(pixels, pixel, present), index);
  });
});

test('of places that are alike the present one stays', () => {
  const wall = [0, 50, 80, 80, 80];
  assert.equal(nearest(wall, 300, 3), 3);
  assert.equal(nearest(wall, 80, 4), 4);
  assert.equal(nearest(wall, 55, 4), 1);
  assert.equal(nearest(wall, 300, 1), 2);
});

test('keys lead on, to the ends and no further', () => {
  const leads = (key, index) => step(key, index, 21);
  assert.deepEqual(
    ['ArrowRight', 'ArrowUp', 'ArrowLeft', 'ArrowDown', 'Home', 'End'].map((key) => leads(key, 5)),
    [6, 6, 4, 4, 0, 20],
  );
  assert.deepEqual([leads('PageUp', 5), leads('PageDown', 5)], [7, 3]);
  assert.deepEqual(
    [leads('ArrowLeft', 0), leads('ArrowRight', 20), leads('PageUp', 19)],
    [0, 20, 20],
  );
  assert.equal(step('PageUp', 0, 3), 1);
  for (const key of ['a', 'Tab', 'Enter', 'Escape', 'constructor'])
    assert.equal(leads(key, 5), null);
});

test('the nearest point within reach is pointed at, and none beyond it', () => {
  const points = [
    { x: 0, y: 0, text: 'a' },
    { x: 20, y: 0, text: 'b' },
  ];
  assert.equal(pointedAt(points, 9, 0).text, 'a');
  assert.equal(pointedAt(points, 11, 0).text, 'b');
  assert.equal(pointedAt(points, 20, 15).text, 'b');
  assert.equal(pointedAt(points, 10, 30), null);
  assert.equal(pointedAt([], 0, 0), null);
});

test('words stand beside their point, within the figure, and never over it', () => {
  const frame = { width: 300, height: 200 };
  const box = { width: 120, height: 40 };
  for (const x of [0, 80, 150, 299]) {
    for (const y of [0, 30, 100, 199]) {
      const { left, top } = beside({ x, y }, box, frame);
      assert.ok(left >= 0 && left + box.width <= frame.width);
      assert.ok(top >= 0);
      assert.ok(top + box.height < y || top > y);
    }
  }
});

// A handle on four values, at places 0, 100, 200 and 300 pixels; its mark is where its value is.
function handled(trait, values, value) {
  const listeners = {};
  const made = Object.assign(new FakeElement('div'), {
    classList: { add() {}, remove() {} },
    addEventListener: (name, listener) => {
      listeners[name] = listener;
    },
    setPointerCapture(id) {
      this.captured = id;
    },
    focus() {
      this.focused = true;
    },
  });
  globalThis.document = { createElement: () => made };
  const source = new FakeModel({ [trait]: value });
  const places = [0, 100, 200, 300];
  const { handle, leave } = handleOf({
    source,
    way: { trait, values, texts: ['a', 'b', 'c', 'd'], label: 'Interval, on the curve' },
    place: { mark: () => places[values.indexOf(source.get(trait))], values: () => places },
  });
  const fire = (name, event) => {
    const done = { prevented: false };
    listeners[name]({
      preventDefault: () => (done.prevented = true),
      stopPropagation() {},
      ...event,
    });
    return done.prevented;
  };
  return { source, handle, leave, fire };
}

for (const [trait, values] of [
  ['index', [0, 1, 2, 3]],
  ['value', [0.5, 1, 30, 360]],
]) {
  test(`a handle is a slider with a name, and sets the ${trait} of its source`, () => {
    const { source, handle, fire } = handled(trait, values, values[1]);
    const told = () => [
      handle.getAttribute('aria-valuenow'),
      handle.getAttribute('aria-valuetext'),
    ];
    assert.equal(handle.getAttribute('role'), 'slider');
    assert.equal(handle.getAttribute('aria-label'), 'Interval, on the curve');
    assert.equal(handle.getAttribute('data-lm-suppress-shortcuts'), 'true');
    assert.equal(handle.tabIndex, 0);
    assert.deepEqual(told(), [1, 'b']);

    assert.ok(fire('keydown', { key: 'ArrowRight' }));
    assert.equal(source.get(trait), values[2]);
    source.trigger(`change:${trait}`);
    assert.deepEqual(told(), [2, 'c']);
    assert.ok(fire('keydown', { key: 'End' }));
    assert.equal(source.get(trait), values[3]);
    assert.equal(source.saved, 2);
    assert.ok(fire('keydown', { key: 'ArrowRight' }));
    assert.equal(source.saved, 2); // nothing to tell
    assert.ok(!fire('keydown', { key: 'Tab' }));
    assert.ok(!fire('keydown', { key: 'ArrowLeft', ctrlKey: true }));
    assert.equal(source.get(trait), values[3]);
  });

  test(`a handle of a ${trait} is dragged by the place where it was taken`, () => {
    const { source, handle, fire } = handled(trait, values, values[1]);
    fire('pointermove', { clientX: 290 }); // nothing is held
    assert.equal(source.get(trait), values[1]);
    fire('pointerdown', { clientX: 110, pointerId: 7, button: 0 });
    assert.equal(handle.captured, 7);
    assert.ok(handle.focused);
    fire('pointermove', { clientX: 155 });
    assert.equal(source.get(trait), values[1]);
    fire('pointermove', { clientX: 165 });
    assert.equal(source.get(trait), values[2]);
    fire('pointermove', { clientX: 180 });
    assert.equal(source.saved, 1); // a value is told once
    fire('pointerup', {});
    fire('pointermove', { clientX: 0 });
    assert.equal(source.get(trait), values[2]);
  });
}

test('the right button takes nothing, and a handle that is left hears nothing', () => {
  const { source, leave, fire } = handled('index', [0, 1, 2, 3], 1);
  fire('pointerdown', { clientX: 110, pointerId: 7, button: 2 });
  fire('pointermove', { clientX: 300 });
  assert.equal(source.get('index'), 1);
  leave();
  assert.deepEqual(source.listeners['change:index'], []);
});
