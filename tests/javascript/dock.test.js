import assert from 'node:assert/strict';
import { test } from 'node:test';

import { controlOf, take } from '../../storagelab/widgets/scripts/dock.js';

// A box of controls, each with a slider inside of it.
function box(count) {
  const controls = { children: [] };
  for (let index = 0; index < count; index += 1) {
    const classes = new Set();
    const control = {
      parentElement: controls,
      classes,
      classList: {
        toggle: (name, on) => (on ? classes.add(name) : classes.delete(name)),
      },
    };
    control.slider = { parentElement: { parentElement: control } };
    controls.children.push(control);
  }
  return controls;
}

test('the control of an element is the child of the box that it lies in', () => {
  const controls = box(3);
  for (const control of controls.children) {
    assert.equal(controlOf(control.slider, controls), control);
    assert.equal(controlOf(control, controls), control);
  }
  assert.equal(controlOf({ parentElement: null }, controls), null);
  assert.equal(controlOf(controls, controls) ?? null, null);
});

test('one control is in hand, the last that was taken', () => {
  const controls = box(3);
  take(controls.children[0], controls);
  take(controls.children[2], controls);
  const inHand = controls.children.map((control) => control.classes.has('storagelab-in-hand'));
  assert.deepEqual(inHand, [false, false, true]);
});
