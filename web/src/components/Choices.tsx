/** Language and appearance, wherever one is in the app. */
import { ActionIcon, SegmentedControl, useMantineColorScheme, type MantineColorScheme } from '@mantine/core';
import { IconContrast, IconMoon, IconSun } from '@tabler/icons-react';
import { useTranslation, type Language } from '../i18n';

const schemes: MantineColorScheme[] = ['auto', 'light', 'dark'];
const icons = { auto: IconContrast, light: IconSun, dark: IconMoon };

export function LanguageChoice() {
  const { language, setLanguage, texts } = useTranslation();
  return (
    <SegmentedControl
      size="xs"
      aria-label={texts.header.language}
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
  const next = schemes[(schemes.indexOf(colorScheme) + 1) % schemes.length] ?? 'auto';
  const label = texts.header.scheme[colorScheme];
  return (
    <ActionIcon variant="default" size={34} aria-label={label} title={label} onClick={() => setColorScheme(next)}>
      <Icon size={18} aria-hidden />
    </ActionIcon>
  );
}
