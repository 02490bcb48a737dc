// Names as the card check folds and compares them: the same steps as the modules Names and Rules, byte for byte.
// Invariant: clean, exact and bare forms are UTF-8 in NFC. Each function names the Swift one that it follows.

// MARK: UTF-8 and white space (UTF8.swift, Invisible.swift)

/** The scalar at `i` and its byte count; a malformed byte is U+FFFD. */
function scalarAt(bytes, i) {
  const first = bytes[i];
  if (first < 0x80) return [first, 1];
  const more = first >= 0xf0 ? 3 : first >= 0xe0 ? 2 : 1;
  if (first < 0xc2 || first >= 0xf5 || i + 1 + more > bytes.length) return [0xfffd, 1];
  let scalar = first & (0x3f >> more);
  for (let k = 1; k <= more; k++) {
    const byte = bytes[i + k];
    if ((byte & 0xc0) !== 0x80) return [0xfffd, 1];
    scalar = (scalar << 6) | (byte & 0x3f);
  }
  if (more > 1 && (scalar < (more === 2 ? 0x800 : 0x10000) || scalar > 0x10ffff || scalar >> 11 === 0x1b)) {
    return [0xfffd, 1];
  }
  return [scalar, more + 1];
}

function scalarsOf(bytes) {
  const scalars = [];
  for (let i = 0; i < bytes.length; ) {
    const [scalar, count] = scalarAt(bytes, i);
    scalars.push(scalar);
    i += count;
  }
  return scalars;
}

function appendScalar(bytes, scalar) {
  if (scalar < 0x80) bytes.push(scalar);
  else if (scalar < 0x800) bytes.push(0xc0 | (scalar >> 6), 0x80 | (scalar & 0x3f));
  else if (scalar < 0x10000) {
    bytes.push(0xe0 | (scalar >> 12), 0x80 | ((scalar >> 6) & 0x3f), 0x80 | (scalar & 0x3f));
  } else {
    bytes.push(
      0xf0 | (scalar >> 18), 0x80 | ((scalar >> 12) & 0x3f), 0x80 | ((scalar >> 6) & 0x3f), 0x80 | (scalar & 0x3f));
  }
}

function isWellFormed(bytes) {
  for (let i = 0; i < bytes.length; ) {
    const [scalar, count] = scalarAt(bytes, i);
    if (scalar === 0xfffd && count === 1) return false;
    i += count;
  }
  return true;
}

const utf8Encoder = new TextEncoder();
const utf8Decoder = new TextDecoder("utf-8", { ignoreBOM: true });
const bytesOf = (text) => Array.from(utf8Encoder.encode(text));
const textOf = (bytes) => utf8Decoder.decode(Uint8Array.from(bytes));

const isWhiteSpace = (s) =>
  (s >= 0x09 && s <= 0x0d) || s === 0x20 || s === 0x85 || s === 0xa0 || s === 0x1680 || (s >= 0x2000 && s <= 0x200a) ||
  s === 0x2028 || s === 0x2029 || s === 0x202f || s === 0x205f || s === 0x3000;

const ignorableRanges = [
  0xad, 0xad, 0x34f, 0x34f, 0x600, 0x605, 0x61c, 0x61c, 0x6dd, 0x6dd, 0x70f, 0x70f, 0x890, 0x891, 0x8e2, 0x8e2, 0x115f,
  0x1160, 0x17b4, 0x17b5, 0x180b, 0x180f, 0x200b, 0x200f, 0x202a, 0x202e, 0x2060, 0x206f, 0x3164, 0x3164, 0xfe00,
  0xfe0f, 0xfeff, 0xfeff, 0xffa0, 0xffa0, 0xfff0, 0xfffb, 0x110bd, 0x110bd, 0x110cd, 0x110cd, 0x13430, 0x1343f,
  0x1bca0, 0x1bca3, 0x1d173, 0x1d17a, 0xe0000, 0xe0fff,
];
function isIgnorable(s) {
  for (let k = 0; k < ignorableRanges.length; k += 2) {
    if (s >= ignorableRanges[k] && s <= ignorableRanges[k + 1]) return true;
  }
  return false;
}

/** The byte count of the white space or ignorable character at `i`; 0 for any other character. */
function blankCount(bytes, i) {
  const byte = bytes[i];
  if (byte < 0x80) return byte === 0x20 || (byte >= 0x09 && byte <= 0x0d) ? 1 : 0;
  const [scalar, count] = scalarAt(bytes, i);
  return isWhiteSpace(scalar) || isIgnorable(scalar) ? count : 0;
}

