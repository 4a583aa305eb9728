// Says in words what JupyterLab leaves as broken links, or as nothing: that a workbench ended with
// its kernel, and that it is in another tab now.
import { element } from './shared.js';

const DISCONNECTED = 'jupyter-widgets-disconnected';
export const STOPPED =
  'The kernel was restarted, so nothing here answers any more. Run the notebook’s first cell, then this one.';
export const TAKEN =
  'This workbench is in another tab or window now: its cell was run there. Run this cell to have it back here.';

function note(words) {
  const made = element('p', { className: 'storagelab-note' });
  made.setAttribute('role', 'status');
  made.style.cssText =
    'border-left:4px solid var(--jp-brand-color1,#1976d2);padding:0.2em 1em;margin:0.5em 0;max-width:48em';
  // a status is announced when it changes, not when it comes
  requestAnimationFrame(() => {
    made.textContent = words;
  });
  return made;
}

// Returns a function that says above a workbench whether its kernel is gone. On a page that never
// had a kernel it says nothing.
export function stopSign(root) {
  let lived = false;
  let said;
  return () => {
    const gone = root.classList.contains(DISCONNECTED);
    lived = lived || !gone;
    if (gone && lived && !said) {
      said = note(STOPPED);
      root.before(said);
    } else if (!gone && said) {
      said.remove();
      said = undefined;
    }
  };
}

// Say in a cell's output that its workbench is gone, unless the output goes too: JupyterLab takes an
// output away before it runs its cell, and hides one whose widget was closed from elsewhere. A
// workbench's widgets are closed one after the other, and this one is not the last.
export function sayTaken(output) {
  if (!output?.isConnected) return;
  const look = () => {
    if (!output.querySelector(':scope > .lm-mod-hidden')) return;
    watch.disconnect();
    output.append(note(TAKEN));
  };
  const watch = new MutationObserver(look);
  watch.observe(output, { attributes: true, attributeFilter: ['class'], subtree: true });
  look();
}
