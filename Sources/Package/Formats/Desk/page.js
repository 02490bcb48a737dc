// The page: opens a data file, takes questions, shows answers.
// Invariant: texts of a file and of a question are shown as text, never as markup. Nothing leaves the page; the browser keeps
// only the publisher's key and the newest file of each facility.

const words = {
  title: ["Tra cứu thẻ BHYT", "Health-insurance card check"],
  subtitle: ["Không cần mạng. Không gửi dữ liệu đi đâu.", "Needs no network. Sends nothing anywhere."],
  openTitle: ["Mở dữ liệu mới nhất", "Open the newest data"],
  openText: [
    "Mỗi ngày, chọn tệp people.desk trong gói dữ liệu vừa nhận (thư mục data).",
    "Each day, choose the file people.desk of the package that you received (folder data).",
  ],
  choose: ["Chọn tệp people.desk", "Choose the file people.desk"],
  chooseHint: ["hoặc kéo tệp thả vào đây", "or drop it here"],
  checking: ["Đang kiểm tra tệp…", "Checking the file…"],
  opening: ["Đang mở khóa dữ liệu…", "Unlocking the data…"],
  passphrase: ["Cụm mật khẩu của cơ sở (bảy từ)", "The facility's passphrase (seven words)"],
  passphraseHint: [
    "Viết hoa, dấu và bộ gõ tiếng Việt không ảnh hưởng.", "Capitals, marks and Vietnamese input methods make no difference.",
  ],
  show: ["Hiện cụm mật khẩu", "Show the passphrase"],
  open: ["Mở để tra cứu", "Open"],
  trustTitle: ["Làm sao biết trang này là thật?", "How to know that this page is genuine?"],
  trust1: [
    "Trang không thể tự chứng minh cho mình. Chỉ dùng bản desk.html đã đối chiếu và cất sẵn trên máy của cơ sở; mỗi ngày chỉ đổi tệp people.desk. Không mở desk.html lạ từ USB.",
    "A page can't vouch for itself. Use the copy of desk.html that you checked once and keep on the facility's computer; only people.desk changes each day. Don't open an unknown desk.html from a USB stick.",
  ],
  trust2: [
    "Đối chiếu một lần cho mỗi phiên bản: mở Command Prompt trong thư mục có desk.html, chạy lệnh dưới đây và so kết quả với mã do cơ quan BHXH công bố.",
    "Check it once for each version: open the Command Prompt in the folder of desk.html, run this, and compare the result with the digest that the insurer publishes.",
  ],
  trust3: [
    "Tệp people.desk thì trang tự kiểm tra: tệp hỏng, bị sửa, sai chữ ký hay quá hạn đều bị từ chối.",
    "The page checks people.desk itself: it refuses a file that is damaged, altered, wrongly signed or out of date.",
  ],
  facility: ["Cơ sở", "Facility"],
  dataOf: ["Dữ liệu ngày", "Data of"],
  validUntil: ["Dùng đến hết ngày", "To be used until the end of"],
  people: ["Số người", "People"],
  signature: ["Chữ ký", "Signature"],
  contact: ["Hỏi", "Ask"],
  today: ["hôm nay", "today"],
  daysOld: ["{n} ngày trước", "{n} days ago"],
  inFuture: ["sau ngày của máy này", "after this computer's date"],
  sigRight: ["Đúng", "Right"],
  sigNone: ["Không có chữ ký", "Not signed"],
  sigUnchecked: ["Trình duyệt này không kiểm tra được", "This browser can't check it"],
  sigKnown: ["khóa đã biết", "the known key"],
  sigNew: [
    "lần đầu: so mã này với cơ quan BHXH qua điện thoại", "first time: compare this with the insurer on the telephone",
  ],
  doubtExpired: [
    "Dữ liệu đã quá hạn dùng. Thẻ mới cấp hoặc thu hồi sau đó không có trong tệp: hãy lấy tệp mới.",
    "The data are out of date. Cards issued or withdrawn since then are not in it: get the new file.",
  ],
  doubtFuture: [
    "Dữ liệu mang ngày sau ngày của máy này: đồng hồ máy có thể sai. Sửa ngày giờ trước khi tra cứu.",
    "The data are of a day after this computer's date: its clock may be wrong. Set the clock first.",
  ],
  doubtOlder: [
    "Tệp này cũ hơn tệp đã mở trước đây trên máy này. Kiểm tra lại xem có chọn nhầm tệp không.",
    "This file is older than one that was opened on this computer. Check that it is the right one.",
  ],
  doubtKey: [
    "Chữ ký không phải của khóa đã biết. Có thể tệp bị giả mạo: gọi cơ quan BHXH và so mã khóa trước khi mở.",
    "The signature is not of the known key. The file may be forged: call the insurer and compare the key before you open it.",
  ],
  doubtPlain: [
    "Không kiểm tra được ai đã gửi: tệp không mã hóa, và chữ ký không có hoặc không kiểm tra được ở trình duyệt này.",
    "Who sent it can't be checked: the file is not encrypted, and it has no signature or this browser can't check it.",
  ],
  accept: ["Tôi đã hiểu, vẫn mở", "I understand; open it"],
  acceptKey: ["Tôi đã so mã khóa với cơ quan BHXH, mở", "I compared the key with the insurer; open it"],
  ask: ["Quét mã QR trên thẻ, hoặc gõ: số, họ tên, ngày sinh", "Scan the card's QR code, or type: number, name, birth date"],
  askHint: [
    "Ví dụ: 001090000101, Nguyễn Văn Mẫu, 05/03/1990. Nhấn Enter để tra cứu, Esc để xóa.",
    "For example: 001090000101, Nguyễn Văn Mẫu, 05/03/1990. Enter checks, Esc clears.",
  ],
  check: ["Tra cứu", "Check"],
  keyboard: [
    "Bộ gõ tiếng Việt (Telex, VNI) đang bật nên làm sai chữ do máy quét gửi. Tắt bộ gõ (chuyển sang E) rồi quét lại.",
    "A Vietnamese input method (Telex, VNI) is on and garbles what the scanner types. Switch it off (to E), then scan again.",
  ],
  stale: [
    "Dữ liệu đã quá hạn dùng từ hết ngày {d}: hãy lấy tệp mới.", "The data are out of date since the end of {d}: get the new file.",
  ],
  receipt: ["Lưu biên nhận", "Save the receipt"],
  receiptHint: [
    "Gửi tệp biên nhận lại cho cơ quan BHXH: tệp cho biết cơ sở đang dùng dữ liệu ngày nào, không chứa dữ liệu cá nhân.",
    "Send the receipt back to the insurer: it says which day's data the facility uses, and holds no personal data.",
  ],
  close: ["Đóng dữ liệu", "Close the data"],
  todo: ["Cần làm", "To do"],
  note: ["Ghi chú", "Note"],
  birthDate: ["Ngày sinh", "Birth date"],
  male: ["Nam", "Male"],
  female: ["Nữ", "Female"],
  card: ["Mã thẻ", "Card number"],
  insuranceNumber: ["Mã số BHXH", "Insurance number"],
  valid: ["Thời hạn sử dụng", "Valid"],
  registered: ["Nơi đăng ký KCB ban đầu", "Registered at"],
  fiveYears: ["Đủ 5 năm liên tục từ", "Five years from"],
  area: ["Mã khu vực", "Area code"],
  formerCard: ["Thẻ trước", "Card before"],
  nextCard: ["Thẻ mới", "New card"],
  print: ["In phiếu", "Print"],
  printed: ["Tra cứu lúc", "Checked at"],
  of: ["theo dữ liệu ngày", "by the data of"],
  slip: ["PHIẾU TRA CỨU THẺ BHYT", "HEALTH-INSURANCE CARD CHECK"],
  openEnd: ["không ghi hạn", "open end"],
};

