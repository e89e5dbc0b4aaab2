// The top of the page: what is done and held, now and over the last hour, and the process itself.

const kTiles = [
  { key: 'requests', title: 'Requests / s', lines: ['requests', 'polls'], rate: true,
    note: (now) => `${rate(now[1])} of them polls` },
  { key: 'faults', title: 'Faults / s', lines: ['faults', 'errors'], rate: true, note: (now) => `${rate(now[1])} errors` },
  { key: 'sessions', title: 'Sessions', lines: ['sessions'], live: (status) => status.sessions,
    note: (now, status) => `of ${count(status?.sessions_at_most)} at most` },
  { key: 'shells', title: 'Shells', lines: ['shells'],
    live: (status) => status.pools.reduce((sum, pool) => sum + pool.shells, 0),
    note: (now, status) => (status ? plural(status.pools.reduce((sum, pool) => sum + pool.clients, 0), 'client') : '') },
];

const tiles = new Map();
let history = null;

function makeTiles() {
  for (const tile of kTiles) {
    const chart = makeChart(tile.title, 56, tile.lines);
    const made = { tile, chart, now: el('p', { class: 'now' }, '–'), note: el('p', { class: 'note' }),
      most: el('span', {}) };
    made.node = el('div', { class: 'tile', 'data-key': tile.key }, el('h2', {}, tile.title), made.now, made.note,
      el('div', { class: 'plot' }, chart.node),
      // The chart's text alternative says the same.
      el('p', { class: 'axis', 'aria-hidden': 'true' }, el('span', {}, '−1 h'), made.most, el('span', {}, 'now')));
    tiles.set(tile.key, made);
    byId('summary').append(made.node);
  }
}

function showTiles(status) {
  for (const { tile, chart, now, note, most } of tiles.values()) {
    const lists = history ? tile.lines.map((line) =>
      (tile.rate ? perSecond(history[line], history.interval_seconds) : history[line])) : tile.lines.map(() => []);
    const values = lists.map(last);
    setText(now, tile.live && status ? count(tile.live(status)) : rate(values[0]));
    setText(note, tile.note(values, status));
    const highest = chart.show(lists, tile.rate ? rate : count);
    setText(most, lists[0].length > 0 ? `most ${tile.rate ? rate(highest) : count(highest)}` : '');
  }
}

const kFacts = [
  ['Up', (s) => duration(s.uptime_seconds)],
  ['Configuration', (s) => `revision ${s.revision}`],
  ['File', (s) => s.config_file],
  ['Workers', (s) => count(s.workers)],
  ['Accepted', (s) => `${count(s.sessions_total)} sessions`],
  ['Answered', (s) => `${count(s.totals.requests)} requests`],
  ['Faults', (s) => count(s.totals.faults)],
  ['Relayed', (s) => `${bytes(s.totals.request_bytes)} in, ${bytes(s.totals.response_bytes)} out`],
  ['Connects', (s) => `${count(s.totals.connects)}, ${count(s.totals.connect_failures)} failed`],
];

function makeProcess() {
  const facts = el('dl');
  for (const [name] of kFacts) facts.append(el('div', {}, el('dt', {}, name), el('dd', { 'data-fact': name }, '–')));
  facts.append(el('div', { class: 'reload' }, el('dt', {}, 'Last reload'), el('dd', { id: 'last-reload' }, '–')));
  byId('process').append(facts);
}

function showProcess(status) {
  setText(byId('version'), status.version);
  document.title = `winrm-lb · ${document.location.hostname}`;
  for (const [name, of] of kFacts) setText(document.querySelector(`[data-fact="${name}"]`), of(status));
  const reload = status.last_reload;
  const node = byId('last-reload');
  setText(node, !reload ? 'none yet'
    : reload.succeeded ? `succeeded at ${moment(reload.at)}`
      : `✕ failed at ${moment(reload.at)}; the old configuration goes on. ${reload.error ?? ''}`);
  setData(node, 'tone', reload && !reload.succeeded ? 'bad' : null);
  byId('process').classList.toggle('stopping', status.draining);
  if (status.draining) notify('The process is stopping: it takes no new sessions.', 'warn');
}

async function readHistory() {
  try {
    history = await api.get('history');
    document.dispatchEvent(new CustomEvent('history', { detail: history }));
    if (live.status) showTiles(live.status);
  } catch { /* the line at the top says that nothing can be read */ }
}
