// The card check: reads a question, finds the person, judges, and writes the answer with the gateway's codes and fields.
// Invariant: the same answers, byte for byte, as `cardlink check-card`; a test compares them. No input throws.

// MARK: Texts

const codeTexts = {
  "000": {
    note: ["Thông tin thẻ đúng.", "The card is right."],
    verdict: ["DÙNG ĐƯỢC THẺ", "THE CARD IS VALID"],
    advice: ["Tiếp nhận; đối chiếu ảnh trên giấy tờ.", "Go on; compare the photograph on the ID."],
  },
  "003": {
    note: [
      "Thẻ cũ đã hết giá trị sử dụng, đã được cấp thẻ mới: dùng thẻ mới.", "The old card has ended and a new one was issued: use the new one.",
    ],
    verdict: ["THẺ CŨ HẾT HẠN: DÙNG THẺ MỚI", "THE OLD CARD HAS ENDED: USE THE NEW ONE"],
    advice: ["Tiếp nhận theo thẻ mới dưới đây.", "Go on with the new card below."],
  },
  "004": {
    note: ["Thẻ cũ còn giá trị sử dụng, đã được cấp thẻ mới.", "The old card is still valid; a new one was issued."],
    verdict: ["DÙNG ĐƯỢC THẺ, ĐÃ CÓ THẺ MỚI", "THE CARD IS VALID, A NEW ONE IS KNOWN"],
    advice: ["Tiếp nhận theo thẻ này đến hết hạn của thẻ.", "Go on with this card until its last day."],
  },
  "010": {
    note: ["Thẻ hết giá trị sử dụng.", "The card has ended."],
    verdict: ["THẺ KHÔNG CÓ GIÁ TRỊ NGÀY NÀY", "THE CARD IS NOT VALID ON THIS DAY"],
    advice: [
      "Hỏi người bệnh đã gia hạn hoặc có thẻ khác chưa; nếu có giấy tờ, hỏi cơ quan BHXH.",
      "Ask whether the card was renewed or there is another; with papers that say so, ask the insurance office.",
    ],
  },
  "050": {
    note: ["Không có dữ liệu thẻ của số này.", "There is no card data for this number."],
    verdict: ["KHÔNG CÓ DỮ LIỆU", "NO DATA"],
    advice: [
      "Hỏi số định danh 12 số và tra lại; hỏi nơi đăng ký KCB ban đầu. Vẫn không có thì hỏi cơ quan BHXH.",
      "Ask for the 12-digit ID number and check again; ask where the person is registered. Then ask the insurance office.",
    ],
  },
  "051": {
    note: [
      "Mã thẻ sai: người có số này không có thẻ mang mã như vậy.", "Wrong card number: the person with these digits has no card of this number.",
    ],
    verdict: ["MÃ THẺ KHÔNG KHỚP", "THE CARD NUMBER DOES NOT MATCH"],
    advice: [
      "Đọc lại mã thẻ trên thẻ, hoặc tra bằng số định danh 12 số.", "Read the card number again, or check by the 12-digit ID number.",
    ],
  },
  "052": {
    note: ["Mã tỉnh (ký tự 4 và 5 của mã thẻ) sai.", "The province (characters 4 and 5 of the card number) is wrong."],
    verdict: ["MÃ TỈNH TRONG MÃ THẺ KHÔNG KHỚP", "THE PROVINCE IN THE CARD NUMBER DOES NOT MATCH"],
  },
  "053": {
    note: ["Mức hưởng (ký tự thứ 3 của mã thẻ) sai.", "The benefit level (character 3 of the card number) is wrong."],
    verdict: ["MỨC HƯỞNG TRONG MÃ THẺ KHÔNG KHỚP", "THE LEVEL IN THE CARD NUMBER DOES NOT MATCH"],
  },
  "060": {
    note: ["Họ tên sai.", "The name is wrong."],
    verdict: ["HỌ TÊN KHÔNG KHỚP", "THE NAME DOES NOT MATCH"],
    advice: [
      "Hỏi lại họ tên đầy đủ, đối chiếu căn cước; kiểm tra số vừa nhập có đúng của người này không.",
      "Ask for the full name and compare the ID card; check that the number is this person's.",
    ],
  },
  "061": {
    note: ["Họ tên sai, chỉ đúng chữ cái đầu.", "The name is wrong; only its first letter is right."],
    verdict: ["HỌ TÊN KHÔNG KHỚP", "THE NAME DOES NOT MATCH"],
  },
  "070": {
    note: ["Ngày sinh sai.", "The birth date is wrong."],
    verdict: ["NGÀY SINH KHÔNG KHỚP", "THE BIRTH DATE DOES NOT MATCH"],
    advice: [
      "Hỏi lại ngày sinh, đối chiếu căn cước; kiểm tra số vừa nhập có đúng của người này không.",
      "Ask for the birth date and compare the ID card; check that the number is this person's.",
    ],
  },
  "205": {
    note: ["Tham số sai định dạng:", "The question can't be read:"],
    verdict: ["KHÔNG ĐỌC ĐƯỢC", "COULD NOT BE READ"],
    advice: ["Quét lại, hoặc gõ: số, họ tên, ngày sinh.", "Scan again, or type: number, name, birth date."],
  },
};
codeTexts["052"].advice = codeTexts["051"].advice;
codeTexts["053"].advice = codeTexts["051"].advice;
codeTexts["061"].advice = codeTexts["060"].advice;