const faultWords = {
  notDesk: [
    ["Đây không phải tệp people.desk.", "This is not a file people.desk."],
    ["Chọn tệp people.desk trong thư mục data của gói đã nhận.", "Choose people.desk in the folder data of the package."],
  ],
  newerFormat: [
    ["Tệp dùng định dạng mới hơn trang này.", "The file has a newer form than this page reads."],
    ["Lấy trang desk.html mới trong gói, đối chiếu mã rồi dùng.", "Take the new desk.html of the package, check its digest, and use it."],
  ],
  cutShort: [
    ["Tệp bị cắt cụt, thiếu phần cuối.", "The file was cut short; its end is missing."],
    ["Chép lại tệp từ gói; nếu vẫn lỗi, xin gói mới.", "Copy the file again; if that doesn't help, ask for the package anew."],
  ],
  altered: [
    ["Tệp đã bị thay đổi so với khi gửi.", "The file was altered after it was sent."],
    ["Không dùng tệp này. Chép lại từ gói; nếu vẫn lỗi, báo cơ quan BHXH.", "Don't use it. Copy it again; if that doesn't help, tell the insurer."],
  ],
  signatureWrong: [
    ["Chữ ký sai.", "The signature is wrong."],
    ["Có người đã làm tệp này mà không có khóa của bên gửi. Không dùng; báo cơ quan BHXH.", "The file was made without the sender's key. Don't use it; tell the insurer."],
  ],
  wrongPassphrase: [
    ["Cụm mật khẩu không đúng.", "The passphrase is wrong."],
    ["Gõ lại bảy từ, cách nhau bằng dấu cách. Kiểm tra tệp có đúng là của cơ sở mình không.", "Type the seven words again with blanks between them. Check that the file is your facility's."],
  ],
  broken: [
    ["Dữ liệu trong tệp không đúng khuôn dạng.", "The data in the file don't have the right form."],
    ["Không dùng tệp này; báo cơ quan BHXH đã gửi gói.", "Don't use it; tell the insurer that sent the package."],
  ],
  noCrypto: [
    ["Trình duyệt này không mở được tệp.", "This browser can't open the file."],
    ["Mở desk.html từ ổ đĩa của máy bằng Chrome, Edge hoặc Firefox bản mới.", "Open desk.html from the computer's disk in a new Chrome, Edge or Firefox."],
  ],
  unreadable: [
    ["Không đọc được tệp.", "The file can't be read."],
    ["Kiểm tra USB hoặc ổ đĩa rồi chọn lại.", "Check the stick or the disk, then choose it again."],
  ],
};

