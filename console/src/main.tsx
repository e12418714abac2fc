import { createRoot } from "react-dom/client";
import { App } from "./app/App.tsx";
import { ErrorBoundary } from "./app/ErrorBoundary.tsx";
import { initialiseTheme } from "./app/theme.ts";
import { openLiveFeed } from "./data/live-feed.ts";
import "./styles/tokens.css";
import "./styles/page.css";
import "./styles/controls.css";
import "./styles/map.css";

initialiseTheme();
createRoot(document.getElementById("root")!).render(
  <ErrorBoundary>
    <App feed={openLiveFeed("/console/live")} />
  </ErrorBoundary>,
);
