/** A call on all its sides, or what happened to a line lately: what that comes to, and everything that was said. */
import { Button, Menu, Modal, SegmentedControl } from '@mantine/core';
import { useElementSize, useMediaQuery } from '@mantine/hooks';
import { IconBriefcase, IconChevronLeft, IconDownload } from '@tabler/icons-react';
import { useCallback, useContext, useMemo, useState } from 'react';
import { formatDuration } from '../../components/format';
import type { CallTrace, LegReport, TraceEvent } from '../../generated/protocol';
import { useTranslation } from '../../i18n';
import { Announce } from '../announce';
import { ClockOffset, useSpan } from '../clock';
import { caseUrl, trace as ask, traceUrl, type Traced } from '../diagnosis';
import { gradeOf, toneOfGrade, worstOf } from '../model';
import { TableFrame } from '../PlainTable';
import { useWatched } from '../poller';
import { LegRow, useLegColumns } from '../Legs';
import { addressOf, Link } from '../route';
import { CaptureMenu } from './CaptureMenu';
import classes from './Trace.module.css';
import { Details, shortName } from './Details';
import type { Picture } from './Drawing';
import { EventTable } from './EventTable';
import { Ladder } from './Ladder';
import { ALL_KINDS, bands, fold, lanes, NARROW, place, rowOf, sinceStart } from './layout';
import { fileName, offer, png } from './save';
import { VerdictCard } from './VerdictCard';
import { wordsFor } from './words';

/** From this width on the chosen message stands beside the ladder. */
const BESIDE = '(min-width: 62em)';

export function TracePage({ of, id }: { of: Traced; id: string }) {
  const { texts, sentence } = useTranslation();
  const { report, failure } = useWatched(id, (signal) => ask(of, id, signal), {
    // What a line's trace has moves on; who reads it is not to lose the place.
    last: ({ trace }) => of === 'lines' || trace.ended_at !== null,
  });
  const t = texts.admin.ladder;
  return (
    <>
      <Link className={classes.back} href={addressOf(of)}>
        <IconChevronLeft size={18} aria-hidden />
        {texts.admin.nav[of]}
      </Link>
      {report ? (
        <Whole of={of} id={id} answer={report} />
      ) : failure ? (
        <section className={`card ${classes.gone}`} role="alert">
          <h1>{of === 'calls' && failure !== 'server_unreachable' ? t.gone : sentence(failure)}</h1>
          {of === 'calls' && failure !== 'server_unreachable' && <p>{t.goneText}</p>}
        </section>
      ) : (
        <p className={classes.loading}>{t.loading}</p>
      )}
    </>
  );
}

type Kind = TraceEvent['what']['kind'];

interface WholeProps {
  of: Traced;
  id: string;
  answer: CallTrace;
}