const $ = (id) => document.getElementById(id);
/** An element with texts and elements in it. */
function make(name, className, ...content) {
  const element = document.createElement(name);
  if (className) element.className = className;
  element.append(...content);
  return element;
}

// What the browser keeps; a private window keeps nothing.
function recall(key) {
  try {
    return JSON.parse(localStorage.getItem("cardlink-desk " + key));
  } catch {
    return null;
  }
}
function remember(key, value) {
  try {
    localStorage.setItem("cardlink-desk " + key, JSON.stringify(value));
  } catch {
    // Then the next file is as the first one.
  }
}

let language = recall("language") === 1 ? 1 : 0;
/** The checked file, its people, and whether the clerk accepted that it is out of date. */
let file = null;
let people = null;
let acceptedStale = false;
let answered = null;
const t = (key) => words[key][language];

/** Today at +07:00 as `yyyymmdd`. */
function today() {
  const now = new Date(Date.now() + 7 * 3600e3);
  return now.getUTCFullYear() * 10000 + (now.getUTCMonth() + 1) * 100 + now.getUTCDate();
}
const dayNumber = (date) => Date.UTC(Math.floor(date / 10000), (Math.floor(date / 100) % 100) - 1, date % 100) / 86400e3;
const isStale = () => file.validUntil !== 0 && today() > lastDay(file.validUntil);

function setLanguage() {
  document.documentElement.lang = language === 0 ? "vi" : "en";
  document.title = t("title");
  for (const element of document.querySelectorAll("[data-t]")) element.textContent = t(element.dataset.t);
  showSubtitle();
  $("language").textContent = language === 0 ? "English" : "Tiếng Việt";
  $("language").lang = language === 0 ? "en" : "vi";
  if (file) showFile();
  if (people) showStanding();
  if (answered) showAnswer();
  if (lastFault) showFault(lastFault);
}

/** What the page is; once data are open, whose and how old they are. */
function showSubtitle() {
  $("subtitle").textContent = people === null
    ? t("subtitle")
    : `${t("facility")} ${file.header.recipient} · ${t("dataOf")} ${dateText(file.asOf)} (${ageText()})`;
}

