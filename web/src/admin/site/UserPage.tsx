/** A user. */
import type {
  AdditionalLine,
  Grant,
  ServiceRight,
  Stored,
  UserGrant,
  UserObject,
  UserServices,
} from '../../generated/site';
import { useTranslation } from '../../i18n';
import { useValue, NumberField, SelectField, SwitchField, TextField, TriStateField } from '../parts/fields';
import { useFormFields } from '../parts/RecordForm';
import { AccountSecurity } from './AccountSecurity';
import { Memberships } from './Memberships';
import { useTitles } from './names';
import { urlOfObject, useAll, useAnswer, useSettings } from './objects';
import { NEW, ObjectPage } from './ObjectPage';
import { ObjectAdder } from './ObjectPicker';
import { Password } from './Password';
import { useMayChange } from './role';
import { Columns, Section } from './Section';
import { Fault, GrantChoice, Rows, RowsField, ServicesField, TextListField } from './siteFields';
import { inLanguage } from './rights';
import { UserLinesList } from './UserLines';
import { UserPicture } from './UserPicture';
import { useWords } from './words';
import classes from './site.module.css';

export const blankUser: UserObject = {
  login: '',
  identity: '',
  first_name: '',
  last_name: '',
  display_name: '',
  email: '',
  active: true,
  profile: null,
  phones: { business: '', business2: '', private: '', mobile: '', pager: '', voice_mailbox: '', recording_server: '' },
  bind_business: null,
  bind_business2: null,
  first_phone: '',
  second_phone: '',
  further_phones: [],
  address: {
    title: '',
    company: '',
    department: '',
    office: '',
    street: '',
    postal_code: '',
    city: '',
    state: '',
    country: '',
    website: '',
    fax: '',
  },
  services: [],
  additional_lines: [],
  grants: [],
  max_clients: null,
};
const LINE: AdditionalLine = { line: '', see_outgoing: true, see_incoming: true, pick_up: false };
const PHONES = ['business', 'business2', 'mobile', 'private', 'pager', 'voice_mailbox', 'recording_server'] as const;
const ADDRESS = [
  'title',
  'company',
  'department',
  'office',
  'street',
  'postal_code',
  'city',
  'state',
  'country',
  'fax',
] as const;
/** Clients that may be signed in at once. */
export const MAX_CLIENTS = 100;

export function UserPage({ id }: { id: string }) {
  const { texts } = useTranslation();
  const words = useWords();
  const groups = useAll('groups');
  // Also of those of the configuration file.
  const mayAlways = useMayChange('users');
  const t = texts.admin.site.user;
  const there = id !== NEW;
  const keys = ['general', 'numbers', 'address', 'services', 'lines', 'rights'] as const;
  const beside = there ? (['picture', 'memberships', 'security', 'password'] as const) : [];
  const names = [...keys, ...beside].map((key) => ({ key, title: t.sections[key] }));
  return (
    <ObjectPage
      kind="users"
      id={id}
      blank={blankUser}
      labels={t.fields}
      words={words}
      sections={names}
      goes={t.goes}
      beside={(user, may) => (
        <>
          <UserPicture id={user.id} name={user.object.display_name || user.object.login} may={mayAlways} />
          <Memberships user={user} groups={groups} />
          <AccountSecurity kind="users" id={user.id} name={user.object.display_name} may={mayAlways} />
          {may && <Password kind="users" id={user.id} login={user.object.login} />}
        </>
      )}
    >
      {(stored) => <Fields stored={stored} />}
    </ObjectPage>
  );
}

