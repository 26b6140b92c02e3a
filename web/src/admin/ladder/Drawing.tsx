/** The ladder as SVG. Every colour is a variable of the page, so that both appearances and a saved picture have theirs. */
import { Fragment } from 'react';
import type { PartyKind, TraceEvent, TraceParty } from '../../generated/protocol';
import { ARROW, fit, GAP, ROW, type Band, type Lanes, type Placed, type Row } from './layout';
import { FONT, widthOf } from './measure';
import type { Tone, Words } from './words';

/** Height of the parties' names above the ladder. */
export const HEAD = 62;
const LABEL = 13;
const SMALL = 11.5;

/** The page's colours that a picture needs. */
export const COLOURS = [
  '--mantine-color-text',
  '--mantine-color-dimmed',
  '--surface',
  '--sunken',
  '--edge',
  '--lifeline',
  '--brand',
  '--brand-soft',
  '--go-text',
  '--go-band',
  '--wait-text',
  '--wait-soft',
  '--wait-band',
  '--stop',
  '--stop-text',
  '--stop-soft',
  '--client-text',
] as const;

const TEXT = 'var(--mantine-color-text)';
const DIM = 'var(--mantine-color-dimmed)';
const inks: Record<Tone, string> = {
  plain: TEXT,
  dim: DIM,
  good: 'var(--go-text)',
  wait: 'var(--wait-text)',
  bad: 'var(--stop-text)',
  client: 'var(--client-text)',
};
const bandInks = { good: 'var(--go-band)', wait: 'var(--wait-band)', bad: 'var(--stop)', off: DIM };

/** As much of a text as has room. */
const cut = (text: string, room: number, size: number, weight?: number) =>
  fit(text, room, (each) => widthOf(each, size, weight));

/** How a leg sounded, in words: a few for the party's name, more for the band. */
export interface Heard extends Band {
  tone: keyof typeof bandInks;
  short: string;
  words: string;
}

/** What is drawn of a trace, in the language and the times that were chosen. */
export interface Picture {
  events: readonly TraceEvent[];
  parties: readonly TraceParty[];
  placed: Placed;
  lanes: Lanes;
  bands: readonly Heard[];
  /** Numbers of the evidence, by the place of the row. */
  marks: ReadonlyMap<number, number[]>;
  words: (event: TraceEvent) => Words;
  time: (at: number) => string;
  gap: (ms: number) => string;
  repeated: (count: number) => string;
  partyKind: Record<PartyKind, string>;
}

const base = { fontFamily: FONT, fontSize: LABEL, fontVariantNumeric: 'tabular-nums' } as const;

/** The parties' names. */
export function Heads({ picture: { parties, lanes, bands, partyKind } }: { picture: Picture }) {
  const room = roomOfLane(lanes);
  return (
    <g style={base} textAnchor="middle">
      {parties.map((party, at) => {
        const x = lanes.xs[at] ?? 0;
        const band = bands.find((each) => each.party === at);
        const width = Math.min(room, 170, 2 * (lanes.width - x) - 6, 2 * x - 6);
        return (
          <g key={at}>
            <title>{[party.name, partyKind[party.kind], party.address].filter(Boolean).join(', ')}</title>
            <rect
              x={x - width / 2}
              y={5}
              width={width}
              height={HEAD - 10}
              rx={9}
              style={{ fill: party.kind === 'server' ? 'var(--brand-soft)' : 'var(--sunken)' }}
            />
            <text x={x} y={24} style={{ fill: TEXT, fontWeight: 650 }}>
              {cut(party.name, width - 10, LABEL, 650)}
            </text>
            <text x={x} y={band ? 38 : 42} style={{ fill: DIM, fontSize: SMALL }}>
              {cut(party.address ?? partyKind[party.kind], width - 8, SMALL)}
            </text>
            {band && (
              <text
                x={x}
                y={52}
                style={{ fill: inks[band.tone === 'off' ? 'dim' : band.tone], fontSize: SMALL, fontWeight: 600 }}
              >
                {cut(band.short, width - 8, SMALL, 600)}
              </text>
            )}
          </g>
        );
      })}
    </g>
  );
}

