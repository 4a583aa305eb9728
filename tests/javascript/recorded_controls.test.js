import assert from 'node:assert/strict';
import { test } from 'node:test';

import {
  entriesOf,
  restored,
  sliceFor,
  snapped,
  strayed,
  wayOf,
} from '../../storagelab/widgets/scripts/recorded_controls.js';

const SCALE = { kind: 'scale', values: [1, 2, 4, 8], cuts: [1.5, 3, 6] };

test('a typed number means the nearest value', () => {
  assert.equal(snapped(SCALE, 3.5, 0), 2);
  assert.equal(snapped(SCALE, 100, 0), 3);
  assert.equal(snapped(SCALE, -1, 2), 0);
  assert.equal(snapped(SCALE, 3, 0), 1); // halfway belongs to the lower one
});

test('a small step in a field leads at least to the next value', () => {
  assert.equal(snapped(SCALE, 4.01, 2), 3);
  assert.equal(snapped(SCALE, 3.99, 2), 1);
  assert.equal(snapped(SCALE, 9, 3), 3); // there is nothing beyond the end
  assert.equal(snapped(SCALE, Number.NaN, 2), 2);
  assert.equal(snapped(SCALE, null, 2), 2);
});

test('a line is read as Python would read it, and nothing in it is run', () => {
  const line = "decision = {'interval': 30, 'sharded': True, \"to\": 'peer, memory', 'x': -2.5e3,}";
  assert.deepEqual(entriesOf(line), { interval: 30, sharded: true, to: 'peer, memory', x: -2500 });
  assert.deepEqual(entriesOf("{'a': 1}"), { a: 1 });
  assert.deepEqual(entriesOf('decision = {}'), {});
  for (const wrong of ['', '30', 'decision', "{'a': b}", "{'a' 1}", '{1: 2}', "{'a': 1 'b': 2}"]) {
    assert.equal(entriesOf(wrong), null, wrong);
  }
});

const CONTROLS = [
  { ...SCALE, answer: 'size', decided: true },
  { kind: 'switch', values: [false, true], answer: 'sharded', decided: true },
  { kind: 'choice', values: ['hdd', 'nvme'], answer: 'device', decided: true },
  { ...SCALE, answer: 'given', decided: false },
];

test('a line sets what is decided, as near as the sliders come to it', () => {
  const line = "decision = {'size': 4, 'sharded': True, 'device': 'nvme'}";
  const read = restored(line, CONTROLS);
  assert.deepEqual(
    [...read.positions],
    [
      [0, 2],
      [1, 1],
      [2, 1],
    ],
  );
  assert.equal(read.exact, true);
  assert.equal(restored(line.replace('4', '3.9'), CONTROLS).exact, false);
});

test('a line that says too little, too much or another kind is refused', () => {
  for (const wrong of [
    "{'size': 4, 'sharded': True}",
    "{'size': 4, 'sharded': True, 'device': 'nvme', 'given': 1}",
    "{'size': 4, 'sharded': 1, 'device': 'nvme'}",
    "{'size': 4, 'sharded': True, 'device': 'tape'}",
    "{'size': 9, 'sharded': True, 'device': 'nvme'}",
    "{'size': '4', 'sharded': True, 'device': 'nvme'}",
  ]) {
    assert.equal(restored(wrong, CONTROLS), null, wrong);
  }
});

test('what has names is set exactly or not at all', () => {
  const named = [{ ...SCALE, answer: 'size', decided: true, labelled: true }];
  assert.equal(restored("{'size': 3}", named), null);
  assert.equal(restored("{'size': 4}", named).exact, true);
});

const SLICES = [
  { 2: 0, 3: 0 },
  { 1: 0, 3: 0 },
  { 0: 1, 1: 0, 2: 0 },
];

test('a state is in the table whose controls all stand where it has them', () => {
  assert.deepEqual(sliceFor(SLICES, [5, 6, 0, 0], new Set([0])), { slice: 0, back: [] });
  assert.deepEqual(sliceFor(SLICES, [5, 0, 7, 0], new Set([2])), { slice: 1, back: [] });
});

test('where no table has all of it, what was moved last stays', () => {
  // 2 was moved while 1 was away from its start: 1 goes back
  assert.deepEqual(sliceFor(SLICES, [5, 6, 7, 0], new Set([2])), { slice: 1, back: [[1, 0]] });
  assert.deepEqual(sliceFor(SLICES, [5, 6, 7, 0], new Set([1])), { slice: 0, back: [[2, 0]] });
  assert.deepEqual(sliceFor(SLICES, [1, 6, 0, 9], new Set([3])), { slice: 2, back: [[1, 0]] });
});

test('a combination of choices is found among those that are recorded', () => {
  const ways = [
    [1, 0],
    [0, 0],
    [1, 1],
  ];
  assert.equal(wayOf(ways, [0, 0]), 1);
  assert.equal(wayOf(ways, [1, 1]), 2);
  assert.equal(wayOf([[]], []), 0);
});

test('of the choices of a figure the one that was not moved goes back', () => {
  const unit = {
    choices: [0, 1],
    ways: [
      [1, 0],
      [0, 0],
      [1, 1],
    ],
  };
  assert.deepEqual(strayed(unit, [9, 0, 1], 1, new Set([2])), [[1, 1]]);
  assert.deepEqual(strayed(unit, [9, 0, 1], 1, new Set([1])), [[2, 0]]);
  assert.deepEqual(strayed(unit, [9, 1, 1], 1, new Set([2])), []);
});
