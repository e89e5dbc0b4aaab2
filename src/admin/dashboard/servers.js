// Pools and their servers: one table each, one row a server.

const kServerColumns = [
  { key: 'name', label: 'Server' }, { key: 'state', label: 'State' }, { key: 'why', label: 'Since, why' },
  { key: 'checks', label: 'Checks' }, { key: 'clients', label: 'Clients', kind: 'number' },
  { key: 'sessions', label: 'Sessions', kind: 'number' }, { key: 'shells', label: 'Shells', kind: 'number' },
  { key: 'requests', label: 'Requests / s', kind: 'number' }, { key: 'faults', label: 'Faults / s', kind: 'number' },
  { key: 'weight', label: 'Weight', kind: 'number' }, { key: 'act', label: 'Actions', hidden: true },
];

const serverKey = (pool, server) => JSON.stringify([pool, server]);

function makeSpark(cell, title, line) {
  const chart = makeChart(title, 20, [line], kSparkPoints);
  const number = el('span', { class: 'number' }, '–');
  cell.append(el('span', { class: 'spark' }, chart.node, number));
  return { chart, number };
}

function makeServerRow(table, server) {
  const row = table.makeRow();
  const { cells } = row;
  row.name = el('span', { class: 'name' }, server.name);
  row.host = el('small');
  cells.name.append(row.name, row.host);
  row.state = makeBadge();
  row.mode = makeBadge();
  row.extra = el('small');
  cells.state.append(el('span', { class: 'badges' }, row.state.node, row.mode.node), row.extra);
  row.since = el('span');
  row.why = el('small');
  cells.why.append(row.since, row.why);
  row.checks = el('ul', { class: 'checks' });
  cells.checks.append(row.checks);
  row.weight = el('span');
  row.configured = el('small');
  cells.weight.append(row.weight, row.configured);
  row.requests = makeSpark(cells.requests, `Requests per second at ${server.name}`, 'requests');
  row.faults = makeSpark(cells.faults, `Faults per second at ${server.name}`, 'faults');
  row.primary = button('Drain …', () => actOnServer(row.server, row.server.mode === 'ready' ? 'drain' : 'ready'));
  cells.act.append(row.primary, button('More …', () => actOnServer(row.server, 'maintenance'), `More actions on ${server.name}`));
  return row;
}

function makeCheck() {
  const badge = makeBadge();
  const ago = el('span');
  return { node: el('li', {}, badge.node, ago), badge, ago };
}

function showCheck(row, check) {
  row.badge.show(check.state, check.name);
  const told = `${check.state}; last result ${check.result}${check.detail ? `, ${check.detail}` : ''}` +
    `${check.took_ms !== undefined ? `, took ${check.took_ms} ms` : ''}; ${check.passes} passed, ${check.failures} failed`;
  row.node.title = `${check.name}: ${told}`;
  // The state in words: to those who see no colour the shape shows it, to those who see nothing this does.
  setText(row.ago, check.state === 'up' ? (check.took_ms !== undefined ? ` ${check.took_ms} ms` : ' up') : ` ${check.state}, ${check.result}`);
}

function showServer(row, server) {
  row.server = server;
  const { cells } = row;
  setText(row.host, server.host === server.name ? '' : server.host);
  row.state.show(server.state);
  row.mode.node.hidden = server.mode === 'ready';
  row.mode.show(server.mode);
  const extra = [];
  if (server.drain) {
    extra.push(server.drain.empty ? 'empty' : `${plural(server.sessions, 'session')} left`);
    if (server.drain.deadline_in_seconds !== undefined && !server.drain.empty) extra.push(`${countdown(server.drain.deadline_in_seconds)} to go`);
  }
  if (server.full_seconds) extra.push(`full by its quota, ${duration(server.full_seconds)} yet`);
  setText(row.extra, extra.join(', '));
  setText(row.since, server.since_seconds === undefined ? '–' : duration(server.since_seconds));
  const why = [server.why ?? ''];
  if (server.downs) why.push(`down ${count(server.downs)}×`);
  if (server.restarts) why.push(`restarted ${count(server.restarts)}×`);
  setText(row.why, why.filter(Boolean).join(' · '));
  keyed(row.checks, server.checks ?? [], (check) => check.name, makeCheck, showCheck);
  for (const key of ['clients', 'sessions', 'shells']) setText(cells[key], count(server[key]));
  setText(row.weight, count(server.weight));
  setText(row.configured, server.weight === server.configured_weight ? '' : `of ${count(server.configured_weight)} set`);
  const verb = server.mode === 'ready' ? 'Drain' : 'Ready';
  setText(row.primary, `${verb} …`);
  row.primary.setAttribute('aria-label', verb === 'Drain' ? `Drain ${server.name}` : `Bring ${server.name} back`);
  setData(row.node, 'state', server.state);
  setData(row.node, 'mode', server.mode);
  setData(row.node, 'server', server.name);
  const past = history?.servers.find((one) => one.pool === server.pool && one.server === server.name);
  for (const line of ['requests', 'faults']) {
    if (!past) continue;
    const values = perSecond(past[line], history.interval_seconds);
    row[line].chart.show([peaks(values, kPoints / kSparkPoints)]);
    setText(row[line].number, rate(last(values)));
  }
}

function makePool(pool) {
  const table = makeTable(`Servers of pool ${pool.name}`, kServerColumns);
  const about = el('small');
  const node = el('section', { class: 'pool', 'aria-label': `Pool ${pool.name}` }, el('h2', {}, pool.name, ' ', about), table.node);
  return { node, table, about };
}

function showPool(row, pool) {
  const fit = pool.servers.filter((server) => server.state === 'up' && server.mode === 'ready').length;
  setText(row.about, `${fit} of ${plural(pool.servers.length, 'server')} in service · ${pool.assign} · ` +
    `${plural(pool.clients, 'client')} · ${plural(pool.shells, 'shell')}` +
    `${pool.seen.length ? ` · seen: ${pool.seen.join(', ')}` : ''}`);
  setData(row.node, 'tone', fit === 0 ? 'bad' : null);
  keyed(row.table.body, pool.servers, (server) => server.name, (server) => makeServerRow(row.table, server), showServer);
}

function showPools(status) {
  keyed(byId('farm'), status.pools, (pool) => pool.name, makePool, showPool);
}
