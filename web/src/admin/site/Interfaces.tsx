/** Where browsers reach the server. */
import { Button, Modal } from '@mantine/core';
import { IconAlertTriangle, IconCircleCheck, IconCircleDashed } from '@tabler/icons-react';
import { useCallback, useContext, useEffect, useState } from 'react';
import type { InterfaceMode, InterfaceObject, InterfaceState, InterfaceStates, Stored } from '../../generated/site';
import { useTranslation } from '../../i18n';
import { Announce, useReason } from '../announce';
import type { Column } from '../parts/DataTable';
import { NumberField, SelectField, SwitchField, TextField } from '../parts/fields';
import { useFormFields } from '../parts/RecordForm';
import { addressOf } from '../route';
import { useAsk } from './ask';
import { confirmInterfaces, interfaceStates, leaves, placeOf } from './network';
import { useAll } from './objects';
import { ObjectList } from './ObjectList';
import { ObjectPage } from './ObjectPage';
import { Columns, Section } from './Section';
import { SipInterfaces } from './SipInterfaces';
import classes from './site.module.css';

const MODES: readonly InterfaceMode[] = ['tls', 'plain', 'redirect'];
const MAX_PORT = 65535;
const BLANK: InterfaceObject = {
  name: '',
  address: '0.0.0.0',
  port: 443,
  mode: 'tls',
  certificate: null,
  active: true,
};

/** How often it is asked how they stand, in ms. */
const EVERY = 2000;
/** How long a change waits to be confirmed, in seconds. */
const CONFIRM_WITHIN = 60;

/** How the interfaces stand; null while that is not known. */
export function useInterfaceStates(): InterfaceStates | null {
  const [states, set] = useState<InterfaceStates | null>(null);
  useEffect(() => {
    let over = false;
    const ask = () => {
      interfaceStates().then(
        (now) => over || set(now),
        // What was known stays: the page itself says that the server cannot be reached.
        () => undefined,
      );
    };
    ask();
    const timer = setInterval(ask, EVERY);
    return () => {
      over = true;
      clearInterval(timer);
    };
  }, []);
  return states;
}

export function Interfaces() {
  const { texts } = useTranslation();
  const t = texts.admin.network.interface;
  const states = useInterfaceStates();
  const columns: Column<Stored<InterfaceObject>>[] = [
    { key: 'name', title: t.fields['/name'], sort: 'name', cell: ({ object }) => object.name },
    {
      key: 'place',
      title: t.place,
      sort: 'port',
      cell: ({ object: { address, port } }) => (
        <span className="numbers">{`${address.includes(':') ? `[${address}]` : address}:${port}`}</span>
      ),
    },
    {
      key: 'mode',
      title: t.fields['/mode'],
      sort: 'mode',
      wide: true,
      cell: ({ object }) => t.modes[object.mode],
    },
    {
      key: 'state',
      title: t.state,
      width: 'minmax(0, 1.6fr)',
      cell: ({ id }) => {
        const state = states?.interfaces.find((each) => each.id === id);
        return state && <InterfaceSign state={state} />;
      },
    },
  ];
  return (
    <>
      <Trial states={states} />
      <ObjectList kind="interfaces" columns={columns} activatable />
      <SipInterfaces />
    </>
  );
}

/** Whether an interface listens, and why it does not. */
export function InterfaceSign({ state: { state, english, german, yours } }: { state: InterfaceState }) {
  const { texts, language } = useTranslation();
  const t = texts.admin.network.interface;
  const Icon = {
    listening: IconCircleCheck,
    failed: IconAlertTriangle,
    off: IconCircleDashed,
    starting: IconCircleDashed,
  }[state];
  const why = language === 'de' ? german : english;
  return (
    <span
      className={classes.sign}
      data-on={state === 'listening' || undefined}
      data-bad={state === 'failed' || undefined}
      title={why ?? undefined}
    >
      <Icon size={16} aria-hidden />
      <span>
        {t.states[state]}
        {yours && ` (${t.yours})`}
        {why !== null && `: ${why}`}
      </span>
    </span>
  );
}

