import assert from 'node:assert/strict';
import { test } from 'node:test';

import { nameAll } from '../../storagelab/widgets/scripts/page_support.js';
import { FakeElement } from './fakes.js';

const saying = (textContent) => Object.assign(new FakeElement('span'), { textContent });

// An element that finds others below it, or the box around it, by their selectors.
function finding(below, around) {
  return Object.assign(new FakeElement('div'), {
    querySelector: (selector) => below[selector] ?? null,
    querySelectorAll: (selector) => below[selector] ?? [],
    closest: () => around ?? null,
  });
}

test('a slider is named by its label and its value, a figure by its title and its words', () => {
  const slider = finding({
    '.widget-label': saying(' Queue depth '),
    '.widget-readout': saying('2 requests'),
  });
  const instrument = finding({
    strong: saying('I/O waterfall'),
    '.storagelab-words': saying('Storage needs 2 ms.'),
  });
  const [handle, figure, icon] = [finding({}, slider), finding({}, instrument), finding({})];
  const announced = Object.assign(finding({}), { parentElement: new FakeElement('div') });
  nameAll(
    finding({
      '.noUi-handle': [handle],
      '.bqplot': [figure],
      '.noUi-handle, select': [handle],
      'button > i': [icon],
      '.storagelab-announced': [announced],
    }),
  );
  assert.deepEqual(handle.attributes, {
    'aria-label': 'Queue depth',
    'aria-valuetext': '2 requests',
    'data-lm-suppress-shortcuts': 'true',
  });
  assert.deepEqual(figure.attributes, {
    role: 'img',
    'aria-label': 'I/O waterfall. Storage needs 2 ms.',
  });
  assert.deepEqual(icon.attributes, { 'aria-hidden': 'true' });
  assert.deepEqual(announced.parentElement.attributes, { 'aria-live': 'polite' });
});

test('what stands outside of a workbench is left alone', () => {
  const [handle, figure] = [finding({}), finding({})];
  nameAll(finding({ '.noUi-handle': [handle], '.bqplot': [figure] }));
  assert.deepEqual([handle.attributes, figure.attributes], [{}, {}]);
});

test('a choice is a group with a name, whose pressed button says so', () => {
  const pressed = (yes) =>
    Object.assign(new FakeElement('button'), { classList: { contains: () => yes } });
  const buttons = [pressed(false), pressed(true)];
  const choice = finding({ '.widget-label': saying(' Against '), button: buttons });
  nameAll(finding({ '.widget-toggle-buttons': [choice] }));
  assert.deepEqual(choice.attributes, { role: 'group', 'aria-label': 'Against' });
  assert.deepEqual(
    buttons.map((button) => button.attributes),
    [{ 'aria-pressed': 'false' }, { 'aria-pressed': 'true' }],
  );
});
