/** The half hours of a zone, painted with providers by mouse, touch and keys. */
import { Button, NativeSelect } from '@mantine/core';
import { useId, useRef, useState, type KeyboardEvent, type PointerEvent } from 'react';
import type { CallByCallProvider, TariffZone } from '../../../generated/site';
import { useTranslation } from '../../../i18n';
import { useFormFields } from '../../parts/RecordForm';
import site from '../site.module.css';
import classes from './tariff.module.css';
import { beginOf, cells, DAYS, HALF_HOURS, painted, ROW, spans, stepped, type Day, type Place } from './tariff';

/** Where the rows of a day begin. */
const ROWS = Array.from({ length: HALF_HOURS / ROW }, (_, row) => row * ROW);
/** Hours of a row. */
const HOURS = Array.from({ length: ROW / 2 }, (_, hour) => hour);
/** Ways in which providers look; more share them, and their letters tell which they are. */
const LOOKS = 6;

export interface TariffGridProps {
  zone: TariffZone;
  providers: readonly CallByCallProvider[];
  onChange: (zone: TariffZone) => void;
}

export function TariffGrid({ zone, providers, onChange }: TariffGridProps) {
  const { texts } = useTranslation();
  const { readOnly } = useFormFields();
  const [brush, setBrush] = useState<string | null>(null);
  const [at, setAt] = useState<Place>({ day: 0, at: 0 });
  /** Where the mouse began to paint. */
  const [begun, setBegun] = useState<Place | null>(null);
  const grid = useRef<HTMLTableElement>(null);
  const keys = useId();
  const t = texts.admin.site.rules.zone;
  // One that was painted with may have gone.
  const paint = providers.some(({ name }) => name === brush) ? brush : (providers[0]?.name ?? null);
  const chosen = brush === '' ? null : paint;
  const look = (provider: string) => providers.findIndex(({ name }) => name === provider) % LOOKS;
  const put = (day: number, from: number, to: number) => {
    const name = DAYS[day];
    if (!readOnly && name) onChange(painted(zone, name, from, to, chosen));
  };
  const focus = (place: Place) => {
    setAt(place);
    grid.current?.querySelector<HTMLElement>(`[data-cell="${place.day}-${place.at}"]`)?.focus();
  };
  const pressed = (place: Place) => (event: KeyboardEvent) => {
    const to = stepped(place, event.key);
    if (to !== null) {
      // What a step leads over is painted with it, as with the mouse; within a day.
      if (event.shiftKey && to.day === place.day) put(place.day, place.at, to.at);
      focus(to);
    } else if (event.key === ' ') put(place.day, place.at, place.at);
    else if (event.key === 'Enter') put(place.day, 0, HALF_HOURS - 1);
    else return;
    event.preventDefault();
  };
  const over = (event: PointerEvent) => {
    if (begun === null) return;
    const under = document.elementFromPoint(event.clientX, event.clientY)?.closest<HTMLElement>('[data-cell]');
    const [day, cell] = (under?.dataset.cell ?? '').split('-').map(Number);
    if (day === begun.day && cell !== undefined) put(day, begun.at, cell);
  };
  if (providers.length === 0) return <p className={site.plain}>{t.nobodyElse}</p>;
  return (
    <div className={classes.tariff}>
      {!readOnly && (
        <NativeSelect
          className={classes.brush}
          label={t.paint}
          value={chosen ?? ''}
          onChange={({ currentTarget }) => setBrush(currentTarget.value)}
          data={[...providers.map(({ name }) => ({ value: name, label: name })), { value: '', label: t.nobody }]}
        />
      )}
      <table
        ref={grid}
        className={classes.grid}
        role="grid"
        aria-label={t.times(zone.name)}
        aria-describedby={readOnly ? undefined : keys}
        onPointerMove={over}
        onPointerUp={() => setBegun(null)}
        onPointerLeave={() => setBegun(null)}
      >
        {/* Each cell has its times in its name. */}
        <thead aria-hidden>
          {ROWS.map((first) => (
            <tr key={first}>
              <td>{first === 0 && t.hours}</td>
              {HOURS.map((hour) => (
                <td key={hour} colSpan={2}>
                  {first / 2 + hour}
                </td>
              ))}
            </tr>
          ))}
        </thead>
        {DAYS.map((day, row) => (
          <tbody key={day}>
            <tr>
              <th scope="rowgroup" colSpan={ROW + 1}>
                {t.days[day]}
              </th>
            </tr>
            {ROWS.map((first) => (
              <tr key={first}>
                <th scope="row">{t.from(first / 2, (first + ROW) / 2)}</th>
                {cells(zone, day)
                  .slice(first, first + ROW)
                  .map((provider, column) => {
                    const place = { day: row, at: first + column };
                    const { at: cell } = place;
                    const words = t.cell(t.days[day], beginOf(cell), beginOf(cell + 1), provider ?? t.nobodyThere);
                    return (
                      <td
                        key={cell}
                        role="gridcell"
                        tabIndex={at.day === row && at.at === cell ? 0 : -1}
                        data-cell={`${row}-${cell}`}
                        data-look={provider === null ? undefined : look(provider)}
                        data-hour={cell % 2 === 0 || undefined}
                        aria-label={words}
                        title={words}
                        onKeyDown={pressed(place)}
                        onFocus={() => setAt(place)}
                        onPointerDown={(event) => {
                          if (event.button !== 0 || readOnly) return;
                          (event.target as HTMLElement).releasePointerCapture(event.pointerId);
                          setBegun(place);
                          put(row, cell, cell);
                        }}
                      >
                        <span aria-hidden>{provider?.slice(0, 1)}</span>
                      </td>
                    );
                  })}
              </tr>
            ))}
          </tbody>
        ))}
      </table>
      {!readOnly && (
        <p id={keys} className={site.dimmed}>
          {t.keys}
        </p>
      )}
      <Times zone={zone} onWhole={readOnly ? undefined : (day) => put(DAYS.indexOf(day), 0, HALF_HOURS - 1)} />
    </div>
  );
}

/** The same in words. */
function Times({ zone, onWhole }: { zone: TariffZone; onWhole?: (day: Day) => void }) {
  const { texts } = useTranslation();
  const t = texts.admin.site.rules.zone;
  return (
    <dl className={classes.times}>
      {DAYS.map((day) => (
        <div key={day}>
          <dt>{t.days[day]}</dt>
          <dd>
            {spans(zone, day)
              .map(({ from, to, provider }) => t.span(beginOf(from), beginOf(to), provider))
              .join(', ') || t.nobodyThere}
            {onWhole && (
              <Button variant="subtle" size="compact-sm" onClick={() => onWhole(day)}>
                {t.whole(t.days[day])}
              </Button>
            )}
          </dd>
        </div>
      ))}
    </dl>
  );
}
