import { Component, type ReactNode } from "react";
import { Notice } from "../ui/Notice.tsx";

/** Shows what went wrong in place of an empty page, for example for a document of another version. */
export class ErrorBoundary extends Component<{ readonly children: ReactNode }, { readonly message: string | null }> {
  override state: { readonly message: string | null } = { message: null };

  static getDerivedStateFromError(error: unknown) {
    return { message: error instanceof Error ? error.message : String(error) };
  }

  override render() {
    if (this.state.message === null) return this.props.children;
    return (
      <main className="boot">
        <Notice title="The console cannot show this.">
          <p>{this.state.message}</p>
          <p>The plan may come from another version of Disperse; planning again helps then.</p>
        </Notice>
      </main>
    );
  }
}