/** Keeps a text readable above a line. */
const halo = { paintOrder: 'stroke', stroke: 'var(--surface)', strokeWidth: 4, strokeLinejoin: 'round' } as const;

function roomOfLane({ xs, width, times }: Lanes): number {
  const [first, second] = xs;
  return first === undefined || second === undefined ? Math.min(width - times, 200) : second - first - 10;
}

/** The parties' lifelines and how they sounded. */
export function Backdrop({ picture: { parties, lanes, bands, placed } }: { picture: Picture }) {
  const middle = (lanes.times + lanes.width) / 2;
  return (
    <g style={base}>
      {parties.map((party, at) => (
        <line
          key={at}
          x1={lanes.xs[at]}
          x2={lanes.xs[at]}
          y1={0}
          y2={placed.height}
          style={{ stroke: 'var(--lifeline)', strokeWidth: party.kind === 'server' ? 2.5 : 1.5 }}
        />
      ))}
      {bands.map(({ party, top, bottom, tone, silent, words }, at) => {
        const lane = lanes.xs[party] ?? 0;
        const outside = lane < middle ? -1 : 1;
        const x = lane + outside * 12 - 4;
        const text = cut(words, bottom - top - 16, SMALL);
        const [tx, ty] = [lane + outside * 25 + 4, (top + bottom) / 2];
        return (
          <g key={at}>
            <title>{words}</title>
            <rect x={x} y={top} width={8} height={bottom - top} rx={4} style={{ fill: bandInks[tone] }} />
            {silent.map(({ top: from, bottom: to }) => (
              <rect
                key={from}
                x={x - 1}
                y={from}
                width={10}
                height={Math.max(3, to - from)}
                rx={2}
                style={{ fill: 'var(--stop)' }}
              />
            ))}
            {text.length > 8 && (
              <text
                x={tx}
                y={ty}
                textAnchor="middle"
                transform={`rotate(-90 ${tx} ${ty})`}
                style={{ fill: DIM, fontSize: SMALL }}
              >
                {text}
              </text>
            )}
          </g>
        );
      })}
    </g>
  );
}

export interface GroundsProps {
  picture: Picture;
  rows: readonly Row[];
  /** Place of the first of these rows. */
  first: number;
  selected?: number;
  pointed?: number | null;
}

/** What lies under the rows: which is chosen, which show the verdict. */
export function Grounds({ picture: { lanes, marks }, rows, first, selected, pointed }: GroundsProps) {
  return rows.map((row, at) => {
    const place = first + at;
    const chosen = place === selected;
    const fill = chosen
      ? 'var(--brand-soft)'
      : marks.has(place)
        ? 'var(--wait-soft)'
        : place === pointed
          ? 'var(--sunken)'
          : null;
    if (fill === null) return null;
    return (
      <Fragment key={row.event}>
        <rect x={1} y={row.y} width={lanes.width - 2} height={ROW - 1} rx={7} style={{ fill }} />
        {chosen && <rect x={1} y={row.y} width={4} height={ROW - 1} rx={2} style={{ fill: 'var(--brand)' }} />}
      </Fragment>
    );
  });
}

export interface RowsProps {
  picture: Picture;
  rows: readonly Row[];
  /** Place of the first of these rows. */
  first: number;
  /** What makes a row something to choose; none in a saved picture. */
  option?: (place: number) => Record<string, unknown>;
}

/** Rows with their times, marks and arrows. */
export function Rows({ picture, rows, first, option }: RowsProps) {
  return (
    <g style={base}>
      {rows.map((row, at) => {
        const place = first + at;
        return (
          <Fragment key={row.event}>
            {row.gap > 0 && <Gap picture={picture} row={row} />}
            <g {...option?.(place)}>
              <RowOf picture={picture} row={row} place={place} />
            </g>
          </Fragment>
        );
      })}
    </g>
  );
}