const faultTexts = {
  emptyLine: ["dòng trống.", "the line is empty."],
  lineTooLong: ["dòng quá dài.", "the line is too long."],
  fieldCount: ["cần số, họ tên và ngày sinh.", "a number, a name and a birth date are needed."],
  quote: ["dấu ngoặc kép không đóng.", "a quotation mark isn't closed."],
  qrCode: ["không phải mã QR của thẻ căn cước hay thẻ BHYT.", "this is no QR code of an ID card or an insurance card."],
  json: ["JSON không đúng, hoặc không phải một đối tượng phẳng.", "no JSON, or no flat object."],
  numberMissing: ["thiếu số.", "the number is missing."],
  numberForm: [
    "số phải là mã thẻ 15 hoặc 17 ký tự, mã số BHXH 10 số hoặc số định danh 12 số.",
    "the number must be a card number of 15 or 17 characters, an insurance number of 10 digits or an ID number of 12.",
  ],
  legacyNumber: [
    "không tra được bằng số CMND 9 số; hãy dùng số định danh 12 số.", "the old 9-digit number can't be looked up; use the 12-digit ID number.",
  ],
  benefitLevel: ["Mức hưởng chỉ từ 1 đến 5.", "The benefit level is 1 to 5."],
  cardCode: [
    "Mã thẻ gồm hai chữ cái, mức hưởng, mã tỉnh và 10 hoặc 12 số.",
    "A card number is two letters, the benefit level, the province and 10 or 12 digits.",
  ],
  nameMissing: ["thiếu họ tên.", "the name is missing."],
  nameForm: ["họ tên có ký tự không phải chữ.", "the name has characters that are no letters."],
  nameUndecoded: [
    "họ tên được gửi sai bảng mã nên không đọc được: đặt máy quét về UTF-8 rồi quét lại, hoặc gõ số, họ tên, ngày sinh.",
    "the name came in another encoding: set the scanner to UTF-8 and scan again, or type number, name, birth date.",
  ],
  birthDateMissing: ["thiếu ngày sinh.", "the birth date is missing."],
  birthDateForm: [
    "ngày sinh phải là ngày/tháng/năm, tháng/năm hoặc năm.", "the birth date must be day/month/year, month/year or year.",
  ],
  birthDateImpossible: ["ngày sinh không có thật.", "the birth date doesn't exist."],
};

/** In the order of the note. */
const remarkTexts = {
  nameSpelling: ["Họ tên chỉ khác dấu hoặc cách viết.", "The names differ in marks or spelling only."],
  nameDamaged: [
    "Máy quét làm mất dấu của họ tên; phần còn đọc được khớp.", "The scanner lost marks of the name; the rest agrees.",
  ],
  nameRepaired: [
    "Máy quét gửi họ tên sai bảng mã; đã đọc lại được. Nên đặt máy quét về UTF-8.",
    "The scanner sent the name in another encoding; it was repaired. Set the scanner to UTF-8.",
  ],
  birthDatePrecision: [
    "Ngày sinh chỉ so được đến tháng hoặc năm.", "The birth dates could be compared by month or year only.",
  ],
  sexDiffers: ["Giới tính khác dữ liệu: đối chiếu giấy tờ.", "The sex differs from the data: compare the papers."],
  facilityDiffers: [
    "Nơi đăng ký KCB ban đầu in trên thẻ khác dữ liệu.", "The facility printed on the card differs from the data.",
  ],
  noCardNumber: ["Dữ liệu không có mã thẻ để đối chiếu.", "The data have no card number to compare with."],
  armedForces: [
    "Thẻ nhóm lực lượng vũ trang có thể do cơ quan khác quản lý: đối chiếu thẻ và giấy tờ.",
    "Cards of the armed forces may be managed by another office: compare the card and the papers.",
  ],
  levelChanged: [
    "Nhóm này đổi mức hưởng từ 01/01/2026: thẻ in trước đó có thể còn mức cũ.",
    "The level of this group changed on 01/01/2026: older cards may show the old one.",
  ],
  shared: [
    "Số này đang gắn với nhiều người nên không trả lời được.", "Several persons have this number, so there is no answer.",
  ],
};

// MARK: Reading values (FieldReading.swift)

