/**
 * Places on the sphere, sorted so that those near any point are found without looking at the others: a k-d tree over unit
 * vectors (Bentley, CACM 1975). Distances are squared chords through the Earth, in Earth radii.
 */
export interface PlaceTree {
  /** Positions of the places, so sorted that a node's places stand side by side. */
  readonly order: Int32Array;
  /** Per node: first place in `order`, the one after its last, and its two children; -1 for a leaf. */
  readonly nodes: Int32Array;
  /** Per node: least and greatest x, y and z. */
  readonly boxes: Float64Array;
}

export const nodeInts = 4;
const boxDoubles = 6;
/** Places of a leaf: fewer make the walk longer, more make it look at too many. */
const leafPlaces = 8;

/** A tree over `places`, which `vectorOf` puts on the sphere; its first node is the root, if there is any place. */
export function placeTree(places: ArrayLike<number>, vectorOf: (place: number) => Float64Array): PlaceTree {
  const order = Int32Array.from(places);
  const points = new Map<number, Float64Array>();
  for (const place of order) points.set(place, vectorOf(place));
  const nodes: number[] = [];
  const boxes: number[] = [];
  const grow = (first: number, last: number): number => {
    const node = nodes.length / nodeInts;
    nodes.push(first, last, -1, -1);
    const box = boxOf(order, points, first, last);
    boxes.push(...box);
    if (last - first > leafPlaces) {
      const axis = widestAxis(box);
      // Equal coordinates are ordered by position, so that the tree is the same on every machine.
      order.subarray(first, last).sort((a, b) => points.get(a)![axis]! - points.get(b)![axis]! || a - b);
      const middle = (first + last) >> 1;
      nodes[node * nodeInts + 2] = grow(first, middle);
      nodes[node * nodeInts + 3] = grow(middle, last);
    }
    return node;
  };
  if (order.length > 0) grow(0, order.length);
  return { order, nodes: Int32Array.from(nodes), boxes: Float64Array.from(boxes) };
}

/** Least squared chord from a point to anything in a node's box. */
export function chordToBox({ boxes }: PlaceTree, node: number, x: number, y: number, z: number): number {
  const at = node * boxDoubles;
  const dx = Math.max(0, boxes[at]! - x, x - boxes[at + 1]!);
  const dy = Math.max(0, boxes[at + 2]! - y, y - boxes[at + 3]!);
  const dz = Math.max(0, boxes[at + 4]! - z, z - boxes[at + 5]!);
  return dx * dx + dy * dy + dz * dz;
}

function boxOf(order: Int32Array, points: ReadonlyMap<number, Float64Array>, first: number, last: number): number[] {
  const box = [0, 1, 2].flatMap(() => [Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY]);
  for (let at = first; at < last; at++) {
    const point = points.get(order[at]!)!;
    for (let axis = 0; axis < 3; axis++) {
      box[2 * axis] = Math.min(box[2 * axis]!, point[axis]!);
      box[2 * axis + 1] = Math.max(box[2 * axis + 1]!, point[axis]!);
    }
  }
  return box;
}

function widestAxis(box: readonly number[]): number {
  const width = (axis: number) => box[2 * axis + 1]! - box[2 * axis]!;
  return [0, 1, 2].reduce((widest, axis) => (width(axis) > width(widest) ? axis : widest), 0);
}
