import assert from 'node:assert/strict';
import { test } from 'node:test';

import { followed, isAt, playerOf, setBack } from '../../storagelab/widgets/scripts/player.js';
import { FakeModel, settled } from './fakes.js';

test('what had to go back is told with what was moved', () => {
  assert.match(
    setBack(['Nodes'], ['Buffer']),
    /^Nodes is back at the start: .* both that and Buffer\.$/,
  );
  assert.match(setBack(['A', 'B', 'C'], ['D']), /^A, B and C are back/);
});

test('a figure goes over to the control that alone has changed', () => {
  const controls = { 0: 5, 2: 6 };
  assert.equal(followed(controls, [0, 0, 0], [1, 9, 0]), 5);
  assert.equal(followed(controls, [0, 0, 0], [0, 9, 1]), 6);
  assert.equal(followed(controls, [0, 0, 0], [1, 0, 1]), null);
  assert.equal(followed(controls, [0, 0, 0], [0, 1, 0]), null);
});

test('a preset is where all of its controls stand, and it has to say values that they have', () => {
  const preset = { positions: { 0: 1, 2: 0 }, exact: true };
  assert.equal(isAt(preset, [1, 7, 0]), true);
  assert.equal(isAt(preset, [1, 7, 1]), false);
  assert.equal(isAt({ ...preset, exact: false }, [1, 7, 0]), false);
});

class Moving extends FakeModel {
  set(...values) {
    super.set(...values);
    const names = typeof values[0] === 'string' ? [values[0]] : Object.keys(values[0]);
    for (const name of names) this.trigger(`change:${name}`);
  }
}

// Two controls, a text that says where both stand, and a second table for the second control.
function workbench(load) {
  const sliders = [new Moving({ index: 0 }), new Moving({ index: 0 })];
  const text = new Moving({ value: '' });
  const field = new Moving({ value: 10 });
  const preset = new Moving({ _dom_classes: [] });
  const words = [new Moving({ value: '' })];
  const column = (axes, values) => ({ axes, values, codes: values.map((_, at) => at) });
  const tables = {
    first: { shape: [3], nodes: [[0]], columns: [column([0], ['0,0', '1,0', '2,0'])] },
    second: { shape: [2], nodes: [[0]], columns: [column([0], ['0,0', '0,1'])] },
  };
  const plan = {
    controls: [
      { label: 'One', field: 0, shown: [10, 20, 30] },
      { label: 'Two', field: null },
    ],
    slices: [
      { file: 'first', fixed: { 1: 0 }, axes: [0] },
      { file: 'second', fixed: { 0: 0 }, axes: [1] },
    ],
    start: [0, 0],
    choices: [],
    names: ['value'],
    units: [{ from: 0, to: 1, choices: [], ways: [[]] }],
    presets: [{ positions: { 0: 2 }, exact: true, words: 'The end.' }],
    follows: null,
  };
  const found = {
    sliders,
    choices: [],
    fields: [field],
    targets: [text],
    pressed: [preset],
    words,
  };
  const said = [];
  const loads = load ?? ((file) => Promise.resolve(tables[file]));
  const player = playerOf(plan, found, (told) => said.push(told), undefined, loads);
  const last = () => said[said.length - 1];
  return { player, sliders, text, field, preset, words, last, tables };
}

test('a move sets what the table has, the field, and the button that is pressed', async () => {
  const { player, text, field, preset, sliders } = workbench();
  await player.move(new Map([[0, 2]]));
  assert.equal(text.get('value'), '2,0');
  assert.equal(field.get('value'), 30);
  assert.deepEqual(preset.get('_dom_classes'), ['mod-active']);
  assert.equal(sliders[0].get('index'), 2);
});

test('what the page shows already is not set again', async () => {
  const { player, text } = workbench();
  text.set('value', 'as it came');
  await player.begin();
  await player.settle();
  assert.equal(text.get('value'), 'as it came');
});

test('where nothing has both, what was moved before goes back, and it is said', async () => {
  const { player, text, sliders, last } = workbench();
  await player.move(new Map([[0, 2]]));
  await player.move(new Map([[1, 1]]));
  assert.equal(text.get('value'), '0,1');
  assert.equal(sliders[0].get('index'), 0);
  assert.match(last(), /^One is back at the start: .*Two\.$/);
  await player.move(new Map([[1, 0]]));
  assert.equal(last(), '');
});

test('a preset says its words until its controls are elsewhere', async () => {
  const { player, words } = workbench();
  await player.choose(0);
  assert.equal(words[0].get('value'), 'The end.');
  await player.move(new Map([[0, 1]]));
  assert.equal(words[0].get('value'), '');
});

test('of several moves the last one wins, whatever comes first', async () => {
  const waiting = {};
  const bench = workbench(
    (file) =>
      new Promise((resolve) => {
        waiting[file] = [...(waiting[file] ?? []), resolve];
      }),
  );
  const begun = bench.player.begin();
  waiting.first[0](bench.tables.first);
  await begun;
  bench.player.move(new Map([[1, 1]]));
  await settled();
  bench.player.move(
    new Map([
      [1, 0],
      [0, 1],
    ]),
  );
  await settled();
  for (const resolve of waiting.first.slice(1)) resolve(bench.tables.first);
  await settled();
  for (const resolve of waiting.second) resolve(bench.tables.second);
  await settled();
  assert.equal(bench.text.get('value'), '1,0');
});

test('a table that never comes leaves the figures and says so', async (context) => {
  context.mock.method(console, 'warn', () => {});
  const { player, text, last } = workbench(() => Promise.reject(new Error('gone')));
  await player.move(new Map([[0, 1]]));
  assert.equal(text.get('value'), '');
  assert.match(last(), /couldn’t be loaded/);
});