/** `{head, tail}` or `{fault}`. */
function readNumber(field) {
  let text = "";
  let digits = 0;
  for (let i = 0; i < field.length; ) {
    const byte = field[i];
    const blank = byte <= 0x20 ? 1 : byte >= 0x80 ? blankCount(field, i) : 0;
    if (blank > 0) {
      i += blank;
      continue;
    }
    i += 1;
    if (text.length >= 17) return { fault: "numberForm" };
    text += String.fromCharCode(byte >= 0x61 && byte <= 0x7a ? byte - 32 : byte);
    if (isDigit(byte)) digits += 1;
  }
  if (text.length === 0) return { fault: "numberMissing" };
  if (text.length === 9 && digits === 9) return { fault: "legacyNumber" };
  if (text.length === 10 || text.length === 12) {
    if (digits !== text.length) return { fault: "numberForm" };
    return isFiller(text) ? { fault: "numberMissing" } : { head: "", tail: text };
  }
  if (text.length !== 15 && text.length !== 17) return { fault: "numberForm" };
  if (!/^[A-Z]{2}[0-9]/.test(text)) return { fault: "cardCode" };
  if (!/^[A-Z]{2}[1-5]/.test(text)) return { fault: "benefitLevel" };
  if (!/^[A-Z]{2}[1-5][0-9]+$/.test(text)) return { fault: "cardCode" };
  return { head: text.slice(0, 5), tail: text.slice(5) };
}

const isFiller = (digits) => digits === digits[0].repeat(digits.length);

/** A date as `yyyymmdd`, an unknown part zero; null if it doesn't exist. */
function dateOf(year, month = 0, day = 0) {
  if (year < 1 || year > 9999 || month > 12) return null;
  if (day !== 0) {
    const isLeap = year % 4 === 0 && (year % 100 !== 0 || year % 400 === 0);
    const last = month === 2 ? (isLeap ? 29 : 28) : [4, 6, 9, 11].includes(month) ? 30 : 31;
    if (month === 0 || day > last) return null;
  }
  return year * 10000 + month * 100 + day;
}

/** `{date}` or `{fault}`; the forms are "slashes" (also ISO 8601), "card" (slashes alone) or "compact". */
function readDate(field, form) {
  const text = textOf(trimmed(hasInvisible(field) ? visibleBytes(field) : field));
  if (text === "" || text === "-") return { fault: "birthDateMissing" };
  const isCompact = form === "compact";
  const found =
    /^(?<y>\d{4})$/.exec(text) ??
    (isCompact
      ? /^(?<m>\d\d)(?<y>\d{4})$/.exec(text) ?? /^(?<d>\d\d)(?<m>\d\d)(?<y>\d{4})$/.exec(text)
      : /^(?<m>\d\d)\/(?<y>\d{4})$/.exec(text) ?? /^(?<d>\d\d)\/(?<m>\d\d)\/(?<y>\d{4})$/.exec(text)) ??
    (form === "slashes" ? /^(?<y>\d{4})-(?<m>\d\d)(?:-(?<d>\d\d))?$/.exec(text) : null);
  if (!found) return { fault: "birthDateForm" };
  const { y, m, d } = found.groups;
  const date = dateOf(Number(y), Number(m ?? 0), Number(d ?? 0));
  return date === null ? { fault: "birthDateImpossible" } : { date };
}

function readSex(field) {
  const bytes = trimmed(hasInvisible(field) ? visibleBytes(field) : field);
  // As in Swift, a letter and the sign 0x20 below it count as equal.
  const word = String.fromCharCode(...bytes.map((b) => b | 0x20));
  if (word === "nam" || word === "male") return "male";
  if (word === "nu" || word === "female") return "female";
  if (bytes.length === 4 && (bytes[0] | 0x20) === 0x6e && bytes[1] === 0xe1 && bytes[2] === 0xbb && (bytes[3] | 1) === 0xaf) {
    return "female";
  }
  return "unknown";
}

/** The facility printed on a card, `01 - 028` with any dash; empty for any other form. */
function readFacility(field) {
  const code = String.fromCharCode(...field.filter((b) => isDigit(b) || isASCIILetter(b))).toUpperCase();
  return /^[0-9]{2}[0-9A-Z]{3}$/.test(code) ? code : "";
}

function hexBytes(field) {
  if (field.length % 2 !== 0) return null;
  const text = String.fromCharCode(...field);
  if (!/^[0-9A-Fa-f]*$/.test(text)) return null;
  const bytes = [];
  for (let i = 0; i < text.length; i += 2) bytes.push(parseInt(text.slice(i, i + 2), 16));
  return bytes;
}

// MARK: Cutting lines (DelimitedText.swift)

