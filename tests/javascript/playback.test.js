import assert from 'node:assert/strict';
import { test } from 'node:test';

import playback, { changesIn } from '../../storagelab/widgets/scripts/playback.js';
import { typed } from '../../storagelab/widgets/scripts/traits.js';
import { FakeModel, settled } from './fakes.js';

test('coordinates become arrays of numbers, one for each curve, and all else stays', () => {
  assert.deepEqual(typed([1, 2.5]), Float64Array.of(1, 2.5));
  assert.deepEqual(typed([[1], [2]]), [Float64Array.of(1), Float64Array.of(2)]);
  assert.deepEqual(typed(['a', 'b']), ['a', 'b']);
  assert.deepEqual(typed([]), []);
  for (const plain of ['text', 3, true, null]) assert.equal(typed(plain), plain);
});

test('what a frame changes of one target is set at once', () => {
  const [line, label] = ['line', 'label'];
  const changes = changesIn([[1], 'words', [2]], [line, label, line], ['x', 'text', 'y']);
  assert.deepEqual(
    [...changes],
    [
      [line, { x: Float64Array.of(1), y: Float64Array.of(2) }],
      [label, { text: 'words' }],
    ],
  );
});

test('targets follow the slider until the widget is left', async () => {
  const slider = new FakeModel({ index: 0 });
  const text = new FakeModel({ value: 'first' });
  const model = new FakeModel(
    {
      source: 'IPY_MODEL_slider',
      targets: ['IPY_MODEL_text'],
      names: ['value'],
      frames: [['first'], ['second']],
    },
    { slider, text },
  );
  const leave = playback.initialize({ model });
  await settled();
  const moveTo = (index) => {
    slider.set('index', index);
    slider.trigger('change:index');
  };
  moveTo(1);
  assert.equal(text.get('value'), 'second');
  moveTo(2); // a position without a frame
  assert.equal(text.get('value'), 'second');
  leave();
  moveTo(0);
  assert.equal(text.get('value'), 'second');
});

test('new frames are played at once, so that one playback can bring those of another', async () => {
  const buttons = new FakeModel({ index: 1 });
  const text = new FakeModel({ value: 'first, cold' });
  const model = new FakeModel(
    {
      source: 'IPY_MODEL_buttons',
      targets: ['IPY_MODEL_text', 'IPY_MODEL_text'],
      names: ['value', 'x'],
      frames: [],
    },
    { buttons, text },
  );
  const leave = playback.initialize({ model });
  await settled();
  // as the other playback hands them over: what is nested is typed
  const frames = typed([
    ['cold', [1, 2]],
    ['warm', [3, 4]],
  ]);
  model.set('frames', frames);
  model.trigger('change:frames');
  assert.equal(text.get('value'), 'warm');
  assert.deepEqual(text.get('x'), Float64Array.of(3, 4));
  leave();
  model.set('frames', [[], ['gone']]);
  model.trigger('change:frames');
  assert.equal(text.get('value'), 'warm');
});
