// The tabs: links to a hash, each with its panel.

const tabs = [...document.querySelectorAll('[role=tab]')];

/** Shows the panel that the hash names, now and whenever it changes. */
export function showTabs(panel) {
  const show = () => select(tabs.find(({ hash }) => hash === location.hash) ?? tabs[0], panel);
  window.addEventListener('hashchange', show);
  tabs.forEach((tab) => tab.addEventListener('keydown', move));
  show();
}

function select(selected, panel) {
  for (const tab of tabs) {
    tab.setAttribute('aria-selected', tab === selected);
    tab.tabIndex = tab === selected ? 0 : -1;
    panel(tab.hash.slice(1)).hidden = tab !== selected;
  }
}

/** The arrow keys go from tab to tab. */
function move(event) {
  const step = { ArrowLeft: -1, ArrowRight: 1 }[event.key];
  if (!step) return;
  event.preventDefault();
  const next = tabs.at((tabs.indexOf(event.target) + step) % tabs.length);
  next.focus();
  next.click();
}