function cutPlain(line, delimiter) {
  const fields = [];
  let start = 0;
  for (let i = 0; i < line.length; i++) {
    const byte = line[i];
    if (byte === delimiter) {
      fields.push(line.slice(start, i));
      start = i + 1;
    } else if (byte < 0x20 || byte === 0x22 || byte === 0x7f || byte === 0xef) {
      return null;
    }
  }
  fields.push(line.slice(start));
  return fields;
}

const isByteOrderMark = (line, i) => line[i] === 0xef && line[i + 1] === 0xbb && line[i + 2] === 0xbf;

/** Splits at the bars, without byte-order marks and control characters. */
function splitQR(line) {
  const plain = cutPlain(line, 0x7c);
  if (plain) return plain;
  const fields = [[]];
  for (let i = 0; i < line.length; i++) {
    if (line[i] === 0x7c) fields.push([]);
    else if (isByteOrderMark(line, i)) i += 2;
    else if (line[i] >= 0x20 && line[i] !== 0x7f) fields[fields.length - 1].push(line[i]);
  }
  return fields;
}

/** `{fields}`, or `{fault}` for an empty line or a quote that isn't closed. */
function splitTyped(line) {
  const delimiter = line.find((b) => b === 0x2c || b === 0x3b || b === 0x09) ?? 0x2c;
  const plain = cutPlain(line, delimiter);
  if (plain) return line.some((b) => b > 0x20) ? { fields: plain } : { fault: "emptyLine" };
  const fields = [];
  let field = [];
  let isQuoted = false;
  let hasText = false;
  for (let i = isByteOrderMark(line, 0) ? 3 : 0; i < line.length; i++) {
    const byte = line[i];
    if (isQuoted) {
      if (byte !== 0x22) field.push(byte);
      else if (line[i + 1] === 0x22) {
        field.push(0x22);
        i += 1;
      } else isQuoted = false;
    } else if (byte === delimiter) {
      fields.push(field);
      field = [];
    } else if (byte === 0x22 && !field.some((b) => b > 0x20)) {
      field = [];
      isQuoted = true;
    } else if (byte !== 0) {
      field.push(byte);
    }
    if (byte > 0x20) hasText = true;
  }
  fields.push(field);
  if (isQuoted) return { fault: "quote" };
  return hasText ? { fields } : { fault: "emptyLine" };
}

// MARK: The gateway's request (GatewayRequest.swift)

/** The members of a flat JSON object as bytes; null if the line is not one. */
function readRequest(line) {
  const request = { number: [], name: [], birthDate: [], sex: [] };
  const members = { mathe: "number", hoten: "name", ngaysinh: "birthDate", gioitinh: "sex" };
  let i = 0;
  const skipSpace = () => {
    while (i < line.length && line[i] <= 0x20) i += 1;
  };
  const take = (byte) => line[i] === byte && ++i > 0;
  const isAtEnd = () => {
    skipSpace();
    return i === line.length;
  };
  const unit = () => {
    const digits = hexBytes(line.slice(i, i + 4));
    if (digits === null || digits.length !== 2) return null;
    i += 4;
    return (digits[0] << 8) | digits[1];
  };
  const escape = (text) => {
    const plain = { 0x22: 0x22, 0x5c: 0x5c, 0x2f: 0x2f, 0x62: 0x08, 0x66: 0x0c, 0x6e: 0x0a, 0x72: 0x0d, 0x74: 0x09 };
    const byte = line[i];
    i += 1;
    if (plain[byte] !== undefined) {
      text.push(plain[byte]);
      return true;
    }
    if (byte !== 0x75) return false;
    let code = unit();
    if (code === null) return false;
    if (code >> 10 === 0x36 && line[i] === 0x5c && line[i + 1] === 0x75) {
      i += 2;
      const low = unit();
      if (low === null || low >> 10 !== 0x37) return false;
      code = 0x10000 + ((code & 0x3ff) << 10) + (low & 0x3ff);
    }
    if (code >= 0xd800 && code < 0xe000) return false;
    appendScalar(text, code);
    return true;
  };
  const readString = () => {
    if (!take(0x22)) return null;
    const text = [];
    while (i < line.length) {
      const byte = line[i];
      i += 1;
      if (byte === 0x22) return text.map((b) => (b >= 0x08 && b <= 0x0d ? 0x20 : b));
      if (byte !== 0x5c) text.push(byte);
      else if (!escape(text)) return null;
    }
    return null;
  };
  const readValue = () => {
    if (line[i] === 0x22) return readString();
    const start = i;
    while (i < line.length && (isDigit(line[i]) || isASCIILetter(line[i]) || [0x2d, 0x2b, 0x2e].includes(line[i]))) i += 1;
    const word = line.slice(start, i);
    if (i === start) return null;
    return String.fromCharCode(...word).toLowerCase() === "null" ? [] : word;
  };
  skipSpace();
  if (!take(0x7b)) return null;
  skipSpace();
  if (take(0x7d)) return isAtEnd() ? request : null;
  for (;;) {
    skipSpace();
    const key = readString();
    if (key === null) return null;
    skipSpace();
    if (!take(0x3a)) return null;
    skipSpace();
    const value = readValue();
    if (value === null) return null;
    const member = members[String.fromCharCode(...key.map((b) => b | 0x20))];
    if (member) request[member] = value;
    skipSpace();
    if (take(0x7d)) return isAtEnd() ? request : null;
    if (!take(0x2c)) return null;
  }
}

