import assert from 'node:assert/strict';
import { test } from 'node:test';

import { keyOf, matches, order } from '../../sandgrader/report/page.js';

test('a cell is sorted by the number that it says, or by its text', () => {
  assert.equal(keyOf('94.6%', '0.946'), 0.946);
  assert.equal(keyOf(' 12 '), 12);
  assert.equal(keyOf('–'), null);
  assert.equal(keyOf(''), null);
  assert.equal(keyOf('Ada'), 'Ada');
});

test('numbers go by size, names by letter, and what is unknown comes last both ways', () => {
  const keys = [3, null, 20, 1];
  assert.deepEqual(order(keys, false), [3, 0, 2, 1]);
  assert.deepEqual(order(keys, true), [2, 0, 3, 1]);
  assert.deepEqual(order(['s10', 's9', 'Émile', 'zoë', 'Ada'], false), [4, 2, 1, 0, 3]);
});

test('rows that are equal stay in the order in which they stand', () => {
  assert.deepEqual(order([1, 0, 1, 0], false), [1, 3, 0, 2]);
  assert.deepEqual(order([1, 0, 1, 0], true), [0, 2, 1, 3]);
});

test('a student is found by parts of the name in any order', () => {
  assert.ok(matches('s17 Ada Lovelace', 'love ada'));
  assert.ok(matches('s17 Ada Lovelace', ''));
  assert.ok(!matches('s17 Ada Lovelace', 'ada byron'));
});