function hasInvisible(bytes) {
  for (let i = 0; i < bytes.length; i++) if (bytes[i] >= 0x80 && blankCount(bytes, i) > 0) return true;
  return false;
}

/** The bytes without ignorable characters, and with a blank for each white space outside ASCII. */
function visibleBytes(bytes) {
  const text = [];
  for (let i = 0; i < bytes.length; ) {
    const count = bytes[i] < 0x80 ? 0 : blankCount(bytes, i);
    if (count === 0) text.push(bytes[i++]);
    else {
      if (isWhiteSpace(scalarAt(bytes, i)[0])) text.push(0x20);
      i += count;
    }
  }
  return text;
}

/** The bytes without control characters, white space and ignorable characters at both ends. */
function trimmed(bytes) {
  let start = 0;
  let end = bytes.length;
  while (start < end) {
    const count = blankCount(bytes, start);
    if (count === 0 || start + count > end) break;
    start += count;
  }
  while (start < end) {
    let at = end - 1;
    while (at > start && (bytes[at] & 0xc0) === 0x80 && end - at < 4) at--;
    const count = blankCount(bytes, at);
    if (count === 0 || at + count !== end) break;
    end = at;
  }
  while (start < end && bytes[start] <= 0x20) start++;
  while (start < end && bytes[end - 1] <= 0x20) end--;
  return bytes.slice(start, end);
}

const isDigit = (byte) => byte >= 0x30 && byte <= 0x39;
const isASCIILetter = (byte) => (byte | 0x20) >= 0x61 && (byte | 0x20) <= 0x7a;
const sameBytes = (a, b) => a.length === b.length && a.every((byte, i) => byte === b[i]);

// MARK: Letters (LetterTable.swift)

const letterTable = new Map();
const composedLetters = new Map();
(() => {
  const values = [];
  for (let v = 0xc0; v < 0x250; v++) values.push(v);
  for (let v = 0x1e00; v < 0x1f00; v++) values.push(v);
  for (const value of values) {
    const text = String.fromCodePoint(value);
    const capital = Array.from(text.toUpperCase());
    const parts = Array.from(text.normalize("NFD"), (c) => c.codePointAt(0));
    const isComposed = parts.length > 1 && parts.length <= 3;
    letterTable.set(value, {
      capital: capital.length === 1 ? capital[0].codePointAt(0) : value,
      base: isComposed ? parts[0] : value,
      marks: isComposed ? parts.slice(1) : [],
    });
  }
  const primary = (base, mark) => {
    const whole = Array.from(String.fromCodePoint(base, mark).normalize("NFC"));
    return whole.length === 1 ? whole[0].codePointAt(0) : null;
  };
  for (const [value, letter] of letterTable) {
    const [first, second] = letter.marks;
    if (first === undefined) continue;
    if (second === undefined) {
      composedLetters.set(letter.base * 0x10000 + first, value);
      continue;
    }
    for (const [inner, outer] of [[first, second], [second, first]]) {
      const step = primary(letter.base, inner);
      if (step !== null) composedLetters.set(step * 0x10000 + outer, value);
    }
  }
})();
function letterOf(scalar) {
  const letter = letterTable.get(scalar);
  if (letter) return letter;
  return { capital: scalar >= 0x61 && scalar <= 0x7a ? scalar - 32 : scalar, base: scalar, marks: [] };
}
const composed = (base, mark) => composedLetters.get(base * 0x10000 + mark);

// MARK: Clean names (CleanNamePatterns.swift)

