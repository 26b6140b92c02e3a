/** The mark: a handset lifted from its rest. */
export function Logo({ size = 32 }: { size?: number }) {
  return (
    <svg width={size} height={size} viewBox="0 0 32 32" aria-hidden="true">
      <rect width="32" height="32" rx="8" fill="#0e6e66" />
      <path
        transform="rotate(-17 16 12)"
        fill="#fff"
        d="M6.2 13.2C6.2 8.9 10.4 6 16 6s9.8 2.9 9.8 7.2v1.6a1.5 1.5 0 0 1-1.5 1.5h-3.2a1.5 1.5 0 0 1-1.5-1.5v-2.3c-1-.6-2.2-.9-3.6-.9s-2.6.3-3.6.9v2.3a1.5 1.5 0 0 1-1.5 1.5H7.7a1.5 1.5 0 0 1-1.5-1.5z"
      />
      <path
        d="M7.5 25.8h17M11.5 25.6v-3.1M20.5 25.6v-3.1"
        fill="none"
        stroke="#9fe0d5"
        strokeWidth="2.6"
        strokeLinecap="round"
      />
    </svg>
  );
}