/** A change that waits to be confirmed. */
export function Trial({ states }: { states: InterfaceStates | null }) {
  const { texts } = useTranslation();
  const announce = useContext(Announce);
  const reason = useReason();
  const [kept, setKept] = useState(false);
  const t = texts.admin.network.interface;
  const trial = states?.trial ?? null;
  useEffect(() => {
    if (trial === null) setKept(false);
  }, [trial]);
  if (trial === null || kept) return null;
  const keep = () => {
    confirmInterfaces().then(
      () => {
        setKept(true);
        announce(t.confirmed, false);
      },
      (error: unknown) => announce(texts.admin.site.failed(reason(error)), true),
    );
  };
  return (
    <div className={classes.trial} role="alert">
      <IconAlertTriangle size={19} aria-hidden />
      <span>{t.trial(trial.seconds)}</span>
      <Button size="xs" onClick={keep}>
        {t.confirm}
      </Button>
    </div>
  );
}

export function InterfacePage({ id }: { id: string }) {
  const { texts } = useTranslation();
  const [ask, dialog] = useAsk();
  const states = useInterfaceStates();
  const [moved, setMoved] = useState<string | null>(null);
  const t = texts.admin.network.interface;
  const state = states?.interfaces.find((each) => each.id === id);
  const yours = state?.yours ?? false;
  const newPlace = (after: InterfaceObject) => (after.active ? placeOf(after, window.location.hostname) : null);
  const sure = async (before: InterfaceObject, after: InterfaceObject) => {
    if (!yours || !leaves(before, after)) return true;
    const place = newPlace(after);
    const text = place === null ? t.leavingNone : t.leavingText(place);
    return ask({ title: t.leaving, text, confirm: t.leave });
  };
  return (
    <>
      <Trial states={states} />
      <ObjectPage
        kind="interfaces"
        id={id}
        blank={BLANK}
        labels={t.fields}
        sections={[{ key: 'general', title: t.section }]}
        goes={yours ? t.leavingNone : undefined}
        sure={sure}
        onSaved={(before, after) => {
          const place = newPlace(after);
          if (yours && leaves(before, after) && place !== null) setMoved(place);
        }}
      >
        {() => (
          <Section name="general" title={t.section} text={t.sectionText}>
            {state && <InterfaceSign state={state} />}
            <InterfaceFields />
          </Section>
        )}
      </ObjectPage>
      {dialog}
      <Moved place={moved} onClose={useCallback(() => setMoved(null), [])} />
    </>
  );
}

function InterfaceFields() {
  const { texts } = useTranslation();
  const { form } = useFormFields();
  const certificates = useAll('certificates').value ?? [];
  const t = texts.admin.network.interface;
  const { mode } = form.values as unknown as InterfaceObject;
  return (
    <>
      <Columns>
        <TextField at="/name" required />
        <SelectField at="/mode" options={MODES.map((value) => ({ value, label: t.modes[value] }))} />
        <TextField at="/address" required hint={t.addressHint} />
        <NumberField at="/port" required least={1} most={MAX_PORT} hint={t.portHint} />
        {mode === 'tls' && (
          <SelectField
            at="/certificate"
            nullable
            hint={t.certificateHint}
            options={[
              { value: '', label: t.own },
              ...certificates.map(({ id, object }) => ({ value: id, label: object.name })),
            ]}
          />
        )}
      </Columns>
      {mode === 'plain' && <p className={classes.text}>{t.plainText}</p>}
      <SwitchField at="/active" />
    </>
  );
}

/** Leads to the new place of the interface that the page came by. */
export interface MovedProps {
  /** Scheme, host and port; null: nothing has moved. */
  place: string | null;
  /** The page to open there. */
  path?: string;
  onClose: () => void;
}

export function Moved({ place, path = addressOf('interfaces'), onClose }: MovedProps) {
  const { texts } = useTranslation();
  const [left, setLeft] = useState(CONFIRM_WITHIN);
  const t = texts.admin.network.interface;
  useEffect(() => {
    if (place === null) return;
    const until = Date.now() + CONFIRM_WITHIN * 1000;
    const timer = setInterval(() => setLeft(Math.max(0, Math.ceil((until - Date.now()) / 1000))), 500);
    setLeft(CONFIRM_WITHIN);
    return () => clearInterval(timer);
  }, [place]);
  const url = `${place ?? ''}${path}`;
  return (
    <Modal
      opened={place !== null}
      onClose={onClose}
      title={t.moved}
      centered
      closeButtonProps={{ 'aria-label': t.close }}
    >
      <div className={classes.question}>
        <p className={classes.plain}>{t.movedText}</p>
        <p>
          <a className={classes.link} href={url}>
            {url}
          </a>
        </p>
        <p className={classes.plain} role="timer">
          {left > 0 ? t.movedLeft(left) : t.movedUndone}
        </p>
      </div>
    </Modal>
  );
}
