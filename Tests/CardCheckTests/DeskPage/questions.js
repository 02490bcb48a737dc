// Questions drawn by a seed from the people of a desk: right ones, and every fault that the card check knows.

/** mulberry32. */
function seededRandom(seed) {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let t = Math.imul(state ^ (state >>> 15), state | 1);
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61);
    return ((t ^ (t >>> 14)) >>> 0) / 4294967296;
  };
}

function drawnQuestions(people, count, seed) {
  const random = seededRandom(seed);
  const below = (n) => Math.floor(random() * n);
  const one = (list) => list[below(list.length)];
  const chance = (part) => random() < part;
  const digits = (n) => Array.from({ length: n }, () => below(10)).join("");
  const two = (n) => String(n).padStart(2, "0");
  const hex = (text) => bytesOf(text).map((b) => b.toString(16).padStart(2, "0")).join("");
  /** The text's UTF-8 as a program shows it that takes it for another encoding. */
  const misread = (text, encoding) => new TextDecoder(encoding).decode(Uint8Array.from(bytesOf(text)));
  const misreadByPage = (text, page) =>
    bytesOf(text).map((b) => (b < 0x80 ? String.fromCharCode(b) : String.fromCodePoint(page[b - 0x80]))).join("");
  const marks = /[\u0300-\u036f]/g;

  const nameOf = (name) => {
    const words = name.split(" ");
    switch (below(27)) {
      case 0: return name.normalize("NFD");
      case 1: return name.normalize("NFD").replace(marks, "").replace(/Đ/g, "D").replace(/đ/g, "d");
      case 2: return name.toLowerCase();
      case 3: return name.replace(/[^\x00-\x7f]/g, "?");
      case 4: return name.replace(/[^\x00-\x7f]/g, "");
      case 5: return misread(name, "windows-1252");
      case 6: return misread(name, "windows-1258");
      case 7: return misread(name, one(["gbk", "big5", "shift_jis", "euc-kr"]));
      case 8: return words.reverse().join(" ");
      case 9: return words[0] + " " + one(["Văn Khác", "Thị Lạ", "X"]);
      case 10: return one(["Z", "Ông ", "Ấ"]) + name.slice(1);
      case 11: return name + one([".", " ,", "  ", "\u00a0", "\u200b", ";"]);
      case 12: return name.replace(/ /g, one(["  ", "\u00a0", "\u3000", " \u200b"]));
      case 13: return name.replace(/Đ/g, one(["Ð", "Ɖ"])).replace(/đ/g, "ð");
      case 14: return name.replace(/[ẤẦẾẮ]/g, (c) => c.normalize("NFD").replace(/(.)(.)(.)/u, "$1$3$2"));
      case 15: return one(["", "-", "123", "A1", "'", "\ufffd", "Nguy\ufffdn", "🙂", "NguyÔn V¨n Hßa", "Nguyeãn Vaên Hoøa", "TrÇn V¡n", "Müller Ñandu", "Łukasz Ż"]);
      case 16: return name.slice(0, below(name.length));
      case 17: return Array.from(name, (c) => (chance(0.2) ? "" : c)).join("");
      case 18: return Array.from(name, (c) => (chance(0.2) ? one(["?", "�", "*", "_"]) : c)).join("");
      case 20: return misreadByPage(name, one(scannerPages));
      case 19: return name.normalize("NFD").replace(/\u0301/g, "\u0341").replace(/\u0300/g, "\u0340");
      default: return name;
    }
  };
  const dateParts = (date) => {
    let [y, m, d] = [Math.floor(date / 10000), Math.floor(date / 100) % 100, date % 100];
    if (chance(0.04)) d = below(33);
    if (chance(0.04)) m = below(14);
    if (chance(0.04)) y = 1900 + below(130);
    if (chance(0.05)) d = 0;
    if (chance(0.03)) [m, d] = [0, 0];
    if (m === 0 && !chance(0.1)) d = 0;
    return [String(y).padStart(4, "0"), two(m), two(d)];
  };
  const slashed = (date) => {
    const [y, m, d] = dateParts(date);
    return (d !== "00" ? d + "/" : "") + (m !== "00" ? m + "/" : "") + y;
  };
  const compact = (date) => {
    const [y, m, d] = dateParts(date);
    return (d !== "00" ? d : "") + (m !== "00" ? m : "") + y;
  };
  const dateOfAnyForm = (date) => {
    const [y, m, d] = dateParts(date);
    return one([slashed(date), slashed(date), slashed(date), `${y}-${m}-${d}`, `${y}-${m}`, compact(date), `${d}-${m}-${y}`, "", "-", " " + slashed(date) + " ", "\u200e" + slashed(date)]);
  };
  const numberOf = (person) => {
    const card = one(person.cards);
    let number = one([person.personalID, person.personalID, card.cardNumber, card.cardNumber, card.insuranceNumber]) || person.personalID;
    if (chance(0.1) && card.cardNumber) number = card.cardNumber.slice(0, 5) + one([card.insuranceNumber, person.personalID]);
    if (chance(0.06) && number.length >= 15) number = number.slice(0, 2) + one("123456790") + number.slice(3);
    if (chance(0.05) && number.length >= 15) number = number.slice(0, 3) + one(["01", "79", "24", "97"]) + number.slice(5);
    if (chance(0.05) && number.length >= 15) number = one(["QN", "CN", "LH", "TE", "HC"]) + number.slice(2);
    if (chance(0.03)) number = one([digits(9), digits(10), digits(12), "0".repeat(12), "GD4" + digits(12), "GD1" + digits(14), "", "12a4567890", digits(11), "ĐN4" + digits(12)]);
    if (chance(0.04)) number = number.toLowerCase();
    if (chance(0.04)) number = number.replace(/(..)/, "$1 ") + one(["", " ", "\u00a0", "\ufeff"]);
    return number;
  };
  const sexOf = (person) => {
    const sex = { male: "Nam", female: "Nữ", unknown: "" }[person.sex];
    return one([sex, sex, sex, sex.toUpperCase(), "Nu", "Nam", "male", "x", sex.normalize("NFD"), ""]);
  };

  const asked = [];
  while (asked.length < count) {
    const person = people.person(below(people.count));
    const name = nameOf(textOf(person.name));
    const card = one(person.cards);
    let line;
    switch (below(12)) {
      case 0: case 1: case 2:
        line = [person.personalID, "", name, compact(person.birthDate), sexOf(person), "Số 1, Phố Mẫu", "15052021"].join("|");
        if (chance(0.08)) line = one(["]Q1", "\ufeff", "\u0000", "]Q3;", "~~", "x", "1", "\u001d", "12345678901234567"]) + line;
        if (chance(0.1)) line += one(["|||", "||||", "|||||", "|", "\u0000"]);
        break;
      case 3: case 4: {
        const number = one([card.cardNumber, card.insuranceNumber, numberOf(person)]) || person.personalID;
        const facility = card.facility ? card.facility.slice(0, 2) + one([" - ", "-", " – ", ""]) + card.facility.slice(2) : "-";
        const field = chance(0.03) ? one(["-", "", "4e6", "zz", "c3", "4e677579e1bb"]) : hex(name);
        line = [number, chance(0.1) ? field.toUpperCase() : field, slashed(person.birthDate), one(["1", "2", "1", "2", "3", "-"]), "-", chance(0.9) ? facility : "01 - C54", "01/01/2026", "-", "01/01/2026", "01234567890123"].join("|");
        line += one(["|-|4|01/01/2030|abc-1202|4|-|$", "|$", "", "|-|K1| 01/01/2030|x|$"]);
        if (chance(0.08)) line = one(["]Q1", "]Q3", "\ufeff", "~", "|"]) + line;
        break;
      }
      case 5: {
        const request = { maThe: numberOf(person), hoTen: name, ngaySinh: dateOfAnyForm(person.birthDate) };
        if (chance(0.3)) request.gioiTinh = sexOf(person);
        if (chance(0.2)) request.hoTenCb = 'Cán bộ "A"\n\\';
        line = JSON.stringify(request);
        if (chance(0.2)) line = line.replace(/[^\x00-\x7f]/g, (c) => "\\u" + c.charCodeAt(0).toString(16).padStart(4, "0"));
        if (chance(0.05)) line = one([line.slice(0, -1), line + "x", " " + line + " ", "{}", '{"a":[]}', '{"maThe":null}', '{"maThe":"\\ud800"}', "\u00a0" + line, '{"maThe" : 1, "HOTEN":true}']);
        break;
      }
      default: {
        const by = one([", ", ",", ";", "\t"]);
        line = [numberOf(person), name, dateOfAnyForm(person.birthDate)].join(by);
        if (chance(0.4)) line += by + sexOf(person);
        if (chance(0.05)) line = line.replace(name, `"${name}"`);
        if (chance(0.03)) line = one(["", " ", ",,", '"', line + '"', line.replace(/[,;\t]/, '"'), "\ufeff" + line, line.split(by)[0], "a,b,c"]);
      }
    }
    // A line of a file has no line end, and the first one might be a header.
    line = line.replace(/[\r\n]/g, " ");
    asked.push(line);
  }
  return asked;
}
