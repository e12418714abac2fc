import { createRoot } from "react-dom/client";
import { App } from "./app/App.tsx";
import { ErrorBoundary } from "./app/ErrorBoundary.tsx";
import { initialiseTheme } from "./app/theme.ts";
import { openLiveFeed } from "./data/live-feed.ts";
import "./styles/tokens.css";
import "./styles/base.css";
import "./styles/header.css";
import "./styles/controls.css";
import "./styles/panels.css";
import "./styles/views.css";
import "./styles/map.css";
import "./styles/narrow.css";
import "./styles/print.css";

initialiseTheme();
createRoot(document.getElementById("root")!).render(
  <ErrorBoundary>
    <App feed={openLiveFeed("/console/live")} />
  </ErrorBoundary>,
);
