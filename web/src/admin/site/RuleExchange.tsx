/** A list of rules as a file, and a file as rules of the draft. */
import { Button, FileButton, Modal, Radio } from '@mantine/core';
import { IconDownload, IconFileImport } from '@tabler/icons-react';
import { createContext, useContext, useRef, useState } from 'react';
import type { FieldProblem, LeastCostRouting, RuleImport, RuleList } from '../../generated/site';
import { useTranslation } from '../../i18n';
import { faultSentence } from '../../i18n/causes';
import { parsed, PATIENCE, Problem, request } from '../../protocol/http';
import { Announce, useReason } from '../announce';
import { useValue } from '../parts/fields';
import { pathOf } from '../parts/merge';
import { useFormFields } from '../parts/RecordForm';
import { PlainTable } from '../PlainTable';
import { urlOfObject } from './objects';
import classes from './site.module.css';

/** The location whose rules these are; null: it is not saved yet, so there is nothing to take out or to check files by. */
export const ExchangeOf = createContext<string | null>(null);

/** What can be added to one list: rules, or providers and zones. */
type Rules = unknown[] | LeastCostRouting;

/** Rules that are named before they are taken over. */
const NAMED = 20;

/** Where each list stands in a location, and what files of it are called. */
const LISTS: Record<RuleList, { at: string; formats: readonly [string, string] }> = {
  external_rules: { at: '/external_rules', formats: ['csv', 'xml'] },
  internal_rules: { at: '/internal_rules', formats: ['csv', 'xml'] },
  line_rules: { at: '/line_rules', formats: ['csv', 'xml'] },
  incoming: { at: '/formatting/incoming', formats: ['csv', 'xml'] },
  outgoing: { at: '/formatting/outgoing', formats: ['csv', 'xml'] },
  dialling: { at: '/formatting/dialling', formats: ['csv', 'xml'] },
  dialling_final: { at: '/formatting/dialling_final', formats: ['csv', 'xml'] },
  emergency: { at: '/emergency/rules', formats: ['csv', 'xml'] },
  least_cost_routing: { at: '/least_cost_routing', formats: ['xml', 'lcr'] },
  simple: { at: '/simple/rules', formats: ['csv', 'xml'] },
};

const MEDIA_TYPES: Readonly<Record<string, string>> = { csv: 'text/csv', xml: 'application/xml' };

/** The list at a place of a location. */
export function listAt(at: string): RuleList | undefined {
  return (Object.keys(LISTS) as RuleList[]).find((list) => LISTS[list].at === at);
}

/** What was there with what a file has behind it. */
export function joined(before: Rules, more: Rules): Rules {
  if (Array.isArray(before)) return Array.isArray(more) ? [...before, ...more] : before;
  if (Array.isArray(more)) return before;
  const { enabled, providers, zones } = more;
  return { enabled, providers: [...before.providers, ...providers], zones: [...before.zones, ...zones] };
}

const sizeOf = (rules: Rules) => (Array.isArray(rules) ? rules.length : rules.providers.length + rules.zones.length);

interface Chosen {
  file: string;
  result: RuleImport;
}

/** Buttons that take a list out of a saved location and bring a file into the draft. */
export function RuleExchange({ list }: { list: RuleList }) {
  const id = useContext(ExchangeOf);
  return id === null ? null : <Exchange id={id} list={list} />;
}

