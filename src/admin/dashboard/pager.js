// Lists that the balancer gives in pages: the way back is remembered, the way on is the answer's `next`.

const kPage = 20;

class Pager {
  // `load(after)` answers with {rows, total, next}; `show(page)` shows them.
  constructor(name, load, show) {
    this.load = load;
    this.show = show;
    this.before = [];
    this.after = '';
    this.text = el('span', { role: 'status' });
    this.back = button('Back', () => { this.after = this.before.pop() ?? ''; this.read(); }, `${name}: page before`);
    this.on = button('Next', () => { this.before.push(this.after); this.after = this.next; this.read(); }, `${name}: next page`);
    this.node = el('p', { class: 'pager' }, this.text, this.back, this.on);
    this.asked = 0;
  }

  restart() {
    this.before = [];
    this.after = '';
    return this.read();
  }

  async read() {
    const asked = ++this.asked;
    try {
      const page = await this.load(this.after);
      if (asked !== this.asked) return;  // another page or filter was asked for meanwhile
      this.next = page.next ?? '';
      this.back.disabled = this.before.length === 0;
      this.on.disabled = !this.next;
      const from = this.before.length * kPage;
      setText(this.text, page.rows.length === 0 ? (page.said ?? 'None.')
        : `${count(from + 1)}–${count(from + page.rows.length)} of ${count(page.total)}${page.said ? ` · ${page.said}` : ''}`);
      this.show(page.rows);
    } catch (problem) {
      if (asked === this.asked) setText(this.text, `Cannot be read: ${problem.message}`);
    }
  }
}

// A choice among names that come and go; what is chosen stays chosen while it is there.
function showChoices(select, names, any) {
  const wanted = JSON.stringify([any, ...names]);
  if (select.dataset.choices === wanted) return;
  const chosen = select.value;
  select.replaceChildren(...(any ? [el('option', { value: '' }, any)] : []), ...names.map((name) => el('option', { value: name }, name)));
  select.dataset.choices = wanted;
  if (names.includes(chosen)) select.value = chosen;
}
