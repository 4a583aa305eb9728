// A recorded workbench: sets what its kernel would set, from tables of all its states.
import { restored, sliceFor, snapped, strayed, wayOf } from './recorded_controls.js';
import {
  bestOf,
  differenceOf,
  filled,
  listed,
  listOf,
  plotOf,
  rowsOf,
  verdictOf,
} from './recorded_runs.js';
import { bytesOf, markIn, tableOf, unzipped, valueIn } from './recorded_table.js';
import { element, idOf } from './shared.js';
import { typed } from './traits.js';

const LOADING = 'Loading what is recorded of these settings …';
const LOST =
  'What is recorded of these settings couldn’t be loaded, so the figures stay as they are.';
const TOO_OLD =
  'This browser can’t unpack what is recorded here (it lacks DecompressionStream), so the figures stay as they are.';

// The text of a recording, from a script that calls a function of the page: scripts load from files
// too. Each is loaded once, however many workbenches there are.
function textOf(file) {
  window.storagelabTexts ??= new Map();
  window.storagelabRecorded ??= (name, text) => window.storagelabTexts.get(name)?.arrived(text);
  const known = window.storagelabTexts.get(file);
  if (known) return known.promise;
  let arrived;
  const promise = new Promise((resolve, reject) => {
    arrived = resolve;
    const script = element('script', { src: new URL(`recordings/${file}.js`, document.baseURI) });
    script.addEventListener('error', () => {
      window.storagelabTexts.delete(file); // the next move tries again
      reject(new Error(`${file} isn't there`));
    });
    document.head.append(script);
  });
  window.storagelabTexts.set(file, { promise, arrived });
  return promise;
}

const tables = new Map();

function loaded(file) {
  if (!tables.has(file)) {
    const table = textOf(file).then(async (text) => tableOf(await unzipped(bytesOf(text))));
    tables.set(file, table);
    table.catch(() => tables.delete(file));
  }
  return tables.get(file);
}

// What is said of controls that had to go back to where they start.
export function setBack(names, moved) {
  const verb = names.length > 1 ? 'are' : 'is';
  return `${listed(names)} ${verb} back at the start: this page has no recording of both that and ${listed(moved)}.`;
}

// The choice that follows what was moved: the option of a control that alone has changed, or null.
export function followed(controls, before, now) {
  const changed = Object.keys(controls).filter((control) => before[control] !== now[control]);
  return changed.length === 1 ? controls[changed[0]] : null;
}