function Exchange({ id, list }: { id: string; list: RuleList }) {
  const { texts } = useTranslation();
  const announce = useContext(Announce);
  const { at, formats } = LISTS[list];
  const { form } = useFormFields();
  const { value, onChange, label: named, readOnly } = useValue<Rules>(at);
  // Least-cost routing is a section of several fields.
  const label = list === 'least_cost_routing' ? texts.admin.site.rules.sections.leastCost : named;
  const opener = useRef<HTMLButtonElement>(null);
  const reset = useRef<() => void>(null);
  const [busy, setBusy] = useState(false);
  const [chosen, setChosen] = useState<Chosen | null>(null);
  const [failed, setFailed] = useState<{ file: string; failure: unknown } | null>(null);
  const t = texts.admin.site.exchange;
  // Providers and zones are two lists of the page and one file.
  const called = list === 'least_cost_routing' ? texts.admin.site.rules.sections.leastCost : label;
  // The server takes out what it has.
  const unsaved = form.isDirty(pathOf(at));
  const url = `${urlOfObject('locations', id)}/rules/${list}`;

  const look = async (file: File | null) => {
    // The same file can be chosen again, when it is put right.
    reset.current?.();
    if (!file || busy) return;
    setBusy(true);
    setFailed(null);
    try {
      const ending = file.name.split('.').pop()?.toLowerCase() ?? '';
      const headers = { 'content-type': MEDIA_TYPES[ending] ?? 'text/plain' };
      const sent = { method: 'POST', headers, body: file };
      const answer = await request(`${url}/import?preview=true`, sent, PATIENCE.file);
      setChosen({ file: file.name, result: parsed<RuleImport>(answer) });
    } catch (failure) {
      setFailed({ file: file.name, failure });
    }
    setBusy(false);
  };
  const close = () => {
    setChosen(null);
    // Once the dialog is gone, and what keeps the focus within it.
    setTimeout(() => opener.current?.focus());
  };
  const take = (add: boolean) => {
    if (!chosen) return;
    const rules = chosen.result.list as Rules;
    // What was wrong with these rules says nothing of others.
    const path = pathOf(at);
    Object.keys(form.errors)
      .filter((each) => each === path || each.startsWith(`${path}.`))
      .forEach((each) => form.clearFieldError(each));
    onChange(add ? joined(value, rules) : rules);
    close();
    announce(t.taken(sizeOf(rules)), false);
  };
  return (
    <div className={classes.list} role="group" aria-label={t.group(called)}>
      <div className={classes.buttons}>
        {formats.map((format) => (
          <Button
            key={format}
            component="a"
            href={`${url}?format=${format}`}
            download
            variant="default"
            size="xs"
            leftSection={<IconDownload size={16} aria-hidden />}
          >
            {t.out(format.toUpperCase())}
          </Button>
        ))}
        {!readOnly && (
          <FileButton accept=".csv,.txt,.xml,.lcr,.lcrxml" onChange={(file) => void look(file)} resetRef={reset}>
            {(props) => (
              <Button
                variant="default"
                size="xs"
                leftSection={<IconFileImport size={16} aria-hidden />}
                aria-disabled={busy || undefined}
                {...props}
                ref={opener}
              >
                {t.in}
              </Button>
            )}
          </FileButton>
        )}
      </div>
      {unsaved && <p className={classes.dimmed}>{t.saved}</p>}
      {failed && <Failed {...failed} />}
      {chosen && <Preview {...chosen} before={sizeOf(value)} onClose={close} onTake={take} />}
    </div>
  );
}

interface PreviewProps extends Chosen {
  /** Rules of the draft. */
  before: number;
  onClose: () => void;
  onTake: (add: boolean) => void;
}

/** What a file has, and what is to become of the rules that are there. */
function Preview({ file, result, before, onClose, onTake }: PreviewProps) {
  const { texts } = useTranslation();
  const [add, setAdd] = useState(false);
  const t = texts.admin.site.exchange;
  const { added, removed } = result.difference;
  return (
    <Modal
      opened
      onClose={onClose}
      title={t.title(file)}
      centered
      closeButtonProps={{ 'aria-label': texts.admin.site.cancel }}
    >
      <div className={classes.list}>
        <p className={classes.plain}>{t.has(sizeOf(result.list as Rules))}</p>
        <Named title={t.added(added.length)} rules={added} />
        {!add && <Named title={t.removed(removed.length)} rules={removed} />}
        {before > 0 && (
          <Radio.Group label={t.what(before)} value={String(add)} onChange={(chosen) => setAdd(chosen === 'true')}>
            <Radio value="false" label={t.replace} mt="xs" />
            <Radio value="true" label={t.add} mt="xs" />
          </Radio.Group>
        )}
        <p className={classes.plain}>{t.draft}</p>
      </div>
      <div className={classes.answers}>
        <Button variant="default" data-autofocus onClick={onClose}>
          {texts.admin.site.cancel}
        </Button>
        <Button onClick={() => onTake(add)}>{t.take}</Button>
      </div>
    </Modal>
  );
}

/** Some rules, shortly. */
function Named({ title, rules }: { title: string; rules: readonly string[] }) {
  const { texts } = useTranslation();
  if (rules.length === 0) return null;
  return (
    <details className={classes.details}>
      <summary>{title}</summary>
      <ul>
        {rules.slice(0, NAMED).map((rule, place) => (
          <li key={place}>{rule}</li>
        ))}
        {rules.length > NAMED && <li>{texts.admin.site.exchange.more(rules.length - NAMED)}</li>}
      </ul>
    </details>
  );
}

/** What is wrong with a file, line by line. */
function Failed({ file, failure }: { file: string; failure: unknown }) {
  const { texts, language } = useTranslation();
  const reason = useReason();
  const t = texts.admin.site.exchange;
  const errors = failure instanceof Problem ? (failure.errors as readonly FieldProblem[]) : [];
  const title = errors.length === 0 ? t.failed(file, reason(failure)) : t.wrong(file, errors.length);
  return (
    <div role="alert" className={classes.list}>
      <p className={classes.fault}>{title}</p>
      {errors.length > 0 && (
        <PlainTable
          label={title}
          folding
          wrapping
          columns={[t.line, t.column, t.problem]}
          rows={errors.map((error, key) => ({
            key: String(key),
            cells: [error.line ?? '', error.pointer, faultSentence(error, language)],
          }))}
        />
      )}
    </div>
  );
}
