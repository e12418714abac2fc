import * as ToggleGroup from "@radix-ui/react-toggle-group";
import type { ReactNode } from "react";

/** One choice of a few, all in sight. */
export function Segmented<T extends string>(props: {
  readonly label: string;
  readonly value: T;
  readonly options: readonly { readonly value: T; readonly label: ReactNode }[];
  readonly onChange: (value: T) => void;
}) {
  return (
    <ToggleGroup.Root
      className="segmented"
      type="single"
      aria-label={props.label}
      value={props.value}
      // An empty value means the chosen item was pressed again: the choice stays.
      onValueChange={(value) => {
        const option = props.options.find((candidate) => candidate.value === value);
        if (option) props.onChange(option.value);
      }}
    >
      {props.options.map((option) => (
        <ToggleGroup.Item key={option.value} value={option.value}>
          {option.label}
        </ToggleGroup.Item>
      ))}
    </ToggleGroup.Root>
  );
}