const isTail = (b) => (b & 0xc0) === 0x80;
const isLead = (b) => (b >= 0xc3 && b <= 0xc6) || b === 0xe1;
const isOneOf = (letters) => (b) => isASCIILetter(b) && letters.includes(String.fromCharCode(b | 0x20));
const vietnameseTails = [
  0xa0, 0xa1, 0xa2, 0xa3, 0xa8, 0xa9, 0xaa, 0xac, 0xad, 0xb2, 0xb3, 0xb4, 0xb5, 0xb9, 0xba, 0xbd,
];
const tailsAfterI = [0xa0, 0xa1, 0xa2, 0xa3, 0xa8, 0xa9, 0xaa, 0xb2, 0xb3, 0xb9, 0xba];
const tailsAfterO = [0xa0, 0xa1, 0xa3, 0xa8, 0xa9];
const tailsAfterU = [0xa0, 0xa1, 0xa2, 0xa3, 0xa8, 0xa9, 0xaa, 0xac, 0xad, 0xb4, 0xbd];
const any = () => true;
/** Three bytes in a row that no clean name has. */
const uncleanPatterns = [
  [any, any, (b) => !isTail(b) && !isLead(b) && !isASCIILetter(b) && b !== 0x27 && b !== 0x2d && b !== 0x2e && b !== 0x20],
  [any, (b) => b === 0x20, (b) => b === 0x20],
  [any, (b) => b < 0x80, isTail],
  [(b) => b !== 0xe1, isTail, isTail],
  [any, isLead, (b) => !isTail(b)],
  [(b) => b === 0xe1, isTail, (b) => !isTail(b)],
  [any, (b) => b === 0xc3, (b) => !vietnameseTails.includes(b | 0x20)],
  [any, (b) => b === 0xc4, (b) => (b & 0xfe) !== 0x82 && (b & 0xfe) !== 0x90 && (b & 0xfe) !== 0xa8],
  [any, (b) => b === 0xc5, (b) => (b & 0xfe) !== 0xa8],
  [any, (b) => b === 0xc6, (b) => (b & 0xfe) !== 0xa0 && b !== 0xaf && b !== 0xb0],
  [any, (b) => b === 0xe1, (b) => b !== 0xba && b !== 0xbb],
  [(b) => b === 0xe1, (b) => b === 0xba, (b) => b < 0xa0],
  [isOneOf("ae"), (b) => b === 0xc3, any],
  [isOneOf("i"), (b) => b === 0xc3, (b) => !tailsAfterI.includes(b | 0x20)],
  [isOneOf("o"), (b) => b === 0xc3, (b) => !tailsAfterO.includes(b | 0x20)],
  [isOneOf("u"), (b) => b === 0xc3, (b) => !tailsAfterU.includes(b | 0x20)],
  [isOneOf("y"), (b) => b === 0xc3, (b) => (b | 0x20) !== 0xaa],
  [(b) => b >= 0x61 && b <= 0x7a && !isOneOf("aeiouy")(b), (b) => b === 0xc3, (b) => b < 0xa0],
];

function isCleanAlready(name) {
  if (name.length > 255 || !name.some((b) => isASCIILetter(b) || b >= 0x80)) return false;
  let first = 0x20;
  let second = 0x20;
  for (let i = 0; i <= name.length; i++) {
    const third = i < name.length ? name[i] : 0x20;
    if (uncleanPatterns.some(([a, b, c]) => a(first) && b(second) && c(third))) return false;
    first = second;
    second = third;
  }
  return true;
}

// MARK: Folding (NameFolder.swift)

const isMark = (s) => s >= 0x300 && s <= 0x36f && s !== 0x34f;
const droppedMarks = [0x300, 0x301, 0x303, 0x309, 0x323, 0x302, 0x306, 0x31b];
const lookalikes = new Map([
  [0xd0, 0x110], [0x189, 0x110], [0xf0, 0x111], [0x256, 0x111], [0x2019, 0x27], [0x2bc, 0x27], [0x2018, 0x27],
  [0x2bb, 0x27], [0x60, 0x27], [0xb4, 0x27],
]);
const foldedLookalike = (s) => lookalikes.get(s) ?? s;

/** The clean form of a name, and its fault: null, empty, tooLong, format or mojibake. */
function cleanName(name) {
  if (isCleanAlready(name)) return { clean: name.slice(), fault: null };
  return slowlyCleanName(name);
}

function slowlyCleanName(name) {
  const clean = [];
  let letters = 0;
  let scalars = 0;
  let fault = null;
  let pendingSpace = false;
  let i = 0;
  const passIgnorable = (after) => {
    while (i < name.length && name[i] >= 0x80) {
      const [following, count] = scalarAt(name, i);
      const mayBeLeft = following === 0xad && (after & ~0x20) >= 0xc2 && (after & ~0x20) <= 0xc6;
      if (!isIgnorable(following) || mayBeLeft) return;
      i += count;
    }
  };
  while (i < name.length) {
    let [scalar, count] = scalarAt(name, i);
    i += count;
    if (scalar < 0x80) {
      if (scalar === 0x20 || (scalar >= 0x09 && scalar <= 0x0d)) {
        pendingSpace = clean.length > 0;
        continue;
      }
      if (scalar < 0x20 || scalar === 0x7f || isDigit(scalar)) fault = fault ?? "format";
    } else if (isWhiteSpace(scalar)) {
      pendingSpace = clean.length > 0;
      continue;
    } else if (isIgnorable(scalar)) {
      continue;
    } else if (scalar === 0xfffd) {
      fault = "mojibake";
    } else {
      scalar = foldedLookalike(scalar);
    }
    if (pendingSpace) {
      clean.push(0x20);
      pendingSpace = false;
      scalars += 1;
    }
    passIgnorable(scalar);
    if (i < name.length && (name[i] === 0xcc || name[i] === 0xcd) && scalar >= 0x41 && isMark(scalarAt(name, i)[0])) {
      i = appendComposed(scalar, name, i, clean, (after, at) => {
        i = at;
        passIgnorable(after);
        return i;
      });
      letters += 1;
      scalars += 1;
      continue;
    }
    if (!isMark(scalar) && (scalar >= 0xc0 || isASCIILetter(scalar))) letters += 1;
    if (scalar >= 0x80 && fault === null && looksLikeMojibake(scalar, name, i)) fault = "mojibake";
    appendScalar(clean, scalar);
    scalars += 1;
  }
  if (clean.length === 0) return { clean, fault: "empty" };
  if (fault !== null) return { clean, fault };
  if (letters === 0) return { clean, fault: "format" };
  if (scalars > 255) return { clean, fault: "tooLong" };
  if (isCleanAlready(clean)) return { clean, fault: null };
  return { clean, fault: isOldEncoding(clean) ? "mojibake" : null };
}

