// Writes down, frame by frame, what of the page is there: told by performance.now(), which counts
// from the loading of the page. Read by tests/bench/pages/measure.py.
(() => {
  window.imanSeen = [];
  let last = "";
  const count = (what) => document.querySelectorAll(what).length;
  const look = () => {
    const app = document.querySelector('[data-testid="stApp"]');
    const painted = [...document.querySelectorAll(".js-plotly-plot, .iman-chart, .iman-week")]
      .filter((one) => !one.matches(".js-plotly-plot") || one.querySelector(".main-svg")).length;
    const now = {
      state: app ? app.getAttribute("data-test-script-state") : null,
      charts: painted,
      blocks: count('[data-testid="stHtml"]'),
      // what has its place, and is not painted yet
      pending: count('[data-testid="stSkeleton"]') +
        [...document.querySelectorAll('[data-testid="stPlotlyChart"]')]
          .filter((one) => !one.querySelector(".main-svg")).length,
      widgets: count('[data-testid="stSelectbox"], [data-testid="stTextInput"]'),
    };
    const key = JSON.stringify(now);
    if (key !== last) {
      last = key;
      window.imanSeen.push({ at: performance.now(), ...now });
    }
    requestAnimationFrame(look);
  };
  requestAnimationFrame(look);
})();
