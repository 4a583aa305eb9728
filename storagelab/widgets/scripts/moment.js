// The crisis and now, side by side: a panel that opens by itself once, when the targets are met for
// the first time, takes no focus, and can be opened again. What clicks can be heard.
import { element } from './shared.js';

export const SECONDS = 5;
const SCALES = [
  [1, 'five seconds as they are'],
  [12, 'a minute in five seconds'],
  [720, 'an hour in five seconds'],
  [17280, 'a day in five seconds'],
];

// How much faster than life to play, as a factor and in words: the least at which the crisis is
// heard more than twice.
export function scaleFor(clicksPerHour) {
  const heard = ([factor]) => (clicksPerHour * factor * SECONDS) / 3600 > 2;
  return SCALES.find(heard) ?? SCALES[SCALES.length - 1];
}

// When it clicks, in seconds from the start: evenly, at a rate `factor` times as high as in life.
export function clickTimes(clicksPerHour, factor, seconds = SECONDS) {
  const rate = (clicksPerHour * factor) / 3600;
  const count = Math.round(rate * seconds);
  return Array.from({ length: count }, (_, index) => ((index + 0.5) * seconds) / count);
}

// What is said while it plays.
export function saying(when, clicksPerHour, scale) {
  const count = clickTimes(clicksPerHour, scale[0]).length;
  const clicks = count === 1 ? '1 click' : `${count || 'no'} clicks`;
  return `${when}, ${scale[1]}: ${clicks}.`;
}

// Play a soft tone from `start` on, for SECONDS, with a click at each of `times`.
function schedule(context, times, start) {
  const gain = (level) => {
    const made = context.createGain();
    made.gain.value = level;
    made.connect(context.destination);
    return made;
  };
  const tone = context.createOscillator();
  tone.frequency.value = 220;
  tone.connect(gain(0.03));
  tone.start(start);
  tone.stop(start + SECONDS);
  const length = Math.round(0.006 * context.sampleRate);
  const click = context.createBuffer(1, length, context.sampleRate);
  const wave = click.getChannelData(0);
  for (let i = 0; i < length; i += 1) wave[i] = (i % 16 < 8 ? 1 : -1) * (1 - i / length);
  const out = gain(0.3);
  for (const time of times) {
    const source = context.createBufferSource();
    source.buffer = click;
    source.connect(out);
    source.start(start + time);
  }
}

// Play then and now; `tell` gets the words, and an empty text at the end. Returns what stops it.
function play([then, now], tell) {
  const context = new AudioContext();
  const scale = scaleFor(then);
  const pause = 0.8;
  const begin = context.currentTime + 0.1;
  schedule(context, clickTimes(then, scale[0]), begin);
  schedule(context, clickTimes(now, scale[0]), begin + SECONDS + pause);
  tell(saying('The crisis', then, scale));
  const timers = [
    setTimeout(() => tell(saying('Now', now, scale)), 1000 * (SECONDS + pause)),
    setTimeout(() => stop(), 1000 * (2 * SECONDS + pause + 0.2)),
  ];
  let stopped = false;
  function stop() {
    if (stopped) return;
    stopped = true;
    for (const timer of timers) clearTimeout(timer);
    context.close();
    tell('');
  }
  return stop;
}

// One sentence for those who hear the page.
export function announced(crisis, now) {
  const said = (numbers) => numbers.map(([number, label]) => `${number} ${label}`).join(', ');
  return `All targets are met. The crisis: ${said(crisis)}. Now: ${said(now)}.`;
}

function button(text, act) {
  const made = element('button', { type: 'button', textContent: text, onclick: act });
  made.className = 'storagelab-save';
  return made;
}

function numbers(title, pairs) {
  const box = element('div', { className: 'storagelab-moment-side' });
  box.append(element('p', {}, title));
  for (const [number, label] of pairs) {
    box.append(element('p', {}, element('strong', {}, number), ` ${label}`));
  }
  return box;
}

export default {
  render({ model, el }) {
    let last; // the numbers at which the targets were met
    let stop;
    const heard = element('div', { className: 'storagelab-unseen' });
    heard.setAttribute('role', 'status');
    const panel = element('section', { className: 'storagelab-moment', hidden: true });
    panel.id = `storagelab-moment-${model.model_id ?? Math.random().toString(36).slice(2)}`;
    panel.setAttribute('aria-label', 'Crisis and now');
    const opener = button('Crisis and now', () => (panel.hidden ? open() : close()));
    opener.hidden = true;
    opener.setAttribute('aria-controls', panel.id);
    const sound = button('Hear it', () => (stop ? stop() : listen()));
    const said = element('span', { className: 'storagelab-moment-said' });
    said.setAttribute('role', 'status');
    const closer = button('×', () => {
      close();
      opener.focus();
    });
    closer.classList.add('storagelab-moment-close');
    closer.setAttribute('aria-label', 'Close: crisis and now');

    const listen = () => {
      stop = play(last.clicks, (words) => {
        said.textContent = words;
        sound.textContent = words ? 'Stop' : 'Hear it';
        if (!words) stop = undefined;
      });
    };
    const draw = () => {
      const arrow = element('span', { className: 'storagelab-moment-arrow' }, '→');
      arrow.setAttribute('aria-hidden', 'true');
      panel.replaceChildren(
        numbers('The crisis', model.get('crisis')),
        arrow,
        numbers('Now', last.now),
        closer,
        ...(last.clicks.length ? [element('div', {}, sound, said)] : []),
      );
    };
    const open = () => {
      draw();
      panel.hidden = false;
      opener.setAttribute('aria-expanded', 'true');
    };
    const close = () => {
      stop?.();
      panel.hidden = true;
      opener.setAttribute('aria-expanded', 'false');
    };
    const follow = () => {
      if (!model.get('met')) return;
      const first = !last;
      last = { now: model.get('now'), clicks: model.get('clicks') };
      if (first) {
        opener.hidden = false;
        open();
        // a status is announced when it changes, not when it comes
        requestAnimationFrame(() => {
          heard.textContent = announced(model.get('crisis'), last.now);
        });
      } else if (!panel.hidden && !stop) {
        draw();
      }
    };
    el.append(heard, panel, opener);
    // the box around this view enters the page only after rendering
    const timer = setTimeout(() => {
      el.closest('.storagelab-workbench')?.querySelector('.storagelab-dock-tools')?.append(opener);
    }, 300);
    for (const name of ['met', 'now']) model.on(`change:${name}`, follow);
    follow();
    return () => {
      clearTimeout(timer);
      stop?.();
      opener.remove();
      for (const name of ['met', 'now']) model.off(`change:${name}`, follow);
    };
  },
};
