// Follows the balancer's server-sent events. By fetch, since an EventSource cannot bring a token.

const live = {
  status: null,
  last: 0,  // when the last status came, by our clock
  saidStale: false,
};

function showLive(tone, text) {
  const node = byId('live');
  // Told once, not with each second of the countdown.
  if (node.dataset.tone !== tone && tone !== 'wait') setText(byId('announcer'), text);
  setData(node, 'tone', tone);
  setText(node, text);
  document.body.classList.toggle('stale', tone === 'bad');
}

const staleText = () => (live.last ? `Stale since ${clock(new Date(live.last))}` : 'No data yet');

// Calls back with the name and data of each event, until the stream ends.
async function readEvents(stream, take) {
  const reader = stream.pipeThrough(new TextDecoderStream()).getReader();
  let kept = '';
  for (;;) {
    const { value, done } = await reader.read();
    if (done) return;
    kept += value;
    for (let end = kept.indexOf('\n\n'); end !== -1; end = kept.indexOf('\n\n')) {
      const frame = { event: 'message', data: '' };
      for (const line of kept.slice(0, end).split('\n')) {
        const [, name, text] = /^([^:]*): ?(.*)$/.exec(line) ?? [];
        if (name === 'event') frame.event = text;
        if (name === 'data') frame.data += text;
      }
      kept = kept.slice(end + 2);
      if (frame.data) take(frame.event, JSON.parse(frame.data));
    }
  }
}

function takeEvent(event, data) {
  if (event === 'status') {
    live.status = data;
    live.last = Date.now();
    showLive('good', 'Live');
    document.dispatchEvent(new CustomEvent('status', { detail: data }));
  } else if (event === 'change') {
    document.dispatchEvent(new CustomEvent('change-of-server', { detail: data }));
  }
}

// A status comes each second; so long a silence is a connection that nobody serves any more.
const kSilence = 10_000;

const kReadingTakesToken = 'From elsewhere than the balancer’s own machine, reading takes a token: one of the file ' +
  'that admin.token_file names.';

async function followOnce() {
  const silent = new AbortController();
  let heard = Date.now();
  const watch = setInterval(() => { if (Date.now() - heard > kSilence) silent.abort(); }, 1000);
  try {
    const response = await api.fetch('GET', 'events', { signal: silent.signal });
    await readEvents(response.body, (event, data) => {
      heard = Date.now();
      takeEvent(event, data);
    });
    return 'the balancer has ended the connection';
  } catch (problem) {
    if (problem.status === 401) {
      showLive('bad', `${staleText()}: a token is needed`);
      const said = api.token() ? problem.message : kReadingTakesToken;
      // Whoever closes the dialog is not asked again and again; the button above brings it back.
      const brought = new Promise((resume) => { document.addEventListener('token', resume, { once: true }); });
      if (!await askForToken(said)) await brought;
      return '';
    }
    return problem instanceof ApiProblem ? problem.message : 'the connection was lost';
  } finally {
    clearInterval(watch);
  }
}

async function follow() {
  let wait = 1;
  for (;;) {
    const before = live.last;
    const why = await followOnce();
    if (!why) continue;
    if (live.last !== before) wait = 1;
    for (let left = wait; left > 0; --left) {
      showLive('bad', `${staleText()}: ${why}; next try in ${left} s`);
      await new Promise((resume) => { setTimeout(resume, 1000); });
    }
    showLive('bad', `${staleText()}: ${why}; trying …`);
    wait = Math.min(wait * 2, 30);
  }
}

// Between the last status and the moment when the connection is given up.
function watchStaleness() {
  setInterval(() => {
    if (live.last && Date.now() - live.last > 4000 && byId('live').dataset.tone === 'good') {
      showLive('bad', `${staleText()}: nothing comes`);
    }
  }, 1000);
}
