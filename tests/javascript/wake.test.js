import assert from 'node:assert/strict';
import { test } from 'node:test';

import { due, isSign, lookOf, restful } from '../../book/_ext/wake.js';

const still = {};

test('a view wakes when somebody is there and near it, and once', () => {
  assert.equal(due({ near: true, woken: false, still }, true), true);
  assert.equal(due({ near: false, woken: false, still }, true), false);
  assert.equal(due({ near: true, woken: false, still }, false), false);
  assert.equal(due({ near: true, woken: true, still }, true), false);
});

test('a view without a picture waits for nobody', () => {
  assert.equal(due({ near: true, woken: false, still: null }, false), true);
  assert.equal(due({ near: false, woken: false, still: null }, false), false);
});

test('a list of chapters that the theme scrolls is no sign of anybody', () => {
  const root = {};
  assert.equal(isSign({ type: 'scroll', target: root }, root), true);
  assert.equal(isSign({ type: 'scroll', target: {} }, root), false);
  assert.equal(isSign({ type: 'keydown', target: {} }, root), true);
});

test('a view is at rest when it has looked the same for some frames', () => {
  const rest = restful(2, 100);
  assert.deepEqual(['', '', 'a', 'a', 'b', 'b', 'b'].map(rest), [
    false,
    false,
    false,
    false,
    false,
    false,
    true,
  ]);
});

test('a view that never comes to rest is shown all the same', () => {
  const rest = restful(2, 4);
  assert.deepEqual(['a', 'b', 'c', 'd'].map(rest), [false, false, false, true]);
});

// A view with one figure.
function area({ axes, name, instrument }) {
  const figure = {
    hasAttribute: () => name,
    closest: () => instrument,
    querySelector: () => axes,
  };
  return {
    firstElementChild: figure,
    querySelectorAll: (selector) => (selector === '*' ? [1, 2, 3] : [figure]),
    getBoundingClientRect: () => ({ width: 600, height: 400 }),
  };
}

test('a figure without axes or without its name has no look yet', () => {
  assert.equal(lookOf(area({ axes: {}, name: true, instrument: {} })), '600 400 3');
  assert.equal(lookOf(area({ axes: null, name: true, instrument: {} })), '');
  assert.equal(lookOf(area({ axes: {}, name: false, instrument: {} })), '');
  assert.equal(lookOf(area({ axes: {}, name: false, instrument: null })), '600 400 3');
});
