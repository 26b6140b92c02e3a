/** Chooses an object by typing a part of what it is called. */
import { Select } from '@mantine/core';
import { useEffect, useState } from 'react';
import { useTranslation } from '../../i18n';
import { useReason } from '../announce';
import { remember, titleOf, useTitles } from './names';
import { ANY, listOf, type Objects, type Plural } from './objects';

/** How long a person pauses in typing before it is looked for, in ms. */
const PAUSE = 200;
/** Objects that are offered at once. */
const OFFERED = 20;

export interface ObjectPickerProps {
  kind: Extract<Plural, 'users' | 'groups' | 'profiles'>;
  label: string;
  description?: string;
  error?: string;
  placeholder?: string;
  value: string | null;
  onChange: (id: string | null) => void;
  /** Those that are not offered. */
  without?: readonly string[];
  /** Whether nothing need be chosen. */
  clearable?: boolean;
  disabled?: boolean;
  autoFocus?: boolean;
}

interface Option {
  value: string;
  label: string;
}

/** What tells an object from others with the same name. */
function optionOf(id: string, object: Objects[Plural]): Option {
  const title = titleOf(object);
  return { value: id, label: 'login' in object && title !== object.login ? `${title} (${object.login})` : title };
}

export function ObjectPicker({ kind, value, onChange, without = [], clearable = true, ...shown }: ObjectPickerProps) {
  const { texts } = useTranslation();
  const reason = useReason();
  const [opened, setOpened] = useState(false);
  const [search, setSearch] = useState('');
  const [found, setFound] = useState<Option[] | null>(null);
  const [failure, setFailure] = useState<string | null>(null);
  const title = useTitles(kind, value === null ? [] : [value]);
  const t = texts.admin.site.picker;

  const current =
    value === null ? null : (found?.find((each) => each.value === value) ?? { value, label: title(value) });
  // What is chosen stands in the field and is not looked for.
  const looked = search === current?.label ? '' : search;
  useEffect(() => {
    if (!opened) return;
    let over = false;
    const timer = setTimeout(() => {
      listOf(kind, { ...ANY, search: looked }, null, OFFERED).then(
        ({ items }) => {
          if (over) return;
          remember(kind, items);
          setFailure(null);
          setFound(items.map(({ id, object }) => optionOf(id, object)));
        },
        (error: unknown) => over || setFailure(reason(error)),
      );
    }, PAUSE);
    return () => {
      over = true;
      clearTimeout(timer);
    };
  }, [kind, looked, opened]);

  const offered = (found ?? []).filter((each) => each.value === value || !without.includes(each.value));
  const data = current && !offered.some((each) => each.value === current.value) ? [current, ...offered] : offered;
  return (
    <Select
      {...shown}
      placeholder={shown.placeholder ?? t.hint}
      searchable
      clearable={clearable}
      // It can be reached by keys, so it is not hidden.
      clearButtonProps={{ 'aria-label': t.clear(shown.label), 'aria-hidden': undefined, tabIndex: 0, size: '24px' }}
      data={data}
      // The server has looked for them.
      filter={({ options }) => options}
      value={value}
      searchValue={search}
      onSearchChange={setSearch}
      onChange={(id) => {
        onChange(id);
        if (id === null) setSearch('');
      }}
      onDropdownOpen={() => setOpened(true)}
      onDropdownClose={() => setOpened(false)}
      nothingFoundMessage={failure ?? (found === null ? t.looking : t.none)}
      comboboxProps={{ withinPortal: true }}
    />
  );
}

/** Adds objects to a list, one after the other. */
export function ObjectAdder({
  onAdd,
  ...props
}: Omit<ObjectPickerProps, 'value' | 'onChange'> & { onAdd: (id: string) => void }) {
  const [turn, setTurn] = useState(0);
  return (
    <ObjectPicker
      // Empty again after each; the focus stays in it.
      key={turn}
      {...props}
      autoFocus={turn > 0}
      value={null}
      onChange={(id) => {
        if (id === null) return;
        onAdd(id);
        setTurn((before) => before + 1);
      }}
    />
  );
}
