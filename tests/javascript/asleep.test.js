import assert from 'node:assert/strict';
import { afterEach, beforeEach, test } from 'node:test';

import { STOPPED, sayTaken, stopSign, TAKEN } from '../../storagelab/widgets/scripts/asleep.js';
import { fakeDocument } from './fakes.js';

const GONE = 'jupyter-widgets-disconnected';

// A workbench on a page, or a cell's output: its classes, and what is put before and into it.
class Box {
  constructor(...classes) {
    this.classes = new Set(classes);
    this.classList = { contains: (name) => this.classes.has(name) };
    this.isConnected = true;
    this.notes = [];
    this.hidden = false;
  }

  before(note) {
    this.notes.push(note);
  }

  append(note) {
    this.notes.push(note);
  }

  querySelector() {
    return this.hidden ? this : null;
  }
}

let watchers;

beforeEach(() => {
  watchers = [];
  globalThis.document = fakeDocument();
  globalThis.requestAnimationFrame = (act) => act();
  globalThis.MutationObserver = class {
    constructor(look) {
      this.look = look;
    }

    observe() {
      watchers.push(this);
    }

    disconnect() {
      watchers = watchers.filter((item) => item !== this);
    }
  };
});

afterEach(() => {
  for (const name of ['document', 'requestAnimationFrame', 'MutationObserver']) {
    delete globalThis[name];
  }
});

test('a workbench that loses its kernel says so once, and no longer when it has it back', () => {
  const root = new Box();
  const sign = stopSign(root);
  sign();
  assert.equal(root.notes.length, 0);
  root.classes.add(GONE);
  sign();
  sign();
  assert.equal(root.notes.length, 1);
  assert.equal(root.notes[0].textContent, STOPPED);
  assert.equal(root.notes[0].getAttribute('role'), 'status');
  root.classes.delete(GONE);
  sign();
  assert.ok(root.notes[0].removed);
});

test('a page that never had a kernel says nothing', () => {
  const root = new Box(GONE);
  const sign = stopSign(root);
  sign();
  sign();
  assert.equal(root.notes.length, 0);
});

test('an output whose workbench was closed from elsewhere says so, when it is hidden', () => {
  const output = new Box();
  sayTaken(output);
  assert.equal(output.notes.length, 0);
  output.hidden = true;
  for (const watch of watchers) watch.look();
  assert.equal(output.notes.length, 1);
  assert.equal(output.notes[0].textContent, TAKEN);
  assert.equal(watchers.length, 0);
});

test('an output that is gone itself, or never was, says nothing', () => {
  const output = new Box();
  output.isConnected = false;
  output.hidden = true;
  sayTaken(output);
  sayTaken(null);
  assert.equal(output.notes.length, 0);
  assert.equal(watchers.length, 0);
});
