// Copies a text. On a page without https, scripts have no access to the clipboard: there the text is
// copied with the old command that browsers keep for such pages.
import { element, modelIn } from './shared.js';

export async function copy(text) {
  if (navigator.clipboard && window.isSecureContext) return navigator.clipboard.writeText(text);
  const field = element('textarea', { value: text });
  field.style.position = 'fixed';
  field.style.opacity = '0';
  document.body.append(field);
  field.select();
  const done = document.execCommand('copy');
  field.remove();
  if (!done) throw new Error('the browser refuses');
  return undefined;
}

export default {
  render({ model, el }) {
    const source = modelIn(model, 'source');
    const button = element('button', { type: 'button', className: 'storagelab-save' }, 'Copy');
    button.setAttribute('aria-label', `Copy ${model.get('what')}`);
    const told = element('span', {});
    told.setAttribute('role', 'status');
    button.addEventListener('click', async () => {
      try {
        await copy((await source).get('value'));
        told.textContent = ' Copied.';
      } catch {
        told.textContent = ' Select the line and press Ctrl+C.';
      }
      button.focus();
    });
    const stale = () => {
      told.textContent = '';
    };
    source.then((field) => field.on('change:value', stale));
    el.append(button, told);
    return () => {
      source.then((field) => field.off('change:value', stale));
    };
  },
};
