/* Images are requested a few at a time: a browser has six connections to a server, and one of them has to be free for
   decisions. */

const AT_ONCE = 3;
/** @type {{ image: HTMLImageElement, address: string, ahead: boolean }[]} */
const wanted = [];
let loading = 0;

/**
 * Load an image when a connection is free; large images come before thumbnails.
 * @param {HTMLImageElement} image
 * @param {string} address
 * @param {{ soon?: boolean, ahead?: boolean }} [options]
 */
function loadSoon(image, address, { soon = false, ahead = false } = {}) {
  if (!manner.serves) {
    image.src = address;
    return;
  }
  const entry = { image, address, ahead };
  if (soon) wanted.unshift(entry);
  else wanted.push(entry);
  queueMicrotask(loadNext);
}

function loadNext() {
  while (loading < AT_ONCE) {
    const next = wanted.shift();
    if (!next) return;
    const { image, address, ahead } = next;
    if (!ahead && !image.isConnected) continue; // its card is no longer shown
    loading += 1;
    const over = () => {
      loading -= 1;
      loadNext();
    };
    image.addEventListener("load", over, { once: true });
    image.addEventListener("error", over, { once: true });
    image.src = address;
  }
}