// MARK: Questions (QuestionReader.swift)

const longestLine = 65536;
const noNumber = { head: "", tail: "" };

/** The question on a line: its values, or its fault. */
function readQuestion(text, line = 1) {
  const question = {
    line, fault: null, number: noNumber, name: [], reading: "whole", birthDate: 0, sex: "unknown", facility: "", form: "typed",
  };
  const bytes = bytesOf(text);
  const fault = bytes.length > longestLine ? "lineTooLong" : fillQuestion(question, bytes);
  if (fault === null) return question;
  return { line, fault, number: noNumber, form: question.form };
}

function fillQuestion(question, line) {
  if (trimmed(line)[0] === 0x7b) {
    question.form = "request";
    const request = readRequest(line);
    return request === null ? "json" : readValues(question, request.number, request.name, request.birthDate, request.sex);
  }
  if (line.includes(0x7c)) {
    const fields = splitQR(line);
    const only = (i) => {
      const field = trimmed(fields[i]);
      return field.length === 1 ? field[0] : null;
    };
    if (fields.length >= 10 && (only(fields.length - 1) === 0x24 || only(3) !== null)) {
      question.form = "insurance";
      return readInsuranceCard(question, fields, only);
    }
    question.form = "chip";
    return readChipCard(question, fields);
  }
  const cut = splitTyped(line);
  if (cut.fault) return cut.fault;
  if (cut.fields.length < 3) return "fieldCount";
  return readValues(question, cut.fields[0], cut.fields[1], cut.fields[2], cut.fields[3] ?? []);
}

function readValues(question, number, name, birthDate, sex) {
  question.sex = readSex(sex);
  return takeNumber(question, readNumber(number)) ?? readName(question, name) ??
    takeDate(question, readDate(birthDate, "slashes"));
}

function takeNumber(question, read) {
  if (read.fault) return read.fault;
  question.number = read;
  return null;
}

function takeDate(question, read) {
  if (read.fault) return read.fault;
  question.birthDate = read.date;
  return null;
}

function readChipCard(question, fields) {
  if (fields.length < 7 || fields.length > 11) return "qrCode";
  const fault = takeNumber(question, readChipNumber(fields[0])) ?? takeDate(question, readDate(fields[3], "compact"));
  if (fault !== null) return fault;
  question.sex = readSex(fields[4]);
  const nameFault = readName(question, fields[2]);
  if (nameFault === "nameForm") question.reading = "damaged";
  else if (nameFault !== null) return nameFault;
  else if (question.reading === "whole" && (question.name.includes(0x3f) || question.name.every((b) => b < 0x80))) {
    question.reading = "damaged";
  }
  return null;
}

const isAIM = (text, end) => end >= 3 && text[end - 3] === 0x5d && text[end - 2] === 0x51 && isDigit(text[end - 1]);

function readChipNumber(field) {
  const number = trimmed(hasInvisible(field) ? visibleBytes(field) : field);
  const digits = number.slice(-12);
  if (number.length < 12 || !digits.every(isDigit)) return { fault: number.length === 0 ? "numberMissing" : "qrCode" };
  const prefix = number.slice(0, -12);
  if (prefix.length > 16) return { fault: "qrCode" };
  if (prefix.length > 0 && isDigit(prefix[prefix.length - 1]) && !isAIM(prefix, prefix.length)) return { fault: "qrCode" };
  const tail = String.fromCharCode(...digits);
  return isFiller(tail) ? { fault: "numberMissing" } : { head: "", tail };
}

function readInsuranceCard(question, fields, only) {
  let start = 0;
  for (let end = 3; end < Math.max(3, Math.min(17, fields[0].length)); end++) if (isAIM(fields[0], end)) start = end;
  while (start < fields[0].length && start < 16 && !isDigit(fields[0][start]) && !isASCIILetter(fields[0][start])) start += 1;
  const fault = takeNumber(question, readNumber(fields[0].slice(start)));
  if (fault !== null) return fault;
  if (fields[1].length === 0 || only(1) === 0x2d) return "nameMissing";
  const name = hexBytes(trimmed(fields[1]));
  if (name === null) return "nameForm";
  const next = readName(question, name) ?? takeDate(question, readDate(fields[2], "card"));
  if (next !== null) return next;
  if (only(3) === 0x31) question.sex = "male";
  if (only(3) === 0x32) question.sex = "female";
  question.facility = readFacility(fields[5]);
  return null;
}