/** Composes `base` with the marks that follow at `i`: shape first, then tone, then the others. */
function appendComposed(base, name, i, clean, passIgnorable) {
  const letter = letterOf(base);
  let shape = 0;
  let tone = 0;
  const others = [];
  const sort = (mark) => {
    if (mark === 0x302 || mark === 0x306 || mark === 0x31b) {
      if (shape === 0) shape = mark;
      else if (shape !== mark) others.push(mark);
    } else if (mark === 0x300 || mark === 0x301 || mark === 0x303 || mark === 0x309 || mark === 0x323) {
      if (tone === 0) tone = mark;
      else if (tone !== mark) others.push(mark);
    } else {
      others.push(mark);
    }
  };
  letter.marks.forEach(sort);
  while (i < name.length) {
    const [mark, count] = scalarAt(name, i);
    if (!isMark(mark)) break;
    sort(mark === 0x340 ? 0x300 : mark === 0x341 ? 0x301 : mark);
    i = passIgnorable(mark, i + count);
  }
  let whole = letter.base;
  const left = [];
  for (const mark of [shape, tone, ...others]) {
    if (mark === 0) continue;
    const next = left.length === 0 ? composed(whole, mark) : undefined;
    if (next !== undefined) whole = next;
    else left.push(mark);
  }
  appendScalar(clean, foldedLookalike(whole));
  for (const mark of left) appendScalar(clean, mark);
  return i;
}

/** Whether a pair of characters comes from UTF-8 read as Windows-1252. */
function looksLikeMojibake(scalar, name, i) {
  if (scalar >= 0x80 && scalar < 0xa0) return true;
  if (i >= name.length) return false;
  const following = scalarAt(name, i)[0];
  if (scalar >= 0xc2 && scalar <= 0xc6) {
    if ([0x152, 0x153, 0x160, 0x161, 0x178, 0x17d, 0x17e, 0x192, 0x2c6, 0x2dc].includes(following)) return true;
    if (following === 0x2018) return scalar === 0xc4;
    return (following >= 0x80 && following < 0xc0 && following !== 0xa0) ||
      (following >= 0x2010 && following <= 0x2122 && following !== 0x2019);
  }
  if (scalar >= 0xe2 && scalar <= 0xe6) return following > 0xa0 && following < 0xc0 && following !== 0xb4;
  if (scalar === 0xc1 || scalar === 0xe1) return following === 0xbb || following === 0xba;
  return false;
}

function exactName(clean) {
  const exact = [];
  for (const scalar of scalarsOf(clean)) appendScalar(exact, letterOf(scalar).capital);
  return exact;
}

function bareName(exact) {
  const bare = [];
  for (const scalar of scalarsOf(exact)) appendBare(scalar, bare);
  while (bare.length > 1 && [0x2e, 0x2c, 0x3b, 0x20].includes(bare[bare.length - 1])) bare.pop();
  return bare;
}

function appendBare(scalar, bare) {
  if (scalar < 0x80) return void bare.push(scalar);
  if (scalar === 0x110) return void bare.push(0x44);
  if (droppedMarks.includes(scalar)) return;
  const letter = letterOf(scalar);
  const foreign = letter.marks.filter((mark) => !droppedMarks.includes(mark));
  let whole = letter.base;
  let left = 0;
  for (const mark of foreign) {
    const next = composed(whole, mark);
    if (next !== undefined) whole = next;
    else left = mark;
  }
  appendScalar(bare, whole);
  if (left !== 0) appendScalar(bare, left);
}

// MARK: Syllables (Syllable.swift)

