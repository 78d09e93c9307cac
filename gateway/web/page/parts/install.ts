/**
 * Over the hub's own HTTPS the page can be installed and starts while the hub is not reached; over plain HTTP browsers
 * know neither.
 */
export function offerInstalling(): void {
  if (location.protocol !== "https:" || !("serviceWorker" in navigator)) return;
  const manifest = document.createElement("link");
  manifest.rel = "manifest";
  manifest.href = "/manifest.webmanifest";
  document.head.append(manifest);
  // Whoever does not trust the hub's certificate is refused it, and has the page all the same.
  navigator.serviceWorker.register("/sw.js").catch(() => undefined);
}