/** Reads a name, and says in the question how much of it came through. */
function readName(question, raw) {
  if (isCleanAlready(raw)) {
    question.name = raw;
    return null;
  }
  const { clean, fault } = slowlyCleanName(raw);
  question.name = clean;
  if (fault === "mojibake" || (fault === null && hasForeignSign(clean))) {
    const repaired = repairedUTF8(raw);
    if (repaired !== null) {
      question.reading = "repaired";
      const again = cleanName(repaired);
      question.name = again.clean;
      return again.fault === null ? null : "nameUndecoded";
    }
    question.reading = "undecoded";
    return clean.filter(isASCIILetter).length < 2 ? "nameUndecoded" : null;
  }
  if (fault === null) return null;
  return fault === "empty" ? "nameMissing" : "nameForm";
}

// MARK: Judging (CardRules.swift, ServingCard.swift, CalendarDate.swift)

const firstDay = (date) => date + (Math.floor(date / 100) % 100 === 0 ? 101 : date % 100 === 0 ? 1 : 0);
const lastDay = (date) => date + (Math.floor(date / 100) % 100 === 0 ? 1231 : date % 100 === 0 ? 31 : 0);
const endOf = (card) => (card.validTo === 0 ? Infinity : lastDay(card.validTo));
const isValidOn = (card, day) => firstDay(card.validFrom) <= day && (card.validTo === 0 || day <= lastDay(card.validTo));
const precisionOf = (date) => (date % 100 > 0 ? 1 : Math.floor(date / 100) % 100 > 0 ? 100 : 10000);
function datesAgree(a, b) {
  const unit = Math.max(precisionOf(a), precisionOf(b));
  return a !== 0 && b !== 0 && Math.floor(a / unit) === Math.floor(b / unit);
}

/** Whether a card takes precedence over another on a day. */
function serves(card, other, day) {
  const [valid, otherValid] = [isValidOn(card, day), isValidOn(other, day)];
  if (valid !== otherValid) return valid;
  if (endOf(card) !== endOf(other)) return endOf(card) > endOf(other);
  const [begin, otherBegin] = [firstDay(card.validFrom), firstDay(other.validFrom)];
  if (begin !== otherBegin) return begin > otherBegin;
  if (card.cardNumber !== other.cardNumber) return card.cardNumber > other.cardNumber;
  return card.insuranceNumber > other.insuranceNumber;
}

function servingCard(cards, day) {
  let best = 0;
  for (let i = 1; i < cards.length; i++) if (serves(cards[i], cards[best], day)) best = i;
  return best;
}

const armedForces = ["QN", "HC", "LS", "XK", "CY", "CA"];
const movedLevels = ["CN", "LH"];
const headOf = (card) => card.cardNumber.slice(0, 5);
const tailOf = (card) => card.cardNumber.slice(5);
const carries = (card, digits) => digits !== "" && (card.insuranceNumber === digits || tailOf(card) === digits);

/** The person's cards that a number may refer to, or the code of what is wrong with it. */
function present(number, person, day) {
  const cards = person.cards.slice(0, 64);
  const isTheirs = (card) => number.tail === person.personalID || carries(card, number.tail);
  const places = (test) => cards.map((card, i) => (test(card) ? i : -1)).filter((i) => i >= 0);
  if (number.head === "") {
    const found = places(isTheirs);
    return found.length > 0 ? { found } : { code: "050" };
  }
  const whole = number.head + number.tail;
  const found = places((card) => card.cardNumber === whole || (isTheirs(card) && headOf(card) === number.head));
  if (found.length > 0) return { found };
  const unnumbered = places((card) => isTheirs(card) && card.cardNumber === "");
  if (unnumbered.length > 0) return { found: unnumbered, isWithoutNumber: true };
  const difference = (card) => {
    const head = headOf(card);
    if (head === "" || head.slice(0, 2) !== number.head.slice(0, 2)) return null;
    const sameLevel = head[2] === number.head[2];
    const sameProvince = head.slice(3) === number.head.slice(3);
    return sameLevel === sameProvince ? null : sameLevel ? "052" : "053";
  };
  const first = difference(person.cards[servingCard(person.cards, day)]);
  if (first !== null) return { code: first };
  const codes = cards.map(difference);
  return { code: codes.includes("053") ? "053" : codes.includes("052") ? "052" : "051" };
}

