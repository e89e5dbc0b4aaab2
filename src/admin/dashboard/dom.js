// Builds and updates what is shown. What comes from outside becomes text or the value of an attribute, never markup.
function el(tag, properties = {}, ...children) {
  const node = document.createElement(tag);
  for (const [name, value] of Object.entries(properties)) {
    if (name === 'on') {
      for (const [event, act] of Object.entries(value)) node.addEventListener(event, act);
    } else if (value === true) {
      node.setAttribute(name, '');
    } else if (value !== false && value !== undefined && value !== null) {
      node.setAttribute(name, value);
    }
  }
  node.append(...children.filter((child) => child !== undefined && child !== null));
  return node;
}

const byId = (id) => document.getElementById(id);

// Writes only what is new, so that a selection survives the second's update.
function setText(node, text) {
  const wanted = String(text);
  if (node.textContent !== wanted) node.textContent = wanted;
}

function setData(node, name, value) {
  if (value === undefined || value === null) delete node.dataset[name];
  else if (node.dataset[name] !== value) node.dataset[name] = value;
}

const rowsOf = new WeakMap();

// One row for each item, in their order. Rows are kept and updated, so that the focus stays where it is.
function keyed(parent, items, keyOf, make, update) {
  const before = rowsOf.get(parent) ?? new Map();
  const keys = new Set(items.map(keyOf));
  for (const [key, row] of before) {
    if (!keys.has(key)) row.node.remove();
  }
  const after = new Map();
  let last = null;
  for (const item of items) {
    const key = keyOf(item);
    const row = before.get(key) ?? make(item);
    update(row, item);
    after.set(key, row);
    const place = last ? last.nextSibling : parent.firstChild;
    if (row.node !== place) parent.insertBefore(row.node, place);
    last = row.node;
  }
  rowsOf.set(parent, after);
}

// A table that a narrow screen shows as cards. Their layout would take the table's meaning away from screen readers;
// the roles keep it.
function makeTable(label, columns) {
  const body = el('tbody', { role: 'rowgroup' });
  const heads = columns.map((column) => el('th', { role: 'columnheader', scope: 'col', 'data-kind': column.kind },
    column.hidden ? el('span', { class: 'unseen' }, column.label) : column.label));
  const node = el('div', { class: 'scroll' }, el('table', { role: 'table', 'aria-label': label },
    el('thead', { role: 'rowgroup' }, el('tr', { role: 'row' }, ...heads)), body));
  const makeRow = () => {
    const row = { cells: {} };
    row.node = el('tr', { role: 'row' });
    columns.forEach((column, i) => {
      const cell = el(i === 0 ? 'th' : 'td', {
        role: i === 0 ? 'rowheader' : 'cell', scope: i === 0 ? 'row' : undefined, 'data-kind': column.kind,
        'data-label': column.hidden ? undefined : column.label });
      row.cells[column.key] = cell;
      row.node.append(cell);
    });
    return row;
  };
  return { node, body, makeRow };
}

function button(label, act, described) {
  return el('button', { type: 'button', 'aria-label': described, on: { click: act } }, label);
}

// States are told by shape and word; colour only repeats them.
const kTones = {
  up: ['●', 'good'], checking: ['◌', 'wait'], suspect: ['◐', 'warn'], down: ['■', 'bad'], unknown: ['◌', 'wait'],
  ready: ['●', 'good'], drain: ['▽', 'warn'], maintenance: ['▣', 'warn'],
};

function makeBadge() {
  const sign = el('span', { 'aria-hidden': 'true' });
  const word = el('span');
  const node = el('span', { class: 'badge' }, sign, word);
  return { node, show: (state, text) => {
    const [shape, tone] = kTones[state] ?? kTones.unknown;
    setText(sign, shape);
    setText(word, text ?? state);
    setData(node, 'tone', tone);
  } };
}
