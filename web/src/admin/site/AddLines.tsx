/** The lines of a line group: how many there are, and more of them: a list, a range or a CSV file. */
import { Button, FileButton, PasswordInput, TextInput } from '@mantine/core';
import { IconFileUpload } from '@tabler/icons-react';
import { useContext, useState, type FormEvent } from 'react';
import { BusyButton } from '../../components/BusyButton';
import type { LineGroup } from '../../generated/protocol';
import type { Import } from '../../generated/site';
import { useTranslation } from '../../i18n';
import { faultSentence } from '../../i18n/causes';
import { Problem, parsed, request } from '../../protocol/http';
import { Announce, useReason } from '../announce';
import { stateIcons } from '../LineTable';
import { countStates, toneOf } from '../model';
import { sent } from '../parts/rest';
import { addressOf, Link } from '../route';
import { useAsk } from './ask';
import { urlOfObject } from './objects';
import { useMayChange } from './role';
import { Columns, Section } from './Section';
import classes from './site.module.css';

const BLANK = { user_names: '', number: '', auth_name: '', password: '' };

export interface AddLinesProps {
  group: string;
  /** How many it has. */
  total: number;
  /** How they stand, where they run. */
  live: LineGroup | undefined;
  may: boolean;
  onAdded: () => void;
}

export function AddLines({ group, total, live, may, onAdded }: AddLinesProps) {
  const { texts, number, language } = useTranslation();
  const announce = useContext(Announce);
  const reason = useReason();
  const allowed = useMayChange('line_groups') && may;
  const [ask, dialog] = useAsk();
  const [wanted, setWanted] = useState(BLANK);
  const [errors, setErrors] = useState<Readonly<Record<string, string>>>({});
  const [busy, setBusy] = useState(false);
  const t = texts.admin.site.lineGroup.lines;
  const url = urlOfObject('line_groups', group);
  const told = (failure: unknown) => {
    const faults = failure instanceof Problem ? failure.errors : [];
    return faults.map((fault) => {
      const said = [fault.name, faultSentence(fault, language)].filter(Boolean).join(': ');
      return { at: fault.pointer, said: fault.line ? t.atLine(fault.line, said) : said };
    });
  };
  const doing = async (what: () => Promise<number>) => {
    if (busy) return;
    setBusy(true);
    setErrors({});
    try {
      const count = await what();
      announce(count === 0 ? t.none : t.added(count), false);
      if (count > 0) onAdded();
    } catch (failure) {
      const faults = told(failure);
      setErrors(Object.fromEntries(faults.map(({ at, said }) => [at, said])));
      announce(texts.admin.site.failed(faults[0]?.said ?? reason(failure)), true);
    } finally {
      setBusy(false);
    }
  };
  const add = (event: FormEvent) => {
    event.preventDefault();
    void doing(async () => {
      const answer = await request(`${url}/lines`, { method: 'POST', ...sent({ ...wanted, active: true }) });
      const { changed } = parsed<{ changed: unknown[] }>(answer);
      setWanted(BLANK);
      return changed.length;
    });
  };
  const upload = (file: File | null) =>
    file &&
    void doing(async () => {
      const send = async (preview: boolean) => {
        const query = new URLSearchParams({ line_group: group, preview: String(preview) });
        const answer = await request(`/api/v1/admin/import?${query}`, {
          method: 'POST',
          headers: { 'content-type': 'text/csv' },
          body: await file.text(),
        });
        return parsed<Import>(answer);
      };
      const { writes, passwords, skipped } = await send(true);
      if (writes.length === 0) return 0;
      const text = t.sureText(t.passwords(passwords), skipped > 0 ? t.skipped(skipped) : '');
      const sure = await ask({ title: t.sure(writes.length), text, confirm: t.add });
      return sure ? (await send(false)).writes.length : 0;
    });
  const field = (name: keyof typeof BLANK) => ({
    value: wanted[name],
    error: errors[`/${name}`],
    onChange: ({ currentTarget: { value } }: { currentTarget: { value: string } }) =>
      setWanted((before) => ({ ...before, [name]: value })),
  });
  return (
    <Section name="lines" title={texts.admin.site.lineGroup.sections.lines} text={t.text}>
      <p className={classes.counts}>
        <b>{t.count(total)}</b>
        {countStates(live?.lines ?? []).map(({ state, count }) => {
          const Sign = stateIcons[state];
          return (
            <span key={state} data-tone={toneOf(state)}>
              <Sign size={15} aria-hidden /> {number(count)} {texts.admin.state[state]}
            </span>
          );
        })}
      </p>
      {total > 0 && (
        <p className={classes.counts}>
          <Link className={classes.link} href={`${addressOf('line_list')}?group=${group}`}>
            {t.show}
          </Link>
          <a className={classes.link} href={`${url}/lines.csv`} download>
            {t.export}
          </a>
        </p>
      )}
      {allowed && (
        <form className={classes.list} noValidate onSubmit={add}>
          <Columns>
            <TextInput label={t.names} description={t.namesHint} required {...field('user_names')} />
            <PasswordInput
              label={t.password}
              description={t.passwordHint}
              autoComplete="off"
              {...field('password')}
              visibilityToggleButtonProps={{ 'aria-label': t.show2, tabIndex: 0 }}
            />
            <TextInput label={t.number} description={t.numberHint} {...field('number')} />
            <TextInput label={t.auth} description={t.authHint} {...field('auth_name')} />
          </Columns>
          <div className={classes.buttons}>
            <BusyButton type="submit" variant="default" busy={busy}>
              {t.add}
            </BusyButton>
            <FileButton accept="text/csv,.csv,.txt" onChange={upload}>
              {(props) => (
                <Button variant="default" leftSection={<IconFileUpload size={17} aria-hidden />} {...props}>
                  {t.csv}
                </Button>
              )}
            </FileButton>
          </div>
          <p className={classes.text}>{t.csvHint}</p>
        </form>
      )}
      {dialog}
    </Section>
  );
}