const syllables = (() => {
  const initials = " b c ch d đ g gh gi h k kh l m n ng ngh nh p ph qu r s t th tr v x".split(" ");
  const rhymes = (
    "a ac ach ai am an ang anh ao ap at au ay ăc ăm ăn ăng ăp ăt âc âm ân âng âp ât âu ây " +
    "e ec em en eng eo ep et ê êch êm ên ênh êp êt êu i ia ich im in inh ip it iu iêc iêm iên iêng iêp iêt iêu " +
    "o oa oac oach oai oam oan oang oanh oao oap oat oay oc oe oen oeo oet oi om on ong ooc oong op ot oăc oăm oăn " +
    "oăng oăt ô ôc ôi ôm ôn ông ôp ôt ơ ơi ơm ơn ơp ơt u ua uc ui um un ung up ut uy uya uych uyn uynh uyp uyt uyu " +
    "uyên uyêt uân uâng uât uây uê uêch uên uênh uôc uôi uôm uôn uông uôt uơ ư ưa ưc ưi ưm ưng ưt ưu ươc ươi ươm " +
    "ươn ương ươp ươt ươu y yêm yên yêng yêt yêu ych ynh yt").split(" ");
  const fits = (initial, rhyme) => {
    const first = rhyme[0];
    const isFront = "eêiy".includes(first);
    if (["k", "gh", "ngh"].includes(initial)) return isFront;
    if (["c", "g", "ng"].includes(initial)) return !isFront;
    if (initial === "qu") return "aăâeêiyơ".includes(first) || rhyme === "ôc";
    if (initial === "") return true;
    return first !== "y" || rhyme === "y";
  };
  const spellings = new Set();
  const stopped = new Set();
  for (const initial of initials) {
    for (const rhyme of rhymes) {
      if (!fits(initial, rhyme)) continue;
      const text = initial === "gi" && rhyme[0] === "i" ? "g" + rhyme : initial + rhyme;
      spellings.add(text);
      if (/([cpt]|ch)$/.test(rhyme)) stopped.add(text);
    }
  }
  return { spellings, stopped };
})();
const shapedLetters = new Map([
  ["a\u0306", "ă"], ["a\u0302", "â"], ["e\u0302", "ê"], ["o\u0302", "ô"], ["o\u031b", "ơ"], ["u\u031b", "ư"],
]);

/** Whether a word, given as scalars, can be a Vietnamese syllable. */
function isPossibleSyllable(word) {
  const key = [];
  let tone = 0;
  let last = 0;
  let shape = 0;
  const mark = (m) => {
    if (m === 0x300 || m === 0x301 || m === 0x303 || m === 0x309 || m === 0x323) {
      if (tone !== 0) return false;
      tone = m;
      return true;
    }
    if (m !== 0x302 && m !== 0x306 && m !== 0x31b) return false;
    const shaped = shapedLetters.get(String.fromCodePoint(last, m));
    if (shape !== 0 || key.length === 0 || shaped === undefined) return false;
    shape = m;
    key[key.length - 1] = shaped;
    return true;
  };
  for (const scalar of word) {
    if (scalar >= 0x300 && scalar < 0x370) {
      if (!mark(scalar)) return false;
      continue;
    }
    const letter = letterOf(scalar);
    last = letter.base | 0x20;
    shape = 0;
    const isD = scalar === 0x110 || scalar === 0x111;
    if (key.length >= 8 || !(isD || (last >= 0x61 && last <= 0x7a && letter.base < 0x80))) return false;
    key.push(isD ? "đ" : String.fromCodePoint(last));
    if (!letter.marks.every(mark)) return false;
  }
  const text = key.join("");
  if (!syllables.spellings.has(text)) return false;
  return tone === 0x301 || tone === 0x323 || !syllables.stopped.has(text);
}

// MARK: Old encodings (LegacyTables.swift, LegacyEncoding.swift, Mojibake.swift, Windows1252.swift)

const windows1252Specials = [
  0x20ac, 0x81, 0x201a, 0x192, 0x201e, 0x2026, 0x2020, 0x2021, 0x2c6, 0x2030, 0x160, 0x2039, 0x152, 0x8d, 0x17d, 0x8f,
  0x90, 0x2018, 0x2019, 0x201c, 0x201d, 0x2022, 0x2013, 0x2014, 0x2dc, 0x2122, 0x161, 0x203a, 0x153, 0x9d, 0x17e, 0x178,
];
function windows1252Byte(scalar) {
  if (scalar < 0x100) return scalar;
  if (scalar === 0x110) return 0xd0;
  if (scalar === 0x111) return 0xf0;
  const at = windows1252Specials.indexOf(scalar);
  return at < 0 ? null : 0x80 + at;
}

