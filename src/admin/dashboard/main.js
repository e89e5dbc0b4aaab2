// Puts the page together, and keeps it up to date.

const kThemeKey = 'winrm-lb theme';

function useTheme(theme) {
  document.documentElement.dataset.theme = theme;
  setText(byId('theme'), theme === 'dark' ? 'Light' : 'Dark');
  byId('theme').setAttribute('aria-label', theme === 'dark' ? 'Use light colours' : 'Use dark colours');
}

function startTheme() {
  const system = matchMedia('(prefers-color-scheme: dark)');
  const wanted = () => localStorage.getItem(kThemeKey) ?? (system.matches ? 'dark' : 'light');
  useTheme(wanted());
  system.addEventListener('change', () => useTheme(wanted()));
  byId('theme').addEventListener('click', () => {
    localStorage.setItem(kThemeKey, document.documentElement.dataset.theme === 'dark' ? 'light' : 'dark');
    useTheme(wanted());
  });
}

function showToken() {
  const has = api.token() !== '';
  setText(byId('token'), has ? 'Forget token' : 'Token …');
  byId('token').setAttribute('aria-pressed', String(has));
}

function startTools() {
  byId('reload').addEventListener('click', reloadConfiguration);
  byId('log-level').addEventListener('click', setLogLevel);
  byId('token').addEventListener('click', () => (api.token() ? api.keepToken('') : askForToken()));
  document.addEventListener('token', showToken);
  showToken();
}

// Again and again while the page is looked at, each time after the one before has ended.
async function every(milliseconds, act) {
  for (;;) {
    if (!document.hidden && live.last) await act();
    await new Promise((resume) => { setTimeout(resume, milliseconds); });
  }
}

function start() {
  startTheme();
  startTools();
  makeTiles();
  makeProcess();
  makeClients();
  makeSessions();
  makeListeners();
  makeChanges();
  let begun = false;
  document.addEventListener('status', ({ detail: status }) => {
    showTiles(status);
    showProcess(status);
    showPools(status);
    showDrains(status);
    showListeners(status);
    showClientChoices(status);
    showSessionChoices(status);
    if (begun) return;
    begun = true;
    every(10_000, readHistory);
    every(3_000, readHolders);
    every(5_000, async () => { await clients.pager.read(); await sessions.pager.read(); });
    every(60_000, readCertificates);
  });
  document.addEventListener('history', ({ detail }) => {
    takeChanges(detail.changes);
    if (live.status) showPools(live.status);
  });
  document.addEventListener('change-of-server', ({ detail }) => takeChange(detail));
  watchStaleness();
  follow();
}

start();
