// The data file of a desk: reads, checks and decrypts it, and holds its people.
// Invariant: nothing of a file is used before its bytes are checked. A file that isn't whole gives a DeskFault, which names
// the one thing that is wrong.
// Load: 100,000 people: 12 MB, open in two seconds, one pass over the cards for each question.
//
// A file is a line of JSON (the header), frames of a four-byte length and that many bytes, an empty frame, and a line of JSON
// (the trailer). The frames hold the people as text, each one sealed with AES-256-GCM unless the header says plain.

/** What is wrong with a file: `kind` is a key of the page's texts. */
class DeskFault extends Error {
  constructor(kind) {
    super(kind);
    this.kind = kind;
  }
}

const deskFormat = "cardlink-desk";
const deskVersion = 1;
const mostBytes = 1 << 29;

const base64Bytes = (text) => Uint8Array.from(atob(text), (c) => c.charCodeAt(0));
const hexText = (bytes) => Array.from(new Uint8Array(bytes), (b) => b.toString(16).padStart(2, "0")).join("");
/** A fingerprint as people read it out on the telephone. */
const spokenFingerprint = (hex) => hex.slice(0, 32).replace(/(.{4})(?!$)/g, "$1 ");
/** `yyyy-MM-dd` or coarser as `yyyymmdd`; 0 for an empty text. */
function packedDate(text) {
  if (text === "") return 0;
  const found = /^(\d{4})(?:-(\d\d)(?:-(\d\d))?)?$/.exec(text);
  if (!found) throw new DeskFault("broken");
  return Number(found[1]) * 10000 + Number(found[2] ?? 0) * 100 + Number(found[3] ?? 0);
}

function parsedJSON(bytes) {
  try {
    return JSON.parse(new TextDecoder("utf-8", { fatal: true }).decode(bytes));
  } catch {
    return null;
  }
}

/** Cuts a file into its parts, which are not checked yet. */
function cutDeskFile(bytes) {
  if (bytes.length > mostBytes) throw new DeskFault("notDesk");
  const headerEnd = bytes.indexOf(0x0a);
  const header = headerEnd > 0 && headerEnd < 65536 ? parsedJSON(bytes.subarray(0, headerEnd)) : null;
  if (header === null || header.format !== deskFormat) throw new DeskFault("notDesk");
  if (header.version !== deskVersion) throw new DeskFault("newerFormat");
  const frames = [];
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  let at = headerEnd + 1;
  for (;;) {
    if (at + 4 > bytes.length) throw new DeskFault("cutShort");
    const count = view.getUint32(at);
    at += 4;
    if (count === 0) break;
    if (at + count > bytes.length) throw new DeskFault("cutShort");
    frames.push(bytes.subarray(at, at + count));
    at += count;
  }
  const trailer = bytes[bytes.length - 1] === 0x0a ? parsedJSON(bytes.subarray(at)) : null;
  if (trailer === null) throw new DeskFault("cutShort");
  return { header, headerBytes: bytes.subarray(0, headerEnd + 1), frames, signed: bytes.subarray(0, at), trailer };
}

/**
 * Checks a file's digest and signature.
 *
 * @returns its parts and `signature`: "right", "none" or "unchecked" (the browser has no Ed25519).
 */
async function checkedDeskFile(buffer) {
  if (!globalThis.crypto?.subtle) throw new DeskFault("noCrypto");
  const file = cutDeskFile(new Uint8Array(buffer));
  const { header, trailer } = file;
  const digest = hexText(await crypto.subtle.digest("SHA-256", file.signed));
  if (digest !== trailer.sha256) throw new DeskFault("altered");
  try {
    file.asOf = packedDate(header.as_of);
    file.validUntil = packedDate(header.valid_until);
    if (![header.recipient, header.pipeline, header.contact].every((t) => typeof t === "string")) throw 0;
    if (![header.run, header.edition, trailer.persons].every(Number.isSafeInteger)) throw 0;
    if (header.key !== null && !(header.key.rounds >= 1e5 && header.key.rounds <= 1e7)) throw 0;
    if (header.key !== null) [header.key.salt, header.key.file_salt, header.key.check].forEach(base64Bytes);
  } catch {
    throw new DeskFault("broken");
  }
  file.signature = "none";
  if (trailer.public_key === undefined) return file;
  let key;
  let signature;
  try {
    [key, signature] = [base64Bytes(trailer.public_key), base64Bytes(trailer.signature)];
  } catch {
    throw new DeskFault("broken");
  }
  file.fingerprint = hexText(await crypto.subtle.digest("SHA-256", key));
  let verifying;
  try {
    verifying = await crypto.subtle.importKey("raw", key, { name: "Ed25519" }, false, ["verify"]);
  } catch (error) {
    if (error.name === "DataError") throw new DeskFault("signatureWrong");
    file.signature = "unchecked";
    return file;
  }
  const text = utf8Encoder.encode(`${deskFormat} ${deskVersion}\n${digest}\n${trailer.persons}\n`);
  if (!(await crypto.subtle.verify({ name: "Ed25519" }, verifying, signature, text))) throw new DeskFault("signatureWrong");
  file.signature = "right";
  return file;
}

