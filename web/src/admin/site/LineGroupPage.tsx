/** A line group: what is needed to begin with, then the rest. */
import { Checkbox, NativeSelect, TextInput } from '@mantine/core';
import type { ReactNode } from 'react';
import type { LineGroups as Report } from '../../generated/protocol';
import type { CaptureWanted, FeatureCode, LineGroupObject } from '../../generated/site';
import { useTranslation } from '../../i18n';
import { NumberField, SelectField, SwitchField, TextField, useValue } from '../parts/fields';
import { useFormFields } from '../parts/RecordForm';
import { AddLines } from './AddLines';
import { blankLineGroup, CODECS, FUNCTIONS, KINDS } from './lineGroup';
import { deleteLineGroup, useAll, useAnswer } from './objects';
import { NEW, ObjectPage } from './ObjectPage';
import { Password } from './Password';
import { Columns, Section } from './Section';
import classes from './site.module.css';
import { AuthoritiesField, Fault, RowsField, TextListField } from './siteFields';
import { TestConnection } from './TestConnection';

export function LineGroupPage({ id, report }: { id: string; report: Report | null }) {
  const { texts } = useTranslation();
  const t = texts.admin.site.lineGroup;
  const isNew = id === NEW;
  // How many go with it; asked again where some have come.
  const lines = useAnswer<{ total: number }>(isNew ? null : `/api/v1/admin/lines?group=${id}&limit=1`);
  const total = lines.value?.total ?? 0;
  const live = report?.line_groups.find(({ object }) => object === id);
  const s = t.sections;
  return (
    <ObjectPage
      kind="line_groups"
      id={id}
      blank={blankLineGroup}
      labels={t.fields}
      sections={[
        { key: 'pbx', title: s.pbx },
        { key: 'test', title: s.test },
        ...(isNew ? [] : [{ key: 'lines', title: s.lines }]),
        ...(isNew ? [] : [{ key: 'password', title: s.password }]).filter(() => live?.kind === 'trunk-registrar'),
      ]}
      goes={t.goes(total)}
      remove={deleteLineGroup}
      beside={(stored, may) => (
        <>
          <AddLines group={stored.id} total={total} live={live} may={may || stored.from_file} onAdded={lines.again} />
          {may && stored.object.kind === 'trunk-registrar' && (
            <Password kind="line_groups" id={stored.id} login={stored.object.user_name} words={t.password} />
          )}
        </>
      )}
    >
      {(stored) => (
        <>
          <Pbx />
          <TestConnection id={isNew ? null : stored.id} />
          <More />
        </>
      )}
    </ObjectPage>
  );
}

const useBody = () => useFormFields().form.values as unknown as LineGroupObject;

function Pbx() {
  const { texts } = useTranslation();
  const t = texts.admin.site.lineGroup;
  const { kind, location } = useBody();
  const all = useAll('locations').value;
  const known = all ?? [];
  // Of the configuration file it is a name.
  const isGone = all !== null && !all.some(({ object }) => object.name === location);
  const places = [
    { value: '', label: t.noLocation },
    ...known.map(({ id, object }) => ({ value: id, label: object.name })),
    ...(location === null || known.some(({ id }) => id === location)
      ? []
      : [{ value: location, label: isGone ? t.goneLocation(location) : location }]),
  ];
  const registersHere = kind === 'trunk-registrar';
  return (
    <Section name="pbx" title={t.sections.pbx} text={t.pbxText}>
      <Columns>
        <TextField at="/name" required />
        <SelectField at="/kind" options={KINDS.map((value) => ({ value, label: t.kinds[value] }))} />
        <SelectField at="/location" nullable hint={t.hints.location} options={places} />
      </Columns>
      {registersHere ? (
        <Columns>
          <TextField at="/user_name" required hint={t.hints.userName} />
          <TextField at="/numbers" hint={t.hints.numbers} />
        </Columns>
      ) : (
        <Columns>
          <TextField at="/registrar" required hint={t.hints.registrar} />
          <NumberField at="/port" least={1} most={65535} nullable hint={t.hints.port} />
          <SelectField
            at="/transport"
            nullable
            options={[
              { value: '', label: t.usual },
              { value: 'udp', label: 'UDP' },
              { value: 'tcp', label: 'TCP' },
              { value: 'tls', label: 'TLS' },
            ]}
          />
          <TextField at="/domain" hint={t.hints.domain} />
        </Columns>
      )}
    </Section>
  );
}

