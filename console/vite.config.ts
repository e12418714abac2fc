import react from "@vitejs/plugin-react";
import { defineConfig } from "vite";

/** Where `vite` in development finds a running mesh: the address that `disperse demo` takes when it is free. */
const mesh = "http://127.0.0.1:4400";

export default defineConfig({
  // Relative, so that the built files may be served under any path.
  base: "./",
  plugins: [react()],
  build: {
    target: "es2023",
    assetsInlineLimit: 2048,
    // ECharts is one lazily loaded chunk of this size; the first screen is far below.
    chunkSizeWarningLimit: 900,
  },
  server: {
    host: "127.0.0.1",
    proxy: { "^/console/(plan\\.json|simulation\\.json|ledger\\.json|live)$": mesh, "/v1": mesh, "/admin": mesh },
  },
});
