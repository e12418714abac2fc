import {
  createSortedRowModel,
  rowSortingFeature,
  sortFn_alphanumeric,
  sortFn_basic,
  tableFeatures,
  useTable,
  type ColumnDef,
} from "@tanstack/react-table";
import { useMemo, useState, type ReactNode } from "react";
import { Icon } from "./Icon.tsx";

const features = tableFeatures({
  rowSortingFeature,
  sortedRowModel: createSortedRowModel(),
  sortFns: { alphanumeric: sortFn_alphanumeric, basic: sortFn_basic },
});

export interface TableColumn<T> {
  readonly id: string;
  readonly title: string;
  /** What the column sorts by. */
  readonly value: (row: T) => string | number;
  readonly cell?: (row: T) => ReactNode;
  readonly numeric?: boolean;
}

/** Rows drawn at first; a table of thousands would hold up the page for rows nobody scrolls to. */
const pageRows = 200;

/** A table that sorts by its headings. Rows can be opened when `onOpen` is given. */
export function DataTable<T>(props: {
  readonly caption: string;
  readonly columns: readonly TableColumn<T>[];
  readonly rows: readonly T[];
  readonly rowId: (row: T) => string;
  readonly sort?: { readonly id: string; readonly desc: boolean };
  readonly selected?: string | null;
  readonly onOpen?: (row: T) => void;
}) {
  const [shownRows, setShownRows] = useState(pageRows);
  const columns = useMemo(
    () =>
      props.columns.map((column): ColumnDef<typeof features, { readonly row: T }> => ({
        id: column.id,
        accessorFn: ({ row }) => column.value(row),
        header: column.title,
        sortFn: column.numeric ? "basic" : "alphanumeric",
        sortDescFirst: column.numeric ?? false,
      })),
    [props.columns],
  );
  const data = useMemo(() => props.rows.map((row) => ({ row })), [props.rows]);
  const table = useTable({
    features,
    columns,
    data,
    getRowId: ({ row }) => props.rowId(row),
    initialState: { sorting: props.sort ? [props.sort] : [] },
    enableSortingRemoval: false,
  });
  const columnOf = new Map(props.columns.map((column) => [column.id, column]));
  const rows = table.getRowModel().rows;
  return (
    <div className="table-scroll" tabIndex={0} role="region" aria-label={props.caption}>
      <table>
        <caption className="visually-hidden">{props.caption}</caption>
        <thead>
          {table.getHeaderGroups().map((group) => (
            <tr key={group.id}>
              {group.headers.map((header) => {
                const sorted = header.column.getIsSorted();
                return (
                  <th
                    key={header.id}
                    scope="col"
                    className={columnOf.get(header.column.id)?.numeric ? "numeric" : undefined}
                    aria-sort={sorted === "asc" ? "ascending" : sorted === "desc" ? "descending" : "none"}
                  >
                    <button type="button" onClick={header.column.getToggleSortingHandler()}>
                      {columnOf.get(header.column.id)?.title}
                      {sorted && <Icon name={sorted === "asc" ? "up" : "down"} size={12} />}
                    </button>
                  </th>
                );
              })}
            </tr>
          ))}
        </thead>
        <tbody>
          {rows.slice(0, shownRows).map((entry) => {
            const { row } = entry.original;
            return (
              <tr key={entry.id} className={entry.id === props.selected ? "selected" : undefined}>
                {props.columns.map((column, index) => {
                  const content = column.cell ? column.cell(row) : column.value(row);
                  return (
                    <td key={column.id} className={column.numeric ? "numeric" : undefined}>
                      {index === 0 && props.onOpen ? (
                        <button type="button" className="row-open" onClick={() => props.onOpen!(row)}>
                          {content}
                        </button>
                      ) : (
                        content
                      )}
                    </td>
                  );
                })}
              </tr>
            );
          })}
        </tbody>
      </table>
      {rows.length > shownRows && (
        <button type="button" className="more" onClick={() => setShownRows(shownRows + 5 * pageRows)}>
          Show more ({rows.length - shownRows} left)
        </button>
      )}
    </div>
  );
}
