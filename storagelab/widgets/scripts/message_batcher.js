// Unpacks one message into the updates of many widgets, in the way that ipywidgets unpacks each.

// Put the binary parts of a state back where they belong.
function putBuffers(state, paths, buffers) {
  paths.forEach((path, index) => {
    let holder = state;
    for (const key of path.slice(0, -1)) holder = holder[key];
    holder[path[path.length - 1]] = buffers[index];
  });
}

// The updates of a message as [id, state], each with its own of the message's buffers.
export function unpack(updates, buffers) {
  let taken = 0;
  return updates.map(([id, state, paths]) => {
    putBuffers(state, paths, buffers.slice(taken, taken + paths.length));
    taken += paths.length;
    return [id, state];
  });
}

export default {
  initialize({ model }) {
    const manager = model.widget_manager;
    const readUpdate = async ([id, state]) => {
      const target = await manager.get_model(id);
      return [target, await target.constructor._deserialize_state(state, manager)];
    };
    const report = (problem) => console.error('an update was lost:', problem);
    // what belongs to a widget that is gone doesn't keep the rest from the others
    const deliver = async (updates, buffers) => {
      for (const read of await Promise.allSettled(unpack(updates, buffers).map(readUpdate))) {
        if (read.status === 'rejected') report(read.reason);
        else read.value[0].set_state(read.value[1]);
      }
    };
    const tellPython = (state) => {
      model.set(state);
      model.save_changes();
    };
    let line = Promise.resolve(); // one message after the other, so that the last one wins
    const receive = (content, buffers) => {
      line = line.then(() => deliver(content.updates, buffers)).catch(report);
      tellPython({ first_batch_received: true });
    };
    // A workaround for https://github.com/manzt/anywidget/issues/803: anywidget's model waits for
    // its script before it takes a message, and never takes one if that took more than two seconds.
    // The model that it is derived from is ipywidgets' own and takes all of them.
    const receiveEverything = async () => {
      for (const id of model.get('scripted')) {
        const target = await manager.get_model(id);
        const { prototype } = Object.getPrototypeOf(target.constructor);
        target.comm?.on_msg(prototype._handle_comm_msg.bind(target));
      }
    };
    const listen = () => receiveEverything().catch(console.error);
    model.on('change:scripted', listen);
    model.on('msg:custom', receive);
    // Python sends batches only after a first one has been received
    listen().then(() => {
      tellPython({ ready: true, first_batch_received: false });
      model.send({ hello: true });
    });
    return () => {
      model.off('change:scripted', listen);
      model.off('msg:custom', receive);
    };
  },
};