/** The verdict on a question whose number leads to a person, or to none. */
function judge(question, person, found, day) {
  if (question.fault !== null) {
    const code = question.fault === "benefitLevel" ? "053" : question.fault === "cardCode" ? "051" : "205";
    return { code, fault: question.fault, remarks: new Set() };
  }
  const remarks = new Set(found);
  const group = question.number.head.slice(0, 2);
  if (person === null) {
    if (armedForces.includes(group)) remarks.add("armedForces");
    return { code: "050", remarks };
  }
  const presented = present(question.number, person, day);
  if (presented.code) {
    const isMoved = presented.code === "053" && movedLevels.includes(group);
    return { code: presented.code, remarks: new Set(isMoved ? ["levelChanged"] : []) };
  }
  if (presented.isWithoutNumber) remarks.add("noCardNumber");
  if (question.reading === "repaired") remarks.add("nameRepaired");
  const rung = nameRung(question.name, question.reading, person.name);
  if (rung === "bare") remarks.add("nameSpelling");
  if (rung === "damaged") remarks.add("nameDamaged");
  if (rung === "firstLetter" || rung === "differs") {
    if (question.reading === "undecoded") return { code: "205", fault: "nameUndecoded", remarks: new Set() };
    return { code: rung === "firstLetter" ? "061" : "060", remarks: new Set() };
  }
  if (question.birthDate !== person.birthDate) {
    if (!datesAgree(question.birthDate, person.birthDate) && person.birthDate !== 0) return { code: "070", remarks: new Set() };
    remarks.add("birthDatePrecision");
  }
  if (question.sex !== "unknown" && person.sex !== "unknown" && question.sex !== person.sex) remarks.add("sexDiffers");

  let best = -1;
  for (const i of presented.found) if (best < 0 || serves(person.cards[i], person.cards[best], day)) best = i;
  const verdict = validity(best, person.cards, day);
  for (const remark of remarks) verdict.remarks.add(remark);
  const { card } = verdict;
  if (question.facility !== "" && card.facility !== "" && question.facility !== card.facility) {
    verdict.remarks.add("facilityDiffers");
  }
  if (armedForces.includes(card.cardNumber.slice(0, 2))) verdict.remarks.add("armedForces");
  if (card.graceUntil !== 0) verdict.remarks.add(day <= lastDay(card.graceUntil) ? "keptInGrace" : "graceOver");
  return verdict;
}

/** The validity of a card on the day, compared with the person's other cards. */
function validity(place, cards, day) {
  const shown = cards[place];
  const remarks = new Set();
  if (isValidOn(shown, day)) {
    const next = newerCard(place, cards, day);
    return { code: next ? "004" : "000", remarks, card: shown, next, former: formerCard(place, cards, day) };
  }
  const serving = servingCard(cards, day);
  const hasBegun = firstDay(shown.validFrom) <= day;
  if (isValidOn(cards[serving], day)) {
    return hasBegun
      ? { code: "003", remarks, card: shown, next: cards[serving], former: formerCard(place, cards, day) }
      : { code: "004", remarks, card: cards[serving], next: shown, former: formerCard(serving, cards, day) };
  }
  let next = null;
  if (!hasBegun) remarks.add("notBegun");
  else {
    next = newerCard(place, cards, day);
    if (next) remarks.add("nextLater");
  }
  return { code: "010", remarks, card: shown, next, former: formerCard(place, cards, day) };
}

/** The card issued after this one and not ended on the day; of several, the one that would serve. */
function newerCard(place, cards, day) {
  const old = cards[place];
  let best = null;
  for (const card of cards) {
    if (firstDay(card.validFrom) <= firstDay(old.validFrom) || endOf(card) < endOf(old) || endOf(card) < day) continue;
    if (best === null || serves(card, best, day)) best = card;
  }
  return best;
}

/** The last card that began before this one, if its number differs. */
function formerCard(place, cards, day) {
  const card = cards[place];
  let best = null;
  for (const other of cards) {
    const begin = firstDay(other.validFrom);
    if (begin >= firstDay(card.validFrom) || other.cardNumber === "" || other.cardNumber === card.cardNumber) continue;
    if (best !== null && begin <= firstDay(best.validFrom) &&
      !(begin === firstDay(best.validFrom) && serves(other, best, day))) continue;
    best = other;
  }
  return best;
}

// MARK: Answering (CardChecker.swift, AnswerWriter.swift)

/** Answers one line from the people of a package on a day (`yyyymmdd`). */
function checkCard(text, people, day, line = 1) {
  const question = readQuestion(text, line);
  let place = -1;
  let found = [];
  if (question.fault === null) {
    const { head, tail } = question.number;
    const isPersonalID = tail.length === 12;
    if (isPersonalID) place = people.place(tail);
    if (place < 0 || (head !== "" && !people.hasHead(place, head))) {
      let holder = people.holder(head, tail);
      if (holder === -1 && head !== "" && !isPersonalID) holder = people.holder("", tail);
      if (holder === -2) found = ["shared"];
      else if (holder >= 0) [place, found] = [holder, []];
    }
  }
  const person = place >= 0 ? people.person(place) : null;
  const verdict = judge(question, person, found, day);
  const shows = ["000", "003", "004", "010"].includes(verdict.code);
  return {
    question, code: verdict.code, fault: verdict.fault ?? null, remarks: verdict.remarks, person: shows ? person : null,
    card: (shows && verdict.card) || null, next: (shows && verdict.next) || null, former: (shows && verdict.former) || null,
  };
}

