// Numbers, times and durations as people read them.

const kNumber = new Intl.NumberFormat('en', { maximumFractionDigits: 0 });

const count = (value) => (value === undefined || value === null ? '–' : kNumber.format(value));

function rate(value) {
  if (value === undefined || value === null) return '–';
  if (value >= 100) return kNumber.format(value);
  return value.toFixed(value === 0 ? 0 : value >= 10 ? 1 : 2);
}

function bytes(value) {
  const units = ['B', 'KiB', 'MiB', 'GiB', 'TiB'];
  let at = 0;
  let left = value;
  for (; left >= 1024 && at + 1 < units.length; ++at) left /= 1024;
  return `${at === 0 ? left : left.toFixed(left >= 100 ? 0 : 1)} ${units[at]}`;
}

// The two largest units: "3 d 4 h", "5 min 7 s".
function duration(seconds) {
  const left = Math.max(0, Math.round(seconds));
  const units = [['d', 86400], ['h', 3600], ['min', 60], ['s', 1]];
  const first = units.findIndex(([, size]) => left >= size);
  if (first === -1) return '0 s';
  const [name, size] = units[first];
  const head = `${Math.floor(left / size)} ${name}`;
  if (first + 1 === units.length) return head;
  const rest = Math.floor((left % size) / units[first + 1][1]);
  return rest === 0 ? head : `${head} ${rest} ${units[first + 1][0]}`;
}

const countdown = (seconds) => {
  const left = Math.max(0, Math.ceil(seconds));
  const two = (value) => String(value).padStart(2, '0');
  const hours = Math.floor(left / 3600);
  return `${hours ? `${hours}:` : ''}${two(Math.floor((left % 3600) / 60))}:${two(left % 60)}`;
};

// "90", "90s", "10 min", "2h" → seconds; NaN: none of these.
function parseDuration(text) {
  const parts = /^\s*(\d+(?:\.\d+)?)\s*(s|m|min|h|d)?\s*$/.exec(text);
  if (!parts) return NaN;
  return Math.round(Number(parts[1]) * { s: 1, m: 60, min: 60, h: 3600, d: 86400 }[parts[2] ?? 's']);
}

const clock = (date) => date.toLocaleTimeString('en-GB');

function moment(text) {
  const date = new Date(text);
  if (Number.isNaN(date.getTime())) return text;
  const day = date.toDateString() === new Date().toDateString() ? '' : `${date.toLocaleDateString('en-CA')} `;
  return day + clock(date);
}

const ending = (number) => `${plural(number, 'session')} ${number === 1 ? 'ends' : 'end'}`;
const plural = (number, one, many = `${one}s`) => `${count(number)} ${number === 1 ? one : many}`;