// What the script knows of a workbench, and what it does when something is moved.
export function playerOf(plan, found, tell, isKept = () => false, load = loaded) {
  const { controls, slices } = plan;
  const moved = new Set(); // since the last that was shown
  const movers = [...found.sliders, ...found.choices];
  const names = [...controls.map((control) => control.label), ...plan.choices];
  const present = () => movers.map((mover) => mover.get('index'));
  let shown = [...plan.start];
  let marks; // of each trait, as it is shown
  let setting = false; // whether this script sets what it listens to
  let chosen = null; // the preset whose words are shown
  let turn = 0;
  let latest = Promise.resolve();

  const quietly = (act) => {
    const before = setting;
    setting = true;
    act();
    setting = before;
  };
  const set = (positions) =>
    quietly(() => {
      for (const [index, at] of positions) {
        if (movers[index].get('index') !== at) movers[index].set('index', at);
      }
    });

  // what follows from the controls alone
  const showControls = (state) =>
    quietly(() => {
      controls.forEach((control, index) => {
        if (control.field !== null)
          found.fields[control.field].set('value', control.shown[state[index]]);
      });
      plan.presets.forEach((preset, number) => {
        const at = isAt(preset, state);
        const button = found.pressed[number];
        if (button.get('_dom_classes').includes('mod-active') !== at) {
          button.set('_dom_classes', at ? ['mod-active'] : []);
        }
        if (chosen === number && !at) {
          chosen = null;
          found.words[0].set('value', '');
        }
      });
    });

  const wayIn = (unit, state, kept) =>
    wayOf(
      unit.ways,
      unit.choices.map((choice) =>
        choice === null ? Number(kept) : state[controls.length + choice],
      ),
    );

  // call `each` with every trait: its number, its unit's way, and the state on the table's own axes
  const everyTrait = (slice, state, kept, each) => {
    const at = slices[slice].axes.map((axis) => state[axis]);
    for (const unit of plan.units) {
      const way = wayIn(unit, state, kept);
      for (let trait = unit.from; trait < unit.to; trait += 1) each(trait, way, at);
    }
  };

  const showTable = (table, slice, state) => {
    const changes = new Map();
    everyTrait(slice, state, isKept(state), (trait, way, at) => {
      const mark = `${slice}:${markIn(table, trait, at, way)}`;
      if (marks[trait] === mark) return;
      marks[trait] = mark;
      const target = found.targets[trait];
      const value = typed(valueIn(table, trait, at, way));
      changes.set(target, { ...changes.get(target), [plan.names[trait]]: value });
    });
    quietly(() => {
      for (const [target, values] of changes) target.set(values);
    });
  };

  // The page opens at the start, and what is there already isn't set again.
  const begin = async () => {
    if (marks) return;
    const state = [...plan.start];
    const { slice } = sliceFor(
      slices.map(({ fixed }) => fixed),
      state,
      new Set(),
    );
    const table = await load(slices[slice].file);
    if (marks) return;
    marks = [];
    everyTrait(slice, state, false, (trait, way, at) => {
      marks[trait] = `${slice}:${markIn(table, trait, at, way)}`;
    });
  };

  const settle = () => {
    latest = show();
    return latest;
  };

  const show = async () => {
    turn += 1;
    const mine = turn;
    let state = present();
    const { slice, back } = sliceFor(
      slices.map(({ fixed }) => fixed),
      state,
      moved,
    );
    const because = [...moved].map((index) => names[index]);
    set(back);
    // of a figure's own choices one moves at a time
    const alone = plan.units.flatMap((unit) => strayed(unit, present(), controls.length, moved));
    set(alone);
    back.push(...alone);
    state = present();
    const follows = plan.follows && followed(plan.follows.controls, shown, state);
    if (plan.follows && follows !== null) {
      set([[controls.length + plan.follows.choice, follows]]);
      state = present();
    }
    moved.clear();
    shown = state;
    showControls(state);
    try {
      await begin();
      const table = load(slices[slice].file);
      const slow = setTimeout(() => tell(LOADING), 150);
      const ready = await table.finally(() => clearTimeout(slow));
      if (mine !== turn) return; // something else was moved since
      showTable(ready, slice, state);
      tell(
        back.length
          ? setBack(
              back.map(([index]) => names[index]),
              because,
            )
          : '',
      );
    } catch (problem) {
      console.warn(problem);
      if (mine === turn) tell(LOST);
    }
  };

  const move = (positions) => {
    set(positions);
    for (const [index] of positions) moved.add(index);
    return settle();
  };

  const forget = (target) =>
    found.targets.forEach((item, trait) => {
      if (marks && item === target) marks[trait] = '';
    });

  return {
    begin,
    move,
    settle,
    present,
    quietly,
    isQuiet: () => setting,
    moved,
    choose,
    forget,
    settled: () => latest,
  };

  function choose(number) {
    const preset = plan.presets[number];
    const done = move(
      new Map(Object.entries(preset.positions).map(([index, at]) => [Number(index), at])),
    );
    chosen = number;
    found.words[0].set('value', preset.words);
    return done;
  }
}

// Whether controls stand where a preset sets them.
export function isAt(preset, state) {
  return (
    preset.exact && Object.entries(preset.positions).every(([index, at]) => state[index] === at)
  );
}

// Have a button do something here: without a kernel, what it sends leads nowhere.
function onPress(button, act) {
  button.send = (content) => {
    if (content.event === 'click') act();
  };
}

function listen(plan, found, player) {
  const { controls } = plan;
  [...found.sliders, ...found.choices].forEach((mover, index) => {
    mover.on('change:index', () => {
      if (player.isQuiet()) return;
      player.moved.add(index);
      player.settle();
    });
  });
  controls.forEach((control, index) => {
    if (control.field === null) return;
    const field = found.fields[control.field];
    field.on('change:value', () => {
      const [typedIn, at] = [field.get('value'), player.present()[index]];
      if (player.isQuiet() || typedIn === control.shown[at]) return;
      const meant = snapped(control, typedIn, at);
      player.quietly(() => field.set('value', control.shown[meant]));
      if (meant !== at) player.move(new Map([[index, meant]]));
    });
    onPress(found.fields[control.field + 1], () => player.move(new Map([[index, control.start]])));
  });
  plan.presets.forEach((_, number) => {
    onPress(found.pressed[number], () => player.choose(number));
  });
  const [, told, called] = found.words;
  const [line, caller] = found.others;
  line.on('change:value', () => {
    if (player.isQuiet()) return;
    const read = restored(line.get('value'), controls);
    if (!read) {
      told.set('value', plan.line.wrong);
      return;
    }
    told.set('value', read.exact ? plan.line.exact : plan.line.near);
    player.forget(line); // it shows what somebody typed
    player.move(read.positions);
  });
  if (plan.event) {
    onPress(caller, () => {
      called.set('value', plan.event.words);
      player.move(new Map([[plan.event.control, plan.event.at]]));
    });
  }
}

// Record a run where a button asks for it, once the page shows what it comes to.
function keep(plan, found, player, ledger) {
  onPress(ledger.button, () =>
    player.settled().then(() => {
      if (!ledger.record(player.present())) return;
      ledger.showBest((state, words) => {
        player.move(new Map(plan.controls.map((_, index) => [index, state[index]])));
        found.words[0].set('value', `<p class="storagelab-words">${words}</p>`);
      });
      player.settle();
    }),
  );
}

