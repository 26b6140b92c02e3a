/** Lets what an administrator has preset count while its user is signed in. */
import { useMantineColorScheme } from '@mantine/core';
import { useEffect, useRef } from 'react';
import type { Account } from './generated/protocol';
import { setPresets } from './presets';
import { applyScheme } from './scheme';

export function usePresetting(account: Account | null): void {
  const { setColorScheme } = useMantineColorScheme();
  const apply = useRef(setColorScheme);
  useEffect(() => {
    apply.current = setColorScheme;
  });
  const settings = account?.settings;
  useEffect(() => {
    if (!settings) return;
    setPresets(settings);
    applyScheme(apply.current);
  }, [settings]);
  useEffect(
    () => () => {
      setPresets({});
      applyScheme(apply.current);
    },
    [],
  );
}