function Fields({ stored }: { stored: Stored<UserObject> }) {
  const { texts } = useTranslation();
  const settings = useSettings();
  const profiles = useAll('profiles');
  const t = texts.admin.site.user;
  const { form } = useFormFields();
  const { login, profile } = form.values as unknown as UserObject;
  const domain = settings?.presence_domain ?? '';
  const identity = login === '' ? '' : login.includes('@') || domain === '' ? login : `${login}@${domain}`;
  const usual = settings === null ? t.asSettings : t.asSettingsNow(settings.bind_lines);
  return (
    <>
      <Section name="general" title={t.sections.general}>
        <Columns>
          <NameField at="/first_name" />
          <NameField at="/last_name" />
          <TextField at="/display_name" hint={t.displayNameHint} />
          <TextField at="/login" required hint={t.loginHint} />
          <TextField at="/identity" hint={t.identityHint} placeholder={identity} />
          <TextField at="/email" type="email" />
          <SelectField
            at="/profile"
            nullable
            options={[
              { value: '', label: t.defaultProfile },
              ...(profiles.value ?? []).map(({ id, object }) => ({ value: id, label: object.name })),
              // Until the list is there, what is chosen stays chosen.
              ...(profiles.value === null && profile !== null ? [{ value: profile, label: '…' }] : []),
            ]}
          />
          <NumberField
            at="/max_clients"
            least={1}
            most={MAX_CLIENTS}
            nullable
            hint={settings ? t.maxClientsHint(settings.max_clients) : undefined}
          />
        </Columns>
        <SwitchField at="/active" hint={t.activeHint} />
      </Section>
      <Section name="numbers" title={t.sections.numbers} text={t.numbersText}>
        <Columns>
          {PHONES.map((phone) => (
            <TextField
              key={phone}
              at={`/phones/${phone}`}
              type="tel"
              hint={phone === 'recording_server' ? t.recordingHint : undefined}
            />
          ))}
        </Columns>
        <Columns>
          {(['/bind_business', '/bind_business2'] as const).map((at) => (
            <TriStateField key={at} at={at} words={[usual, t.binds, t.bindsNot]} />
          ))}
          <TextField at="/first_phone" hint={t.phoneHint} />
          <TextField at="/second_phone" hint={t.phoneHint} />
        </Columns>
        <TextListField at="/further_phones" {...t.further} />
        {stored.id !== '' && <UserLinesList user={stored} />}
      </Section>
      <Section name="address" title={t.sections.address}>
        <Columns>
          {ADDRESS.map((field) => (
            <TextField key={field} at={`/address/${field}`} type={field === 'fax' ? 'tel' : 'text'} />
          ))}
          <TextField at="/address/website" type="url" />
        </Columns>
      </Section>
      <Section name="services" title={t.sections.services} text={t.servicesText}>
        <Services stored={stored} everybody={settings?.services ?? []} />
      </Section>
      <Section name="lines" title={t.sections.lines} text={t.linesText}>
        <RowsField<AdditionalLine>
          at="/additional_lines"
          blank={LINE}
          fields={[
            { key: 'line', label: t.line.line, type: 'text' },
            { key: 'see_outgoing', label: t.line.see_outgoing, type: 'switch' },
            { key: 'see_incoming', label: t.line.see_incoming, type: 'switch' },
            { key: 'pick_up', label: t.line.pick_up, type: 'switch' },
          ]}
          add={t.line.add}
          remove={({ line }) => t.line.remove(line)}
          empty={t.line.none}
        />
      </Section>
      <Section name="rights" title={t.sections.rights} text={t.rightsText}>
        <Grants user={stored.id} />
      </Section>
    </>
  );
}

/** First or last name: while nobody has chosen another displayed name, that follows. */
function NameField({ at }: { at: '/first_name' | '/last_name' }) {
  const { form } = useFormFields();
  const user = form.values as unknown as UserObject;
  const follows = user.display_name === suggestedName(user);
  return (
    <TextField
      at={at}
      onTyped={(text) => {
        if (!follows) return;
        form.setFieldValue('display_name', suggestedName({ ...user, [at.slice(1)]: text }));
      }}
    />
  );
}

/** The displayed name that first and last name suggest. */
export const suggestedName = ({ first_name, last_name }: Pick<UserObject, 'first_name' | 'last_name'>) =>
  [first_name.trim(), last_name.trim()].filter(Boolean).join(' ');

/** The services, and from where else each comes: the server knows. */
function Services({ stored, everybody }: { stored: Stored<UserObject>; everybody: readonly ServiceRight[] }) {
  const { texts, language } = useTranslation();
  const t = texts.admin.site.user;
  const url = stored.id === '' ? null : `${urlOfObject('users', stored.id)}/services`;
  // What was saved may come from elsewhere.
  const { value } = useAnswer<UserServices>(url, stored.object);
  const from = (service: ServiceRight) => {
    if (url === null) return everybody.includes(service) ? [t.fromEverybody] : [];
    const found = value?.services.find((each) => each.service === service);
    const elsewhere = found?.because.filter((each) => each.from.source !== 'user') ?? [];
    return elsewhere.map((each) => inLanguage(each, language));
  };
  return <ServicesField at="/services" from={from} />;
}

/** What the user has granted others. */
function Grants({ user }: { user: string }) {
  const { texts } = useTranslation();
  const { value, onChange, error, label, readOnly } = useValue<UserGrant[]>('/grants');
  const title = useTitles(
    'users',
    value.map(({ to }) => to),
  );
  const t = texts.admin.site.user.grant;
  return (
    <div className={classes.list}>
      <Fault error={error} />
      <Rows
        label={label}
        rows={value}
        keyOf={({ to }) => to}
        removeLabel={({ to }) => t.remove(title(to))}
        onRemove={(at) => onChange(value.filter((_, each) => each !== at))}
        empty={t.none}
      >
        {({ to, grant }, at) => (
          <GrantChoice
            label={t.to(title(to))}
            value={grant}
            readOnly={readOnly}
            onChange={(now: Grant) => onChange(value.map((each, place) => (place === at ? { to, grant: now } : each)))}
          />
        )}
      </Rows>
      {!readOnly && (
        <ObjectAdder
          kind="users"
          label={t.add}
          without={[user, ...value.map(({ to }) => to)]}
          onAdd={(to) => onChange([...value, { to, grant: { level: 'business' } }])}
        />
      )}
    </div>
  );
}