// MARK: Opening

let lastFault = null;
function showFault(kind) {
  lastFault = kind;
  $("working").hidden = true;
  $("fault").hidden = kind === null;
  if (kind === null) return;
  const [title, text] = faultWords[kind] ?? faultWords.broken;
  $("fault").firstElementChild.textContent = title[language];
  $("fault").lastElementChild.textContent = text[language];
}

function showWorking(key) {
  showFault(null);
  $("working").textContent = t(key);
  $("working").hidden = false;
  // Two frames, so that the text is on the screen before the work begins.
  return new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)));
}

const faultKind = (error) => (error instanceof DeskFault ? error.kind : "unreadable");

async function take(chosen) {
  if (!chosen) return;
  closeData();
  await showWorking("checking");
  try {
    file = await checkedDeskFile(await chosen.arrayBuffer());
  } catch (error) {
    return showFault(faultKind(error));
  }
  $("working").hidden = true;
  file.known = recall(`${file.header.pipeline} ${file.header.recipient}`);
  showFile();
  $("found").hidden = false;
  (file.header.key === null ? $("found").querySelector("button") : $("passphrase")).focus();
}

/** What the clerk must accept before the file is opened: keys of `words`. */
function doubts() {
  const { known, header, fingerprint, signature } = file;
  const found = [];
  if (isStale()) found.push("doubtExpired");
  if (today() < file.asOf) found.push("doubtFuture");
  if (known?.fingerprint && known.fingerprint !== fingerprint) found.push("doubtKey");
  if (known && (header.run < known.run || (header.run === known.run && header.edition < known.edition))) found.push("doubtOlder");
  if (header.key === null && signature !== "right") found.push("doubtPlain");
  return found;
}

function fact(list, name, value, detail) {
  const text = make("dd", "", value);
  if (detail) text.append(make("small", "", detail));
  list.append(make("dt", "", name), text);
}

function ageText() {
  const days = dayNumber(today()) - dayNumber(file.asOf);
  return days < 0 ? t("inFuture") : days === 0 ? t("today") : t("daysOld").replace("{n}", days);
}

function signatureFact(list) {
  const { signature, fingerprint, known } = file;
  if (signature === "none") return fact(list, t("signature"), t("sigNone"));
  const spoken = spokenFingerprint(fingerprint);
  const isKnown = known?.fingerprint === fingerprint;
  const state = signature === "right" ? t("sigRight") : t("sigUnchecked");
  fact(list, t("signature"), state, `${spoken} (${isKnown ? t("sigKnown") : t("sigNew")})`);
}

function showFile() {
  const { header, trailer } = file;
  const list = $("facts");
  list.replaceChildren();
  fact(list, t("facility"), header.recipient);
  fact(list, t("dataOf"), dateText(file.asOf), ageText());
  if (file.validUntil !== 0) fact(list, t("validUntil"), dateText(file.validUntil));
  fact(list, t("people"), trailer.persons.toLocaleString(language === 0 ? "vi" : "en"));
  signatureFact(list);
  $("secret").hidden = header.key === null;
  const checked = new Set(Array.from($("doubts").querySelectorAll(":checked"), (box) => box.name));
  $("doubts").replaceChildren(
    ...doubts().map((key) => {
      const box = make("input");
      Object.assign(box, { type: "checkbox", name: key, required: true, checked: checked.has(key) });
      const label = make("label", "check", box, make("span", "", t(key === "doubtKey" ? "acceptKey" : "accept")));
      return make("div", "box bad", t(key), label);
    }));
}

async function open(event) {
  event.preventDefault();
  await showWorking("opening");
  const opening = file;
  let opened;
  try {
    opened = await openDeskFile(opening, $("passphrase").value);
  } catch (error) {
    showFault(faultKind(error));
    if (error.kind === "wrongPassphrase") $("passphrase").select();
    return;
  }
  if (opening !== file) return;
  people = opened;
  $("working").hidden = true;
  $("passphrase").value = "";
  acceptedStale = isStale();
  const { header, fingerprint, known, signature } = file;
  const isNewer = !known || header.run > known.run || (header.run === known.run && header.edition >= known.edition);
  remember(`${header.pipeline} ${header.recipient}`, {
    fingerprint: signature === "right" ? fingerprint : known?.fingerprint ?? null, run: isNewer ? header.run : known.run, edition: isNewer ? header.edition : known.edition,
  });
  showStanding();
  $("opening").hidden = true;
  $("desk").hidden = false;
  $("question").focus();
}

