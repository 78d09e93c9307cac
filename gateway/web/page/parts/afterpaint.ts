/** What may wait until there is something to see. */
import { useEffect, useState } from "preact/hooks";

/** @returns whether the browser has shown a frame since `isReady` */
export function useAfterPaint(isReady: boolean): boolean {
  const [isShown, setShown] = useState(false);
  // Effects of this kind run behind the frame that they belong to.
  useEffect(() => {
    if (isReady) setShown(true);
  }, [isReady]);
  return isShown;
}
