// Open sessions: who they are, as far as their logins show it, and where they are connected.

const kSessionColumns = [
  { key: 'session', label: 'Session' }, { key: 'client', label: 'Client' }, { key: 'user', label: 'User' },
  { key: 'server', label: 'Server' }, { key: 'listener', label: 'Listener' }, { key: 'open', label: 'Open for', kind: 'number' },
  { key: 'exchanges', label: 'Exchanges', kind: 'number' }, { key: 'bytes', label: 'In, out', kind: 'number' },
  { key: 'note', label: 'Now' }, { key: 'act', label: 'Actions', hidden: true },
];

const sessions = {};

async function loadSessions(after) {
  let query = `sessions?limit=${kPage}`;
  if (sessions.pool.value) query += `&pool=${encodeURIComponent(sessions.pool.value)}`;
  if (after) query += `&after=${encodeURIComponent(after)}`;
  const wanted = sessions.filter.value.trim();
  if (isAddress(wanted)) query += `&client=${encodeURIComponent(wanted)}`;
  else if (wanted) return { rows: [], total: 0, said: 'Sessions are looked for by a whole address.' };
  const answer = await api.get(query);
  return { rows: answer.sessions, total: answer.total, next: answer.next };
}

function makeSession(session) {
  const row = sessions.table.makeRow();
  setText(row.cells.session, session.session);
  row.cells.act.append(button('Kick …', () => kick(`session ${session.session}`, { session: session.session }, 1), `Kick session ${session.session}`));
  return row;
}

function showSession(row, session) {
  const { cells } = row;
  setText(cells.client, session.client);
  setText(cells.user, [session.user, session.login ? `(${session.login})` : ''].filter(Boolean).join(' ') || '–');
  setText(cells.server, session.server ?? '–');
  setText(cells.listener, session.listener);
  setText(cells.open, duration(session.open_seconds));
  setText(cells.exchanges, count(session.exchanges));
  setText(cells.bytes, `${bytes(session.request_bytes)}, ${bytes(session.response_bytes)}`);
  setText(cells.note, [session.idle ? 'idle' : 'in an exchange', session.bound ? 'bound' : '', session.sealed ? 'sealed' : '']
    .filter(Boolean).join(', '));
}

function makeSessions() {
  sessions.table = makeTable('Open sessions', kSessionColumns);
  sessions.pager = new Pager('Sessions', loadSessions, (rows) =>
    keyed(sessions.table.body, rows, (row) => row.session, makeSession, showSession));
  sessions.pool = el('select', { on: { change: () => sessions.pager.restart() } });
  let typed;
  sessions.filter = el('input', { type: 'search', placeholder: '10.0.0.7', spellcheck: 'false', autocomplete: 'off', on: { input: () => {
    clearTimeout(typed);
    typed = setTimeout(() => sessions.pager.restart(), 250);
  } } });
  byId('sessions').append(el('p', { class: 'filters' }, el('label', {}, 'Pool ', sessions.pool), el('label', {}, 'Client ', sessions.filter)),
    sessions.table.node, sessions.pager.node);
}

const showSessionChoices = (status) => showChoices(sessions.pool, status.pools.map((pool) => pool.name), 'any');
