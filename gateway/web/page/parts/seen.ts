/** Whether an element came into view: what costs the hub something is asked only then. */
import type { RefObject } from "preact";
import { useEffect, useState } from "preact/hooks";

export function useSeen(element: RefObject<HTMLElement | null>): boolean {
  const [isSeen, setSeen] = useState(false);
  useEffect(() => {
    if (isSeen) return;
    const observer = new IntersectionObserver((entries) => {
      if (entries.some(({ isIntersecting }) => isIntersecting)) setSeen(true);
    });
    observer.observe(element.current!);
    return () => observer.disconnect();
  }, [isSeen, element]);
  return isSeen;
}
