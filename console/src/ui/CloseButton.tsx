import { Icon } from "./Icon.tsx";

/** Closes the dialog or panel it stands in. Without a tooltip: that one would take the first press of Escape for itself. */
export function CloseButton({ label, onClick }: { readonly label: string; readonly onClick: () => void }) {
  return (
    <button type="button" className="icon-button" aria-label={label} aria-keyshortcuts="Escape" onClick={onClick}>
      <Icon name="close" />
    </button>
  );
}