const oldTable = (upper, below = {}) => {
  const table = [];
  for (let b = 0; b < 128; b++) table.push(below[b] ? below[b].codePointAt(0) : b);
  for (const letter of upper) table.push(letter === "·" ? 0xfffd : letter.codePointAt(0));
  return table;
};
const windows1258Table = (() => {
  const table = [];
  for (let b = 0; b < 256; b++) table.push(b >= 0x80 && b < 0xa0 ? windows1252Specials[b - 0x80] : b);
  for (const b of [0x81, 0x8a, 0x8d, 0x8e, 0x8f, 0x90, 0x9a, 0x9d, 0x9e]) table[b] = 0xfffd;
  const letters = {
    0xc3: 0x102, 0xcc: 0x300, 0xd0: 0x110, 0xd2: 0x309, 0xd5: 0x1a0, 0xdd: 0x1af, 0xde: 0x303, 0xe3: 0x103, 0xec: 0x301,
    0xf0: 0x111, 0xf2: 0x323, 0xf5: 0x1a1, 0xfd: 0x1b0, 0xfe: 0x20ab,
  };
  for (const b in letters) table[b] = letters[b];
  return table;
})();
const vniPairs = new Map();
for (const small of (
  "aàầ aáấ aââ aãẫ aäậ aåẩ aèằ aéắ aêă aëặ aïạ aõã aøà aùá aúẳ aûả aüẵ eàề eáế eâê eãễ eäệ eåể eïẹ eõẽ eøè eùé eûẻ " +
  "oàồ oáố oâô oãỗ oäộ oåổ oïọ oõõ oøò oùó oûỏ uïụ uõũ uøù uùú uûủ yõỹ yøỳ yùý yûỷ " +
  "ôïợ ôõỡ ôøờ ôùớ ôûở öïự öõữ öøừ öùứ öûử").split(" ")) {
  const [a, b, letter] = Array.from(small, (c) => c.codePointAt(0));
  vniPairs.set((a << 8) | b, letter);
  vniPairs.set(((a << 8) | b) - 0x2020, letterOf(letter).capital);
}
const oldEncodings = [
  oldTable(
    "································" + "·ĂÂÊÔƠƯĐăâêôơưđ······àảãáạ·ằẳẵắ·" + "······ặầẩẫấậè·ẻẽéẹềểễếệìỉ···ĩíịò" +
      "·ỏõóọồổỗốộờởỡớợù·ủũúụừửữứựỳỷỹýỵ·"),
  Object.assign(
    oldTable(
      "································" + "································" + "······Ỉ·····ÌÍỴ··ĐỊĨƠ·Ư·········" +
        "······ỉ·····ìíỵ··địĩơ·ư·········"),
    { pairs: vniPairs }),
  oldTable(
    "ÀẢÃẤẦẨọỗĂếềểệẮẰẲẾ··ỀỂỄỐỒỔỖýỷỵỚỜỞ" + "·ắằẳẵặỠớÙờởỡŨỨợỪổỬỲỸÍÌộỈĨÓửữÒỎÕự" +
      "ầÁÂấẩẫậđẻÉÊẹỉễịỹƯỦồốÔỏơÈừứÚũưÝẺ·" + "àáâãảạă·èéêẽìí·ĩẴĐòóôõ·Ơụùúủ·ỶẼỳ"),
  oldTable(
    "ẠẮẰẶẤẦẨẬẼẸẾỀỂỄỆỐỒỔỖỘỢỚỜỞỊỎỌỈỦŨỤỲ" + "ÕắằặấầẩậẽẹếềểễệốồổỗỠƠộờởịỰỨỪỬơớƯ" +
      "ÀÁÂÃẢĂẳẵÈÉÊẺÌÍĨỳĐứÒÓÔạỷừửÙÚỹỵÝỡư" + "àáâãảăữẫèéêẻìíĩỉđựòóôõỏọụùúũủýợỮ",
    { 0x02: "Ẳ", 0x05: "Ẵ", 0x06: "Ẫ", 0x14: "Ỷ", 0x19: "Ỹ", 0x1e: "Ỵ" }),
  windows1258Table,
];

/** The letters of a whole word in an old encoding; null if a byte is undefined. */
function oldLetters(table, word) {
  const letters = [];
  for (let i = 0; i < word.length; i++) {
    const pair = table.pairs && i + 1 < word.length ? table.pairs.get((word[i] << 8) | word[i + 1]) : undefined;
    if (pair !== undefined) i++;
    letters.push(pair ?? table[word[i]]);
  }
  return letters.includes(0xfffd) ? null : letters;
}