function showStanding() {
  showSubtitle();
  const list = $("standing");
  list.replaceChildren();
  if (file.validUntil !== 0) fact(list, t("validUntil"), dateText(file.validUntil));
  signatureFact(list);
  if (file.header.contact) fact(list, t("contact"), file.header.contact);
  $("receipt").hidden = !file.header.receipt_key;
  $("receipt").title = t("receiptHint");
  $("stale").hidden = !isStale();
  $("stale").textContent = t("stale").replace("{d}", dateText(file.validUntil));
}

/** Saves the receipt in the browser's folder of downloads. */
async function saveReceipt() {
  const text = await receiptText(file, today());
  const link = make("a");
  link.href = URL.createObjectURL(new Blob([text], { type: "text/plain" }));
  link.download = file.header.recipient + ".receipt";
  link.click();
  URL.revokeObjectURL(link.href);
}

function closeData() {
  [file, people, answered] = [null, null, null];
  showSubtitle();
  showFault(null);
  for (const id of ["found", "desk", "answer", "keyboard"]) $(id).hidden = true;
  $("answer").replaceChildren();
  $("doubts").replaceChildren();
  $("question").value = $("passphrase").value = "";
  $("file").value = "";
  $("opening").hidden = false;
}

// MARK: Asking

/**
 * Whether an input method changed what a scanner typed: marked letters where a code has digits and plain letters only.
 *
 * VNI makes `é` of the `e1` in a name's hexadecimal digits and of the `E1` in `TE1…`, Telex `â` of `aa` and `à` of `af`.
 */
function isGarbledByKeyboard(text) {
  const marked = /[^\x00-\x7f]/;
  const isMarked = (field) => marked.test((field ?? "").replace(/[\u00a0\u00ad\u200b-\u200f\u2010-\u2015\ufeff]/g, ""));
  if (text.trim().startsWith("{")) return false;
  if (!text.includes("|")) return isMarked(text.split(/[,;\t]/)[0]) && /\d/.test(text.split(/[,;\t]/)[0]);
  const fields = text.split("|");
  const ofCode = fields.length >= 10 && (fields[fields.length - 1].trim() === "$" || fields[3].trim().length === 1)
    ? [0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 12]
    : [0, 1, 3, 6];
  return ofCode.some((i) => isMarked(fields[i]));
}

function ask(event) {
  event.preventDefault();
  const text = $("question").value;
  // A scanner may send two line ends.
  if (text.trim() === "") return;
  // A day may have ended since the file was opened.
  if (isStale() && !acceptedStale) {
    const stale = file;
    closeData();
    file = stale;
    showFile();
    $("found").hidden = false;
    return $("doubts").querySelector("input")?.focus();
  }
  const day = today();
  try {
    answered = { answer: checkCard(text, people, day), day, at: new Date() };
  } catch {
    closeData();
    return showFault("broken");
  }
  $("keyboard").hidden = !isGarbledByKeyboard(text);
  showStanding();
  showAnswer();
  $("question").select();
}

const toneOf = { "000": "good", "004": "good", "003": "doubtful", "010": "wrong", "205": "unread" };
const shapes = {
  good: "M5 13l5 5L20 7", doubtful: "M12 5v9M12 18v1", wrong: "M6 6l12 12M18 6L6 18", unread: "M9 9a3 3 0 1 1 4 3q-1 1-1 3M12 19v.5",
};

function icon(tone) {
  const space = "http://www.w3.org/2000/svg";
  const svg = document.createElementNS(space, "svg");
  svg.setAttribute("viewBox", "0 0 24 24");
  svg.setAttribute("aria-hidden", "true");
  const path = document.createElementNS(space, "path");
  for (const [name, value] of Object.entries({
    d: shapes[tone], fill: "none", stroke: "currentColor", "stroke-width": "2.6", "stroke-linecap": "round",
    "stroke-linejoin": "round",
  })) path.setAttribute(name, value);
  svg.append(path);
  return svg;
}

