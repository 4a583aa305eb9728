// Counts the words between the quotes of the cell that it stands under, while somebody writes.
import { element } from './shared.js';

export function wordsIn(text) {
  return text.split(/\s+/).filter((word) => word).length;
}

// What a cell's code has between its first and its last triple quotes: all to the end while the
// second ones are missing, nothing where there are none.
export function quoted(code) {
  const [mark] = code.match(/"""|'''/) ?? [];
  if (!mark) return '';
  const begin = code.indexOf(mark) + mark.length;
  const end = code.lastIndexOf(mark);
  return code.slice(begin, end >= begin ? end : undefined);
}

export function sentence(count, limits, says) {
  const at = limits.findIndex((below) => count < below);
  return says[at < 0 ? says.length - 1 : at].replace('{count}', count);
}

export default {
  render({ model, el }) {
    const told = element('p', { className: 'storagelab-words' });
    // announced only when the sentence becomes another one, not at every word
    const heard = element('span', {});
    heard.setAttribute('role', 'status');
    heard.style.cssText =
      'position:absolute;width:1px;height:1px;overflow:hidden;clip-path:inset(50%)';
    const show = (text) => {
      const [limits, says] = [model.get('limits'), model.get('says')];
      const count = wordsIn(text);
      const now = sentence(count, limits, says);
      if (told.textContent !== now) told.textContent = now;
      const kind = limits.findIndex((below) => count < below);
      if (heard.dataset.kind !== String(kind)) {
        heard.dataset.kind = String(kind);
        heard.textContent = now;
      }
    };
    show(model.get('text'));
    el.append(told, heard);
    let observer;
    // the view enters the page only after rendering
    const timer = setTimeout(() => {
      const editor = el.closest('.jp-CodeCell')?.querySelector('.cm-content');
      if (!editor) return;
      const code = () => [...editor.querySelectorAll('.cm-line')].map((line) => line.textContent);
      const count = () => show(quoted(code().join('\n')));
      observer = new MutationObserver(count);
      observer.observe(editor, { childList: true, characterData: true, subtree: true });
      count();
    }, 300);
    return () => {
      clearTimeout(timer);
      if (observer) observer.disconnect();
    };
  },
};
