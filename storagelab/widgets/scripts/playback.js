// Sets what an update in Python would set, from frames that were recorded beforehand.
const find = (model, name) => model.widget_manager.get_model(name.slice('IPY_MODEL_'.length));
const isNumbers = (value) => Array.isArray(value) && typeof value[0] === 'number';
// as bqplot holds its coordinates: an array of numbers, or one for each curve
const typed = (value) => {
  if (isNumbers(value)) return Float64Array.from(value);
  return Array.isArray(value) ? value.map(typed) : value;
};
export default {
  initialize({ model }) {
    const names = model.get('names');
    const frames = model.get('frames');
    let leave = () => {};
    const follow = ([source, ...targets]) => {
      const play = () => {
        const frame = frames[source.get('index')];
        if (!frame) return;
        const changes = new Map();
        targets.forEach((target, i) => {
          changes.set(target, { ...changes.get(target), [names[i]]: typed(frame[i]) });
        });
        // x and y of a mark change together, or it is drawn between two frames
        changes.forEach((values, target) => target.set(values));
      };
      source.on('change:index', play);
      leave = () => source.off('change:index', play);
    };
    // not awaited: anywidget gives up after two seconds, and a slow page takes longer
    const all = [model.get('source'), ...model.get('targets')];
    Promise.all(all.map((name) => find(model, name))).then(follow);
    return () => leave();
  },
};
