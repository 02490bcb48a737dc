// The XML of a package, in the one layout that publishing writes: a person a line.
// Invariant: every byte of the file is what the layout has in its place, or the file is refused with its line; nothing is
// skipped, so nothing can be misread. A package was verified before it is read, hence no reader for other people's XML.
// Load: a facility's hundred thousand people in a fraction of a second; one line in memory.

import Values

struct PackageXML {
  private var person = PersonValues()
  /// What should have stood where the reading stopped.
  private struct Fault: Error { var expected: String }

  private static let declaration: StaticString = "<?xml version=\"1.0\" encoding=\"UTF-8\"?>"
  private static let tags: [(value: PersonValue, start: StaticString, end: StaticString)] = [
    (.personalID, "<personal_id>", "</personal_id>"), (.fullName, "<full_name>", "</full_name>"),
    (.birthDate, "<birth_date>", "</birth_date>"), (.sex, "<sex>", "</sex>"),
    (.insuranceNumber, "<insurance_number>", "</insurance_number>"),
    (.cardNumber, "<card_number>", "</card_number>"), (.facilityCode, "<facility_code>", "</facility_code>"),
    (.validFrom, "<valid_from>", "</valid_from>"), (.validTo, "<valid_to>", "</valid_to>"),
    (.fiveYearsFrom, "<five_years_from>", "</five_years_from>"), (.areaCode, "<area_code>", "</area_code>"),
    (.graceUntil, "<grace_until>", "</grace_until>"),
  ]

  /// Appends the persons of a file, and takes the dates of its root.
  ///
  /// - Returns: false if it holds persons without names or birth dates.
  mutating func read(_ path: String, into people: inout PersonBatch, _ standing: inout DataStanding)
    throws(Stop) -> Bool
  {
    var lines = try LineReader(path)
    var number = 0
    func damaged(_ expected: String, _ found: String = "something else") -> Stop {
      .damagedPackage(path, number, expected, found)
    }
    guard let first = try Self.next(&lines, path, &number) else {
      throw damaged("\(Self.declaration)", "the end of the file")
    }
    guard Self.isDeclaration(lines.buffer.span.extracting(first)) else {
      throw damaged("\(Self.declaration)")
    }
    guard let second = try Self.next(&lines, path, &number) else {
      throw damaged("the element people", "the end of the file")
    }
    guard let dates = Self.root(lines.buffer.span.extracting(second)) else {
      throw damaged("the element people of urn:x-cardlink:people:1, with its dates")
    }
    (standing.asOf, standing.validUntil) = dates
    while let range = try Self.next(&lines, path, &number) {
      let isPerson: Bool
      do throws(Fault) {
        isPerson = try readPerson(lines.buffer.span.extracting(range))
      } catch {
        throw damaged(error.expected)
      }
      guard isPerson else {
        guard try Self.next(&lines, path, &number) == nil else { throw damaged("nothing behind </people>") }
        return person.isTable
      }
      do throws(StoredFault) {
        try person.append(to: &people)
      } catch {
        throw damaged("a value of the form of \(error.column)", "another one")
      }
    }
    throw damaged("</people>", "the end of the file")
  }

  private static func next(_ lines: inout LineReader, _ path: String, _ number: inout Int) throws(Stop)
    -> Range<Int>?
  {
    number += 1
    let range = try lines.next()
    guard !lines.isTooLong else {
      throw .damagedPackage(path, number, "a line of some hundred bytes", "a longer one")
    }
    return range
  }

  private static func isDeclaration(_ line: Span<UInt8>) -> Bool {
    var at = 0
    return skip(declaration, line, &at) && at == line.count
  }

  /// The business date and the last day of use.
  private static func root(_ line: Span<UInt8>) -> (CalendarDate, CalendarDate)? {
    var at = 0
    guard skip("<people xmlns=\"urn:x-cardlink:people:1\"", line, &at),
      attribute(" recipient=\"", line, &at) != nil, attribute(" run=\"", line, &at) != nil,
      let asOf = attribute(" as_of=\"", line, &at).flatMap({ day(line.extracting($0)) }),
      let validUntil = attribute(" valid_until=\"", line, &at).flatMap({ day(line.extracting($0)) }),
      skip(">", line, &at), at == line.count
    else { return nil }
    return (asOf, validUntil)
  }

  /// The value of an attribute whose name and first quote are `start`.
  private static func attribute(_ start: StaticString, _ line: Span<UInt8>, _ at: inout Int) -> Range<Int>? {
    guard skip(start, line, &at) else { return nil }
    let from = at
    while at < line.count {
      switch line[at] {
      case UInt8(ascii: "\""):
        defer { at += 1 }
        return from..<at
      case UInt8(ascii: "<"), UInt8(ascii: "&"), 0..<0x20: return nil
      default: at += 1
      }
    }
    return nil
  }

  private static func day(_ text: Span<UInt8>) -> CalendarDate? {
    guard let date = try? StoredValues.date(text, ""), date.precision == .day else { return nil }
    return date
  }

  /// - Returns: false if it is the root's end.
  private mutating func readPerson(_ line: Span<UInt8>) throws(Fault) -> Bool {
    var at = 0
    if skip("</people>", line, &at), at == line.count { return false }
    guard skip("<person>", line, &at) else { throw Fault(expected: "<person> or </people>") }
    person.begin()
    for (value, start, end) in Self.tags where skip(start, line, &at) {
      let from = person.text.count
      try Self.readText(line, &at, into: &person.text)
      person.end(value, from: from)
      guard !person.isEmpty(value), skip(end, line, &at) else {
        throw Fault(expected: "a value and \(end)")
      }
    }
    guard skip("</person>", line, &at) else {
      throw Fault(expected: "an element of person, in the order of people.xsd")
    }
    guard at == line.count else { throw Fault(expected: "the line's end behind </person>") }
    return true
  }

  /// Reads up to the next tag.
  private static func readText(_ line: Span<UInt8>, _ at: inout Int, into text: inout [UInt8]) throws(Fault) {
    while at < line.count, line[at] != UInt8(ascii: "<") {
      switch line[at] {
      case UInt8(ascii: "&"):
        if skip("&lt;", line, &at) {
          text.append(UInt8(ascii: "<"))
        } else if skip("&gt;", line, &at) {
          text.append(UInt8(ascii: ">"))
        } else if skip("&amp;", line, &at) {
          text.append(UInt8(ascii: "&"))
        } else if skip("&#9;", line, &at) {
          text.append(0x09)
        } else if skip("&#10;", line, &at) {
          text.append(0x0A)
        } else if skip("&#13;", line, &at) {
          text.append(0x0D)
        } else {
          throw Fault(expected: "&lt; &gt; &amp; &#9; &#10; or &#13;")
        }
      case UInt8(ascii: ">"), 0..<0x20: throw Fault(expected: "a value without > and control characters")
      default:
        text.append(line[at])
        at += 1
      }
    }
  }
}

/// Steps over a word, if it stands there.
private func skip(_ word: StaticString, _ line: Span<UInt8>, _ at: inout Int) -> Bool {
  let count = word.utf8CodeUnitCount
  guard line.count - at >= count else { return false }
  for i in 0..<count where unsafe line[at + i] != word.utf8Start[i] { return false }
  at += count
  return true
}
