// Where clients come in, how far down their traffic can be seen, and certificates with the days they have left.

const kListenerColumns = [
  { key: 'name', label: 'Listener' }, { key: 'bind', label: 'Address' }, { key: 'tls', label: 'TLS' }, { key: 'pool', label: 'Pool' },
  { key: 'visibility', label: 'Can be seen' }, { key: 'seen', label: 'Has been seen' }, { key: 'binding', label: 'Channel binding' },
];
const kCertificateColumns = [
  { key: 'where', label: 'Shown by' }, { key: 'names', label: 'Names' }, { key: 'left', label: 'Days left', kind: 'number' },
  { key: 'ends', label: 'Ends' }, { key: 'sha256', label: 'SHA-256' },
];

// Each tier shows what those above it do.
const kTierHelp = {
  connection: 'who talks to whom',
  header: 'heads; messages only where logins do not seal them',
  body: 'heads and messages',
};

const tables = {};

function makeListeners() {
  tables.listeners = makeTable('Listeners', kListenerColumns);
  tables.certificates = makeTable('Certificates', kCertificateColumns);
  byId('listeners').append(tables.listeners.node);
  byId('certificates').append(tables.certificates.node, el('p', { class: 'empty' }, 'None.'));
}

function showListener(row, listener) {
  const { cells } = row;
  setText(cells.name, listener.name);
  setText(cells.bind, listener.bind);
  setText(cells.tls, listener.passthrough ? 'passed through' : listener.tls ? 'yes' : 'no');
  setText(cells.pool, listener.pool);
  setText(cells.visibility, `${listener.visibility}: ${kTierHelp[listener.visibility] ?? ''}`);
  setText(cells.seen, listener.seen.join(', ') || 'nothing yet');
  const binding = Object.entries(listener.channel_binding ?? {});
  setText(cells.binding, binding.map(([server, state]) => `${server}: ${state.replaceAll('_', ' ')}`).join(', ') || '–');
}

const showListeners = (status) =>
  keyed(tables.listeners.body, status.listeners, (listener) => listener.name, () => tables.listeners.makeRow(), showListener);

function makeCertificate() {
  const row = tables.certificates.makeRow();
  row.badge = makeBadge();
  row.cells.left.append(row.badge.node);
  row.cells.sha256.classList.add('code');
  return row;
}

function showCertificate(row, certificate) {
  const { cells } = row;
  const days = certificate.days_left;
  setText(cells.where, certificate.listener ? `listener ${certificate.listener}` : `server ${certificate.server} (${certificate.pool})`);
  setText(cells.names, certificate.names ?? '–');
  row.badge.show(days < 7 ? 'down' : days < 30 ? 'suspect' : 'up', days < 0 ? 'has ended' : plural(days, 'day'));
  setText(cells.ends, moment(certificate.ends));
  setText(cells.sha256, certificate.sha256 ? certificate.sha256.slice(0, 16) + '…' : '–');
  cells.sha256.title = certificate.sha256 ?? '';
}

async function readCertificates() {
  try {
    const answer = await api.get('certificates');
    const all = [...answer.listeners, ...answer.servers];
    byId('certificates').querySelector('.empty').hidden = all.length > 0;
    tables.certificates.node.hidden = all.length === 0;
    const key = (one) => JSON.stringify([one.listener, one.pool, one.server, one.file, one.sha256]);
    keyed(tables.certificates.body, all, key, makeCertificate, showCertificate);
  } catch { /* the line at the top says that nothing can be read */ }
}
