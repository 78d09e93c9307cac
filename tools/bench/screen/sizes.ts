/** Of the paper that is measured, on our page and on the peer's; CSS pixels, of a tablet held across. */
export const VIEWPORT = { width: 1200, height: 900 };
export const WIDTH = 1150;
export const HEIGHT = 450;
/** What that shows at 25 mm/s, with our pulse beside it. */
export const SHOWN_SECONDS = 12;
/** Of the signal that the peer holds to pan over: as much as the hub gives at once, and more than a hand reaches. */
export const PEER_SECONDS = 300;