/**
 * A passphrase without marks, capitals and other separators than one blank.
 *
 * The words have no letters that Telex or VNI would change, so an input method that is on does no harm.
 */
const plainPassphrase = (text) =>
  text.normalize("NFD").replace(/[\u0300-\u036f]/g, "").toLowerCase().replace(/đ/g, "d").split(/[^a-z]+/).filter(Boolean)
    .join(" ");

/** The receipt of a file: what the facility sends back, as `cardlink verify --receipt` writes it; null if it asks for none. */
async function receiptText(file, day) {
  const { header, trailer } = file;
  if (!/^[0-9a-f]{32}$/.test(header.receipt_key ?? "")) return null;
  const date = String(day).replace(/(\d{4})(\d\d)(\d\d)/, "$1-$2-$3");
  const content = [
    "Cardlink-Receipt: 1", `Cardlink-Pipeline: ${header.pipeline}`, `Cardlink-Recipient: ${header.recipient}`,
    `Cardlink-Run: ${header.run}`, `Cardlink-Edition: ${header.edition}`, `Cardlink-As-Of: ${header.as_of}`,
    `Cardlink-Package: ${trailer.sha256}`, `Received-On: ${date}`, `Received-By: desk, cardlink desk ${deskVersion}`, "",
  ].join("\n");
  const key = await crypto.subtle.importKey(
    "raw", utf8Encoder.encode(header.receipt_key), { name: "HMAC", hash: "SHA-256" }, false, ["sign"]);
  return `${content}Seal: ${hexText(await crypto.subtle.sign("HMAC", key, utf8Encoder.encode(content)))}\n`;
}

/** Decrypts a checked file's people; `passphrase` is ignored if the header says plain. */
async function openDeskFile(file, passphrase) {
  const { header, headerBytes, frames, trailer } = file;
  let parts = frames;
  if (header.key !== null) {
    const { rounds, salt, file_salt, check } = header.key;
    const words = utf8Encoder.encode(plainPassphrase(passphrase));
    const typed = await crypto.subtle.importKey("raw", words, "PBKDF2", false, ["deriveBits"]);
    const bits = await crypto.subtle.deriveBits(
      { name: "PBKDF2", hash: "SHA-256", salt: base64Bytes(salt), iterations: rounds }, typed, 256);
    const derived = await crypto.subtle.importKey("raw", bits, "HKDF", false, ["deriveBits"]);
    const expand = (info) =>
      crypto.subtle.deriveBits(
        { name: "HKDF", hash: "SHA-256", salt: base64Bytes(file_salt), info: utf8Encoder.encode(info) }, derived, 256);
    if (hexText(await expand("cardlink-desk check")) !== hexText(base64Bytes(check))) throw new DeskFault("wrongPassphrase");
    const key = await crypto.subtle.importKey("raw", await expand("cardlink-desk data"), "AES-GCM", false, ["decrypt"]);
    parts = [];
    for (const [i, frame] of frames.entries()) {
      const iv = new Uint8Array(12);
      new DataView(iv.buffer).setUint32(7, i);
      iv[11] = i === frames.length - 1 ? 1 : 0;
      try {
        const open = await crypto.subtle.decrypt({ name: "AES-GCM", iv, additionalData: headerBytes }, key, frame);
        parts.push(new Uint8Array(open));
      } catch {
        throw new DeskFault("altered");
      }
    }
  }
  const text = new Uint8Array(parts.reduce((count, part) => count + part.length, 0));
  let at = 0;
  for (const part of parts) {
    text.set(part, at);
    at += part.length;
  }
  const people = new People(text);
  if (people.count !== trailer.persons) throw new DeskFault("broken");
  return people;
}

/**
 * The people of a file.
 *
 * Their text has a line for each person with the serving card, ascending by personal ID number, and after it one for each
 * other card, which begins with a plus sign. Tabs separate the values; dates are ISO 8601.
 */
