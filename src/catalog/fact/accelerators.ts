import type { AcceleratorRow } from "./accelerator-row.ts";
import { nvidiaAccelerators } from "./accelerators-nvidia.ts";
import { otherAccelerators } from "./accelerators-other.ts";
import { variantAccelerators } from "./accelerators-variants.ts";

const table = { ...nvidiaAccelerators, ...variantAccelerators, ...otherAccelerators };

export type AcceleratorId = keyof typeof table;

/** All accelerators by id. */
export const accelerators: Readonly<Record<AcceleratorId, AcceleratorRow>> = table;
