/** The PBX that the company has, and the first line there. */
import { NativeSelect, NumberInput, PasswordInput, TextInput } from '@mantine/core';
import { IconAlertTriangle, IconCircleCheck, IconCircleDashed, IconPlugConnected } from '@tabler/icons-react';
import { useState } from 'react';
import { useReason } from '../admin/announce';
import { BusyButton } from '../components/BusyButton';
import type { Stored } from '../generated/site';
import { useTranslation } from '../i18n';
import { faultSentence } from '../i18n/causes';
import {
  faultsOf,
  objects,
  put,
  setPassword,
  tryOut,
  type Faults,
  type LineBody,
  type LineGroupBody,
  type TrialReport,
} from './api';
import { remember, useMemory } from './memory';
import classes from './setup.module.css';
import { Loaded, Step } from './Step';

const TRANSPORTS = ['auto', 'udp', 'tcp', 'tls'] as const;
const GROUP = ['name', 'registrar', 'port', 'transport', 'domain'];
const LINE = ['user_name', 'auth_name', 'number', 'password'];

export function Pbx() {
  return (
    <Loaded
      load={async () => ({
        groups: await objects('line_groups'),
        lines: await objects('lines'),
        locations: await objects('locations'),
      })}
    >
      {({ groups, lines, locations }) => {
        const group = groups.find(({ from_file }) => !from_file);
        const line = lines.find(({ from_file, object }) => !from_file && object.group === group?.id);
        const location = group?.object.location ?? locations.find(({ from_file }) => !from_file)?.id ?? null;
        return <PbxForm group={group} line={line} location={location} />;
      }}
    </Loaded>
  );
}

interface PbxFormProps {
  group: Stored<LineGroupBody> | undefined;
  line: Stored<LineBody> | undefined;
  /** Where it stands. */
  location: string | null;
}

