"""Names for slider handles, which ipywidgets leaves nameless to a screen reader."""

from __future__ import annotations

from typing import Any

import anywidget

_SCRIPT = """
function nameHandles(root) {
  for (const handle of root.querySelectorAll('.noUi-handle')) {
    const box = handle.closest('.widget-slider');
    const label = box && box.querySelector('.widget-label');
    const readout = box && box.querySelector('.widget-readout');
    const set = (name, value) => {
      if (value && handle.getAttribute(name) !== value) handle.setAttribute(name, value);
    };
    if (label) set('aria-label', label.textContent.trim());
    if (readout) set('aria-valuetext', readout.textContent.trim());
  }
}
export default {
  render({ el }) {
    el.style.display = 'none';
    let observer;
    // the box that holds this view is in the page only after rendering
    const timer = setTimeout(() => {
      const root = el.closest('.storagelab-workbench') || document.body;
      nameHandles(root);
      observer = new MutationObserver(() => nameHandles(root));
      observer.observe(root, { childList: true, characterData: true, subtree: true });
    }, 300);
    return () => { clearTimeout(timer); if (observer) observer.disconnect(); };
  },
};
"""


class SliderNames(anywidget.AnyWidget):
    """Invisible; gives every slider handle of its workbench the slider's label and value."""

    _esm: Any = _SCRIPT
