// A line or point plot as an SVG string: no script, no outside resource.

export interface Series {
  readonly name: string;
  /** [x, y] pairs. */
  readonly points: readonly (readonly [number, number])[];
}

export interface PlotOptions {
  readonly title: string;
  readonly xLabel: string;
  readonly yLabel: string;
  readonly series: readonly Series[];
  readonly style: "line" | "points";
}

const WIDTH = 640;
const HEIGHT = 320;
const LEFT = 64;
const BOTTOM = 44;
const TOP = 28;
const RIGHT = 12;
const COLORS = [
  "#2563eb",
  "#dc2626",
  "#059669",
  "#9333ea",
  "#d97706",
  "#0891b2",
  "#db2777",
  "#65a30d",
  "#475569",
  "#7c2d12",
];
/** More names than this leave the plot. */
const MOST_NAMED = 15;
/** More points than this add bytes, not information. */
const MAX_POINTS = 2000;

export function svgPlot({ title, xLabel, yLabel, series, style }: PlotOptions): string {
  const finite = series.map((one) => ({
    ...one,
    points: thin(one.points.filter(([x, y]) => Number.isFinite(x) && Number.isFinite(y))),
  }));
  const all = finite.flatMap((one) => one.points);
  const xMax = Math.max(1e-9, ...all.map(([x]) => x));
  const yMax = Math.max(1e-9, ...all.map(([, y]) => y));
  const place: Place = {
    x: (value) => LEFT + (value / xMax) * (WIDTH - LEFT - RIGHT),
    y: (value) => HEIGHT - BOTTOM - (value / yMax) * (HEIGHT - BOTTOM - TOP),
  };
  const drawn = finite.map((one, i) => draw(one, { place, color: COLORS[i % COLORS.length] ?? "#000", style }));
  const parts = [
    text(WIDTH / 2, 16, title, "middle"),
    axes({ place, xMax, yMax, xLabel, yLabel }),
    ...drawn,
    legend(finite),
  ];
  return `<svg viewBox="0 0 ${WIDTH} ${HEIGHT}" role="img" aria-label="${escapeHtml(title)}">${parts.join("")}</svg>`;
}

interface Place {
  readonly x: (value: number) => number;
  readonly y: (value: number) => number;
}

function thin(points: Series["points"]): Series["points"] {
  const step = Math.ceil(points.length / MAX_POINTS);
  return step <= 1 ? points : points.filter((_, i) => i % step === 0 || i === points.length - 1);
}

function draw(
  one: Series,
  { place, color, style }: { place: Place; color: string; style: PlotOptions["style"] },
): string {
  const at = one.points.map(([x, y]) => [place.x(x).toFixed(1), place.y(y).toFixed(1)] as const);
  if (style === "points")
    return at.map(([x, y]) => `<circle cx="${x}" cy="${y}" r="1.6" fill="${color}" fill-opacity=".5"/>`).join("");
  return `<polyline fill="none" stroke="${color}" stroke-width="1.6" points="${at.map(([x, y]) => `${x},${y}`).join(" ")}"/>`;
}

interface Axes {
  readonly place: Place;
  readonly xMax: number;
  readonly yMax: number;
  readonly xLabel: string;
  readonly yLabel: string;
}

function axes({ place, xMax, yMax, xLabel, yLabel }: Axes): string {
  const ticks = [0, 0.25, 0.5, 0.75, 1];
  const base = HEIGHT - BOTTOM;
  const horizontal = ticks.map(
    (t) =>
      `<line x1="${LEFT}" x2="${WIDTH - RIGHT}" y1="${place.y(t * yMax)}" y2="${place.y(t * yMax)}" stroke="#e5e7eb"/>`,
  );
  const yTicks = ticks.map((t) => text(LEFT - 6, place.y(t * yMax) + 4, short(t * yMax), "end"));
  const xTicks = ticks.map((t) => text(place.x(t * xMax), base + 16, short(t * xMax), "middle"));
  return [
    ...horizontal,
    ...yTicks,
    ...xTicks,
    text(WIDTH / 2, HEIGHT - 8, xLabel, "middle"),
    text(4, TOP - 10, yLabel, "start"),
  ].join("");
}

function legend(series: readonly Series[]): string {
  if (series.length < 2) return "";
  const row = (name: string, i: number): string =>
    `<g fill="${COLORS[i % COLORS.length]}">${text(LEFT + 10, TOP + 12 + i * 15, name, "start")}</g>`;
  if (series.length <= MOST_NAMED) return series.map(({ name }, i) => row(name, i)).join("");
  const named = series.slice(0, MOST_NAMED - 1).map(({ name }, i) => row(name, i));
  return [...named, row(`and ${series.length - named.length} more`, MOST_NAMED - 1)].join("");
}

function text(x: number, y: number, value: string, anchor: "start" | "middle" | "end"): string {
  return `<text x="${x}" y="${y}" text-anchor="${anchor}" font-size="11">${escapeHtml(value)}</text>`;
}

function short(value: number): string {
  return value >= 100 ? value.toFixed(0) : String(Number(value.toPrecision(2)));
}

export function escapeHtml(value: string): string {
  return value.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll(">", "&gt;").replaceAll('"', "&quot;");
}
