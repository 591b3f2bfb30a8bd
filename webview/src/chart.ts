import {
  BarController,
  BarElement,
  CategoryScale,
  Chart,
  type ChartConfiguration,
  Legend,
  LinearScale,
  LineController,
  LineElement,
  PointElement,
  Tooltip,
} from 'chart.js';
import { h } from './dom.ts';
import { type Colour, colour, isHighContrast, onThemeChange, prefersStill } from './theme.ts';

Chart.register(
  BarController,
  BarElement,
  CategoryScale,
  Legend,
  LinearScale,
  LineController,
  LineElement,
  PointElement,
  Tooltip,
);

export interface Series {
  readonly name: string;
  readonly colour: Colour;
  readonly values: readonly (number | null)[];
}

export interface ChartSpec {
  readonly kind: 'bar' | 'line';
  /** Bars from left to right, for labels that are long. */
  readonly horizontal?: boolean;
  /** One sentence that says what the chart shows, for who does not see it. */
  readonly summary: string;
  readonly labels: readonly string[];
  readonly series: readonly Series[];
  readonly format: (value: number) => string;
  readonly axis: string;
  /** Where the value axis starts: at zero unless told, `data` lets the values decide. */
  readonly from?: number | 'data';
  /** The same figures as a table. */
  readonly table: HTMLElement;
}

const drawn = new Set<{ readonly canvas: HTMLCanvasElement; readonly redraw: () => void }>();
let watching = false;

/** A chart with its twin: a button shows the table instead. Arrow keys walk through the chart's values. */
export function chart(spec: ChartSpec): HTMLElement {
  const canvas = h('canvas', { role: 'img', tabindex: 0, 'aria-label': spec.summary });
  const said = h('p', { class: 'visually-hidden', 'aria-live': 'polite' });
  const box = h('div', { class: 'chart' }, canvas);
  // Room for each bar; the canvas itself may only follow its box.
  if (spec.horizontal) box.style.height = `${70 + spec.labels.length * (spec.series.length * 12 + 10)}px`;
  const twin = h('div', { hidden: true }, spec.table);
  const toggle = h(
    'button',
    {
      type: 'button',
      class: 'quiet toggle',
      'aria-pressed': 'false',
      onclick: () => {
        const asTable = twin.hidden;
        twin.hidden = !asTable;
        box.hidden = asTable;
        toggle.setAttribute('aria-pressed', String(asTable));
        toggle.textContent = asTable ? 'Show as chart' : 'Show as table';
      },
    },
    'Show as table',
  );

  let made: Chart | undefined;
  const draw = () => {
    made?.destroy();
    made = new Chart(canvas, configuration(spec));
  };
  // The canvas has no size before it is in the document.
  requestAnimationFrame(draw);
  canvas.addEventListener('keydown', (event) => {
    const step = { ArrowRight: 1, ArrowDown: 1, ArrowLeft: -1, ArrowUp: -1 }[event.key];
    if (step === undefined || !made) return;
    event.preventDefault();
    const last = spec.labels.length - 1;
    const index = Math.min(last, Math.max(0, (made.getActiveElements()[0]?.index ?? -1) + step));
    const active = spec.series.map((_, datasetIndex) => ({ datasetIndex, index }));
    made.setActiveElements(active);
    made.tooltip?.setActiveElements(active, { x: 0, y: 0 });
    made.update('none');
    said.textContent = `${spec.labels[index]}: ${spec.series
      .map(({ name, values }) => `${name} ${show(spec, values[index])}`)
      .join(', ')}`;
  });

  drawn.add({ canvas, redraw: draw });
  if (!watching) {
    watching = true;
    onThemeChange(() => {
      for (const entry of drawn) entry.canvas.isConnected ? entry.redraw() : drawn.delete(entry);
    });
  }
  return h('figure', {}, toggle, box, twin, said);
}

const show = (spec: ChartSpec, value: number | null | undefined): string =>
  value === null || value === undefined ? 'none' : spec.format(value);

function configuration(spec: ChartSpec): ChartConfiguration<'bar' | 'line', (number | null)[], string> {
  const text = colour('text');
  const font = { family: getComputedStyle(document.body).fontFamily };
  const contrast = isHighContrast();
  // Lines in the colour of a high-contrast border would be louder than the bars.
  const grid = { color: colour('grid'), drawOnChartArea: !contrast };
  const values = {
    beginAtZero: spec.from === undefined,
    ...(typeof spec.from === 'number' ? { min: spec.from } : {}),
    title: { display: true, text: spec.axis, color: text, font },
    ticks: {
      color: text,
      font,
      maxTicksLimit: 8,
      callback: (value: number | string) => spec.format(Number(value)),
    },
    grid,
  };
  const categories = {
    ticks: { color: text, font, autoSkip: !spec.horizontal },
    grid: { display: false },
  };
  return {
    type: spec.kind,
    data: {
      labels: [...spec.labels],
      datasets: spec.series.map((series, index) => {
        const own = colour(series.colour);
        // In high contrast a filled and an outlined bar are told apart without their colours.
        const outlined = contrast && index === 0 && spec.series.length > 1;
        return {
          label: series.name,
          data: [...series.values],
          backgroundColor: outlined ? 'transparent' : own,
          borderColor: own,
          borderWidth: spec.kind === 'line' ? 2 : contrast ? 2 : 0,
          pointRadius: series.values.length > 60 ? 0 : 2,
        };
      }),
    },
    options: {
      animation: prefersStill() ? false : { duration: 200 },
      responsive: true,
      maintainAspectRatio: false,
      indexAxis: spec.horizontal ? 'y' : 'x',
      interaction: { mode: 'index', axis: spec.horizontal ? 'y' : 'x', intersect: false },
      scales: spec.horizontal ? { x: values, y: categories } : { x: categories, y: values },
      plugins: {
        legend: { display: spec.series.length > 1, labels: { color: text, font, boxWidth: 12 } },
        tooltip: {
          callbacks: { label: (item) => `${item.dataset.label}: ${show(spec, item.raw as number | null)}` },
        },
      },
    },
  };
}
