// Asks the balancer. The token, if there is one, lives as long as the tab and goes nowhere but into this header.

const kTokenKey = 'winrm-lb token';

const api = {
  etag: '',  // of the configuration that was last seen

  token: () => sessionStorage.getItem(kTokenKey) ?? '',
  keepToken(token) {
    if (token) sessionStorage.setItem(kTokenKey, token);
    else sessionStorage.removeItem(kTokenKey);
    document.dispatchEvent(new CustomEvent('token'));
  },

  // What was answered, or an ApiProblem.
  async fetch(method, path, { body, ifMatch, signal, token } = {}) {
    const headers = {};
    const bearer = token ?? api.token();
    if (bearer) headers.Authorization = `Bearer ${bearer}`;
    if (body !== undefined) headers['Content-Type'] = 'application/json';
    if (ifMatch) headers['If-Match'] = ifMatch;
    let response;
    try {
      response = await fetch(`api/v1/${path}`, {
        method, headers, signal, cache: 'no-store', credentials: 'omit',
        body: body === undefined ? undefined : JSON.stringify(body) });
    } catch (error) {
      throw new ApiProblem(0, error.name === 'AbortError' ? 'it fell silent' : 'the balancer cannot be reached');
    }
    if (!response.ok) throw await ApiProblem.of(response);
    if (method === 'GET' && response.headers.has('ETag')) api.etag = response.headers.get('ETag');
    return response;
  },

  get: async (path, options) => (await api.fetch('GET', path, options)).json(),

  // Asks for a token when that is what is missing. Nothing is changed if the configuration that the operator was
  // shown is no longer the one in force.
  async change(method, path, body, ifMatch) {
    for (let said = ''; ;) {
      if (!api.token() && !await askForToken(said)) throw new ApiProblem(401, 'nothing was changed: that takes a token');
      try {
        return await (await api.fetch(method, path, { body, ifMatch })).json();
      } catch (problem) {
        if (problem.status !== 401) throw problem;
        said = problem.message;
        api.keepToken('');
      }
    }
  },
};

class ApiProblem extends Error {
  constructor(status, message) {
    super(message);
    this.status = status;
  }

  // RFC 9457, where it is one.
  static async of(response) {
    let detail = `status ${response.status}`;
    try {
      detail = (await response.json()).detail ?? detail;
    } catch { /* it was not JSON; the status has to do */ }
    if (response.status === 412) detail = 'the configuration has changed since this was opened; look again';
    return new ApiProblem(response.status, detail);
  }
}

const inPath = (...names) => names.map(encodeURIComponent).join('/');
const serverPath = (server) => `pools/${inPath(server.pool)}/servers/${inPath(server.name)}`;
const clientPath = (client) => `pools/${inPath(client.pool)}/clients/${inPath(client.client)}`;
