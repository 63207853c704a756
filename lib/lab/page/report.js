// Draws a sweep's report from the data in the page. Runs in a browser, with the globals d3 and Plot.
/* global d3, Plot, document */
(() => {
  const data = JSON.parse(document.getElementById('data').textContent);
  const { plan, groups, cdfShares, mathis, provenance } = data;
  const page = document.getElementById('page');
  page.replaceChildren();

  const COLOURS = new Map([
    ['modern', '#2f81f7'],
    ['stop-and-wait', '#d29922'],
    ['go-back-n', '#cf5b56'],
    ['selective-repeat', '#3fa45b'],
    ...(plan.baseline === undefined ? [] : [['tcp', '#a371f7']]),
    ['TCP (Mathis)', '#8b949e'],
  ]);
  const colour = {
    type: 'ordinal',
    domain: [...COLOURS.keys()],
    range: [...COLOURS.values()],
    tickFormat: (name) => (name === 'tcp' ? 'kernel TCP' : name),
  };
  const CDF_FLOOR = 1e-3;

  const element = (tag, attributes = {}, ...children) => {
    const node = document.createElement(tag);
    for (const [name, value] of Object.entries(attributes)) {
      if (name.startsWith('on')) node.addEventListener(name.slice(2), value);
      else node.setAttribute(name, value);
    }
    node.append(...children.filter((child) => child !== undefined));
    return node;
  };
  const panel = (title, plot, caption) =>
    element(
      'figure',
      { class: 'panel' },
      element('h3', {}, title),
      plot,
      caption === undefined ? undefined : element('figcaption', {}, caption),
    );
  const section = (title, text, ...children) => {
    page.append(element('h2', {}, title));
    if (text !== '') page.append(element('p', {}, text));
    page.append(...children);
  };
  const common = {
    width: 520,
    height: 320,
    marginLeft: 60,
    marginBottom: 42,
    style: { background: 'transparent', color: 'inherit', fontSize: '12px' },
  };
  const mbit = (bits) => bits / 1e6;
  const legend = () => Plot.legend({ color: colour, style: { fontSize: '12px' } });

  header();
  section(
    'Goodput',
    'Message bits a second that reached the application, in order. Points: mean over the ' +
      'repetitions with its 95 % interval. Dashed: the textbook formula with the timeout the ' +
      'sender really had; for TCP, Mathis et al. 1997. The axis is logarithmic.',
    legend(),
    row(plan.delays.map(goodputPanel)),
  );
  section(
    'Lateness',
    'How long a short line took from the sender’s application to the receiver’s, waiting for ' +
      'those before it included. Points: all repetitions together. Bars: the 95 % interval of ' +
      'the mean of what each repetition shows by itself.',
    row(plan.delays.flatMap((delay) => ['p50', 'p99', 'p999'].map((q) => latePanel(delay, q)))),
  );
  section(
    'Lateness, whole distributions',
    'Share of the lines that were later than this (the complement of the CDF, so that tails show).',
    row(plan.delays.flatMap((delay) => plan.losses.map((loss) => cdfPanel(delay, loss)))),
  );
  runSection();
  tableSection();
  provenanceSection();

  function header() {
    const where = {
      socket: 'on real sockets, in real time, the emulator between them',
      netem: 'in real time, through tc netem of Linux',
    };
    const arqs = plan.arqs.length === 1 ? 'ARQ' : 'ARQs';
    const what = plan.baseline === undefined ? arqs : `${arqs} and kernel TCP`;
    page.append(
      element('h1', {}, 'udpchat lab: sweep'),
      element(
        'p',
        {},
        `${count(plan.losses.length, 'loss', 'losses')} × ${count(plan.delays.length, 'delay')} × ` +
          `${plan.arqs.length} ${what} × ${count(plan.reps, 'repetition')}, ${where[plan.ground] ?? 'in virtual time'}, ` +
          `seed ${plan.seed}. Results ${provenance.hash.slice(0, 16)}…`,
      ),
      farthest(({ arq }) => arq !== 'tcp', 'its formula'),
      farthest(({ arq }) => arq === 'tcp', 'Mathis’ formula, which knows no timeouts'),
    );
  }

  function count(number, one, many = `${one}s`) {
    return `${number} ${number === 1 ? one : many}`;
  }

  function farthest(isMeant, what) {
    const worst = d3.greatest(
      groups.filter((group) => group.deviation !== undefined && isMeant(group)),
      ({ deviation }) => Math.abs(deviation),
    );
    if (worst === undefined) return '';
    const { arq, loss, delay, deviation } = worst;
    const text = `Farthest from ${what}: ${arq} at ${loss} % and ${delay} ms, by `;
    return element('p', {}, `${text}${percent(deviation)}.`);
  }

  /** From a bit below the least to a bit above the most, for a logarithmic axis. */
  function around(values) {
    const [least, most] = d3.extent(values.filter((value) => value > 0));
    return least === undefined ? [0.1, 1] : [least / 1.6, most * 1.6];
  }

  function row(children) {
    return element('div', { class: 'row' }, ...children);
  }

  function goodputPanel(delay) {
    const measured = groups.filter((group) => group.delay === delay && group.goodput.mean > 0);
    // Mathis' curve is drawn whether or not TCP was measured.
    const curves = measured.filter(({ arq, textbook }) => arq !== 'tcp' && textbook !== undefined);
    const tcp = mathis
      .filter((point) => point.delay === delay)
      .map((point) => ({ ...point, arq: 'TCP (Mathis)' }));
    // An interval that is wider than the plot is cut at its edge.
    const means = [...measured.map(({ goodput }) => goodput.mean), ...tcp.map((d) => d.goodput)];
    const domain = around(means.map(mbit));
    const plot = Plot.plot({
      ...common,
      color: colour,
      x: { label: 'loss each way, %', ticks: plan.losses },
      y: { type: 'log', label: 'Mbit/s', grid: true, tickFormat: '~g', domain, clamp: true },
      marks: [
        Plot.line(curves, {
          x: 'loss',
          y: (d) => mbit(d.textbook),
          stroke: 'arq',
          strokeDasharray: '5 4',
        }),
        Plot.line(tcp, {
          x: 'loss',
          y: (d) => mbit(d.goodput),
          stroke: 'arq',
          strokeDasharray: '2 3',
        }),
        Plot.line(measured, {
          x: 'loss',
          y: (d) => mbit(d.goodput.mean),
          stroke: 'arq',
          strokeOpacity: 0.5,
        }),
        Plot.ruleX(measured, {
          x: 'loss',
          y1: (d) => mbit(Math.max(d.goodput.mean - d.goodput.halfWidth, d.goodput.mean / 100)),
          y2: (d) => mbit(d.goodput.mean + d.goodput.halfWidth),
          stroke: 'arq',
          strokeWidth: 3,
        }),
        Plot.dot(measured, {
          x: 'loss',
          y: (d) => mbit(d.goodput.mean),
          fill: 'arq',
          r: 4,
          tip: true,
        }),
      ],
    });
    return panel(`${delay} ms one way`, plot);
  }

  function latePanel(delay, which) {
    const points = groups.filter((group) => group.delay === delay && Number.isFinite(group[which]));
    const interval = { p50: 'p50Interval', p99: 'p99Interval' }[which];
    const marks = [
      Plot.line(points, { x: 'loss', y: which, stroke: 'arq' }),
      Plot.dot(points, { x: 'loss', y: which, fill: 'arq', r: 4, tip: true }),
    ];
    if (interval !== undefined) {
      marks.push(
        Plot.ruleX(points, {
          x: 'loss',
          y1: (d) => Math.max(d[interval].mean - d[interval].halfWidth, d[which] / 10),
          y2: (d) => d[interval].mean + d[interval].halfWidth,
          stroke: 'arq',
          strokeWidth: 3,
          strokeOpacity: 0.6,
        }),
      );
    }
    const domain = around(points.map((d) => d[which]));
    const plot = Plot.plot({
      ...common,
      height: 260,
      color: colour,
      x: { label: 'loss each way, %', ticks: plan.losses },
      y: { type: 'log', label: 'ms', grid: true, tickFormat: '~g', domain, clamp: true },
      marks,
    });
    const name = { p50: 'p50', p99: 'p99', p999: 'p99.9' }[which];
    return panel(`${name}, ${delay} ms one way`, plot);
  }

  function cdfPanel(delay, loss) {
    const points = groups
      .filter((group) => group.delay === delay && group.loss === loss)
      .flatMap(({ arq, cdf }) =>
        cdf.map((ms, i) => ({ arq, ms, late: Math.max(1 - cdfShares[i], CDF_FLOOR / 2) })),
      )
      .filter(({ ms }) => Number.isFinite(ms) && ms > 0);
    const plot = Plot.plot({
      ...common,
      height: 240,
      color: colour,
      x: { type: 'log', label: 'ms', tickFormat: '~g' },
      y: {
        type: 'log',
        label: 'share later',
        domain: [CDF_FLOOR / 2, 1],
        grid: true,
        tickFormat: '~%',
      },
      marks: [Plot.line(points, { x: 'ms', y: 'late', stroke: 'arq', curve: 'step-before' })],
    });
    return panel(`${loss} % loss, ${delay} ms one way`, plot);
  }

  function runSection() {
    const detailed = groups.filter(({ detail }) => detail !== undefined);
    if (detailed.length === 0) return;
    const view = element('div');
    const select = element('select', {
      id: 'run',
      onchange: () => show(detailed[Number(select.value)]),
    });
    for (const [i, { arq, loss, delay }] of detailed.entries()) {
      select.append(element('option', { value: i }, `${arq}, ${loss} % loss, ${delay} ms`));
    }
    const start = Math.max(
      0,
      detailed.findIndex(({ loss }) => loss >= 10),
    );
    select.value = String(start);
    const show = (group) => view.replaceChildren(...runPanels(group));
    section(
      'One run, packet by packet',
      'The beginning of the first repetition.',
      element('label', {}, 'Run: ', select),
      view,
    );
    show(detailed[start]);
  }

  function runPanels({ detail, arq }) {
    const sent = detail.bulk
      .filter(([, direction, event]) => direction === 0 && event === 0)
      .flatMap(([at, , , number, fate, messages]) =>
        messages.map(([id, transmission]) => ({ at, number, fate, id, transmission })),
      );
    const kindOf = ({ fate, transmission }) => {
      if (fate === 'lost' || fate === 'dropped') return 'lost on the way';
      return transmission > 0 ? 'sent again' : 'sent';
    };
    const kinds = {
      type: 'ordinal',
      domain: ['sent', 'sent again', 'lost on the way', 'acknowledged'],
      range: ['#2f81f7', '#d29922', '#e5534b', '#3fa45b'],
    };
    const idOf = new Map(sent.map(({ number, id }) => [number, id]));
    const acked = detail.bulk
      .filter(
        ([, direction, event, , , , largest]) => direction === 1 && event === 1 && largest >= 0,
      )
      .map(([at, , , , , , largest]) => ({ at, id: idOf.get(largest) }))
      .filter(({ id }) => id !== undefined);
    const sequence = Plot.plot({
      ...common,
      color: { ...kinds, legend: true },
      x: { label: 'ms' },
      y: { label: 'message', grid: true },
      marks: [
        Plot.dot(acked, { x: 'at', y: 'id', stroke: '#3fa45b', r: 1.5 }),
        Plot.dot(sent, { x: 'at', y: 'id', fill: kindOf, r: 2.5, tip: true }),
      ],
    });
    const samples = detail.samples.map(([at, srtt, rto, cwnd, inFlight]) => ({
      at,
      srtt,
      rto,
      cwnd,
      inFlight,
    }));
    const timers = Plot.plot({
      ...common,
      color: { legend: true, domain: ['srtt', 'timeout'], range: ['#2f81f7', '#e5534b'] },
      x: { label: 'ms' },
      y: { label: 'ms', grid: true, zero: true },
      marks: [
        Plot.line(samples, { x: 'at', y: 'srtt', stroke: () => 'srtt' }),
        Plot.line(samples, { x: 'at', y: 'rto', stroke: () => 'timeout' }),
      ],
    });
    const limits = Plot.plot({
      ...common,
      color: { legend: true, domain: ['window', 'in flight'], range: ['#2f81f7', '#3fa45b'] },
      x: { label: 'ms' },
      y: { label: 'KB', grid: true, zero: true },
      marks: [
        Plot.line(samples, { x: 'at', y: (d) => d.cwnd / 1000, stroke: () => 'window' }),
        Plot.line(samples, { x: 'at', y: (d) => d.inFlight / 1000, stroke: () => 'in flight' }),
      ],
    });
    return [
      row([
        panel('Time and sequence (bulk)', sequence),
        panel('Round trip against timeout (bulk)', timers),
        panel(`Window (bulk)${arq === 'stop-and-wait' ? ': one packet' : ''}`, limits),
      ]),
      ladder(detail.chat),
    ];
  }

  function ladder(packets) {
    const byMessage = d3.rollup(
      packets
        .filter(([, direction, event]) => direction === 0 && event === 0)
        .flatMap(([, , , number, , messages]) => messages.map(([id]) => ({ id, number }))),
      (items) => items.map(({ number }) => number),
      ({ id }) => id,
    );
    const host = element('div');
    const buttons = element('div', { class: 'messages' });
    const show = (id) => {
      for (const button of buttons.children) {
        button.setAttribute('aria-pressed', String(button.dataset.id === String(id)));
      }
      host.replaceChildren(drawLadder(packets, id, new Set(byMessage.get(id))));
    };
    for (const [id, numbers] of byMessage) {
      const again = numbers.length > 1 ? { class: 'again' } : {};
      const button = element(
        'button',
        { ...again, type: 'button', onclick: () => show(id) },
        String(id + 1),
      );
      button.dataset.id = String(id);
      buttons.append(button);
    }
    const first = [...byMessage].find(([, numbers]) => numbers.length > 1) ?? [...byMessage][0];
    if (first !== undefined) show(first[0]);
    return element(
      'figure',
      { class: 'panel wide' },
      element('h3', {}, 'Ladder of one line of chat: choose it (red: sent more than once)'),
      buttons,
      host,
    );
  }

  function drawLadder(packets, id, numbers) {
    const mine = packets.filter(
      ([, direction, , number]) => direction === 0 && numbers.has(number),
    );
    const arrivals = new Map(mine.filter(([, , event]) => event === 1).map((p) => [p[3], p[0]]));
    const arrows = mine
      .filter(([, , event]) => event === 0)
      .map(([at, , , number, fate, messages]) => {
        const transmission = messages.find(([other]) => other === id)?.[1] ?? 0;
        return { from: at, to: arrivals.get(number), number, fate, transmission };
      });
    if (arrows.length === 0) return element('p', {}, 'nothing of it is in the recording');
    const start = arrows[0].from;
    const sentAcks = new Map();
    for (const [at, direction, event, number, , , largest] of packets) {
      if (direction === 1 && event === 0 && numbers.has(largest)) sentAcks.set(number, at);
    }
    const acks = packets
      .filter(
        ([, direction, event, number]) => direction === 1 && event === 1 && sentAcks.has(number),
      )
      .map(([at, , , number]) => ({ from: sentAcks.get(number), to: at }));
    const last = d3.max([...arrows.map((a) => a.to ?? a.from), ...acks.map((a) => a.to)]);
    const width = 620;
    const [left, right] = [110, 470];
    const height = Math.max(160, Math.min(600, 40 * (arrows.length + acks.length) + 60));
    const y = d3.scaleLinear([start, Math.max(last, start + 1)], [30, height - 20]);
    const svg = d3.create('svg').attr('viewBox', `0 0 ${width} ${height}`).attr('width', width);
    svg
      .attr('role', 'img')
      .attr('aria-label', `ladder of line ${id + 1}`)
      .attr('class', 'ladder');
    const text = (x, at, anchor, words) =>
      svg
        .append('text')
        .attr('x', x)
        .attr('y', at)
        .attr('text-anchor', anchor)
        .attr('fill', 'currentColor')
        .attr('font-size', 11)
        .text(words);
    for (const x of [left, right]) {
      svg
        .append('line')
        .attr('x1', x)
        .attr('x2', x)
        .attr('y1', 20)
        .attr('y2', height - 5)
        .attr('stroke', 'currentColor')
        .attr('stroke-opacity', 0.4);
    }
    text(left, 14, 'middle', 'client');
    text(right, 14, 'middle', 'server');
    const arrow = (x1, y1, x2, y2, stroke, dash) =>
      svg
        .append('line')
        .attr('x1', x1)
        .attr('y1', y1)
        .attr('x2', x2)
        .attr('y2', y2)
        .attr('stroke', stroke)
        .attr('stroke-width', 1.5)
        .attr('stroke-dasharray', dash);
    for (const { from, to, number, fate, transmission } of arrows) {
      const name = transmission === 0 ? '' : ` (again, ${transmission})`;
      text(left - 6, y(from) + 4, 'end', `+${(from - start).toFixed(1)} ms`);
      if (to === undefined) {
        const middle = (left + right) / 2;
        arrow(left, y(from), middle, y(from) + 12, 'var(--lost)', '4 3');
        text(middle + 4, y(from) + 16, 'start', `✗ #${number}${name} ${fate || 'on its way'}`);
        continue;
      }
      arrow(left, y(from), right, y(to), 'var(--sent)', null);
      text(right + 6, y(to) + 4, 'start', `#${number}${name} +${(to - start).toFixed(1)} ms`);
    }
    for (const { from, to } of acks) arrow(right, y(from), left, y(to), 'var(--acked)', '2 2');
    return svg.node();
  }

  function percent(share) {
    return `${share < 0 ? '−' : '+'}${Math.abs(share * 100).toFixed(1)} %`;
  }

  function tableSection() {
    const head = [
      'loss %',
      'delay ms',
      'ARQ',
      'reps',
      'goodput Mbit/s',
      '± 95 %',
      'textbook',
      'off by',
    ];
    const late = [
      'p50 ms',
      'p99 ms',
      '± 95 %',
      'p99.9 ms',
      'lost lines',
      'sent again',
      'copies a line',
    ];
    const number = (value, digits) => (Number.isFinite(value) ? value.toFixed(digits) : '–');
    const rows = groups.map((group) => {
      const { goodput, textbook, deviation } = group;
      const off = deviation === undefined ? '–' : percent(deviation);
      const isFar = deviation !== undefined && Math.abs(deviation) > 0.1;
      return element(
        'tr',
        {},
        ...[
          group.loss,
          group.delay,
          group.arq,
          group.reps,
          number(mbit(goodput.mean), 3),
          number(mbit(goodput.halfWidth), 3),
          textbook === undefined ? '–' : number(mbit(textbook), 3),
        ].map((cell) => element('td', {}, String(cell))),
        element('td', isFar ? { class: 'off' } : {}, off),
        ...[
          number(group.p50, 1),
          number(group.p99, 1),
          number(group.p99Interval.halfWidth, 1),
          number(group.p999, 1),
          group.undelivered,
          number(group.retransmits, 1),
          number(group.copies, 2),
        ].map((cell) => element('td', {}, String(cell))),
      );
    });
    const table = element(
      'table',
      {},
      element(
        'thead',
        {},
        element('tr', {}, ...[...head, ...late].map((h) => element('th', {}, h))),
      ),
      element('tbody', {}, ...rows),
    );
    section('Figures', 'The same in results.csv (each repetition) and results.json.', table);
  }

  function provenanceSection() {
    const facts = [
      ['udpchat', provenance.version],
      ['command', provenance.command],
      ['machine', provenance.machine],
      ['results (SHA-256)', provenance.hash],
      ['plan', JSON.stringify(plan)],
    ];
    const rows = facts.map(([name, value]) =>
      element('tr', {}, element('th', {}, name), element('td', {}, value)),
    );
    section(
      'Where this comes from',
      'The hash covers plan and results, to the byte' +
        (plan.ground === undefined ? ': udpchat lab verify report.html runs it again.' : '.'),
      element('table', { class: 'facts' }, element('tbody', {}, ...rows)),
    );
  }
})();
