// Who is where: client addresses and the servers that they belong to.

const kClientColumns = [
  { key: 'client', label: 'Client' }, { key: 'server', label: 'Server' }, { key: 'sessions', label: 'Sessions', kind: 'number' },
  { key: 'shells', label: 'Shells', kind: 'number' }, { key: 'since', label: 'There for', kind: 'number' },
  { key: 'used', label: 'Last used', kind: 'number' }, { key: 'note', label: 'Notes' }, { key: 'act', label: 'Actions', hidden: true },
];

const clients = {};

// Addresses are looked for in pages so large, and in so many of them.
const kScanPage = 1000;
const kScanPages = 20;

const isAddress = (text) => /^\d+\.\d+\.\d+\.\d+$/.test(text) || (/^[0-9a-f:.]+$/i.test(text) && text.split(':').length > 2);

// Where an address would go that is nowhere yet: told by the code that routes.
async function explained(pool, client) {
  const answer = await api.get(`explain?pool=${encodeURIComponent(pool)}&client=${encodeURIComponent(client)}`);
  return { rows: [], total: 0, said: `It is nowhere yet. ${answer.text}` };
}

async function scanned(base, wanted) {
  const rows = [];
  let after = '';
  for (let page = 0; page < kScanPages; ++page) {
    const answer = await api.get(`${base}&limit=${kScanPage}${after ? `&after=${encodeURIComponent(after)}` : ''}`);
    rows.push(...answer.clients.filter((row) => row.client.includes(wanted)));
    after = answer.next ?? '';
    if (!after || rows.length > kPage) break;
  }
  const more = rows.length > kPage || after !== '';
  return { rows: rows.slice(0, kPage), total: rows.length, said: more ? 'the first that match' : undefined };
}

async function loadClients(after) {
  const pool = clients.pool.value;
  const server = clients.server.value;
  const wanted = clients.filter.value.trim();
  if (!pool) return { rows: [], total: 0 };
  if (isAddress(wanted) && !server) {
    try {
      return { rows: [await api.get(clientPath({ pool, client: wanted }))], total: 1 };
    } catch (problem) {
      if (problem.status === 404) return explained(pool, wanted);
      if (problem.status !== 400) throw problem;
    }
  }
  const base = `pools/${inPath(pool)}/clients?${server ? `server=${encodeURIComponent(server)}` : ''}`;
  if (wanted) return scanned(base, wanted);
  const answer = await api.get(`${base}&limit=${kPage}${after ? `&after=${encodeURIComponent(after)}` : ''}`);
  return { rows: answer.clients, total: answer.total, next: answer.next };
}

function makeClient(client) {
  const row = clients.table.makeRow();
  setText(row.cells.client, client.client);
  row.cells.act.append(
    button('Pin …', () => pinClient(row.client), `Pin ${client.client}`),
    button('Kick …', () => kick(row.client.client, { client: row.client.client, pool: row.client.pool }, row.client.sessions), `Kick ${client.client}`),
    button('Forget …', () => forgetClient(row.client), `Forget ${client.client}`));
  return row;
}

function showClient(row, client) {
  row.client = client;
  const { cells } = row;
  setText(cells.server, client.server);
  setText(cells.sessions, count(client.sessions));
  setText(cells.shells, count(client.shells));
  setText(cells.since, duration(client.since_seconds));
  setText(cells.used, `${duration(client.last_used_seconds)} ago`);
  const notes = [];
  if (client.pinned_to) notes.push(`pinned to ${client.pinned_to}`);
  if (client.home && client.home !== client.server) notes.push(`home is ${client.home}`);
  if (client.sessions_elsewhere || client.shells_elsewhere) {
    notes.push(`elsewhere: ${plural(client.sessions_elsewhere, 'session')}, ${plural(client.shells_elsewhere, 'shell')}`);
  }
  if (client.holds) notes.push('held');
  setText(cells.note, notes.join(' · '));
}

function makeClients() {
  clients.table = makeTable('Client addresses and their servers', kClientColumns);
  clients.pager = new Pager('Clients', loadClients, (rows) =>
    keyed(clients.table.body, rows, (row) => row.client, makeClient, showClient));
  clients.pool = el('select', { on: { change: () => { showClientChoices(live.status); clients.pager.restart(); } } });
  clients.server = el('select', { on: { change: () => clients.pager.restart() } });
  let typed;
  clients.filter = el('input', { type: 'search', placeholder: '10.0.', spellcheck: 'false', autocomplete: 'off', on: { input: () => {
    clearTimeout(typed);
    typed = setTimeout(() => clients.pager.restart(), 250);
  } } });
  byId('clients').append(el('p', { class: 'filters' }, el('label', {}, 'Pool ', clients.pool), el('label', {}, 'Server ', clients.server),
    el('label', {}, 'Address ', clients.filter)), clients.table.node, clients.pager.node);
}

function showClientChoices(status) {
  showChoices(clients.pool, status.pools.map((pool) => pool.name));
  const pool = status.pools.find((one) => one.name === clients.pool.value) ?? status.pools[0];
  showChoices(clients.server, pool ? pool.servers.map((server) => server.name) : [], 'any');
}