/** The silence that is cut out before a row. */
function Gap({ picture: { lanes, gap }, row }: { picture: Picture; row: Row }) {
  const [top, bottom] = [row.y - GAP + 4, row.y - 3];
  const text = gap(row.gap);
  const middle = lanes.times + (lanes.width - lanes.times) / 2;
  const width = widthOf(text, SMALL, 600) + 26;
  return (
    <g aria-hidden>
      {lanes.xs.map((x, at) => (
        <g key={at}>
          <line x1={x} x2={x} y1={top} y2={bottom} style={{ stroke: 'var(--surface)', strokeWidth: 4 }} />
          <line x1={x} x2={x} y1={top} y2={bottom} strokeDasharray="2 4" style={{ stroke: DIM, strokeWidth: 1.5 }} />
        </g>
      ))}
      <rect
        x={middle - width / 2}
        y={(top + bottom) / 2 - 10}
        width={width}
        height={20}
        rx={10}
        style={{ fill: 'var(--sunken)' }}
      />
      <text
        x={middle}
        y={(top + bottom) / 2 + 4}
        textAnchor="middle"
        style={{ fill: DIM, fontSize: SMALL, fontWeight: 600 }}
      >
        {text}
      </text>
    </g>
  );
}

interface RowProps {
  picture: Picture;
  row: Row;
  place: number;
}

function RowOf({ picture, row, place }: RowProps) {
  const event = picture.events[row.event];
  if (!event) return null;
  const { lanes } = picture;
  const marks = picture.marks.get(place);
  const narrow = lanes.narrow;
  return (
    <>
      <rect y={row.y} width={lanes.width} height={ROW} style={{ fill: 'transparent' }} />
      <text
        x={narrow ? 8 : 10}
        y={narrow ? row.y + 14 : row.y + 23}
        style={{ fill: DIM, fontSize: narrow ? 10.5 : 12 }}
      >
        {picture.time(event.at)}
      </text>
      {marks?.map((number, at) => (
        <Mark
          key={number}
          number={number}
          x={narrow ? 16 + at * 19 : lanes.times - 10 - at * 20}
          y={row.y + (narrow ? 25 : 19)}
        />
      ))}
      {event.from === event.to ? (
        <Note picture={picture} event={event} row={row} />
      ) : (
        <Arrow picture={picture} event={event} row={row} />
      )}
    </>
  );
}

/** The number under which the verdict names this event. */
function Mark({ number, x, y }: { number: number; x: number; y: number }) {
  return (
    <g>
      <circle cx={x} cy={y} r={8.5} style={{ fill: 'var(--mantine-color-text)' }} />
      <text x={x} y={y + 4} textAnchor="middle" style={{ fill: 'var(--surface)', fontSize: 11, fontWeight: 700 }}>
        {number}
      </text>
    </g>
  );
}

/** Something that somebody did alone. */
function Note({ picture, event, row }: { picture: Picture; event: TraceEvent; row: Row }) {
  const { lanes, words } = picture;
  const { title, about, tone } = words(event);
  const lane = lanes.xs[event.from] ?? lanes.times;
  const beside = Math.min(2 * (lanes.width - lane), 2 * (lane - lanes.times), 2 * roomOfLane(lanes), 380);
  const room = lanes.narrow ? lanes.width - lanes.times - 8 : Math.max(90, beside - 20);
  const shown = cut(title, room - 22, 12, 600);
  const named = widthOf(shown, 12, 600);
  const left = room - 30 - named;
  const rest = about && left > 40 ? cut(about, left, SMALL) : '';
  const width = named + (rest ? widthOf(rest, SMALL) + 8 : 0) + 22;
  const x = Math.max(lanes.times, Math.min(lane - width / 2, lanes.width - width - 2));
  return (
    <>
      <rect
        x={x}
        y={row.y + 6}
        width={width}
        height={24}
        rx={7}
        style={{ fill: 'var(--surface)', stroke: 'var(--lifeline)', strokeWidth: 1 }}
      />
      <text
        x={x + width / 2}
        y={row.y + 22}
        textAnchor="middle"
        style={{ fill: inks[tone], fontSize: 12, fontWeight: 600 }}
      >
        {shown}
        {rest && (
          <tspan dx={7} style={{ fill: DIM, fontSize: SMALL, fontWeight: 400 }}>
            {rest}
          </tspan>
        )}
      </text>
    </>
  );
}

