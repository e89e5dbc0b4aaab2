// Small charts of the last hour, as SVG. Their text alternative says what the line shows.

const kSvg = 'http://www.w3.org/2000/svg';
const kPoints = 360;
const kSparkPoints = 60;

function svg(tag, attributes) {
  const node = document.createElementNS(kSvg, tag);
  for (const [name, value] of Object.entries(attributes)) node.setAttribute(name, value);
  return node;
}

// The path of `values`, the last one at the right edge; a gap where there is none. With `floor`, the area below it.
function pathOf(values, most, points, height, floor) {
  let path = '';
  let begun = -1;
  const x = (i) => points - values.length + i;
  const close = (i) => { if (floor && begun !== -1) path += `L${x(i)},${height}L${x(begun)},${height}Z`; };
  values.forEach((value, i) => {
    if (value === null || value === undefined) {
      if (begun !== -1) close(i - 1);
      begun = -1;
      return;
    }
    const y = height - 1 - (value / most) * (height - 3);
    path += `${begun === -1 ? 'M' : 'L'}${x(i)},${y.toFixed(1)}`;
    if (begun === -1) begun = i;
  });
  close(values.length - 1);
  return path;
}

// `lines`: names of what is drawn, the first one with its area. show() takes as many lists.
function makeChart(name, height, lines, points = kPoints) {
  const node = svg('svg', { viewBox: `0 0 ${points} ${height}`, preserveAspectRatio: 'none', role: 'img', class: 'chart' });
  const area = svg('path', { class: 'area' });
  const paths = lines.map((_, i) => svg('path', { class: `line line-${i}` }));
  node.append(area, ...paths);
  return { node, show: (lists, format = rate) => {
    const all = lists.flat().filter((value) => value !== null && value !== undefined);
    const most = Math.max(...all, 0);
    area.setAttribute('d', pathOf(lists[0], most || 1, points, height, true));
    lists.forEach((list, i) => paths[i].setAttribute('d', pathOf(list, most || 1, points, height, false)));
    const told = lists.map((list, i) => {
      const known = list.filter((value) => value !== null && value !== undefined);
      if (known.length === 0) return `${lines[i]} not known yet`;
      return `${lines[i]} now ${format(known[known.length - 1])}, least ${format(Math.min(...known))}, ` +
             `most ${format(Math.max(...known))}`;
    });
    node.setAttribute('aria-label', `${name}, the last hour: ${told.join('; ')}`);
    return most;
  } };
}

const last = (list) => (list && list.length > 0 ? list[list.length - 1] : undefined);
// The highest of each `size` values, from the end: a small chart has not the room for all.
function peaks(list, size) {
  const all = [];
  for (let end = list.length; end > 0; end -= size) {
    const known = list.slice(Math.max(0, end - size), end).filter((value) => value !== null);
    all.unshift(known.length > 0 ? Math.max(...known) : null);
  }
  return all;
}

const perSecond = (list, seconds) => list.map((value) => (value === null ? null : value / seconds));
