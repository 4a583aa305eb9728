import assert from 'node:assert/strict';
import { mock, test } from 'node:test';

import batcher, { unpack } from '../../storagelab/widgets/scripts/message_batcher.js';
import { FakeModel, settled } from './fakes.js';

// A widget whose state is deserialized as soon as `gate` is, and that keeps what it is given.
function widget(gate = Promise.resolve()) {
  class Target {
    static async _deserialize_state(state) {
      await gate;
      return state;
    }

    states = [];

    set_state(state) {
      this.states.push(state);
    }
  }
  return new Target();
}

function started(others, scripted = []) {
  const model = new FakeModel({ scripted }, others);
  return { model, leave: batcher.initialize({ model }) };
}

test('each update gets its own of the buffers, where they belong', () => {
  const updates = [
    [
      'line',
      { x: {}, y: { value: null } },
      [
        ['x', 'value'],
        ['y', 'value'],
      ],
    ],
    ['text', { value: 'words' }, []],
    ['band', { curves: [{}, {}] }, [['curves', 1, 'value']]],
  ];
  assert.deepEqual(unpack(updates, ['x', 'y', 'band']), [
    ['line', { x: { value: 'x' }, y: { value: 'y' } }],
    ['text', { value: 'words' }],
    ['band', { curves: [{}, { value: 'band' }] }],
  ]);
});

test('it is ready once it listens, and says hello', async () => {
  const { model } = started({});
  await settled();
  assert.equal(model.get('ready'), true);
  assert.equal(model.get('first_batch_received'), false);
  assert.deepEqual(model.sent, [{ hello: true }]);
  model.trigger('msg:custom', { updates: [] }, []);
  assert.equal(model.get('first_batch_received'), true);
});

test('batches are delivered one after the other, however long the first takes', async () => {
  let open;
  const slow = widget(
    new Promise((resolve) => {
      open = resolve;
    }),
  );
  const quick = widget();
  const { model } = started({ slow, quick });
  model.trigger(
    'msg:custom',
    {
      updates: [
        ['slow', { value: 1 }, []],
        ['quick', { value: 1 }, []],
      ],
    },
    [],
  );
  model.trigger('msg:custom', { updates: [['quick', { value: 2 }, []]] }, []);
  await settled();
  assert.deepEqual(quick.states, []);
  open();
  await settled();
  assert.deepEqual(slow.states, [{ value: 1 }]);
  assert.deepEqual(quick.states, [{ value: 1 }, { value: 2 }]);
});

test('an update that fails is reported, and all others are delivered', async () => {
  const report = mock.method(console, 'error', () => {});
  const text = widget();
  const { model } = started({ text });
  const beside = [
    ['closed', { value: 1 }, []],
    ['text', { value: 1 }, []],
  ];
  model.trigger('msg:custom', { updates: beside }, []);
  model.trigger('msg:custom', { updates: [['text', { value: 2 }, []]] }, []);
  await settled();
  report.mock.restore();
  assert.equal(report.mock.callCount(), 1);
  assert.deepEqual(text.states, [{ value: 1 }, { value: 2 }]);
});

test('a scripted widget takes its messages as one of ipywidgets would', async () => {
  const received = [];
  class Base {
    _handle_comm_msg(message) {
      received.push([this.name, message]);
    }
  }
  class Anywidget extends Base {
    name = 'tools';

    listeners = [];

    comm = { on_msg: (listener) => this.listeners.push(listener) };

    _handle_comm_msg() {
      throw new Error('waits for its script');
    }
  }
  const tools = new Anywidget();
  const { leave, model } = started({ tools }, ['tools']);
  await settled();
  for (const listener of tools.listeners) listener('an update');
  assert.deepEqual(received, [['tools', 'an update']]);
  leave();
  assert.deepEqual(Object.values(model.listeners).flat(), []);
});