const two = (number) => String(number).padStart(2, "0");
/** `dd/MM/yyyy`, `MM/yyyy` or `yyyy`. */
function dateText(date) {
  const [year, month, day] = [Math.floor(date / 10000), Math.floor(date / 100) % 100, date % 100];
  return (day > 0 ? two(day) + "/" : "") + (month > 0 ? two(month) + "/" : "") + String(year).padStart(4, "0");
}

/**
 * The note to the clerk.
 *
 * @param {number} language 0 Vietnamese, as the command writes it; 1 English.
 * @param {boolean} withLine whether a fault names the question's line.
 */
function noteText(answer, standing, day, language, withLine) {
  const { code, remarks, card, next } = answer;
  const t = (vietnamese, english) => (language === 0 ? vietnamese : english);
  let note = remarks.has("notBegun")
    ? t("Thẻ chưa đến hạn sử dụng: có giá trị từ ", "The card has not begun: it is valid from ") + dateText(card.validFrom) + "."
    : codeTexts[code].note[language];
  if (remarks.has("nextLater")) {
    note += t(" Thẻ mới có giá trị từ ", " A new card is valid from ") + dateText(next.validFrom) + ".";
  }
  if (answer.fault !== null) {
    if (withLine) note += t(" dòng ", " line ") + answer.question.line + ":";
    return note + " " + faultTexts[answer.fault][language];
  }
  for (const remark in remarkTexts) if (remarks.has(remark)) note += " " + remarkTexts[remark][language];
  if (remarks.has("keptInGrace")) {
    note +=
      t(" Dữ liệu mới nhất của người này còn nghi vấn; thẻ được giữ tạm đến hết ngày ",
        " The newest data of this person are doubtful; the card is kept until the end of ") + dateText(card.graceUntil) +
      t(": vẫn tiếp nhận, nhắc người bệnh liên hệ cơ quan BHXH.", ": go on, and tell the patient to see the insurance office.");
  } else if (remarks.has("graceOver")) {
    note += t(" Thẻ chỉ được giữ tạm đến hết ngày ", " The card was kept until the end of ") + dateText(card.graceUntil) +
      t(", nay đã quá hạn: hỏi cơ quan BHXH.", ", which is over: ask the insurance office.");
  }
  if (code === "050") {
    note += t(" Gói này chỉ có người đăng ký tại cơ sở nhận gói.", " The data hold only the people registered at this facility.");
  }
  if (standing.asOf === 0) return note;
  note += t(" Dữ liệu ngày ", " Data of ") + dateText(standing.asOf);
  if (standing.validUntil !== 0 && day > lastDay(standing.validUntil)) {
    note += t(", đã quá hạn dùng ", ", not to be used after ") + dateText(standing.validUntil) +
      t(": hãy lấy dữ liệu mới", ": get new data");
  }
  return note + ".";
}

/** The answer as one line of JSON, as `check-card --batch` writes it. */
function answerLine(answer, standing, day) {
  const { person, card, next, former } = answer;
  // Quotation marks and backslashes are escaped; control characters are dropped.
  const quoted = (text) => '"' + text.replace(/[\0-\x1f]/g, "").replace(/["\\]/g, "\\$&") + '"';
  const value = (text) => (text ? quoted(text) : "null");
  const date = (packed) => (packed ? quoted(dateText(packed)) : "null");
  const sex = { male: "Nam", female: "Nữ" };
  const members = [
    ["maKetQua", quoted(answer.code)], ["ghiChu", quoted(noteText(answer, standing, day, 0, true))],
    ["maThe", value(card?.cardNumber)], ["maTheCu", value(former?.cardNumber)], ["maTheMoi", value(next?.cardNumber)],
    ["hoTen", person ? quoted(textOf(person.name)) : "null"], ["ngaySinh", date(person?.birthDate)],
    ["gioiTinh", value(sex[person?.sex])], ["maDKBD", value(card?.facility)], ["maDKBDMoi", value(next?.facility)],
    ["gtTheTu", date(card?.validFrom)], ["gtTheDen", date(card?.validTo)], ["gtTheTuMoi", date(next?.validFrom)],
    ["gtTheDenMoi", date(next?.validTo)], ["maKV", value(card?.area)], ["ngayDu5Nam", date(card?.fiveYearsFrom)],
    ["maSoBHXH", value(card?.insuranceNumber)],
  ];
  return `{"dong":${answer.question.line},` + members.map(([name, text]) => `"${name}":${text}`).join(",") + "}";
}