const families = new Set(
  ("NGUYỄN TRẦN LÊ PHẠM HOÀNG HUỲNH VŨ VÕ ĐẶNG BÙI ĐỖ HỒ NGÔ DƯƠNG LÝ ĐINH TRƯƠNG ĐOÀN TRỊNH LƯƠNG TẠ CHÂU THẠCH")
    .split(" "));
const middles = new Set(["VĂN", "THỊ"]);

/** Whether a clean name is text of an old encoding that was read as Windows-1252. */
function isOldEncoding(clean) {
  const words = [];
  let word = [];
  for (const scalar of [...scalarsOf(clean), 0x20]) {
    if (scalar !== 0x20 && scalar !== 0x2d && scalar !== 0x27 && scalar !== 0x2e) {
      word.push(scalar);
      continue;
    }
    if (word.length > 0) words.push(word);
    word = [];
  }
  const read = [];
  for (const scalars of words) {
    const bytes = scalars.map(windows1252Byte);
    if (bytes.includes(null)) return false;
    const isStrange = scalars.some(
      (s, i) =>
        (s >= 0x80 && s < 0xc0) || s === 0xd7 || s === 0xf7 || s >= 0x2000 ||
        (s >= 0xc0 && s < 0xdf && i > 0 && scalars[i - 1] >= 0x61 && scalars[i - 1] <= 0x7a));
    read.push({
      scalars, bytes, isMarked: bytes.some((b) => b >= 0x80), isPossible: isPossibleSyllable(scalars), isStrange,
    });
  }
  if (!read.some((w) => w.isMarked && !w.isPossible)) return false;
  return oldEncodings.some((table) => {
    let repaired = 0;
    let isSure = false;
    for (const [i, w] of read.entries()) {
      if (!w.isMarked) {
        if (!w.isPossible) return false;
        continue;
      }
      const letters = oldLetters(table, w.bytes);
      if (letters === null || !isPossibleSyllable(letters)) return false;
      if (w.isPossible || sameBytes(letters, w.scalars) || w.scalars.length <= 1) continue;
      repaired += 1;
      if (w.isStrange || isCommonWord(letters, i === 0)) isSure = true;
    }
    return repaired >= 2 || (repaired === 1 && isSure);
  });
}

function isCommonWord(letters, isFirst) {
  const word = textOf(exactName(cleanName(bytesOf(String.fromCodePoint(...letters))).clean));
  return (isFirst ? families : middles).has(word);
}

// MARK: UTF-8 read in another encoding (MisreadUTF8.swift)

/** The characters of the bytes from 80 on in code pages 437 and 850 of MS-DOS, and in Mac OS Roman. */
const scannerPages = [
  "ÇüéâäàåçêëèïîìÄÅÉæÆôöòûùÿÖÜ¢£¥₧ƒáíóúñÑªº¿⌐¬½¼¡«»░▒▓│┤╡╢╖╕╣║╗╝╜╛┐└┴┬├─┼╞╟╚╔╩╦╠═╬╧╨╤╥╙╘╒╓╫╪┘┌█▄▌▐▀αßΓπΣσµτΦΘΩδ∞φε∩≡±≥≤⌠⌡÷≈°∙·√ⁿ²■\u00a0",
  "ÇüéâäàåçêëèïîìÄÅÉæÆôöòûùÿÖÜø£Ø×ƒáíóúñÑªº¿®¬½¼¡«»░▒▓│┤ÁÂÀ©╣║╗╝¢¥┐└┴┬├─┼ãÃ╚╔╩╦╠═╬¤ðÐÊËÈıÍÎÏ┘┌█▄¦Ì▀ÓßÔÒõÕµþÞÚÛÙýÝ¯´\u00ad±‗¾¶§÷¸°¨·¹³²■\u00a0",
  "ÄÅÇÉÑÖÜáàâäãåçéèêëíìîïñóòôöõúùûü†°¢£§•¶ß®©™´¨≠ÆØ∞±≤≥¥µ∂∑∏π∫ªºΩæø¿¡¬√ƒ≈∆«»…\u00a0ÀÃÕŒœ–—“”‘’÷◊ÿŸ⁄€‹›ﬁﬂ‡·‚„‰ÂÊÁËÈÍÎÏÌÓÔ\uf8ffÒÚÛÙıˆ˜¯˘˙˚¸˝˛ˇ",
].map((page) => Array.from(page, (c) => c.codePointAt(0)));
const misreaders = [
  windows1252Byte,
  (s) => {
    const at = windows1258Table.lastIndexOf(s);
    return at < 0 || s === 0xfffd ? null : at;
  },
  ...scannerPages.map((page) => (s) => {
    const at = page.indexOf(s);
    return at < 0 ? null : 0x80 + at;
  }),
];
const otherLatin = Array.from("ÄÅÆÇËÎÏÐÑÖØÛÜÞßäåæçëîïðñöøûüþÿ", (c) => c.codePointAt(0));

