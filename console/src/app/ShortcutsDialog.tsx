import * as Dialog from "@radix-ui/react-dialog";
import { CloseButton } from "../ui/CloseButton.tsx";

const shortcuts: readonly (readonly [string, string])[] = [
  ["1 – 7", "Map, Cost, Service, Unserved, Requests, Plan, Ledger"],
  ["t", "Map or table"],
  ["/", "Find a site"],
  ["n / p", "Next or previous open site, by cost"],
  ["Esc", "Close what is open"],
  ["← ↑ → ↓", "Move the map (Shift: faster)"],
  ["+ / −", "Zoom"],
  ["f", "Show the whole plan"],
  ["Space", "Pause or resume the live list"],
  ["d", "Dark or light"],
  ["?", "This list"],
];

export function ShortcutsDialog(props: { readonly open: boolean; readonly onOpenChange: (open: boolean) => void }) {
  return (
    <Dialog.Root open={props.open} onOpenChange={props.onOpenChange}>
      <Dialog.Portal>
        <Dialog.Overlay className="dialog-overlay" />
        <Dialog.Content className="dialog" aria-describedby={undefined}>
          <header className="panel-head">
            <Dialog.Title>Keyboard</Dialog.Title>
            <CloseButton label="Close" onClick={() => props.onOpenChange(false)} />
          </header>
          <dl className="shortcuts">
            {shortcuts.map(([keys, what]) => (
              <div key={keys}>
                <dt>
                  {keys
                    .split(" ")
                    .map((key, _, all) =>
                      all.length > 1 && /^[–/]$/.test(key) ? ` ${key} ` : <kbd key={key}>{key}</kbd>,
                    )}
                </dt>
                <dd>{what}</dd>
              </div>
            ))}
          </dl>
        </Dialog.Content>
      </Dialog.Portal>
    </Dialog.Root>
  );
}
