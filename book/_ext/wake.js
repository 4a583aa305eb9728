// Brings a page's widgets to life when somebody comes near one: until then a page shows what was
// drawn when the book was built, and loads none of the scripts that widgets need.

const VIEW = 'script[type="application/vnd.jupyter.widget-view+json"]';
const STATE = 'script[type="application/vnd.jupyter.widget-state+json"]';
// names the script with the states of a page that has pictures
const MODELS = 'meta[name="storagelab-models"]';
// what only somebody who reads the page does
const SIGNS = ['pointermove', 'pointerdown', 'touchstart', 'wheel', 'keydown', 'scroll', 'focusin'];
// frames for which a view has to look the same before it takes the place of its picture
const CALM = 6;
// frames after which it takes that place whatever it looks like
const PATIENCE = 1800;

// Whether a box is to be brought to life: somebody is there and near it. Where the book was built
// without pictures there is nothing to look at before, so that nobody is waited for.
export function due(box, somebody) {
  return !box.woken && box.near && (somebody || !box.still);
}

// Whether an event is a sign that somebody is there. The theme scrolls its list of chapters by itself.
export function isSign(event, root) {
  return event.type !== 'scroll' || event.target === root;
}

// A function that, told each frame what a view looks like, says whether it has come to rest. An
// empty look is that of a view which isn't drawn yet.
export function restful(calm, patience) {
  let before = '';
  let same = 0;
  let frames = 0;
  return (look) => {
    frames += 1;
    same = look && look === before ? same + 1 : 0;
    before = look;
    return same >= calm || frames >= patience;
  };
}

// What a view looks like, as text; empty while a figure in it has no axes or no name.
export function lookOf(area) {
  const figures = [...area.querySelectorAll('.bqplot')];
  const named = (figure) =>
    figure.hasAttribute('aria-label') || !figure.closest('.storagelab-instrument');
  const drawn = (figure) => figure.querySelector('.axis path, .curve path');
  if (!area.firstElementChild || !figures.every((figure) => named(figure) && drawn(figure))) {
    return '';
  }
  const { width, height } = area.getBoundingClientRect();
  return `${width} ${height} ${area.querySelectorAll('*').length}`;
}

function load(address) {
  return new Promise((resolve, reject) => {
    const script = document.createElement('script');
    script.src = address;
    script.onload = resolve;
    script.onerror = () => reject(new Error(`${address} can't be loaded`));
    document.head.append(script);
  });
}

// The states of a page's widgets: from the script that it names or, without pictures, from itself.
async function statesOf(page) {
  const named = page.querySelector(MODELS);
  if (named) {
    await load(named.content);
    return window.storagelabModels;
  }
  return [...page.querySelectorAll(STATE)].map((state) => JSON.parse(state.textContent));
}

// One widget manager for the page, with all of its models.
async function makeManager(here) {
  const states = statesOf(document);
  await load(`${here}require.js`);
  await load(`${here}require-config.js`);
  await load(`${here}libembed-amd.js`);
  const modules = [
    '@jupyter-widgets/html-manager',
    '@jupyter-widgets/html-manager/dist/libembed-amd',
  ];
  const [{ HTMLManager }, { requireLoader }] = await new Promise((resolve, reject) => {
    window.requirejs(modules, (...found) => resolve(found), reject);
  });
  const manager = new HTMLManager({ loader: requireLoader });
  for (const state of await states) await manager.set_state(state);
  return manager;
}

function atRest(area) {
  const rest = restful(CALM, PATIENCE);
  return new Promise((resolve) => {
    const look = () => (rest(lookOf(area)) ? resolve() : requestAnimationFrame(look));
    look();
  });
}

// Draw a view behind its picture, and let it take the picture's place once it is whole.
async function show(manager, box) {
  const area = document.createElement('div');
  area.className = 'widget-subarea';
  box.place.classList.add('storagelab-waking');
  box.script.before(area);
  const model = await manager.get_model(JSON.parse(box.script.textContent).model_id);
  await manager.display_view(manager.create_view(model), area);
  await atRest(area);
  box.still?.remove();
  box.place.classList.remove('storagelab-waking');
  box.place.classList.add('storagelab-live');
}

function begin(here) {
  const boxes = [...document.querySelectorAll(VIEW)].map((script) => ({
    script,
    place: script.parentElement,
    still: script.parentElement.querySelector(':scope > .storagelab-still'),
    near: false,
    woken: false,
  }));
  if (!boxes.length) return;
  let manager;
  let somebody = false;
  const wake = (box) => {
    box.woken = true;
    manager ??= makeManager(here);
    manager
      .then((made) => show(made, box))
      .catch((problem) => {
        box.place.classList.remove('storagelab-waking');
        console.error(problem);
      });
  };
  const look = () => boxes.filter((box) => due(box, somebody)).forEach(wake);
  const observer = new IntersectionObserver(
    (entries) => {
      for (const entry of entries) {
        for (const box of boxes) if (box.place === entry.target) box.near = entry.isIntersecting;
      }
      look();
    },
    { rootMargin: '100% 0%' },
  );
  for (const box of boxes) observer.observe(box.place);
  const notice = (event) => {
    if (!isSign(event, document)) return;
    for (const sign of SIGNS) window.removeEventListener(sign, notice, { capture: true });
    somebody = true;
    look();
  };
  for (const sign of SIGNS) {
    window.addEventListener(sign, notice, { capture: true, passive: true });
  }
  // how the book's build has all of them drawn
  document.addEventListener('storagelab-wake', () => {
    for (const box of boxes) box.near = true;
    somebody = true;
    look();
  });
}

export function main(here) {
  if (document.readyState === 'loading') {
    document.addEventListener('DOMContentLoaded', () => begin(here));
  } else {
    begin(here);
  }
}
