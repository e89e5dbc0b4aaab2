// Servers that are being emptied: what is left, how long they have, and who holds on.

const holdersOf = new Map();

function makeDrain({ server }) {
  const parts = { title: el('h3'), left: el('p', { class: 'now' }), note: el('p', { class: 'note' }),
    bar: el('progress', { max: '1', 'aria-label': `Time left to ${server.name}` }), holders: el('ul', { class: 'holders' }) };
  const row = { ...parts };
  row.node = el('article', { class: 'card', 'data-server': server.name }, parts.title, parts.left, parts.note, parts.bar, parts.holders,
    el('p', { class: 'buttons' }, button('Ready …', () => actOnServer(row.server, 'ready'), `Bring ${server.name} back`),
      button('Deadline …', () => actOnServer(row.server, 'drain'), `Give the drain of ${server.name} another deadline`)));
  return row;
}

function makeHolder() {
  const text = el('span');
  return { node: el('li', {}, text), text };
}

function showDrain(row, { pool, server }) {
  const drain = server.drain;
  row.server = server;
  setText(row.title, `${server.name} (${pool.name}), ${server.mode}`);
  const left = drain.deadline_in_seconds;
  setText(row.left, drain.empty ? '✓ Empty' : left === undefined ? 'No deadline' : `${countdown(left)} left`);
  setData(row.node, 'empty', String(drain.empty));
  row.bar.hidden = drain.empty || left === undefined;
  if (left !== undefined) row.bar.value = left / Math.max(1, left + drain.draining_seconds);
  const cut = drain.sessions_cut || drain.shells_cut
    ? `; at the deadline ${plural(drain.sessions_cut, 'session')} and ${plural(drain.shells_cut, 'shell')} were ended` : '';
  setText(row.note, `${plural(server.sessions, 'session')}, ${plural(server.shells, 'shell')}, ` +
    `${plural(drain.addresses, 'address', 'addresses')} · for ${duration(drain.draining_seconds)}${cut}`);
  const holders = drain.empty ? [] : holdersOf.get(serverKey(pool.name, server.name)) ?? [];
  keyed(row.holders, holders.slice(0, 5), (holder) => holder.client, makeHolder, (line, holder) => {
    setText(line.text, `${holder.client}: ${plural(holder.sessions, 'session')}, ${plural(holder.shells, 'shell')}, ` +
      `here for ${duration(holder.since_seconds)}`);
  });
}

const drainsOf = (status) => status.pools.flatMap((pool) =>
  pool.servers.filter((server) => server.drain).map((server) => ({ pool, server })));

function showDrains(status) {
  const all = drainsOf(status);
  byId('drains').hidden = all.length === 0;
  keyed(byId('drains').querySelector('.cards'), all, ({ pool, server }) => serverKey(pool.name, server.name), makeDrain, showDrain);
}

async function readHolders() {
  for (const { pool, server } of live.status ? drainsOf(live.status) : []) {
    try {
      holdersOf.set(serverKey(pool.name, server.name), (await api.get(`${serverPath(server)}/drain`)).holders);
    } catch { /* it has ended meanwhile */ }
  }
}
