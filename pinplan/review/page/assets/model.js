/* The page's data, from the JSON block in the document. */

/** @type {PageModel} */
const model = embedded("model");
const manner = model.manner;
const done = new Map(Object.entries(manner.done));
/** @type {Group[]} */
const groups = model.groups.map((group, index) => ({ tier: "", gain: 0, ...group, index }));
/** @type {Map<ActionId, Group>} */
const groupOf = new Map();
for (const group of groups) for (const id of group.actions) groupOf.set(id, group);

/** @param {ActionId} id */
function groupOfAction(id) {
  const group = groupOf.get(id);
  if (!group) throw new Error(`action ${id} is in no group`);
  return group;
}

/** @param {string} id */
function embedded(id) {
  return JSON.parse(byId(id).textContent || "null");
}

/** The defaults of `ViewModel`, which are left out of the data. */
const NOTHING_KNOWN = {
  role: /** @type {Role} */ ("image"),
  path: "",
  size: 0,
  width: 0,
  height: 0,
  quality: 0,
  format: "",
  measured: true,
  thumb: -1,
  missing: "",
  board: -1,
  badge: "",
  moves: false,
  verdict: "",
  why: "",
};

/** @param {ActionId} id */
function action(id) {
  return model.actions[id];
}

/** @param {Group} group */
function actionsOf(group) {
  return group.actions.map(action);
}

/** @param {Group} group */
function isPair(group) {
  return Boolean(action(group.actions[0]).measured);
}

/**
 * Members of a duplicate group: the keeper, then each duplicate with the action that removes it.
 * @param {Group} group
 * @returns {Member[]}
 */
function members(group) {
  const first = action(group.actions[0]);
  const keeper = { id: first.id, number: 0, view: viewOf(first, 0), facts: first.rival_facts || [] };
  const others = actionsOf(group).map((one) => ({
    id: one.id,
    number: 1,
    view: viewOf(one, 1),
    facts: one.facts || [],
  }));
  return [keeper, ...others];
}

/**
 * @param {ActionModel} one
 * @param {number} number
 * @returns {View}
 */
function viewOf(one, number) {
  return { ...NOTHING_KNOWN, pin: one.pin, ...one.views?.[number] };
}

/** @param {PinId} pin */
function pinAddress(pin) {
  return `https://www.pinterest.com/pin/${encodeURIComponent(pin)}/`;
}

/** @type {Map<number, string[]>} */
const blocks = new Map();

/** @param {number} number */
function embeddedImage(number) {
  /* 50 thumbnails per block, as IN_A_BLOCK in document.py has it. */
  const block = Math.floor(number / 50);
  const name = `thumbs-${block}`;
  if (!document.getElementById(name)) return "";
  const images = blocks.get(block) || embedded(name);
  blocks.set(block, images);
  return `data:image/webp;base64,${images[number % 50]}`;
}

/**
 * @param {ActionId} id
 * @param {number} number
 * @param {boolean} full
 */
function imageAddress(id, number, full) {
  if (manner.serves) return `${full ? "full" : "thumb"}/${id}/${number}`;
  const view = viewOf(action(id), number);
  return view.thumb < 0 ? "" : embeddedImage(view.thumb);
}

/**
 * The first frame of an image that may be animated.
 * @param {ActionId} id
 * @param {number} number
 */
function stillAddress(id, number) {
  return `still/${id}/${number}`;
}
