// What is asked before something is changed, and the token.

// Shows a form in a dialog. `submit` is called with the form's values and may refuse by throwing; the answer is
// whether it went through.
function openDialog({ title, content, confirm, danger, submit }) {
  return new Promise((settle) => {
    const complaint = el('p', { class: 'complaint', role: 'alert' });
    const go = el('button', { type: 'submit', name: 'go', class: danger ? 'danger' : 'primary' }, confirm);
    let done = false;
    const heading = el('h2', { id: `dialog-${openDialog.next = (openDialog.next ?? 0) + 1}` }, title);
    const form = el('form', {}, heading, ...content, complaint,
      el('div', { class: 'buttons' }, button('Cancel', () => dialog.close()), go));
    const dialog = el('dialog', { 'aria-labelledby': heading.id }, form);
    form.addEventListener('submit', async (event) => {
      event.preventDefault();
      go.disabled = true;
      setText(complaint, '');
      try {
        await submit(new FormData(form));
        done = true;
        dialog.close();
      } catch (problem) {
        setText(complaint, problem.message);
      } finally {
        go.disabled = false;
      }
    });
    dialog.addEventListener('close', () => {
      dialog.remove();
      settle(done);
    });
    document.body.append(dialog);
    dialog.showModal();
  });
}

let asking = null;

// One dialog, whoever asks meanwhile. The token is tried before it is kept.
function askForToken(said) {
  asking ??= openDialog({
    title: 'Token',
    content: [
      el('p', {}, said || 'Changes take a token: one of the file that admin.token_file names.'),
      el('label', {}, 'Token ', el('input', {
        name: 'token', type: 'password', required: true, autofocus: true, autocomplete: 'off', spellcheck: 'false' })),
      el('p', { class: 'hint' }, 'It is kept in this tab only, until the tab is closed.'),
    ],
    confirm: 'Use it',
    submit: async (values) => {
      const token = values.get('token').trim();
      await api.fetch('GET', 'version', { token });
      api.keepToken(token);
    },
  }).finally(() => { asking = null; });
  return asking;
}

function notify(text, tone = 'good') {
  const node = byId('notice');
  setData(node, 'tone', tone);
  setText(node, text);
  node.hidden = false;
  clearTimeout(notify.timer);
  notify.timer = setTimeout(() => { node.hidden = true; }, 15_000);
}

// Opens a question about something that is about to be changed. The configuration that it speaks of is noted first.
async function confirmChange(dialog, change) {
  let seen;
  try {
    await api.get('configuration');
    seen = api.etag;
  } catch { /* if reading takes a token too, it is asked for with the change */ }
  await openDialog({ ...dialog, submit: async (values) => notify(await change(values, seen)) });
}