/** Something that went from one party to another, or should have. */
function Arrow({ picture, event, row }: { picture: Picture; event: TraceEvent; row: Row }) {
  const { lanes, words, repeated } = picture;
  const { title, about, tone, sdp } = words(event);
  const [from, to] = [lanes.xs[event.from] ?? lanes.times, lanes.xs[event.to] ?? lanes.times];
  const ahead = to > from ? 1 : -1;
  const [start, tip] = [from + ahead * 2, to - ahead * 3];
  const y = row.y + ARROW;
  const ink = inks[tone];
  const kind = event.what.kind;
  const lost = kind === 'failure';
  const end = lost ? start + (tip - start) * 0.62 : tip;
  const again = row.repeats.length > 0 ? repeated(row.repeats.length + 1) : '';
  // On a phone a name may be longer than its arrow; it then stands above the lifelines, too.
  const narrow = lanes.narrow;
  const span = Math.abs(to - from) - 14;
  const extras = (sdp ? widthOf('SDP', 10, 700) + 6 : 0) + (again ? widthOf(again, 12, 700) + 6 : 0);
  const name = cut(title, (narrow ? lanes.width - lanes.times - 12 : span) - extras, LABEL, 600);
  const left = span - extras - widthOf(name, LABEL, 600) - 8;
  const rest = about && left > 36 ? cut(about, left, SMALL) : '';
  const half = (widthOf(name, LABEL, 600) + extras + (rest ? widthOf(rest, SMALL) + 6 : 0)) / 2;
  const middle = Math.max(lanes.times + half + 2, Math.min((from + to) / 2, lanes.width - half - 6));
  return (
    <>
      <line
        x1={start}
        x2={end}
        y1={y}
        y2={y}
        strokeDasharray={kind === 'client' ? '6 3' : kind === 'media' ? '1.5 4' : undefined}
        strokeLinecap={kind === 'media' ? 'round' : undefined}
        style={{ stroke: ink, strokeWidth: kind === 'media' ? 2.5 : 1.6 }}
      />
      {lost ? (
        <path d={`M${end - 5} ${y - 5}l10 10m0 -10l-10 10`} style={{ stroke: ink, strokeWidth: 2.2, fill: 'none' }} />
      ) : kind === 'media' ? (
        <circle cx={tip - ahead * 2} cy={y} r={4} style={{ fill: ink }} />
      ) : (
        <path d={`M${tip + ahead * 2} ${y}l${-ahead * 9} -4.6v9.2z`} style={{ fill: ink }} />
      )}
      <text x={middle} y={y - 7} textAnchor="middle" style={{ ...(narrow && halo), fill: ink, fontWeight: 600 }}>
        {name}
        {rest && (
          <tspan dx={6} style={{ fill: DIM, fontSize: SMALL, fontWeight: 400 }}>
            {rest}
          </tspan>
        )}
        {sdp && (
          <tspan dx={6} style={{ fill: 'var(--brand)', fontSize: 10, fontWeight: 700 }}>
            SDP
          </tspan>
        )}
        {again && (
          <tspan dx={6} style={{ fill: 'var(--wait-text)', fontSize: 12, fontWeight: 700 }}>
            {again}
          </tspan>
        )}
      </text>
    </>
  );
}
