import react from '@vitejs/plugin-react';
import { defineConfig } from 'vitest/config';

const server = process.env.OFFHOOK_URL ?? 'http://127.0.0.1:7224';

export default defineConfig({
  plugins: [react()],
  server: {
    proxy: {
      // The server compares Origin with Host, so both must be its own.
      '/api': { target: server, changeOrigin: true, ws: true, headers: { origin: server } },
    },
  },
  build: {
    target: ['chrome111', 'firefox114', 'safari16.4'],
    // The server's content security policy permits no data: fonts or scripts; icons stay files too.
    assetsInlineLimit: 0,
    chunkSizeWarningLimit: 900,
  },
  // Components in a browser's stand-in take their time on a busy machine.
  test: { environment: 'node', testTimeout: 180_000, include: ['src/**/*.test.{ts,tsx}'] },
});
