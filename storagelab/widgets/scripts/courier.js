// Unpacks one message into the updates of many widgets, as ipywidgets unpacks each by itself.
function putBuffers(state, paths, buffers) {
  paths.forEach((path, index) => {
    let holder = state;
    for (const key of path.slice(0, -1)) holder = holder[key];
    holder[path[path.length - 1]] = buffers[index];
  });
}

export default {
  initialize({ model }) {
    const manager = model.widget_manager;
    const unpack = async ([id, state, paths], buffers) => {
      putBuffers(state, paths, buffers);
      const target = await manager.get_model(id);
      return [target, await target.constructor._deserialize_state(state, manager)];
    };
    const deliver = async (updates, buffers) => {
      let taken = 0;
      const unpacked = updates.map((update) => {
        const first = taken;
        taken += update[2].length;
        return unpack(update, buffers.slice(first, taken));
      });
      for (const [target, state] of await Promise.all(unpacked)) target.set_state(state);
    };
    let line = Promise.resolve(); // one message after the other, so that the last one wins
    const receive = (content, buffers) => {
      const report = (problem) => console.error('an update was lost:', problem);
      line = line.then(() => deliver(content.updates, buffers)).catch(report);
      say({ heard: true });
    };
    const say = (state) => {
      model.set(state);
      model.save_changes();
    };
    // anywidget's model waits for its script before it takes a message, and takes none, ever, where
    // that was more than two seconds; the model beneath it is ipywidgets' own and takes all
    const hearEverything = async () => {
      for (const id of model.get('scripted')) {
        const target = await manager.get_model(id);
        const { prototype } = Object.getPrototypeOf(target.constructor);
        target.comm?.on_msg(prototype._handle_comm_msg.bind(target));
      }
    };
    const listen = () => hearEverything().catch(console.error);
    model.on('change:scripted', listen);
    model.on('msg:custom', receive);
    // the courier is only sent with anything once a load came through
    listen().then(() => {
      say({ ready: true, heard: false });
      model.send({ hello: true });
    });
    return () => {
      model.off('change:scripted', listen);
      model.off('msg:custom', receive);
    };
  },
};
