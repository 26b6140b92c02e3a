/** Language and appearance, wherever one is in the app. */
import { ActionIcon, SegmentedControl, useMantineColorScheme } from '@mantine/core';
import { IconContrast, IconMoon, IconSun } from '@tabler/icons-react';
import { LANGUAGES, useTranslation, type Language } from '../i18n';
import { useLocked } from '../presets';
import { SCHEMES } from '../scheme';

const icons = { auto: IconContrast, light: IconSun, dark: IconMoon };

export function LanguageChoice() {
  const { language, setLanguage, texts } = useTranslation();
  const locked = useLocked('language', LANGUAGES);
  return (
    <SegmentedControl
      size="xs"
      aria-label={texts.header.language}
      title={locked ? texts.settings.locked : undefined}
      disabled={locked}
      value={language}
      onChange={(value) => setLanguage(value as Language)}
      data={[
        {
          value: 'en',
          label: (
            <abbr title="English" style={{ textDecoration: 'none' }}>
              EN
            </abbr>
          ),
        },
        {
          value: 'de',
          label: (
            <abbr title="Deutsch" style={{ textDecoration: 'none' }}>
              DE
            </abbr>
          ),
        },
      ]}
    />
  );
}

/** One button that goes round: like the system, light, dark. */
export function Appearance() {
  const { texts } = useTranslation();
  const { colorScheme, setColorScheme } = useMantineColorScheme();
  const Icon = icons[colorScheme];
  const next = SCHEMES[(SCHEMES.indexOf(colorScheme) + 1) % SCHEMES.length] ?? 'auto';
  const locked = useLocked('theme', SCHEMES);
  const scheme = texts.header.scheme[colorScheme];
  const label = locked ? `${scheme}. ${texts.settings.locked}` : scheme;
  return (
    <ActionIcon
      variant="default"
      size={34}
      aria-label={label}
      title={label}
      disabled={locked}
      onClick={() => setColorScheme(next)}
    >
      <Icon size={18} aria-hidden />
    </ActionIcon>
  );
}