// The list of recorded runs, which is kept as long as the page is open.
export function ledgerOf(plan, found, model) {
  const runs = []; // what each came to, and where the controls stood
  const came = () => runs.map((run) => run.came);
  const states = () => runs.map((run) => run.state);
  const here = (state) => plan.controls.map((_, index) => state[index]).join();
  const names = ['button', 'words', 'box', 'points', 'below', 'best', 'numbers', 'frontier'];
  const more = ['caption', 'tools', 'one', 'other', 'sides', 'difference', 'mine', 'presets'];
  const all = [...names, ...more];
  const widget = Object.fromEntries(all.map((name, index) => [name, found.ledger[index]]));
  const parts = found.ledger.slice(all.length);
  const says = plan.runs;
  let choosing = false;

  const compare = () => {
    if (choosing || runs.length < 2) return;
    const sides = [widget.one.get('index'), widget.other.get('index')];
    widget.difference.set('value', differenceOf(came(), states(), sides, says.difference));
  };
  const offer = () => {
    if (runs.length < 2) return;
    choosing = true;
    const labels = runs.map((_, at) => `run ${at + 1}`);
    [widget.one, widget.other].forEach((side, at) => {
      side.set({ _options_labels: labels, index: runs.length - 2 + at });
    });
    choosing = false;
    if (!widget.sides.get('children').length) {
      widget.sides.set('children', [widget.one, widget.other]);
    }
    compare();
  };
  const caption = (text, kind) => `<p class="storagelab-words storagelab-${kind}">${text}</p>`;
  const show = () => {
    const left = says.most - runs.length;
    const next = filled(says.record, { run: runs.length + 1, most: says.most });
    widget.button.set({ description: left > 0 ? next : says.noneLeft, disabled: left <= 0 });
    widget.words.set('value', caption(verdictOf(came(), says), 'announced'));
    parts[1].set('value', listOf(came(), says.list));
    const drawn = plotOf(came(), says.plot);
    for (const name of ['points', 'below', 'best', 'numbers', 'frontier']) {
      const values = Object.entries(drawn[name]).map(([trait, value]) => [trait, typed(value)]);
      widget[name].set(Object.fromEntries(values));
    }
    widget.caption.set('value', caption(drawn.words, 'folds'));
    widget.tools.set('rows', rowsOf(came(), states(), plan.controls, says.plot.scale));
    if (!widget.box.get('children').length) widget.box.set('children', parts);
    offer();
  };
  const showBest = (press) => {
    const best = bestOf(came());
    if (best === null) return;
    const words = filled(says.mine, { run: best + 1 });
    widget.mine.set('tooltip', words);
    const children = widget.presets.get('children');
    if (!children.includes(widget.mine)) widget.presets.set('children', [...children, widget.mine]);
    onPress(widget.mine, () => press(runs[best].state, words));
  };
  const record = (state) => {
    if (runs.length >= says.most) return false;
    runs.push({ came: model.get('run'), state: [...state] });
    show();
    return true;
  };
  for (const side of [widget.one, widget.other]) side.on('change:index', compare);
  return {
    button: widget.button,
    record,
    showBest,
    isKept: (state) => runs.some((run) => here(run.state) === here(state)),
  };
}

const LISTS = ['ledger', 'sliders', 'fields', 'targets', 'choices', 'pressed', 'words', 'others'];

async function widgetsOf(model) {
  const models = (name) =>
    Promise.all(model.get(name).map((item) => model.widget_manager.get_model(idOf(item))));
  const lists = await Promise.all(LISTS.map(models));
  return Object.fromEntries(LISTS.map((name, index) => [name, lists[index]]));
}

export default {
  initialize({ model }) {
    // not awaited: anywidget waits for two seconds only, and a slow page takes longer
    widgetsOf(model)
      .then((found) => {
        const tell = (words) => model.set('said', words);
        if (!('DecompressionStream' in window)) {
          tell(TOO_OLD);
          return;
        }
        const plan = model.get('plan');
        const ledger = plan.runs && ledgerOf(plan, found, model);
        const player = playerOf(plan, found, tell, ledger?.isKept);
        listen(plan, found, player);
        if (ledger) keep(plan, found, player, ledger);
        // what is moved before it is there is shown when it is
        player.begin().then(
          () => model.set('ready', true),
          () => tell(LOST),
        );
      })
      .catch(console.error);
  },

  render({ model, el }) {
    const said = element('p', { className: 'storagelab-recorded' });
    said.setAttribute('role', 'status');
    const say = () => {
      said.textContent = model.get('said');
    };
    model.on('change:said', say);
    el.append(said);
    say();
    return () => model.off('change:said', say);
  },
};
