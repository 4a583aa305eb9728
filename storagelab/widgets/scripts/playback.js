// Sets what an update in Python would set, from frames that were recorded in advance.
import { idOf } from './shared.js';
import { typed } from './traits.js';

// A frame's values by target: x and y of a mark change together, or it is drawn between two frames.
export function changesIn(frame, targets, names) {
  const changes = new Map();
  targets.forEach((target, i) => {
    changes.set(target, { ...changes.get(target), [names[i]]: typed(frame[i]) });
  });
  return changes;
}

export default {
  initialize({ model }) {
    const names = model.get('names');
    let leave = () => {};
    const follow = ([source, ...targets]) => {
      const play = () => {
        const frame = model.get('frames')[source.get('index')];
        if (!frame) return;
        for (const [target, values] of changesIn(frame, targets, names)) target.set(values);
      };
      source.on('change:index', play);
      model.on('change:frames', play);
      leave = () => {
        source.off('change:index', play);
        model.off('change:frames', play);
      };
    };
    // not awaited: anywidget waits for two seconds only, and a slow page takes longer
    const all = [model.get('source'), ...model.get('targets')];
    Promise.all(all.map((reference) => model.widget_manager.get_model(idOf(reference)))).then(
      follow,
    );
    return () => leave();
  },
};
