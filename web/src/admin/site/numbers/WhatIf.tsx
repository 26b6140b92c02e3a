/** What changes that are not saved yet would have made of past numbers. */
import { Button, Group, Progress } from '@mantine/core';
import { IconHistory } from '@tabler/icons-react';
import { useEffect, useRef, useState } from 'react';
import { BusyButton } from '../../../components/BusyButton';
import type { LocationObject, NumberResult, WhatIf as Found } from '../../../generated/site';
import { useTranslation } from '../../../i18n';
import { useReason } from '../../announce';
import { PlainTable } from '../../PlainTable';
import site from '../site.module.css';
import { afterAnswer, whatIf } from './explain';
import classes from './numbers.module.css';

export interface WhatIfProps {
  id: string;
  location: LocationObject;
  /** Whether that is not what is saved. */
  changed: boolean;
}

export function WhatIf({ id, location, changed }: WhatIfProps) {
  const { texts } = useTranslation();
  const reason = useReason();
  const [busy, setBusy] = useState(false);
  const [answer, setAnswer] = useState<{ of: LocationObject; found: Found | null; failure: unknown } | null>(null);
  const asking = useRef<AbortController>(undefined);
  // Who leaves the page wants to know nothing of it any longer.
  useEffect(() => () => asking.current?.abort(), []);
  const t = texts.admin.site.rules.whatIf;
  const ask = async () => {
    setBusy(true);
    setAnswer(null);
    const over = new AbortController();
    asking.current = over;
    try {
      await whatIf(id, location, over.signal, (found) => {
        if (!over.signal.aborted) setAnswer({ of: location, found, failure: null });
      });
    } catch (failure) {
      if (!over.signal.aborted) setAnswer({ of: location, found: null, failure });
    } finally {
      if (!over.signal.aborted) setBusy(false);
    }
  };
  const stop = () => {
    asking.current?.abort();
    setBusy(false);
  };
  const shown = changed ? answer : null;
  const found = shown?.found ?? null;
  const stale = shown !== null && shown.of !== location;
  return (
    <>
      <Group gap="sm">
        <BusyButton
          variant="default"
          className={classes.ask}
          classNames={{ label: classes.askLabel }}
          busy={busy}
          off={!changed}
          leftSection={<IconHistory size={17} aria-hidden />}
          onClick={() => changed && void ask()}
        >
          {stale ? t.again : t.ask}
        </BusyButton>
        {busy && (
          <Button variant="subtle" onClick={stop}>
            {t.stop}
          </Button>
        )}
      </Group>
      {busy && <Checking found={found} />}
      <div role="status">
        {!changed && <p className={site.dimmed}>{t.unchanged}</p>}
        {stale && <p className={site.dimmed}>{t.stale}</p>}
        {!busy && found && <Summary found={found} />}
        {shown !== null && found === null && <p className={site.plain}>{t.failed(reason(shown.failure))}</p>}
      </div>
      {found && found.changed.length > 0 && <Changed found={found} />}
    </>
  );
}

/** How far it is. */
function Checking({ found }: { found: Found | null }) {
  const { texts, number } = useTranslation();
  const t = texts.admin.site.rules.whatIf;
  if (found === null) return <p className={site.dimmed}>{t.checking}</p>;
  const all = found.checked + found.left;
  const sentence = t.soFar(found.checked, number(all), found.total);
  return (
    <div className={classes.checking}>
      <p className={site.dimmed}>{sentence}</p>
      <Progress value={(100 * found.checked) / all} aria-label={sentence} />
    </div>
  );
}

function Summary({ found: { checked, total, changed, truncated, left } }: { found: Found }) {
  const { texts, number } = useTranslation();
  const t = texts.admin.site.rules.whatIf;
  const sentence = checked === 0 ? t.nothingYet : total === 0 ? t.none(checked) : t.changed(total, number(checked));
  return (
    <p className={classes.outcome}>
      {sentence} {truncated && t.newest(number(changed.length))} {left > 0 && t.left(left)}
    </p>
  );
}

function Changed({ found }: { found: Found }) {
  const { texts, language, number } = useTranslation();
  const { whatIf: t, simulator } = texts.admin.site.rules;
  const said = ({ number: text, then, reach }: NumberResult) => {
    if (text === null) return t.nothing;
    const parts = [text, afterAnswer(then, simulator), reach && `(${simulator.reach[reach]})`];
    return parts.filter(Boolean).join(' ');
  };
  return (
    <div className={classes.changed}>
      <PlainTable
        label={t.ask}
        folding
        wrapping
        columns={[t.number, t.kind, simulator.asSaved, simulator.withDraft, t.count, t.last]}
        rows={found.changed.map(({ kind, text, count, last_at, before, after }) => ({
          key: `${kind} ${text}`,
          cells: [
            <code>{text}</code>,
            simulator.kinds[kind],
            said(before),
            <b>{said(after)}</b>,
            number(count),
            new Date(last_at).toLocaleString(language, { dateStyle: 'short', timeStyle: 'short' }),
          ],
        }))}
      />
    </div>
  );
}
