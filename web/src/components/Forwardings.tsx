/** Where the calls of a line go instead: the rules there are, and one to add or change. */
import { ActionIcon, Button, NativeSelect, NumberInput, TextInput } from '@mantine/core';
import { IconPencil, IconPlus, IconTrash } from '@tabler/icons-react';
import { useState, type FormEvent } from 'react';
import {
  FORWARD_AFTER,
  type Callers,
  type Forwarding,
  type ForwardingKind,
  type Line,
  type MonitoredForwarding,
} from '../generated/protocol';
import { useTranslation } from '../i18n';
import type { Texts } from '../i18n/en';
import type { Phone } from '../phone';
import { changed, without } from '../protocol/forwarding';
import { BusyButton } from './BusyButton';
import { DialledAs } from './DialledAs';
import { cleanNumber } from './format';
import classes from './LineSettings.module.css';
import { OnlyBack, Refusal, useSetting } from './LineSettings';

const KINDS: ForwardingKind[] = ['immediate', 'busy', 'no_answer', 'signed_off'];
const CALLERS: Callers[] = ['all', 'internal', 'external'];
/** What the server takes where nothing is said, in seconds. */
const AFTER = 20;

export interface ForwardingsProps {
  phone: Phone;
  /** A line, the user's own or another. */
  line: { id: string; forwardings: readonly MonitoredForwarding[] };
  /** The user's own line, which says how numbers are dialled from it. */
  own?: Line;
  /** Whether more can be done than taking them back. */
  settable: boolean;
}

export function Forwardings({ phone, line, own, settable }: ForwardingsProps) {
  const { texts } = useTranslation();
  const { cause, busy, run } = useSetting();
  /** What is being written, and what it is to take the place of. */
  const [draft, setDraft] = useState<{ rule: Forwarding; from: Forwarding | null } | null>(null);
  const save = async (rule: Forwarding) => {
    for (const request of changed(line.id, draft?.from ?? null, rule)) if (!(await run(phone.set(request)))) return;
    setDraft(null);
  };
  const empty = { kind: 'immediate', callers: 'all', to: '', after: null } as const;
  return (
    <section aria-label={texts.line.forwarding}>
      <h3 className="cardTitle">{texts.line.forwarding}</h3>
      {line.forwardings.length === 0 ? (
        <p className={classes.text}>{texts.line.forwardingNone}</p>
      ) : (
        <ul className={classes.rules}>
          {line.forwardings.map((one) => (
            <li key={`${one.kind} ${one.callers}`} className={classes.rule}>
              <span className={classes.what}>
                <span className={`numbers ${classes.to}`}>{one.to ?? texts.monitored.hiddenNumber}</span>
                <span className={classes.when}>{whenText(one, texts)}</span>
              </span>
              {settable && (
                <ActionIcon
                  variant="subtle"
                  color="gray"
                  size={34}
                  aria-label={`${texts.line.edit}: ${whenText(one, texts)}`}
                  aria-disabled={busy}
                  onClick={() => !busy && setDraft({ rule: known(one), from: known(one) })}
                >
                  <IconPencil size={18} aria-hidden />
                </ActionIcon>
              )}
              <ActionIcon
                variant="subtle"
                color="gray"
                size={34}
                aria-label={`${texts.line.remove}: ${whenText(one, texts)}`}
                aria-disabled={busy}
                onClick={() => !busy && void run(phone.set(without(line.id, known(one))))}
              >
                <IconTrash size={18} aria-hidden />
              </ActionIcon>
            </li>
          ))}
        </ul>
      )}
      {!settable ? (
        <OnlyBack />
      ) : draft ? (
        <Rule
          key={`${draft.rule.kind} ${draft.rule.callers}`}
          first={draft.rule}
          line={own}
          busy={busy}
          onSave={(rule) => void save(rule)}
          onCancel={() => setDraft(null)}
        />
      ) : (
        <Button
          size="xs"
          variant="default"
          leftSection={<IconPlus size={16} aria-hidden />}
          onClick={() => setDraft({ rule: empty, from: null })}
        >
          {texts.line.add}
        </Button>
      )}
      <Refusal cause={cause} />
    </section>
  );
}

interface RuleProps {
  first: Forwarding;
  line: Line | undefined;
  busy: boolean;
  onSave: (rule: Forwarding) => void;
  onCancel: () => void;
}

function Rule({ first, line, busy, onSave, onCancel }: RuleProps) {
  const { texts } = useTranslation();
  const [kind, setKind] = useState(first.kind);
  const [callers, setCallers] = useState(first.callers);
  const [to, setTo] = useState(first.to);
  const [after, setAfter] = useState<number | string>(first.after ?? AFTER);
  const submit = (event: FormEvent) => {
    event.preventDefault();
    if (to.trim() === '') return;
    const seconds = kind === 'no_answer' ? Number(after) || AFTER : null;
    onSave({ kind, callers, to: to.trim(), after: seconds });
  };
  return (
    <form className={classes.form} onSubmit={submit}>
      <NativeSelect
        label={texts.line.when}
        value={kind}
        onChange={(event) => setKind(event.currentTarget.value as ForwardingKind)}
        data={KINDS.map((value) => ({ value, label: texts.line.kind[value] }))}
      />
      <NativeSelect
        label={texts.line.callers}
        value={callers}
        onChange={(event) => setCallers(event.currentTarget.value as Callers)}
        data={CALLERS.map((value) => ({ value, label: texts.line.from[value] }))}
      />
      <TextInput
        className={kind === 'no_answer' ? undefined : classes.wide}
        label={texts.line.to}
        inputMode="tel"
        autoComplete="off"
        maxLength={128}
        autoFocus
        value={to}
        onChange={(event) => setTo(cleanNumber(event.currentTarget.value))}
      />
      {kind === 'no_answer' && (
        <NumberInput
          label={texts.line.after}
          min={FORWARD_AFTER.min}
          max={FORWARD_AFTER.max}
          clampBehavior="blur"
          allowDecimal={false}
          value={after}
          onChange={setAfter}
        />
      )}
      {line?.dialling && (
        <div className={classes.wide}>
          <DialledAs form line={line} number={to} forwarding />
        </div>
      )}
      <div className={classes.buttons}>
        <Button variant="default" onClick={onCancel}>
          {texts.line.cancel}
        </Button>
        <BusyButton type="submit" busy={busy} disabled={to.trim() === ''}>
          {texts.line.save}
        </BusyButton>
      </div>
    </form>
  );
}

/** Where to is not always told; the rule is known by when and of whom. */
function known(rule: MonitoredForwarding): Forwarding {
  return { ...rule, to: rule.to ?? '' };
}

function whenText({ kind, callers, after }: MonitoredForwarding, texts: Texts): string {
  const when = kind === 'no_answer' ? texts.line.kindAfter(after ?? AFTER) : texts.line.kind[kind];
  return `${when} · ${texts.line.from[callers]}`;
}