const period = (card) => `${card.validFrom ? dateText(card.validFrom) : "…"} – ${card.validTo ? dateText(card.validTo) : t("openEnd")}`;

function showAnswer() {
  const { answer, day, at } = answered;
  const { code, person, card, next, former } = answer;
  const tone = toneOf[code] ?? "wrong";
  const texts = codeTexts[code];
  const verdict = make("header", "verdict " + tone, icon(tone), make("strong", "", texts.verdict[language]), make("span", "code", code));
  const inside = make("div", "inside");
  const todo = make("p", "todo", make("span", "", t("todo")), texts.advice[language]);
  inside.append(todo);
  if (person) {
    inside.append(make("p", "person", textOf(person.name)));
    const list = make("dl");
    const sex = person.sex === "male" ? " · " + t("male") : person.sex === "female" ? " · " + t("female") : "";
    fact(list, t("birthDate"), (person.birthDate ? dateText(person.birthDate) : "…") + sex);
    if (card.cardNumber) fact(list, t("card"), make("span", "number", card.cardNumber));
    if (card.insuranceNumber) fact(list, t("insuranceNumber"), make("span", "number", card.insuranceNumber));
    fact(list, t("valid"), period(card));
    if (card.facility) fact(list, t("registered"), card.facility);
    if (card.area) fact(list, t("area"), card.area);
    if (card.fiveYearsFrom) fact(list, t("fiveYears"), dateText(card.fiveYearsFrom));
    if (former) fact(list, t("formerCard"), make("span", "number", former.cardNumber));
    inside.append(list);
    if (next) {
      const newer = make("dl");
      if (next.cardNumber) fact(newer, t("card"), make("span", "number", next.cardNumber));
      fact(newer, t("valid"), period(next));
      if (next.facility) fact(newer, t("registered"), next.facility);
      inside.append(make("div", "next", make("h3", "", t("nextCard")), newer));
    }
  }
  const note = noteText(answer, file, day, language, false);
  inside.append(make("p", "note", make("span", "", t("note")), note));
  const when = at.toLocaleString(language === 0 ? "vi-VN" : "en-GB", { timeZone: "Asia/Ho_Chi_Minh" });
  const slip = make("p", "slip", `${t("printed")} ${when} · ${t("facility")} ${file.header.recipient} · ${t("of")} ${dateText(file.asOf)}`);
  const print = make("button", "quiet-button", t("print"));
  print.type = "button";
  print.addEventListener("click", () => window.print());
  inside.append(slip, make("div", "actions", print));
  $("answer").replaceChildren(make("p", "slip inside", t("slip")), verdict, inside);
  $("answer").hidden = false;
}

function clearQuestion() {
  answered = null;
  $("question").value = "";
  $("answer").hidden = $("keyboard").hidden = true;
  $("answer").replaceChildren();
  $("question").focus();
}

// MARK: The page

function start() {
  $("receipt").addEventListener("click", saveReceipt);
  $("language").addEventListener("click", () => {
    language = 1 - language;
    remember("language", language);
    setLanguage();
  });
  $("file").addEventListener("change", (event) => take(event.target.files[0]));
  for (const name of ["dragover", "drop"]) {
    document.addEventListener(name, (event) => {
      event.preventDefault();
      $("drop").classList.toggle("over", name === "dragover");
      if (name === "drop" && people === null) take(event.dataTransfer.files[0]);
    });
  }
  $("show").addEventListener("change", (event) => {
    $("passphrase").type = event.target.checked ? "text" : "password";
  });
  $("found").addEventListener("submit", open);
  $("ask").addEventListener("submit", ask);
  $("close").addEventListener("click", closeData);
  document.addEventListener("keydown", (event) => {
    if (people === null || event.isComposing) return;
    if (event.key === "Escape") return clearQuestion();
    // What a scanner types goes to the field, wherever the focus is.
    const isText = event.key.length === 1 && event.key !== " " && !event.ctrlKey && !event.altKey && !event.metaKey;
    if (isText && document.activeElement !== $("question")) $("question").focus();
  });
  setLanguage();
}

// Tests load the program without the page.
if (typeof document !== "undefined" && $("opening")) start();
