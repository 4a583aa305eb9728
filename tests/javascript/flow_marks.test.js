import assert from 'node:assert/strict';
import { afterEach, beforeEach, test } from 'node:test';

import flow, {
  corners,
  middle,
  movedOn,
  placeAt,
  placesOn,
  SPACING,
} from '../../storagelab/widgets/scripts/flow_marks.js';
import { FakeElement, FakeModel, fakeDocument } from './fakes.js';

test('the corners of a path are read, closed or not, with any numbers', () => {
  assert.deepEqual(corners('M1,2L-3.5,4e1L0.25,-6Z'), [
    [1, 2],
    [-3.5, 40],
    [0.25, -6],
  ]);
  assert.deepEqual(corners(null), []);
});

test('a band is followed along its middle, however it bends', () => {
  const outline = [
    [0, 0],
    [30, 0],
    [60, 40],
    [60, 60],
    [30, 20],
    [0, 20],
  ];
  assert.deepEqual(middle(outline), [
    [0, 10, 0],
    [30, 10, 30],
    [60, 50, 80],
  ]);
  assert.deepEqual(middle([]), []);
});

test('a place is a distance along the line', () => {
  const line = [
    [0, 10, 0],
    [30, 10, 30],
    [60, 50, 80],
  ];
  assert.deepEqual(placeAt(line, 0), [0, 10]);
  assert.deepEqual(placeAt(line, 15), [15, 10]);
  assert.deepEqual(placeAt(line, 55), [45, 30]);
  assert.deepEqual(placeAt(line, 80), [60, 50]);
});

test('marks stand one spacing apart and move on by one spacing with each mark', () => {
  const line = [
    [0, 0, 0],
    [10 * SPACING, 0, 10 * SPACING],
  ];
  const x = (phase) => placesOn(line, phase).map((place) => place[0] / SPACING);
  assert.deepEqual(x(0), [0, 1, 2, 3, 4, 5, 6, 7, 8, 9]);
  assert.deepEqual(x(7.5), [0.5, 1.5, 2.5, 3.5, 4.5, 5.5, 6.5, 7.5, 8.5, 9.5]);
  assert.deepEqual(placesOn([], 0), []);
  assert.deepEqual(placesOn([[5, 5, 0]], 0.3), []);
});

test('each band moves at its own rate, and as many marks pass in a second', () => {
  let phases = [];
  for (let i = 0; i < 100; i += 1) phases = movedOn(phases, [2, 0.5, 0], 0.01);
  assert.deepEqual(
    phases.map((phase) => Math.round(1e9 * phase) / 1e9),
    [2, 0.5, 0],
  );
  // Playback hands over typed arrays, and after a pause nothing jumps
  assert.deepEqual(movedOn([1], Float64Array.from([4]), 60), [1.4]);
});

// --- when anything moves

let frames;
let still;
let sights;

class Part extends FakeElement {
  constructor(tag) {
    super(tag);
    this.listeners = {};
    this.classList = { add() {}, contains: (name) => name === this.className };
  }

  addEventListener(event, listener) {
    this.listeners[event] = listener;
  }

  closest() {
    return null;
  }
}

beforeEach(() => {
  frames = new Map();
  let last = 0;
  globalThis.requestAnimationFrame = (step) => {
    last += 1;
    frames.set(last, step);
    return last;
  };
  globalThis.cancelAnimationFrame = (id) => frames.delete(id);
  still = {
    matches: false,
    addEventListener: (_, act) => Object.assign(still, { act }),
    removeEventListener() {},
  };
  globalThis.window = { matchMedia: () => still };
  const make = (tag) => new Part(tag);
  globalThis.document = fakeDocument({
    createElement: make,
    createElementNS: (_, tag) => make(tag),
  });
  sights = [];
  globalThis.IntersectionObserver = class {
    constructor(see) {
      sights.push((isIntersecting) => see([{ isIntersecting }]));
    }

    observe() {}

    disconnect() {}
  };
});

afterEach(() => {
  for (const name of [
    'requestAnimationFrame',
    'cancelAnimationFrame',
    'window',
    'document',
    'IntersectionObserver',
  ]) {
    delete globalThis[name];
  }
});

function shown() {
  const model = new FakeModel({ count: 9, rates: [1, 2], words: 'Each mark is 2 MB.' });
  const el = new Part('div');
  const leave = flow.render({ model, el });
  const [button, words] = el.children;
  return { model, button, words, leave, press: () => button.listeners.click() };
}

test('nothing moves before somebody asks for it, and it stops when asked again', () => {
  const { button, words, press, leave } = shown();
  sights[0](true);
  assert.equal(frames.size, 0);
  assert.match(button.textContent, /Let it flow/);
  assert.equal(words.textContent, 'Each mark is 2 MB.');
  press();
  assert.equal(frames.size, 1);
  assert.match(button.textContent, /Stop/);
  press();
  assert.equal(frames.size, 0);
  leave();
});

test('out of sight nothing moves, and it goes on in sight', () => {
  const { press, leave } = shown();
  press();
  assert.equal(frames.size, 0);
  sights[0](true);
  assert.equal(frames.size, 1);
  sights[0](false);
  assert.equal(frames.size, 0);
  sights[0](true);
  assert.equal(frames.size, 1);
  leave();
  assert.equal(frames.size, 0);
});

test('where reduced motion is asked for, there is no button and nothing moves', () => {
  const { button, words, press, leave } = shown();
  sights[0](true);
  press();
  still.matches = true;
  still.act();
  assert.equal(frames.size, 0);
  assert.equal(button.hidden, true);
  assert.match(words.textContent, /Nothing moves/);
  still.matches = false;
  still.act();
  assert.equal(frames.size, 0);
  assert.equal(button.hidden, false);
  leave();
});
