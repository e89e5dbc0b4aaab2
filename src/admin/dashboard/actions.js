// What an operator can do here: the verbs of the command line. Each says first what will happen.

const kServerActions = {
  drain: {
    label: 'Drain', danger: false,
    says: (server) => `${server.name} takes nobody new. Its ${plural(server.sessions, 'session')} and ` +
      `${plural(server.shells, 'shell')} stay until they end by themselves, or until the deadline, if you set one; ` +
      'then what is left is ended between exchanges.',
    run: async (server, values, seen) => {
      const body = {};
      const text = values.get('deadline').trim();
      if (text) {
        body.deadline_seconds = parseDuration(text);
        if (Number.isNaN(body.deadline_seconds)) throw new Error('A deadline is a number with s, min, h or d, such as 10 min; or empty.');
      }
      await api.change('POST', `${serverPath(server)}/drain`, body, seen);
      return `${server.name} is being drained${text ? `, with ${duration(body.deadline_seconds)} to go` : ''}.`;
    },
  },
  ready: {
    label: 'Ready', danger: false,
    says: (server) => `${server.name} is in service again: new clients come slowly at first. A drain ends.`,
    run: async (server, values, seen) => {
      await api.change('POST', `${serverPath(server)}/ready`, {}, seen);
      return `${server.name} is in service again.`;
    },
  },
  maintenance: {
    label: 'Maintenance', danger: true,
    says: (server) => `${server.name} is out at once. Its ${plural(server.sessions, 'session')} end after the exchange ` +
      'that each is in, and clients whose shells live there lose them.',
    run: async (server, values, seen) => {
      await api.change('POST', `${serverPath(server)}/maintenance`, {}, seen);
      return `${server.name} is in maintenance.`;
    },
  },
  weight: {
    label: 'Weight', danger: false,
    says: (server) => `The share of new clients that ${server.name} gets, from now (${server.weight}) until a reload brings ` +
      `another one; empty: as configured (${server.configured_weight}). Clients that are there stay.`,
    run: async (server, values, seen) => {
      const text = values.get('weight').trim();
      const body = text ? { weight: Number(text) } : {};
      const now = await api.change('PUT', `${serverPath(server)}/weight`, body, seen);
      return `${server.name} has weight ${now.weight}.`;
    },
  },
  kick: {
    label: 'Kick all', danger: true,
    says: (server) => `${plural(server.sessions, 'session')} at ${server.name} end after the exchange that each is in. ` +
      'Clients may come again at once, and come back here.',
    run: async (server, values, seen) => {
      const answer = await api.change('POST', 'sessions/kick', { server: server.name, pool: server.pool }, seen);
      return `At ${server.name} ${ending(answer.kicked)}.`;
    },
  },
};

function actOnServer(server, chosen) {
  const says = el('p', { class: 'says', 'aria-live': 'polite' });
  const deadline = el('label', {}, 'Deadline ', el('input', { name: 'deadline', placeholder: 'none; or 10 min, 2 h', autocomplete: 'off' }));
  const weight = el('label', {}, 'Weight ', el('input', { name: 'weight', type: 'number', min: '0', max: '1000', placeholder: String(server.configured_weight) }));
  const choices = el('fieldset', {}, el('legend', {}, 'What to do'));
  const choose = (name) => {
    const go = says.closest('form')?.elements.go;
    if (go) {
      setText(go, kServerActions[name].label);
      go.className = kServerActions[name].danger ? 'danger' : 'primary';
    }
    setText(says, kServerActions[name].says(server));
    deadline.hidden = name !== 'drain';
    weight.hidden = name !== 'weight';
    weight.querySelector('input').disabled = name !== 'weight';
  };
  for (const [name, action] of Object.entries(kServerActions)) {
    choices.append(el('label', { class: 'choice' }, el('input', {
      type: 'radio', name: 'action', value: name, checked: name === chosen, autofocus: name === chosen,
      on: { change: () => choose(name) } }), action.label));
  }
  choose(chosen);
  return confirmChange({ title: `Server ${server.name}`, content: [choices, says, deadline, weight], confirm: kServerActions[chosen].label, danger: kServerActions[chosen].danger },
    (values, seen) => kServerActions[values.get('action')].run(server, values, seen));
}

function kick(who, whose, sessionsNow) {
  const now = el('label', { class: 'choice' }, el('input', { type: 'checkbox', name: 'now' }), 'Now, in the middle of exchanges');
  return confirmChange({
    title: `Kick ${who}`, danger: true, confirm: 'Kick',
    content: [el('p', { class: 'says' }, `${ending(sessionsNow)} after the exchange in progress. The client may come again at once.`), now],
  }, async (values, seen) => {
    const answer = await api.change('POST', 'sessions/kick', { ...whose, ...(values.get('now') ? { now: true } : {}) }, seen);
    sessions.pager.read();
    return `${ending(answer.kicked)}.`;
  });
}

function forgetClient(client) {
  return confirmChange({
    title: `Forget ${client.client}`, danger: true, confirm: 'Forget',
    content: [el('p', { class: 'says' }, `The place of ${client.client} at ${client.server} is forgotten, and so is its pin, if it has one. ` +
      'When it comes again, it is assigned as a new client. This is refused while it has sessions or shells.')],
  }, async (values, seen) => {
    await api.change('DELETE', clientPath(client), undefined, seen);
    clients.pager.read();
    return `${client.client} is forgotten.`;
  });
}

function pinClient(client) {
  const pool = live.status.pools.find((one) => one.name === client.pool);
  const select = el('select', { name: 'server', autofocus: true }, ...pool.servers.map((server) =>
    el('option', { value: server.name, selected: server.name === client.server }, server.name)));
  return confirmChange({
    title: `Pin ${client.client}`, confirm: 'Pin',
    content: [el('p', { class: 'says' }, `${client.client} belongs to the server that you choose until it is forgotten or the process ends. ` +
      'What it has elsewhere stays there until it ends.'), el('label', {}, 'Server ', select)],
  }, async (values, seen) => {
    await api.change('PUT', `${clientPath(client)}/pin`, { server: values.get('server') }, seen);
    clients.pager.read();
    return `${client.client} is pinned to ${values.get('server')}.`;
  });
}

function reloadConfiguration() {
  return confirmChange({
    title: 'Reload', confirm: 'Reload',
    content: [el('p', { class: 'says' }, `${live.status?.config_file ?? 'The configuration'} is read again, as SIGHUP does it. Open sessions go on. ` +
      'If it has a mistake, nothing changes and the mistake is shown here.')],
  }, async (values, seen) => {
    const answer = await api.change('POST', 'configuration/reload', {}, seen);
    readCertificates();
    return `Reloaded: revision ${answer.revision} is in force.`;
  });
}

async function setLogLevel() {
  let level = 'info';
  try { ({ level } = await api.get('log-level')); } catch { /* shown as info; what is set is what is chosen */ }
  const select = el('select', { name: 'level', autofocus: true }, ...['trace', 'debug', 'info', 'warn', 'error'].map((name) =>
    el('option', { value: name, selected: name === level }, name)));
  return confirmChange({
    title: 'Log level', confirm: 'Set',
    content: [el('p', { class: 'says' }, `The log takes ${level} and what is more important. Another level holds until the next reload.`),
      el('label', {}, 'Level ', select)],
  }, async (values, seen) => {
    const answer = await api.change('PUT', 'log-level', { level: values.get('level') }, seen);
    return `The log takes ${answer.level} and what is more important.`;
  });
}