function Whole({ of, id, answer: { trace, verdict } }: WholeProps) {
  const { texts, language, number } = useTranslation();
  const t = texts.admin.ladder;
  const span = useSpan();
  const offset = useContext(ClockOffset);
  const announce = useContext(Announce);
  const beside = useMediaQuery(BESIDE, true, { getInitialValueInEffect: false });
  const { ref, width: room } = useElementSize();
  // A fraction of a pixel too much would make it scroll sideways.
  const width = Math.floor(room);
  const { events, parties, started_at } = trace;

  const deciding = verdict.evidence.find(({ event }) => event !== null)?.event ?? null;
  const [kinds, setKinds] = useState<ReadonlySet<Kind>>(new Set(ALL_KINDS));
  const [repeats, setRepeats] = useState(false);
  const [timesOfDay, setTimesOfDay] = useState(of === 'lines');
  const [asTable, setAsTable] = useState(false);
  // The event, not its row: rows come and go with what is shown.
  const [chosen, setChosen] = useState<number | null>(null);
  const [sought, setSought] = useState(0);
  const [pointed, setPointed] = useState<number | null>(null);
  const [open, setOpen] = useState(false);

  const placed = useMemo(() => place(events, fold(events, { kinds, repeats })), [events, kinds, repeats]);
  const { rows } = placed;
  const again = useMemo(
    () =>
      fold(events, { kinds: new Set(ALL_KINDS), repeats: false }).reduce((sum, { repeats }) => sum + repeats.length, 0),
    [events],
  );
  const selected = rowOf(rows, chosen ?? deciding ?? 0);
  const choose = (at: number) => setChosen(rows[at]?.event ?? null);
  const openRow = useCallback(
    (at: number) => {
      setChosen(rows[at]?.event ?? null);
      setOpen(true);
    },
    [rows],
  );
  // On a wide page a chosen event stands beside; who works by keys is brought to it.
  const pickRow = useCallback(
    (at: number, byKey: boolean) => {
      setChosen(rows[at]?.event ?? null);
      if (!beside || byKey) setOpen(true);
    },
    [rows, beside],
  );

  const timeOfDay = (at: number) =>
    new Date(at - offset).toLocaleTimeString(language, {
      timeStyle: undefined,
      hour: '2-digit',
      minute: '2-digit',
      second: '2-digit',
      fractionalSecondDigits: 3,
    });
  const picture = useMemo<Picture>(() => {
    const marks = new Map<number, number[]>();
    verdict.evidence.forEach(({ event }, at) => {
      if (event === null || rows.length === 0 || !kinds.has(events[event]?.what.kind ?? 'sip')) return;
      const row = rowOf(rows, event);
      marks.set(row, [...(marks.get(row) ?? []), at + 1]);
    });
    const heard = bands(trace, rows).map((band) => {
      const mos = worstOf(band.leg);
      const unheard = mos === null && band.leg.silent;
      const grade = mos === null ? null : gradeOf(mos);
      const short =
        grade === null || mos === null ? '' : texts.admin.calls.mos(number(mos, 1, 1), texts.admin.calls.grade[grade]);
      const figures = t.bandFigures(`${number(band.leg.loss, 1)} %`, `${number(band.leg.jitter_ms)} ms`);
      return {
        ...band,
        tone: unheard ? ('bad' as const) : grade === null ? ('off' as const) : toneOfGrade(grade),
        short: unheard ? t.bandSilent : short,
        words: unheard ? t.bandSilent : [short, figures].filter(Boolean).join(', '),
      };
    });
    return {
      events,
      parties,
      placed,
      lanes: lanes(
        parties.length,
        Math.max(300, width),
        width < NARROW ? (timesOfDay ? 76 : 54) : timesOfDay ? 132 : 100,
      ),
      bands: heard,
      marks,
      words: ({ what }) => wordsFor(what, t, language),
      time: (at) => (timesOfDay ? timeOfDay(at) : sinceStart(at - started_at, language)),
      gap: (ms) => t.gap(span(ms)),
      repeated: t.repeated,
      partyKind: t.partyKind,
    };
  }, [trace, verdict, placed, width, timesOfDay, language, offset]);

  const show = (event: number) => {
    const { what } = events[event] ?? {};
    if (what && !kinds.has(what.kind)) setKinds(new Set([...kinds, what.kind]));
    setAsTable(false);
    setChosen(event);
    setSought((before) => before + 1);
  };
  const label = (at: number) => {
    const event = events[rows[at]?.event ?? -1];
    if (!event) return '';
    const { title, about } = picture.words(event);
    const party = (who: number) => parties[who]?.name ?? '?';
    const repeated = rows[at]?.repeats.length ?? 0;
    const marks = picture.marks.get(at);
    return t.eventLabel([
      picture.time(event.at),
      event.from === event.to ? party(event.from) : t.fromTo(party(event.from), party(event.to)),
      `${title} ${about}`.trim(),
      repeated > 0 ? t.repeated(repeated + 1) : '',
      marks ? `${t.evidence} ${marks.join(', ')}` : '',
    ]);
  };

  const ofLine = of === 'lines';
  const heard = trace.legs.filter(({ packets_in }) => trace.connected_at !== null || packets_in > 0);
  const title = ofLine
    ? t.lately(trace.line ?? id)
    : t.title(trace.caller ?? t.unknown, trace.called ?? texts.admin.calls.service);
  const when = new Date(started_at - offset).toLocaleString(language, { dateStyle: 'medium', timeStyle: 'medium' });
  const lasted =
    ofLine || trace.ended_at === null
      ? null
      : trace.connected_at === null
        ? t.notAnswered
        : t.talked(formatDuration(trace.ended_at - trace.connected_at));
  const about = [!ofLine && trace.line !== null && t.line(trace.line), trace.group, when, lasted].filter(
    (each) => !!each,
  );
  const file = fileName(
    'offhook',
    ofLine ? id : trace.caller,
    trace.called,
    new Date(started_at).toISOString().slice(0, 19),
  );
  const savePng = async () => {
    const [why, fix] =
      language === 'de' ? [verdict.german, verdict.fix_german] : [verdict.english, verdict.fix_english];
    try {
      const heading = { title, lines: [about.join(' · '), why, ...(fix ? [`${t.fix}: ${fix}`] : [])] };
      offer(await png(picture, heading, t.pngCut), `${file}.png`);
    } catch {
      announce(t.pngFailed, true);
    }
  };
  const saveJson = () =>
    offer(new Blob([JSON.stringify({ trace, verdict }, null, 2)], { type: 'application/json' }), `${file}.json`);
  const counts = (kind: Kind) => events.filter(({ what }) => what.kind === kind).length;
  const details = (at: number) => (
    <Details picture={picture} place={at} verdict={verdict} timeOfDay={timeOfDay} onMove={choose} />
  );

  return (
    <>
      <div className={classes.top}>
        <h1 className={`numbers ${classes.title}`}>{title}</h1>
        {!ofLine && trace.ended_at === null && <span className={classes.running}>{t.running}</span>}
        <p className={`numbers ${classes.about}`}>{about.join(' · ')}</p>
      </div>
      {/* A line that works is worth no card. */}
      {(!ofLine || verdict.severity === 'bad' || verdict.severity === 'failed') && (
        <VerdictCard
          verdict={verdict}
          trace={trace}
          name={(event) => shortName(events[event], picture)}
          onShow={show}
        />
      )}
      <section className={`card ${classes.ladder}`} aria-label={t.heading}>
        <div className={classes.tools}>
          <h2>{t.heading}</h2>
          <div className={classes.kinds} role="group" aria-label={t.kindsLabel}>
            {ALL_KINDS.filter((kind) => counts(kind) > 0).map((kind) => (
              <button
                key={kind}
                type="button"
                aria-pressed={kinds.has(kind)}
                onClick={() => setKinds(new Set(ALL_KINDS.filter((each) => kinds.has(each) !== (each === kind))))}
              >
                {t.kinds[kind]} <b className="numbers">{number(counts(kind))}</b>
              </button>
            ))}
            {again > 0 && (
              <button type="button" aria-pressed={repeats} onClick={() => setRepeats(!repeats)}>
                {t.repeats} <b className="numbers">{number(again)}</b>
              </button>
            )}
          </div>
          <span className={classes.choices}>
            <SegmentedControl
              size="xs"
              aria-label={t.clock}
              value={timesOfDay ? 'day' : 'start'}
              onChange={(value) => setTimesOfDay(value === 'day')}
              data={[
                { value: 'start', label: t.sinceStart },
                { value: 'day', label: t.timeOfDay },
              ]}
            />
            <SegmentedControl
              size="xs"
              aria-label={t.view}
              value={asTable ? 'table' : 'ladder'}
              onChange={(value) => setAsTable(value === 'table')}
              data={[
                { value: 'ladder', label: t.asLadder },
                { value: 'table', label: t.asTable },
              ]}
            />
            <Menu position="bottom-end">
              <Menu.Target>
                <Button size="xs" variant="default" leftSection={<IconDownload size={16} aria-hidden />}>
                  {t.export}
                </Button>
              </Menu.Target>
              <Menu.Dropdown>
                <Menu.Item onClick={() => void savePng()}>{t.png}</Menu.Item>
                <Menu.Item component="a" href={traceUrl(of, id, 'text')} download={`${file}.txt`}>
                  {t.text}
                </Menu.Item>
                <Menu.Item onClick={saveJson}>{t.json}</Menu.Item>
                <Menu.Item component="a" href={traceUrl(of, id, 'pcapng')} download={`${file}.pcapng`}>
                  {t.pcapng}
                </Menu.Item>
              </Menu.Dropdown>
            </Menu>
            {of === 'calls' && trace.ended_at === null && <CaptureMenu trace={trace} />}
            {of === 'calls' && (
              <Menu position="bottom-end" width={260}>
                <Menu.Target>
                  <Button size="xs" variant="default" leftSection={<IconBriefcase size={16} aria-hidden />}>
                    {t.caseFile}
                  </Button>
                </Menu.Target>
                <Menu.Dropdown>
                  <Menu.Label>{t.caseText}</Menu.Label>
                  <Menu.Item component="a" href={caseUrl(trace.id, false)} download={`${file}.zip`}>
                    {t.caseNamed}
                  </Menu.Item>
                  <Menu.Item
                    component="a"
                    href={caseUrl(trace.id, true)}
                    download={`${fileName('offhook', trace.id)}.zip`}
                  >
                    {t.casePseudonyms}
                  </Menu.Item>
                </Menu.Dropdown>
              </Menu>
            )}
          </span>
        </div>
        {trace.dropped > 0 && <p className={classes.dropped}>{t.dropped(trace.dropped)}</p>}
        {rows.length === 0 ? (
          <p className={classes.nothing}>{events.length === 0 ? t.empty : t.none}</p>
        ) : (
          <div className={classes.sides} data-beside={beside || undefined}>
            <div ref={ref} className={classes.picture}>
              {!asTable && width > 0 && (
                <Ladder
                  picture={picture}
                  selected={selected}
                  sought={sought}
                  onSelect={choose}
                  onPick={(at) => pickRow(at, false)}
                  onPoint={setPointed}
                  onOpen={openRow}
                  label={label}
                />
              )}
              <EventTable
                picture={picture}
                visible={asTable}
                selected={asTable ? selected : -1}
                onPick={pickRow}
                onOpen={openRow}
              />
            </div>
            {beside && (
              <aside className={classes.beside}>
                {details(pointed !== null && rows[pointed] ? pointed : selected)}
              </aside>
            )}
          </div>
        )}
      </section>
      <div className={classes.below}>
        {heard.length > 0 && <Quality legs={heard} />}
        {trace.settings.length > 0 && (
          <section className={`card ${classes.side}`}>
            <h2>{t.settings}</h2>
            <dl>
              {trace.settings.map(({ key, value }) => (
                <div key={`${key} ${value}`}>
                  <dt>
                    <code>{key}</code>
                  </dt>
                  <dd>
                    <code>{value}</code>
                  </dd>
                </div>
              ))}
            </dl>
          </section>
        )}
      </div>
      <Modal
        opened={open}
        onClose={() => setOpen(false)}
        title={t.event}
        size="xl"
        fullScreen={!beside}
        closeButtonProps={{ 'aria-label': t.close }}
      >
        {details(selected)}
      </Modal>
    </>
  );
}

function Quality({ legs }: { legs: LegReport[] }) {
  const { texts } = useTranslation();
  const columns = useLegColumns();
  const t = texts.admin.ladder;
  return (
    <section className={`card ${classes.side}`}>
      <h2>{t.quality}</h2>
      <TableFrame label={t.quality} folding columns={columns}>
        <tbody>
          {legs.map((leg, at) => (
            <tr key={at}>
              <LegRow leg={leg} />
            </tr>
          ))}
        </tbody>
      </TableFrame>
    </section>
  );
}
