import assert from 'node:assert/strict';
import { test } from 'node:test';

import {
  heldAt,
  placeAfter,
  SECONDS,
  STILLS,
  sentenceAt,
} from '../../storagelab/widgets/scripts/buffer_sweep.js';

// Plays a buffer of its own: takes in what fills it, gives one out, and so on.
function played(count, buffer, choose) {
  const [read, used, pools] = [[...Array(count).keys()], [], []];
  let taken = 0;
  let pool = [];
  for (let place = 0; place < count; place += 1) {
    while (taken < Math.min(count, place + Math.max(1, buffer))) {
      pool.push(taken);
      taken += 1;
    }
    pools.push([...pool].sort((one, other) => one - other));
    const out = pool[choose(pool.length)];
    used[out] = place;
    pool = pool.filter((stored) => stored !== out);
  }
  return { read, used, pools };
}

test('what rides on the edge is what a buffer holds that is played sample by sample', () => {
  let state = 1;
  const random = (count) => {
    state = (state * 16807) % 2147483647;
    return state % count;
  };
  for (const buffer of [0, 1, 2, 7, 40, 60]) {
    const { read, used, pools } = played(40, buffer, random);
    for (const [place, pool] of pools.entries()) {
      assert.deepEqual(heldAt(place, read, used, buffer), pool);
    }
  }
});

test('every sample leaves from among those that are held, and only at its place', () => {
  const { read, used } = played(30, 6, (count) => count - 1);
  for (let place = 0; place < 30; place += 1) {
    const leaves = used.indexOf(place);
    assert.ok(heldAt(place, read, used, 6).includes(leaves));
    assert.ok(!heldAt(place + 1, read, used, 6).includes(leaves));
  }
});

test('a sweep is over within five seconds and never goes back', () => {
  assert.ok(SECONDS < 5);
  assert.equal(placeAfter(-1, 400), 0);
  assert.equal(placeAfter(0, 400), 0);
  assert.equal(placeAfter(SECONDS / 2, 400), 200);
  assert.equal(placeAfter(SECONDS, 400), 400);
  assert.equal(placeAfter(2 * SECONDS, 400), 400);
});

test('three stills and three sentences cover the beginning, the middle and the end', () => {
  assert.deepEqual(
    STILLS.map((share) => sentenceAt(share * 400, 400)),
    [0, 1, 2],
  );
  assert.deepEqual(
    [0, 133, 134, 266, 267, 400].map((at) => sentenceAt(at, 400)),
    [0, 0, 1, 1, 2, 2],
  );
});
