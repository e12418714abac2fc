import * as Tooltip from "@radix-ui/react-tooltip";
import { Icon, type IconName } from "./Icon.tsx";

/** A button that is only an icon: its name is read out, and shown with its key when the pointer rests on it. */
export function IconButton(props: {
  readonly icon: IconName;
  readonly label: string;
  readonly shortcut?: string;
  readonly onClick: () => void;
  readonly pressed?: boolean;
}) {
  return (
    <Tooltip.Root>
      <Tooltip.Trigger asChild>
        <button
          type="button"
          className="icon-button"
          aria-label={props.label}
          aria-pressed={props.pressed}
          aria-keyshortcuts={props.shortcut}
          onClick={props.onClick}
        >
          <Icon name={props.icon} />
        </button>
      </Tooltip.Trigger>
      <Tooltip.Portal>
        <Tooltip.Content className="tooltip" sideOffset={6}>
          {props.label}
          {props.shortcut && <kbd>{props.shortcut}</kbd>}
        </Tooltip.Content>
      </Tooltip.Portal>
    </Tooltip.Root>
  );
}
