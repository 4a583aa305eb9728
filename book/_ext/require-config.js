// Runs behind require.js and before the widget manager: widgets resolve beside this file.
(() => {
  const here = new URL('.', document.currentScript.src).href;
  const paths = {};
  for (const name of ['bqplot', 'bqscales', 'anywidget']) paths[name] = here + name;
  // the widget manager brings these along; their places only say where its icon fonts lie
  paths['@jupyter-widgets/html-manager/dist'] = here.slice(0, -1);
  for (const name of ['html-manager', 'base', 'controls']) {
    paths[`@jupyter-widgets/${name}`] = here + name;
  }
  window.requirejs.config({ paths });
  window.__jupyter_widgets_assets_path__ = here;
  if (!document.querySelector('script[data-mathematics]')) return;

  // The page's mathematics was set when the book was built; that of a widget is set when it is
  // first shown, and MathJax is loaded then.
  let loading;
  const typesetPromise = async (places) => {
    loading ??= new Promise((resolve, reject) => {
      const script = document.createElement('script');
      script.src = `${here}mathjax/tex-mml-svg.js`;
      script.onload = () => {
        window.MathJax.Hub = Hub;
        resolve(window.MathJax.startup.promise);
      };
      script.onerror = () => reject(new Error("MathJax can't be loaded"));
      document.head.append(script);
    });
    await loading;
    return window.MathJax.typesetPromise(places);
  };
  // ipywidgets 8 still calls MathJax 2, and for every label
  const Hub = {
    Queue: (call) => {
      const place = call?.[2];
      if (/\$|\\[([]/.test(place?.textContent)) window.MathJax.typesetPromise([place]);
    },
  };
  window.MathJax = {
    startup: { typeset: false },
    options: { enableMenu: false },
    typesetPromise,
    Hub,
  };
})();