/** The text before it was misread, one with Vietnamese letters only first; null if no encoding gives it back. */
function repairedUTF8(text) {
  const scalars = scalarsOf(text);
  let other = null;
  for (const byteOf of misreaders) {
    const bytes = scalars.map((s) => (s < 0x80 ? s : byteOf(s)));
    if (bytes.includes(null) || !bytes.some((b) => b >= 0x80) || !isWellFormed(bytes) || hasForeignSign(bytes)) continue;
    if (scalarsOf(bytes).every((s) => !(s >= 0x1e00 && s < 0x1ea0) && !otherLatin.includes(s))) return bytes;
    other ??= bytes;
  }
  return other;
}

/** Whether a text has a sign beyond ASCII that is no letter of the Latin script, nor a mark on one. */
function hasForeignSign(text) {
  return scalarsOf(text).some(
    (s) =>
      !(s < 0x80 || (s >= 0xc0 && s <= 0xd6) || (s >= 0xd8 && s <= 0xf6) || (s >= 0xf8 && s < 0x192) ||
        (s >= 0x193 && s < 0x250) || (s >= 0x300 && s < 0x370) || (s >= 0x1e00 && s < 0x1f00)));
}

// MARK: Comparing (NameLadder.swift)

const isAlphabetic = (scalar) => /^\p{Alphabetic}$/u.test(String.fromCodePoint(scalar));

/** exact, bare, damaged, firstLetter or differs. */
function nameRung(asked, reading, name) {
  if (sameBytes(asked, name)) return "exact";
  const exact = exactName(name);
  const askedExact = exactName(asked);
  if (sameBytes(exact, askedExact)) return "exact";
  const bare = bareName(exact);
  const askedBare = bareName(askedExact);
  if (sameBytes(bare, askedBare)) return "bare";
  if ((reading === "damaged" || reading === "undecoded") &&
    agreesAsFarAsLegible(exact, askedExact, reading === "undecoded")) return "damaged";
  if (bare.length === 0 || askedBare.length === 0) return "differs";
  return scalarAt(bare, 0)[0] === scalarAt(askedBare, 0)[0] ? "firstLetter" : "differs";
}

/** Follows, at once, all ways in which the scanned letters may occur in the name. */
function agreesAsFarAsLegible(exact, askedExact, isUndecoded) {
  const letters = scalarsOf(exact).map((scalar) => {
    const one = [];
    appendScalar(one, scalar);
    const base = scalarsOf(bareName(one));
    return { scalar, base: base.length > 0 ? base[0] : scalar, isMarked: scalar >= 0x80 };
  });
  if (letters.length > 255) return false;
  const isPlain = (n) => n < letters.length && !letters[n].isMarked && letters[n].scalar > 0x40;
  const passLost = (reached) => {
    for (let n = 0; n < letters.length; n++) if (reached[n] && letters[n].isMarked) reached[n + 1] = true;
  };
  let reached = new Array(letters.length + 1).fill(false);
  reached[0] = true;
  passLost(reached);
  let legible = 0;
  for (const scalar of scalarsOf(askedExact)) {
    const next = new Array(letters.length + 1).fill(false);
    const isSign = isUndecoded && scalar >= 0x80;
    const isLetter = isAlphabetic(scalar);
    const isLegible = !isSign && (isLetter || scalar === 0x20 || scalar === 0x27 || scalar === 0x2d || scalar === 0x2e);
    const maySwallow = isSign && scalar >= 0x2e80;
    if (isLegible && isLetter) legible += 1;
    for (let n = 0; n <= letters.length; n++) {
      if (!reached[n]) continue;
      if (isLegible) {
        if (n < letters.length && (letters[n].scalar === scalar || letters[n].base === scalar)) next[n + 1] = true;
        continue;
      }
      if (n < letters.length && letters[n].isMarked) next[n + 1] = true;
      if (n > 0 && letters[n - 1].isMarked) next[n] = true;
      if (!maySwallow) continue;
      if (n > 0 && letters[n - 1].isMarked && isPlain(n)) next[n + 1] = true;
      if (n < letters.length && letters[n].isMarked && isPlain(n + 1)) next[n + 2] = true;
    }
    passLost(next);
    reached = next;
  }
  const unmarked = letters.filter((l) => !l.isMarked && l.scalar !== 0x20).length;
  return reached[letters.length] && legible >= 2 && unmarked >= 2;
}