class People {
  constructor(bytes) {
    this.bytes = bytes;
    let lines = 0;
    let others = 0;
    for (let i = 0; i < bytes.length; i++) {
      if (bytes[i] !== 0x0a) continue;
      lines += 1;
      if (bytes[i + 1] === 0x2b) others += 1;
    }
    if (bytes.length > 0 && bytes[bytes.length - 1] !== 0x0a) throw new DeskFault("broken");
    this.count = lines - others;
    this.ids = new Float64Array(this.count);
    this.starts = new Uint32Array(this.count + 1);
    // For each card: the person's place, and the numbers; -1 for none.
    this.owners = new Uint32Array(lines);
    this.insurance = new Float64Array(lines);
    this.heads = new Float64Array(lines);
    this.tails = new Float64Array(lines);
    const tabs = new Uint32Array(13);
    let person = -1;
    let start = 0;
    for (let line = 0; line < lines; line++) {
      let count = 0;
      let end = start;
      for (; bytes[end] !== 0x0a; end++) {
        if (bytes[end] !== 0x09) continue;
        if (count > 11) throw new DeskFault("broken");
        tabs[count++] = end;
      }
      tabs[count] = end;
      const isOther = bytes[start] === 0x2b;
      if (count !== (isOther ? 7 : 11)) throw new DeskFault("broken");
      if (!isOther) {
        person += 1;
        const id = this.number(start, tabs[0]);
        if (tabs[0] - start !== 12 || id < 0 || (person > 0 && id <= this.ids[person - 1])) throw new DeskFault("broken");
        this.ids[person] = id;
        this.starts[person] = start;
      } else if (person < 0) {
        throw new DeskFault("broken");
      }
      const first = isOther ? 0 : 3;
      this.owners[line] = person;
      this.insurance[line] = this.number(tabs[first] + 1, tabs[first + 1]);
      const [card, cardEnd] = [tabs[first + 1] + 1, tabs[first + 2]];
      if (cardEnd - card >= 15) {
        let head = 0;
        for (let i = card; i < card + 5; i++) head = head * 256 + bytes[i];
        this.heads[line] = head;
        this.tails[line] = this.number(card + 5, cardEnd);
      } else {
        if (card !== cardEnd) throw new DeskFault("broken");
        [this.heads[line], this.tails[line]] = [0, -1];
      }
      start = end + 1;
    }
    this.starts[this.count] = start;
  }

  /** Digits as a number that keeps how many they are; -1 for none. */
  number(start, end) {
    if (start === end) return -1;
    if (end - start !== 10 && end - start !== 12) throw new DeskFault("broken");
    let number = end - start === 12 ? 1e12 : 0;
    for (let i = start, unit = 10 ** (end - start - 1); i < end; i++, unit /= 10) {
      if (!isDigit(this.bytes[i])) throw new DeskFault("broken");
      number += (this.bytes[i] - 0x30) * unit;
    }
    return number;
  }

  /** The place of a personal ID number; -1 if it is not in the file. */
  place(id) {
    const wanted = 1e12 + Number(id);
    let [low, high] = [0, this.count];
    while (low < high) {
      const middle = (low + high) >> 1;
      if (this.ids[middle] < wanted) low = middle + 1;
      else high = middle;
    }
    return low < this.count && this.ids[low] === wanted ? low : -1;
  }

  /** The place of the one person with a card or insurance number; -1 for none, -2 for several. */
  holder(head, tail) {
    const wanted = Number(tail) + (tail.length === 12 ? 1e12 : 0);
    let wantedHead = 0;
    for (const letter of head) wantedHead = wantedHead * 256 + letter.charCodeAt(0);
    let found = -1;
    for (let i = 0; i < this.owners.length; i++) {
      if (this.tails[i] !== wanted && (wantedHead !== 0 || this.insurance[i] !== wanted)) continue;
      if (wantedHead !== 0 && this.heads[i] !== wantedHead) continue;
      if (found >= 0 && found !== this.owners[i]) return -2;
      found = this.owners[i];
    }
    return found;
  }

  hasHead(place, head) {
    return this.person(place).cards.some((card) => headOf(card) === head);
  }

  person(place) {
    const lines = utf8Decoder.decode(this.bytes.subarray(this.starts[place], this.starts[place + 1] - 1)).split("\n");
    const values = lines[0].split("\t");
    const card = ([insuranceNumber, cardNumber, facility, from, to, fiveYears, area, grace = ""]) => ({
      insuranceNumber, cardNumber, facility, validFrom: packedDate(from), validTo: packedDate(to),
      fiveYearsFrom: packedDate(fiveYears), area, graceUntil: packedDate(grace),
    });
    return {
      personalID: values[0], name: bytesOf(values[1]), birthDate: packedDate(values[2]), sex: values[3] || "unknown",
      cards: [card(values.slice(4)), ...lines.slice(1).map((line) => card(line.split("\t").slice(1)))],
    };
  }
}
