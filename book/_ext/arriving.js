// What lies below the first screen is laid out once the page has been painted, and not before. Who
// comes for a place further down, or back to one, gets the whole page at once: its height is known.

const ARRIVING = 'storagelab-arriving';

export function arrive(page) {
  const [entry] = page.performance.getEntriesByType('navigation');
  if (page.location.hash || entry?.type !== 'navigate') return;
  const { classList } = page.document.documentElement;
  const arrived = () => classList.remove(ARRIVING);
  classList.add(ARRIVING);
  page.addEventListener('load', () => page.requestAnimationFrame(() => page.setTimeout(arrived)), {
    once: true,
  });
}
