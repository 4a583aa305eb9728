import assert from 'node:assert/strict';
import { afterEach, test } from 'node:test';

import { copy } from '../../storagelab/widgets/scripts/copy_button.js';
import { fakeDocument } from './fakes.js';

// A page: whether it came by https, what its clipboard takes, and whether its command works.
function page({ isSecureContext, clipboard, execCommand }) {
  Object.defineProperty(globalThis, 'navigator', { value: { clipboard }, configurable: true });
  globalThis.window = { isSecureContext };
  globalThis.document = fakeDocument({ execCommand });
}

const own = Object.getOwnPropertyDescriptor(globalThis, 'navigator');

afterEach(() => {
  Object.defineProperty(globalThis, 'navigator', own);
  delete globalThis.window;
  delete globalThis.document;
});

test('a page that came by https has a clipboard', async () => {
  const taken = [];
  const clipboard = { writeText: async (text) => taken.push(text) };
  page({ isSecureContext: true, clipboard });
  await copy('decision = {}');
  assert.deepEqual(taken, ['decision = {}']);
});

test('elsewhere the text is selected in a field of its own, which is taken away again', async () => {
  const copied = [];
  const execCommand = (command) => {
    const [field] = document.made;
    copied.push([command, field.value, field.selected, field.removed]);
    return true;
  };
  page({ isSecureContext: false, execCommand });
  await copy('decision = {}');
  assert.deepEqual(copied, [['copy', 'decision = {}', true, undefined]]);
  assert.equal(document.made[0].removed, true);
});

test('a browser that refuses is an error, so that the student is told', async () => {
  page({ isSecureContext: false, execCommand: () => false });
  await assert.rejects(copy('decision = {}'), /refuses/);
});