/** What most need not look at. */
function More() {
  const { texts } = useTranslation();
  const t = texts.admin.site.lineGroup;
  const h = t.hints;
  const choices = <T extends string>(words: Readonly<Record<T, string>>, ...values: readonly T[]) =>
    values.map((value) => ({ value, label: words[value] }));
  const declines = ['busy', 'unavailable', 'declined', 'ringing'] as const;
  return (
    <section className={`card ${classes.section}`} aria-label={t.more}>
      <h2>{t.more}</h2>
      <p className={classes.text}>{t.moreText}</p>
      <Folded title={t.sections.audio} fields={['/codecs', '/codecs_outgoing', '/codecs_incoming', '/ptime', '/dtmf']}>
        <CodecsField at="/codecs" hint={h.codecs} />
        <CodecsField at="/codecs_outgoing" hint={h.codecsOther} />
        <CodecsField at="/codecs_incoming" hint={h.codecsOther} />
        <Columns>
          <SelectField at="/dtmf" options={choices(t.dtmf, 'auto', 'rfc4733', 'info', 'inband')} />
          <NumberField at="/ptime" least={10} most={60} hint={h.ptime} />
        </Columns>
        <SwitchField at="/comfort_noise" />
        <SwitchField at="/rtcp_mux" />
      </Folded>
      <Folded
        title={t.sections.refusing}
        fields={['/signed_out', '/decline', '/hide_decline', '/diversion', '/transfer', '/signed_off_to_voice_mailbox']}
      >
        <Columns>
          <SelectField at="/signed_out" hint={h.signedOut} options={choices(t.declined, ...declines)} />
          <SelectField at="/decline" options={choices(t.declined, 'client', ...declines)} />
          <SelectField at="/diversion" options={choices(t.diversion, 'redirect', 'new-call', 'transfer')} />
          <SelectField at="/transfer" options={choices(t.transfer, 'auto', 'bridge')} />
        </Columns>
        <SwitchField at="/hide_decline" />
        <SwitchField at="/signed_off_to_voice_mailbox" />
      </Folded>
      <Folded
        title={t.sections.functions}
        fields={[
          '/functions',
          '/switched_off',
          '/feature_codes',
          '/pickup_code',
          '/emergency_numbers',
          '/park_returns',
        ]}
      >
        <FunctionsField />
        <p className={classes.text}>{h.functions}</p>
        <Columns>
          <TextField at="/pickup_code" hint={h.pickup} />
          <NumberField at="/park_returns" least={1} most={3600} hint={h.park} />
          <NumberField at="/internal_digits" least={0} most={15} hint={h.internal} />
        </Columns>
        <SwitchField at="/pickup_in_server" />
        <h3>{t.fields['/feature_codes']}</h3>
        <RowsField<FeatureCode>
          at="/feature_codes"
          fields={[
            { key: 'name', label: t.code.name, type: 'text' },
            { key: 'code', label: t.code.code, type: 'text' },
          ]}
          blank={{ name: '', code: '' }}
          add={t.code.add}
          remove={({ name }) => t.code.remove(name)}
          empty={t.code.empty}
        />
        <TextListField at="/emergency_numbers" {...t.emergency} />
      </Folded>
      <Folded
        title={t.sections.connection}
        fields={[
          '/expires',
          '/register_delay',
          '/retry_interval',
          '/nat_refresh',
          '/options_refresh',
          '/listener',
          '/allow_from',
        ]}
      >
        <Columns>
          <NumberField at="/expires" least={30} most={86400} hint={h.expires} />
          <NumberField at="/register_delay" least={0} most={60000} hint={h.registerDelay} />
          <NumberField at="/retry_interval" least={1} most={3600} hint={h.retry} />
          <NumberField at="/options_refresh" least={0} most={3600} hint={h.options} />
          <NumberField at="/nat_refresh" least={0} most={3600} hint={h.nat} />
          <TextField at="/listener" hint={h.listener} />
        </Columns>
        <SwitchField at="/nat_refresh_answered" hint={h.natAnswered} />
        <TextListField at="/allow_from" {...t.network} />
        <p className={classes.text}>{h.allowFrom}</p>
      </Folded>
      <Folded title={t.sections.security} fields={['/srtp', '/ca', '/system_ca', '/trust_identity']}>
        <SelectField at="/srtp" options={choices(t.srtp, 'auto', 'off', 'optional', 'required', 'dtls')} />
        <AuthoritiesField at="/ca" {...t.authority} />
        <p className={classes.text}>{h.ca}</p>
        <SwitchField at="/system_ca" />
        <SwitchField at="/trust_identity" />
      </Folded>
      <Folded title={t.sections.capture} fields={['/capture', '/capture_audio', '/record']}>
        <CaptureField />
        <SelectField at="/capture_audio" options={choices(t.captureAudio, 'off', 'headers', 'payload')} />
        <SwitchField at="/record" hint={h.record} />
      </Folded>
    </section>
  );
}

