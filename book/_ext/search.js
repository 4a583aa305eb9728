// On the search page: pages' words from here in the place of the pages themselves, which a browser
// doesn't fetch from a file, and which have mathematics in them.

// A `fetch` that answers with the words of a page that is known and asks `other` for the rest.
export function answering(texts, other) {
  return (address, ...options) => {
    const name = String(address)
      .split('/')
      .at(-1)
      .replace(/\.html$/, '');
    if (!Object.hasOwn(texts, name)) return other(address, ...options);
    return Promise.resolve(new Response(texts[name]));
  };
}
