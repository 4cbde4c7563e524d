/* Groups of duplicates: any number of images may stay. Each of the others is removed for one that stays and with
   which it was compared itself; what was compared with none of them stays as well. */

/**
 * Decide that some images of a group stay.
 * @param {Group} group
 * @param {ReadonlySet<number>} wanted
 * @param {() => void} [then]
 */
function keepThese(group, wanted, then) {
  const { changes, why } = keeping(group, wanted);
  const numbers = [...new Set([...wanted, ...why.keys()])].sort((one, other) => one - other);
  const reasons = [...why].map(([number, text]) => `${number + 1} stays: ${text}`);
  decideTied(changes, [`${numbered(numbers)} kept`, ...reasons].join(". "), then);
}

/**
 * Let one more image of a group stay, or one less.
 * @param {Group} group
 * @param {number} number
 */
function toggleStay(group, number) {
  if (!mayDecide(group) || number > group.actions.length) return;
  const wanted = new Set(stayers(group));
  if (!wanted.delete(number)) wanted.add(number);
  if (wanted.size) keepThese(group, wanted);
  else announce("One image has to stay");
}

/**
 * The images that stay under the current decisions.
 * @param {Group} group
 */
function stayers(group) {
  return members(group).flatMap((_, number) => (fateOf(group, number) === "KEEP" ? [number] : []));
}

/**
 * The decisions by which some images of a group stay.
 * @param {Group} group
 * @param {ReadonlySet<number>} wanted
 * @returns {Kept}
 */
function keeping(group, wanted) {
  const stays = new Set(wanted);
  /** @type {Map<number, string>} */
  const why = new Map();
  const swapped = stays.has(0) ? 0 : [...stays].find((number) => !whyNoKeeper(group, number)) || 0;
  if (!stays.has(0) && !swapped) {
    stays.add(0);
    why.set(0, whyNoKeeper(group, [...wanted][0]));
  }
  /** @type {Verdicts} */
  const changes = {};
  group.actions.forEach((id, at) => {
    const number = at + 1;
    const made = stays.has(number) ? (number === swapped ? "swap" : "skip") : removal(group, number, stays);
    if (made === "skip" && !stays.has(number)) why.set(number, "it was compared with none of those that stay");
    changes[id] = made;
  });
  return { changes, why };
}

/**
 * The decision by which an image goes; skip if it was compared with none that stays.
 * @param {Group} group
 * @param {number} number
 * @param {ReadonlySet<number>} stays
 * @returns {Made}
 */
function removal(group, number, stays) {
  if (stays.has(0)) return "approve";
  const kept = [...stays].find((other) => comparedWith(group, number, other));
  return kept === undefined ? "skip" : `swap:${memberAction(group, kept).pin}`;
}

/**
 * @param {Group} group
 * @param {number} number
 */
function memberAction(group, number) {
  return action(group.actions[Math.max(0, number - 1)]);
}

/**
 * Whether two images of a group were compared with each other. Each was compared with the planned keeper.
 * @param {Group} group
 * @param {number} number
 * @param {number} other
 */
function comparedWith(group, number, other) {
  return !number || !other || Boolean(measuredBetween(group, number, other));
}

/** @type {Measured} */
const SAME_BYTES = { tier: "exact", why: "the same bytes", rung: "", distances: [] };

/**
 * What was measured between two images of a group; null if nothing was.
 * @param {Group} group
 * @param {number} number
 * @param {number} other
 */
function measuredBetween(group, number, other) {
  const [first, second] = [memberAction(group, number), memberAction(group, other)];
  if (!number || !other) return (number ? first : second).measured || null;
  if (first.same && first.same === second.same) return SAME_BYTES;
  return (first.edges || []).find((edge) => edge.action === second.id)?.measured || null;
}

/** @param {readonly number[]} numbers */
function numbered(numbers) {
  const names = numbers.map((number) => String(number + 1));
  return names.length > 1 ? `${names.slice(0, -1).join(", ")} and ${names[names.length - 1]}` : `Number ${names[0]}`;
}