/** Fields that are shown when somebody wants to see them, or something is wrong with one. */
function Folded({ title, fields, children }: { title: string; fields: readonly string[]; children: ReactNode }) {
  const { form } = useFormFields();
  const isWrong = Object.keys(form.errors).some((path) => fields.some((field) => `/${path}`.startsWith(field)));
  return (
    <details className={classes.folded} open={isWrong || undefined}>
      <summary>{title}</summary>
      <div className={classes.unfolded}>{children}</div>
    </details>
  );
}

/** Codecs in their order, as they are chosen. */
function CodecsField({ at, hint }: { at: string; hint: string }) {
  const { value, onChange, error, label } = useValue<string[]>(at);
  return (
    <fieldset className={classes.codecs}>
      <legend>{label}</legend>
      <Fault error={error} />
      <div>
        {CODECS.map((codec) => {
          const place = value.findIndex((each) => each.toLowerCase() === codec.toLowerCase());
          return (
            <Checkbox
              key={codec}
              label={place < 0 ? codec : `${place + 1}. ${codec}`}
              checked={place >= 0}
              onChange={() => onChange(place >= 0 ? value.filter((_, each) => each !== place) : [...value, codec])}
            />
          );
        })}
      </div>
      <p className={classes.text}>{hint}</p>
    </fieldset>
  );
}

/** Functions that users are offered. A list of those that are on is shown as one of those that are off. */
function FunctionsField() {
  const { texts } = useTranslation();
  const t = texts.admin.site.lineGroup;
  const on = useValue<string[] | null>('/functions');
  const off = useValue<string[] | null>('/switched_off');
  const isOn = (name: string) => (on.value ? on.value.includes(name) : !off.value?.includes(name));
  return (
    <fieldset className={classes.services}>
      <legend className={classes.hidden}>{t.fields['/switched_off']}</legend>
      <Fault error={on.error ?? off.error} />
      {FUNCTIONS.map((name) => (
        <Checkbox
          key={name}
          label={t.functions[name]}
          checked={isOn(name)}
          onChange={() => {
            const now = FUNCTIONS.filter((each) => isOn(each) === (each === name));
            on.onChange(null);
            off.onChange(now.length === 0 ? null : [...now]);
          }}
        />
      ))}
    </fieldset>
  );
}

/** Everything, nothing, or lines by their numbers. */
function CaptureField() {
  const { texts } = useTranslation();
  const t = texts.admin.site.lineGroup;
  const { value, onChange, error, label } = useValue<CaptureWanted>('/capture');
  const what = Array.isArray(value) ? 'lines' : value ? 'all' : 'off';
  return (
    <>
      <NativeSelect
        label={label}
        description={t.hints.capture}
        value={what}
        error={what === 'lines' ? undefined : error}
        onChange={({ currentTarget }) => onChange(currentTarget.value === 'lines' ? [] : currentTarget.value === 'all')}
        data={(['off', 'all', 'lines'] as const).map((each) => ({ value: each, label: t.captures[each] }))}
      />
      {Array.isArray(value) && (
        <TextInput
          label={t.captureLines}
          value={value.join(', ')}
          error={error}
          onChange={({ currentTarget }) =>
            onChange(
              currentTarget.value
                .split(',')
                .map((number) => number.trim())
                .filter((number, at, all) => number !== '' || at === all.length - 1),
            )
          }
        />
      )}
    </>
  );
}
