// Sets mathematics when the book is built. From standard input come the pages as JSON, each a list
// of formulas; to standard output go each page's formulas as HTML, the shapes that these share, and
// the style sheet that all pages need.
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';

const require = createRequire(import.meta.url);
const MathJax = await require(process.argv[2]).init({
  loader: { load: ['input/tex-full', 'output/svg', 'adaptors/liteDOM'] },
  // an error is thrown in the place of a red message on the page
  tex: {
    packages: { '[-]': ['noerrors', 'noundefined'] },
    formatError: (_, error) => {
      throw error;
    },
  },
  svg: { fontCache: 'global' },
  startup: { typeset: false },
});
const { adaptor, output, document: page } = MathJax.startup;

// What a page of HTML needs of a formula: no namespaces, and no name of each piece that no style asks
// for. It is a fifth of a formula, and stands before the first figure of a chapter.
const LEFT_OUT =
  / (?:xmlns(?::xlink)?|focusable|data-c|data-latex|data-mjx-texclass|data-mml-node(?!="m(?:table|error)"))="[^"]*"/g;
const lightened = (html) => html.replace(LEFT_OUT, '').replace(/>\s+</g, '><');

function set({ tex, display }) {
  const drawn = MathJax.tex2svg(tex, { display });
  const shapes = adaptor.firstChild(drawn);
  adaptor.setAttribute(shapes, 'aria-hidden', 'true');
  adaptor.removeAttribute(shapes, 'role');
  const said = MathJax.tex2mml(tex, { display });
  const inner = adaptor.innerHTML(drawn);
  const assistive = `<mjx-assistive-mml unselectable="on" display="${display ? 'block' : 'inline'}">${said}</mjx-assistive-mml>`;
  adaptor.setAttribute(
    drawn,
    'style',
    `${adaptor.getAttribute(drawn, 'style') || ''}position: relative;`,
  );
  const outer = adaptor.outerHTML(drawn);
  return lightened(outer.replace(inner, () => inner + assistive));
}

const pages = JSON.parse(readFileSync(0, 'utf8')).map((formulas) => {
  output.fontCache.clearCache();
  const html = formulas.map(set);
  return {
    html,
    shapes: html.length ? lightened(adaptor.outerHTML(output.pageElements(page))) : '',
  };
});
const style = adaptor.textContent(output.styleSheet(page)).replaceAll('[data-c]', '');
process.stdout.write(JSON.stringify({ pages, style }));