function PbxForm({ group, line, location }: PbxFormProps) {
  const { texts, language } = useTranslation();
  const reason = useReason();
  const t = texts.setup.pbx;
  const [name, setName] = useState(group?.object.name ?? t.nameDefault);
  const [registrar, setRegistrar] = useState(group?.object.registrar ?? '');
  const [port, setPort] = useState<number | null>(group?.object.port ?? null);
  const [transport, setTransport] = useState<(typeof TRANSPORTS)[number]>(group?.object.transport ?? 'auto');
  const [domain, setDomain] = useState(group?.object.domain ?? '');
  const [user, setUser] = useState(line?.object.user_name ?? '');
  const [auth, setAuth] = useState(line?.object.auth_name ?? '');
  const [number, setNumber] = useState(line?.object.number ?? '');
  const [password, setSecret] = useState('');
  const [trial, setTrial] = useState<TrialReport | null>(null);
  const [wrong, setWrong] = useState<Faults>({});
  const [busy, setBusy] = useState(false);
  const [ids, setIds] = useState({ group: group?.id, line: line?.id });
  const hasPassword = useMemory(`password ${ids.line ?? ''}`) !== undefined || line !== undefined;
  const body: LineGroupBody = {
    name,
    kind: 'softphones',
    registrar,
    port,
    transport: transport === 'auto' ? null : transport,
    domain,
    location,
  };
  const said = (error: unknown, fields: readonly string[]) =>
    faultsOf(error, (fault) => faultSentence(fault, language), reason, fields);
  const test = async () => {
    setBusy(true);
    setTrial(null);
    setWrong({});
    try {
      setTrial(await tryOut(ids.group, body, { id: ids.line, user_name: user, auth_name: auth, password }));
    } catch (error) {
      setWrong(said(error, [...GROUP, ...LINE]));
    } finally {
      setBusy(false);
    }
  };
  const save = async () => {
    const inGroup = await put('line_groups', ids.group, body);
    setIds((before) => ({ ...before, group: inGroup }));
    // Not in use before it has its password: PBXs count wrong ones.
    const active = ids.line !== undefined && password === '';
    const fields: LineBody = { group: inGroup, user_name: user, auth_name: auth, number: number || user, active };
    const id = await put('lines', ids.line, fields);
    setIds({ group: inGroup, line: id });
    if (password !== '') {
      await setPassword('lines', id, password);
      remember(`password ${id}`, '');
    }
    if (!active) await put('lines', id, { active: true });
  };
  const input = (set: (text: string) => void) => ({
    onChange: ({ currentTarget }: { currentTarget: { value: string } }) => {
      set(currentTarget.value);
      setTrial(null);
    },
    autoComplete: 'off',
    spellCheck: false,
  });
  return (
    <Step text={t.text} save={save} fields={[...GROUP, ...LINE]} next={t.save} skip={group === undefined}>
      {(refused) => {
        const faults = { ...wrong, ...refused };
        return (
          <>
            <div className={classes.columns}>
              <TextInput label={t.name} description={t.nameHint} value={name} error={faults.name} {...input(setName)} />
              <TextInput
                label={t.registrar}
                description={t.registrarHint}
                required
                value={registrar}
                error={faults.registrar}
                {...input(setRegistrar)}
              />
            </div>
            <details className={classes.details} open={transport !== 'auto' || port !== null || domain !== ''}>
              <summary>{t.more}</summary>
              <div className={classes.three}>
                <NativeSelect
                  label={t.transport}
                  value={transport}
                  error={faults.transport}
                  onChange={({ currentTarget }) => {
                    setTransport(currentTarget.value as (typeof TRANSPORTS)[number]);
                    setTrial(null);
                  }}
                  data={TRANSPORTS.map((value) => ({ value, label: t.transports[value] }))}
                />
                <NumberInput
                  label={t.port}
                  description={t.portHint}
                  value={port ?? ''}
                  error={faults.port}
                  min={1}
                  max={65535}
                  allowDecimal={false}
                  onChange={(now) => {
                    setPort(now === '' ? null : Number(now));
                    setTrial(null);
                  }}
                />
                <TextInput
                  label={t.domain}
                  description={t.domainHint}
                  value={domain}
                  error={faults.domain}
                  {...input(setDomain)}
                />
              </div>
            </details>
            <h2>{t.line}</h2>
            <div className={classes.columns}>
              <TextInput
                label={t.user}
                description={t.userHint}
                required
                value={user}
                error={faults.user_name}
                {...input(setUser)}
              />
              <PasswordInput
                label={t.password}
                description={hasPassword ? t.passwordKept : undefined}
                value={password}
                error={faults.password}
                visibilityToggleButtonProps={{ 'aria-label': texts.setup.administrator.show, tabIndex: 0 }}
                {...input(setSecret)}
              />
              <TextInput
                label={t.auth}
                description={t.authHint}
                value={auth}
                error={faults.auth_name}
                {...input(setAuth)}
              />
              <TextInput
                label={t.number}
                description={t.numberHint}
                value={number}
                error={faults.number}
                {...input(setNumber)}
              />
            </div>
            <div className={classes.row}>
              <BusyButton
                variant="default"
                busy={busy}
                leftSection={<IconPlugConnected size={17} aria-hidden />}
                onClick={() => void test()}
              >
                {busy ? t.testing : t.test}
              </BusyButton>
              {wrong[''] && (
                <span className={classes.fault} role="alert">
                  {wrong['']}
                </span>
              )}
            </div>
            {trial && <Report report={trial} works={t.works} />}
          </>
        );
      }}
    </Step>
  );
}

const SIGNS = { done: IconCircleCheck, failed: IconAlertTriangle, skipped: IconCircleDashed };

/** What was tried, step by step, and what to do where it did not work. */
function Report({ report, works }: { report: TrialReport; works: string }) {
  const { language } = useTranslation();
  const german = language === 'de';
  const { ok, steps, verdict } = report;
  return (
    <div className={classes.report} role="status" data-ok={ok || undefined}>
      <ul>
        {steps
          .filter((step) => step.outcome !== 'skipped')
          .map(({ step, outcome, ...said }) => {
            const Sign = SIGNS[outcome];
            return (
              <li key={step} data-outcome={outcome}>
                <Sign size={18} aria-hidden />
                <span>{german ? said.german : said.english}</span>
              </li>
            );
          })}
      </ul>
      {ok && <b>{works}</b>}
      {verdict && (
        <p>
          <b>{german ? verdict.german : verdict.english}</b> {german ? verdict.fix_german : verdict.fix_english}
        </p>
      )}
    </div>
  );
}
