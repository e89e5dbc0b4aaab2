// The last changes of servers: listed, and told to screen readers as they come.

const kChangeColumns = [
  { key: 'at', label: 'When' }, { key: 'server', label: 'Server' }, { key: 'from', label: 'From' }, { key: 'to', label: 'To' },
  { key: 'why', label: 'Why' },
];
const kMostChanges = 200;

let changes = [];

function makeChanges() {
  tables.changes = makeTable('Changes of servers, the latest first', kChangeColumns);
  tables.changes.node.classList.add('tall');
  tables.changes.node.tabIndex = 0;  // so that it can be scrolled by keyboard
  tables.changes.node.setAttribute('role', 'region');
  tables.changes.node.setAttribute('aria-labelledby', 'changes-title');
  byId('changes').append(tables.changes.node, el('p', { class: 'empty' }, 'None in this process’s life so far.'));
}

function makeChange() {
  const row = tables.changes.makeRow();
  row.from = makeBadge();
  row.to = makeBadge();
  row.cells.from.append(row.from.node);
  row.cells.to.append(row.to.node);
  return row;
}

function showChanges() {
  byId('changes').querySelector('.empty').hidden = changes.length > 0;
  tables.changes.node.hidden = changes.length === 0;
  keyed(tables.changes.body, [...changes].reverse(), (change) => change.key, makeChange, (row, change) => {
    setText(row.cells.at, moment(change.at));
    setText(row.cells.server, `${change.server} (${change.pool})`);
    row.from.show(change.from);
    row.to.show(change.to);
    setText(row.cells.why, change.why);
  });
}

// The history's list is the whole truth; what comes as an event is in the next one.
function takeChanges(list) {
  const seen = new Map();
  changes = list.slice(-kMostChanges).map((change) => {
    const key = JSON.stringify(change);
    seen.set(key, (seen.get(key) ?? 0) + 1);
    return { ...change, key: `${key}${seen.get(key)}` };
  });
  showChanges();
}

function takeChange(change) {
  takeChanges([...changes.map(({ key, ...one }) => one), change]);
  setText(byId('announcer'), `${change.server}: ${change.from} became ${change.to}. ${change.why}`);
}
